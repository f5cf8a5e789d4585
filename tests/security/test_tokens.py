from collections.abc import Callable
from typing import Any

import pytest
from jose import jwt

from app.security.keys import Keyring
from app.security.tokens import AccessTokens, Claims
from tests.security.forging import (
    CUSTOMER,
    ISSUER,
    SESSION,
    SUBJECT,
    claims,
    header,
    issue,
    refused,
    signed,
)
from tests.security.moment import Moment


def test_a_token_says_what_was_put_in(tokens: AccessTokens, moment: Moment) -> None:
    token = tokens.issue(
        audience="customer", subject=SUBJECT, session=SESSION, viewer="owner", customer=CUSTOMER
    )
    now = float(int(moment().timestamp()))
    said = tokens.verify(token, "customer")
    assert said == Claims(
        audience="customer",
        subject=SUBJECT,
        session=SESSION,
        viewer="owner",
        customer=CUSTOMER,
        token_id=said.token_id,
        issued_at=now,
        expires_at=now + 900,
    )
    assert tokens.verify(token, "customer") is said
    assert tokens.verify(issue(tokens), "staff").customer is None


def test_any_standard_client_can_read_it_with_the_public_set(
    tokens: AccessTokens, keyring: Keyring, moment: Moment
) -> None:
    said = jwt.decode(
        issue(tokens), keyring.jwks(), "ES256", audience="staff", issuer=ISSUER,
        options={"verify_exp": False},
    )  # fmt: skip
    assert said == {**claims(moment), "jti": said["jti"]}
    assert jwt.get_unverified_header(issue(tokens)) == header(keyring)


def test_each_token_has_an_id_of_its_own(tokens: AccessTokens) -> None:
    ids = {tokens.verify(issue(tokens), "staff").token_id for _ in range(20)}
    assert len(ids) == 20
    assert {token_id.version for token_id in ids} == {7}


def test_the_handmade_token_of_these_tests_is_good(
    tokens: AccessTokens, keyring: Keyring, moment: Moment
) -> None:
    said = tokens.verify(signed(keyring, header(keyring), claims(moment)), "staff")
    assert said.viewer == "support"


# --- the door


@pytest.mark.parametrize("audience", ["customer", "", "STAFF", "staff "])
def test_a_token_opens_its_own_door_only(tokens: AccessTokens, audience: str) -> None:
    token = issue(tokens)
    assert refused(tokens, token, audience) == "audience"
    tokens.verify(token, "staff")
    assert refused(tokens, token, audience) == "audience"  # now remembered


# --- time


def test_it_ends_on_the_second_and_not_before(tokens: AccessTokens, moment: Moment) -> None:
    token = issue(tokens)
    moment.set_wall(899.7)  # issued at .25: one twentieth of a second is left
    tokens.verify(token, "staff")
    moment.set_wall(0.05)
    assert refused(tokens, token) == "expired"  # remembered
    assert refused(tokens, token) == "expired"  # not remembered any more


def test_the_end_is_checked_on_a_token_never_seen_before(
    tokens: AccessTokens, moment: Moment
) -> None:
    token = issue(tokens)
    moment.set_wall(899.75)
    assert refused(tokens, token) == "expired"
    moment.set_wall(-0.01)
    tokens.verify(token, "staff")


def test_a_clock_set_back_gives_what_the_new_time_gives(
    tokens: AccessTokens, moment: Moment
) -> None:
    token = issue(tokens)
    tokens.verify(token, "staff")
    moment.set_wall(-60)
    tokens.verify(token, "staff")
    moment.set_wall(-1)
    assert refused(tokens, token) == "early"  # remembered
    moment.set_wall(2000)
    assert refused(tokens, token) == "expired"
    moment.set_wall(-2000)
    assert refused(tokens, token) == "early"  # not remembered
    moment.set_wall(61)
    tokens.verify(token, "staff")


# --- keys that come and go


Opener = Callable[[], Keyring]


def test_rotation_elsewhere_is_followed_without_a_restart(
    tokens: AccessTokens, open_keyring: Opener, moment: Moment
) -> None:
    moment.pass_by(2)
    old = issue(tokens)
    tokens.verify(old, "staff")
    elsewhere = open_keyring()
    elsewhere.rotate()
    new = issue(AccessTokens(elsewhere, ISSUER, 900, moment))
    tokens.verify(new, "staff")
    tokens.verify(old, "staff")
    moment.pass_by(1)
    assert jwt.get_unverified_header(issue(tokens)) == jwt.get_unverified_header(new)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_retired_key_is_refused_even_on_a_remembered_token(
    tokens: AccessTokens, keyring: Keyring, open_keyring: Opener, moment: Moment, elsewhere: bool
) -> None:
    kid = keyring.signing_key().kid
    token = issue(tokens)
    keyring.rotate()
    other = issue(tokens)
    tokens.verify(token, "staff")
    (open_keyring() if elsewhere else keyring).retire(kid)
    moment.pass_by(1)
    assert refused(tokens, token) == "key"
    tokens.verify(other, "staff")


# --- memory


def counting(keyring: Keyring) -> list[str]:
    """Which keys the keyring was asked for: one entry per signature that is checked."""
    asked: list[str] = []
    original = keyring.verification_key

    def verification_key(kid: str) -> Any:
        asked.append(kid)
        return original(kid)

    keyring.verification_key = verification_key  # type: ignore[method-assign]
    return asked


def test_a_signature_is_checked_once(tokens: AccessTokens, keyring: Keyring) -> None:
    asked, token = counting(keyring), issue(tokens)
    for _ in range(5):
        tokens.verify(token, "staff")
    # The same text in another object, as each request brings it.
    tokens.verify("".join(list(token)), "staff")
    assert len(asked) == 1


def test_memory_is_bounded_and_the_oldest_goes_first(keyring: Keyring, moment: Moment) -> None:
    tokens = AccessTokens(keyring, ISSUER, 900, moment, remember=3)
    asked = counting(keyring)
    known = [issue(tokens) for _ in range(4)]
    for token in known:
        tokens.verify(token, "staff")
    assert len(asked) == 4
    for token in known[1:]:
        tokens.verify(token, "staff")
    assert len(asked) == 4
    tokens.verify(known[0], "staff")
    assert len(asked) == 5


def test_refused_tokens_do_not_fill_the_memory(keyring: Keyring, moment: Moment) -> None:
    tokens = AccessTokens(keyring, ISSUER, 900, moment, remember=1)
    asked, token, other = counting(keyring), issue(tokens), issue(tokens)
    tokens.verify(token, "staff")
    refused(tokens, other, "customer")
    refused(tokens, other[:-4] + "AAAA")
    asked.clear()
    tokens.verify(token, "staff")
    assert not asked
