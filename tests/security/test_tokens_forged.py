"""Tokens that are not ours, or say what ours never say."""

import base64
import hashlib
import hmac
import tempfile
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given
from hypothesis import strategies as st
from jose import jwk

from app.security.keys import Keyring
from app.security.tokens import AccessTokens, TokenRefused
from tests.security.forging import (
    ALPHABET,
    ISSUER,
    SUBJECT,
    Json,
    claims,
    encode,
    header,
    issue,
    refused,
    signed,
)
from tests.security.moment import Moment

# --- the content, truly signed and yet not ours


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "viewer"])
def test_each_claim_is_required(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, name: str
) -> None:
    body = claims(moment)
    del body[name]
    assert refused(tokens, signed(keyring, header(keyring), body)) == "claims"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", "https://outro.com.br"),
        ("iss", [ISSUER]),
        ("aud", ["staff"]),
        ("aud", ""),
        ("aud", None),
        ("sub", ""),
        ("sub", "support"),
        ("sub", 7),
        ("sid", None),
        ("jti", "x" * 36),
        ("viewer", ""),
        ("viewer", 1),
        ("viewer", ["support"]),
        ("customer", None),
        ("customer", "x"),
        ("iat", 1.5e9),
        ("iat", "1"),
        ("iat", -1),
        ("exp", True),
        ("exp", None),
        ("exp", "9999999999"),
        ("exp", 9999999999.0),
        ("exp", float("nan")),
        ("exp", float("inf")),
        ("exp", 10**4000),
        ("exp", [9999999999]),
        ("nbf", 0),
        ("scope", "all"),
    ],
)
def test_each_claim_has_its_one_form_and_there_is_no_other(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, name: str, value: object
) -> None:
    token = signed(keyring, header(keyring), {**claims(moment), name: value})
    assert refused(tokens, token) in {"claims", "malformed"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 2500, b'{"exp":' + b"9" * 3000]
)
def test_a_body_that_is_no_object_is_refused(
    tokens: AccessTokens, keyring: Keyring, body: bytes
) -> None:
    assert refused(tokens, signed(keyring, header(keyring), body)) == "malformed"


@pytest.mark.parametrize(
    "junk",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"jku": "https://exemplo.com.br/keys"},
        {"jwk": {"kty": "EC"}},
        {"x5c": []},
        {"cty": "JWT"},
        {"zip": "DEF"},
        {"typ": "at+jwt"},
        {"typ": None},
        {"alg": "none"},
        {"alg": "None"},
        {"alg": ""},
        {"alg": None},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": ["ES256"]},
        {"kid": None},
        {"kid": 1},
        {"kid": ["x"]},
        {"kid": {}},
    ],
    ids=str,
)
def test_the_header_has_three_members_and_their_one_form(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, junk: Json
) -> None:
    token = signed(keyring, {**header(keyring), **junk}, claims(moment))
    assert refused(tokens, token) == "header"


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
def test_each_header_member_is_required(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, name: str
) -> None:
    head = header(keyring)
    del head[name]
    assert refused(tokens, signed(keyring, head, claims(moment))) == "header"


@pytest.mark.parametrize(
    "head", [b"[]", b"null", b"{", b"\xff", b"[" * 2500, b'{"a":' * 500, "{}".encode("utf-16")]
)
def test_a_header_that_is_no_object_is_refused(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, head: bytes
) -> None:
    assert refused(tokens, signed(keyring, head, claims(moment))) in {"malformed", "header"}


# --- the signature


@pytest.mark.parametrize("kid", ["", "unknown", "../master", "\0", "\ud800"])
def test_an_unknown_key_is_refused(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, kid: str
) -> None:
    token = signed(keyring, {**header(keyring), "kid": kid}, claims(moment))
    assert refused(tokens, token) == "key"


def test_the_key_is_the_one_that_is_named(
    tokens: AccessTokens, keyring: Keyring, moment: Moment
) -> None:
    old = header(keyring)
    keyring.rotate()
    assert refused(tokens, signed(keyring, old, claims(moment))) == "signature"


def test_a_token_of_another_house_is_refused(
    tokens: AccessTokens, moment: Moment, tmp_path: Path, keyring: Keyring
) -> None:
    foreign = Keyring.create(tmp_path / "foreign", development=True)
    assert refused(tokens, signed(foreign, header(foreign), claims(moment))) == "key"
    assert refused(tokens, signed(foreign, header(keyring), claims(moment))) == "signature"


@pytest.mark.parametrize("signature", ["", "x", "A" * 85, "A" * 86, "A" * 87, "A" * 172])
@pytest.mark.parametrize("alg", ["none", "ES256"])
def test_no_signature_and_alg_none_are_refused(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, alg: str, signature: str
) -> None:
    head = {**header(keyring), "alg": alg}
    token = f"{encode(head)}.{encode(claims(moment))}.{signature}"
    assert refused(tokens, token) in {"malformed", "header", "signature"}


@pytest.mark.parametrize("encoding", [serialization.Encoding.DER, serialization.Encoding.PEM])
def test_the_public_key_is_no_shared_secret(
    tokens: AccessTokens, keyring: Keyring, moment: Moment, encoding: serialization.Encoding
) -> None:
    pem = keyring.signing_key().public.to_pem()
    public = serialization.load_pem_public_key(pem)
    secret = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = f"{encode({**header(keyring), 'alg': 'HS256'})}.{encode(claims(moment))}"
    for size in (32, 64):  # padded to the length of a true one, too
        mac = hmac.new(secret, text.encode(), hashlib.sha256).digest().ljust(size, b"\0")
        assert refused(tokens, f"{text}.{encode(mac)}") in {"malformed", "header"}


def test_only_the_compact_form_of_a_signature_counts(tokens: AccessTokens) -> None:
    token = issue(tokens)
    text, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    assert decode_dss_signature(der)
    assert refused(tokens, f"{text}.{encode(der)}") == "malformed"
    for spelling in (f"{token}==", f"{token}\n", f" {token}", f"{token}.", f"{token}.x"):
        assert refused(tokens, spelling) == "malformed"
    for at in (3, len(text) // 2, len(token) - 5):  # python's base64 skips over these
        for stray in "!\n %.\u00e9":
            assert refused(tokens, token[:at] + stray + token[at:]) in {"malformed", "signature"}


def test_the_spare_bits_of_the_last_character_are_zero(tokens: AccessTokens) -> None:
    token = issue(tokens)
    others = [token[:-1] + last for last in ALPHABET if last != token[-1]]
    assert {refused(tokens, other) for other in others} == {"malformed", "signature"}


@pytest.mark.parametrize("seen", [False, True])
def test_every_single_changed_bit_is_refused(tokens: AccessTokens, seen: bool) -> None:
    token = issue(tokens)
    if seen:
        tokens.verify(token, "staff")
    for at in range(len(token)):
        for bit in range(7):
            changed = token[:at] + chr(ord(token[at]) ^ 1 << bit) + token[at + 1 :]
            refused(tokens, changed)


with tempfile.TemporaryDirectory() as _folder:
    STILL = Moment()  # its monotonic clock stands still: the folder is not looked for again
    SHARED = Keyring.create(Path(_folder), development=True, monotonic=STILL.monotonic)
    SHARED_TOKENS = AccessTokens(SHARED, ISSUER, 900, STILL)
    GOOD = issue(SHARED_TOKENS)


@given(st.data())
def test_a_token_changed_in_any_way_is_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 8)))
    middle = data.draw(st.one_of(st.text(max_size=8), st.text(ALPHABET + ".=", max_size=8)))
    changed = GOOD[:start] + middle + GOOD[end:]
    if changed != GOOD:
        refused(SHARED_TOKENS, changed)


@given(st.one_of(st.text(), st.text(ALPHABET + "."), st.from_regex(r"\A[\w-]+\.[\w-]+\.[\w-]+\Z")))
def test_any_other_text_is_refused(text: str) -> None:
    refused(SHARED_TOKENS, text)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "sub", "sid", "jti", "iat", "exp", "viewer", "customer"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(),
            st.just(str(SUBJECT)), st.just("staff"), st.lists(st.integers()),
        ),
    )
)  # fmt: skip
def test_signed_nonsense_is_refused_or_well_formed(changes: Json) -> None:
    body = {**claims(STILL), **changes}
    try:
        said = SHARED_TOKENS.verify(signed(SHARED, header(SHARED), body), "staff")
    except TokenRefused:
        return
    assert said.expires_at == body["exp"] > STILL().timestamp()
    assert said.issued_at == body["iat"] <= STILL().timestamp() + 60
    assert (body["iss"], body["aud"], said.viewer) == (ISSUER, "staff", body["viewer"])
    assert said.subject == UUID(body["sub"])


def test_an_oversize_token_is_refused_and_the_longest_is_read(
    tokens: AccessTokens, keyring: Keyring, moment: Moment
) -> None:
    body = claims(moment)
    longest = 0
    while len(token := signed(keyring, header(keyring), body)) <= 4096:
        longest = len(token)
        tokens.verify(token, "staff")
        body["viewer"] += "v" * (1 if longest > 4000 else 64)
    assert longest >= 4094  # base64 has no text of every length
    assert refused(tokens, token) == "malformed"


def test_another_curve_under_the_same_name_is_refused(
    tokens: AccessTokens, keyring: Keyring, moment: Moment
) -> None:
    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    text = f"{encode(header(keyring))}.{encode(claims(moment))}"
    token = f"{text}.{encode(jwk.construct(pem, 'ES256').sign(text.encode()))}"
    assert refused(tokens, token) == "malformed"
