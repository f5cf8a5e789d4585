"""Answers that no browser makes: each is one refusal, whatever the parsers stumble over."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.passkeys import Passkey, PasskeyRefused, claim_of, new_challenge, relying_party
from tests.support.authenticator import Authenticator, decoded, encoded

ORIGIN = "https://clientes.alainer.com.br"
SITE = relying_party((ORIGIN,), "Alainer")
HANDLE = b"\x01" * 16


def _answers() -> tuple[dict[str, Any], dict[str, Any], bytes, Passkey]:
    """A registration, an answer, the challenge of both, and the passkey."""
    phone, challenge = Authenticator(ORIGIN, counts=False), new_challenge()
    options = SITE.creation_options(
        challenge=challenge, user_handle=HANDLE, user_name="maria", display_name="Maria", known=()
    )
    created = phone.create(options)
    passkey = SITE.registered(created, challenge)
    return created, phone.get(SITE.request_options(challenge=challenge)), challenge, passkey


CREATED, ANSWER, CHALLENGE, PASSKEY = _answers()


def registered(credential: object) -> object:
    return SITE.registered(credential, CHALLENGE)


def authenticated(credential: object) -> object:
    return SITE.authenticated(credential, CHALLENGE, PASSKEY)


def _refused(read: Callable[[object], object], credential: object) -> None:
    with pytest.raises(PasskeyRefused) as refusal:
        read(credential)
    assert refusal.value.args == ()
    assert refusal.value.__cause__ is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
PLACES = [("id",), ("rawId",), ("type",), ("response",)]
CREATED_PLACES = [*PLACES, ("response", "clientDataJSON"), ("response", "attestationObject")]
ANSWER_PLACES = [
    *PLACES,
    ("response", "clientDataJSON"),
    ("response", "authenticatorData"),
    ("response", "signature"),
    ("response", "userHandle"),
]


def _with(credential: dict[str, Any], place: tuple[str, ...], value: object) -> dict[str, Any]:
    changed = deepcopy(credential)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return changed


def test_the_unchanged_answers_are_good() -> None:
    assert registered(CREATED) == PASSKEY
    assert authenticated(ANSWER) == 0


@pytest.mark.parametrize(("size", "fits"), [(1, 0), (15, 0), (16, 1), (1023, 1), (1024, 0)])
def test_a_credential_id_has_the_length_that_the_standard_says(size: int, fits: bool) -> None:
    identifier = encoded(b"i" * size)
    answer = {**ANSWER, "id": identifier, "rawId": identifier}
    if fits:
        assert claim_of(answer).credential_id == b"i" * size
    else:
        _refused(claim_of, answer)


@pytest.mark.parametrize(("size", "fits"), [(1, True), (64, True), (65, False)])
def test_a_handle_has_the_length_that_the_standard_says(size: int, fits: bool) -> None:
    answer = _with(ANSWER, ("response", "userHandle"), encoded(b"h" * size))
    if fits:
        assert claim_of(answer).user_handle == b"h" * size
    else:
        _refused(claim_of, answer)


def test_an_answer_goes_by_its_own_name() -> None:
    renamed = encoded(b"i" * 32)  # a signature says nothing of it
    _refused(authenticated, {**ANSWER, "id": renamed, "rawId": renamed})


@given(ANYTHING)
def test_anything_else_is_one_refusal(anything: object) -> None:
    for read in (registered, authenticated, claim_of):
        _refused(read, anything)


@given(st.data(), ANYTHING)
def test_a_member_of_any_kind_is_one_refusal(data: st.DataObject, value: object) -> None:
    place = data.draw(st.sampled_from(CREATED_PLACES))
    if value != "public-key":
        _refused(registered, _with(CREATED, place, value))
    place = data.draw(st.sampled_from(ANSWER_PLACES))
    if value != "public-key" and not (place[-1] == "userHandle" and value is None):
        changed = _with(ANSWER, place, value)
        if place[-1] == "userHandle" and isinstance(value, str):  # told, not signed: see Claim
            return
        _refused(authenticated, changed)


@pytest.mark.parametrize("place", CREATED_PLACES + ANSWER_PLACES, ids="/".join)
def test_no_member_may_be_missing_but_the_handle(place: tuple[str, ...]) -> None:
    for credential, read, places in (
        (CREATED, registered, CREATED_PLACES),
        (ANSWER, authenticated, ANSWER_PLACES),
    ):
        if place not in places:
            continue
        changed = _with(credential, place, None)
        inner = changed["response"] if len(place) == 2 else changed
        del inner[place[-1]]
        if place[-1] == "userHandle":
            assert read(changed) == 0
            assert claim_of(changed).user_handle is None
        else:
            _refused(read, changed)


def _spellings(text: str) -> list[str]:
    """Other texts that a lax decoder reads as the same bytes."""
    return [
        text + "=",
        text + "==",
        " " + text,
        text + "\n",
        text[:4] + "!" + text[4:],
        text + "\0",
    ]


@pytest.mark.parametrize("place", [*ANSWER_PLACES[4:], ("id",)], ids="/".join)
def test_base64url_has_one_spelling(place: tuple[str, ...]) -> None:
    value: Any = ANSWER
    for step in place:
        value = value[step]
    for spelling in _spellings(value):
        changed = _with(ANSWER, place, spelling)
        if place == ("id",):
            changed["rawId"] = spelling
        _refused(authenticated, changed)
    # 16 bytes leave four bits over in the last character, which must be zero.
    assert len(decoded(encoded(HANDLE)[:-1] + "R")) == len(HANDLE)
    _refused(claim_of, _with(ANSWER, ("response", "userHandle"), encoded(HANDLE)[:-1] + "R"))


def _said(credential: Mapping[str, Any]) -> list[str]:
    client_data = json.loads(decoded(credential["response"]["clientDataJSON"]))
    return [client_data[name] for name in ("type", "challenge", "origin")]


@given(st.data())
def test_one_changed_bit_is_refused(data: st.DataObject) -> None:
    """In all that is signed, in the signature, and in the registration."""
    for credential, places, read in (
        (ANSWER, ANSWER_PLACES[4:7], authenticated),
        (CREATED, CREATED_PLACES[4:5], registered),
    ):
        place = data.draw(st.sampled_from(places))
        content = bytearray(decoded(credential["response"][place[1]]))
        bit = data.draw(st.integers(0, 8 * len(content) - 1))
        content[bit // 8] ^= 1 << bit % 8
        changed = _with(credential, place, encoded(bytes(content)))
        try:
            read(changed)
        except PasskeyRefused:
            continue
        # Nothing signs what a browser says at registration: a changed spelling may say the same.
        assert read is registered
        before, after = (
            json.loads(decoded(each["response"]["clientDataJSON"]))
            for each in (credential, changed)
        )
        # So does the last letter of base64, whose last bits are nobody's.
        assert decoded(after["challenge"]) == decoded(before["challenge"])
        assert {name: after.get(name) for name in ("type", "origin")} == {
            name: before[name] for name in ("type", "origin")
        }


@given(st.binary(max_size=200))
def test_no_attestation_object_makes_it_fail_loudly(content: bytes) -> None:
    place = ("response", "attestationObject")
    if content:
        _refused(registered, _with(CREATED, place, encoded(content)))
    wrapped = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": content})
    _refused(registered, _with(CREATED, place, encoded(wrapped)))


@given(st.binary(min_size=1, max_size=200))
def test_no_authenticator_data_makes_it_fail_loudly(content: bytes) -> None:
    _refused(authenticated, _with(ANSWER, ("response", "authenticatorData"), encoded(content)))
    _refused(authenticated, _with(ANSWER, ("response", "clientDataJSON"), encoded(content)))


@pytest.mark.parametrize(
    "content",
    [
        b"\x81" * 12_000 + b"\x00",  # nested
        b"\x5b" + (1 << 40).to_bytes(8) + b"x",  # a terabyte, announced
        b"\xd8\x1c\x81\xd8\x1d\x00",  # a list that holds itself
        b"\xc2\x59\x2e\xe0" + b"\xff" * 12_000,  # an enormous number
        b"\xa1\x68authData\xc2\x59\x2e\xe0" + b"\xff" * 12_000,
        b"\xd8\x23\x62((",  # a broken regular expression
        b"[" * 12_000,
        b'{"a":' * 2_000,
        b"9" * 12_000,
        b"x" * 100_000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_bombs_are_one_refusal(content: bytes) -> None:
    for credential, places, read in (
        (CREATED, CREATED_PLACES[4:], registered),
        (ANSWER, ANSWER_PLACES[4:7], authenticated),
    ):
        for place in places:
            _refused(read, _with(credential, place, encoded(content)))
