"""Passkeys against an authenticator in software: good answers pass, and nothing else does."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.security.passkeys import (
    Claim,
    Passkey,
    PasskeyRefused,
    claim_of,
    new_challenge,
    relying_party,
)
from tests.support.authenticator import (
    ATTESTED,
    BACKED_UP,
    EDDSA,
    ES256,
    HONEST,
    PRESENT,
    RS256,
    VERIFIED,
    Authenticator,
    Tricks,
    encoded,
)

ORIGIN = "https://clientes.alainer.com.br"
SITE = relying_party((ORIGIN, "https://app.alainer.com.br"), "Alainer")
HANDLE = b"\x01" * 16
Ceremony = Callable[[Authenticator, Tricks], object]


def creation_options(challenge: bytes, known: tuple[Passkey, ...] = ()) -> dict[str, Any]:
    options = SITE.creation_options(
        challenge=challenge,
        user_handle=HANDLE,
        user_name="maria@exemplo.com.br",
        display_name="Maria",
        known=known,
    )
    json.dumps(options)  # it must be JSON as it stands
    return options


def make(phone: Authenticator, tricks: Tricks = HONEST, challenge: bytes | None = None) -> Passkey:
    asked = new_challenge()
    credential = phone.create(creation_options(asked), tricks)
    return SITE.registered(credential, challenge or asked)


def use(
    phone: Authenticator,
    passkey: Passkey,
    tricks: Tricks = HONEST,
    challenge: bytes | None = None,
) -> int:
    asked = new_challenge()
    answer = phone.get(SITE.request_options(challenge=asked, known=(passkey,)), tricks)
    return SITE.authenticated(answer, challenge or asked, passkey)


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_a_passkey_is_made_and_used(algorithm: int) -> None:
    phone = Authenticator(ORIGIN, algorithm=algorithm)
    passkey = make(phone)
    assert passkey.credential_id == phone.residents[0].credential_id
    assert (passkey.sign_count, passkey.transports) == (1, ("internal", "hybrid"))
    challenge = new_challenge()
    answer = phone.get(SITE.request_options(challenge=challenge))  # nobody named: discoverable
    assert claim_of(answer) == Claim(passkey.credential_id, HANDLE)
    assert SITE.authenticated(answer, challenge, passkey) == 2


def test_other_listed_pages_may_use_it_too() -> None:
    phone = Authenticator("https://app.alainer.com.br")
    assert use(phone, make(phone)) == 2


def test_what_is_asked_of_the_browser() -> None:
    passkey = Passkey(b"c" * 16, b"", 0, ("usb",))
    challenge = new_challenge()
    options = creation_options(challenge, (passkey,))
    assert options["rp"] == {"id": "clientes.alainer.com.br", "name": "Alainer"}
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [ES256, EDDSA, RS256]
    assert options["user"] == {
        "id": encoded(HANDLE),
        "name": "maria@exemplo.com.br",
        "displayName": "Maria",
    }
    listed = {"id": encoded(b"c" * 16), "type": "public-key", "transports": ["usb"]}
    assert options["excludeCredentials"] == [listed]
    assert SITE.request_options(challenge=challenge, known=(passkey,)) == {
        "challenge": encoded(challenge),
        "timeout": 300_000,
        "rpId": "clientes.alainer.com.br",
        "allowCredentials": [listed],
        "userVerification": "required",
    }


def test_challenges_are_fresh() -> None:
    assert len({new_challenge() for _ in range(100)}) == 100
    assert len(new_challenge()) == 32


@pytest.mark.parametrize(
    ("page", "domain", "origins"),
    [
        ("https://a.alainer.com.br", "a.alainer.com.br", ["https://a.alainer.com.br"]),
        ("https://b.com.br:8443/area", "b.com.br", ["https://b.com.br:8443"]),
        ("http://127.0.0.1:80", "localhost", ["http://127.0.0.1:80", "http://localhost:80"]),
        ("http://[::1]", "localhost", ["http://[::1]", "http://localhost"]),
    ],
)
def test_the_site_follows_from_where_its_pages_are(
    page: str, domain: str, origins: list[str]
) -> None:
    site = relying_party((page, "https://c.com.br", page), "Alainer")
    assert (site.id, site.name) == (domain, "Alainer")
    assert list(site.origins) == [*origins, "https://c.com.br"]


def test_several_hosts_may_share_a_domain() -> None:
    pages = ("https://clientes.alainer.com.br", "https://equipe.alainer.com.br")
    site = relying_party(pages, "Alainer", "alainer.com.br")
    assert (site.id, site.origins) == ("alainer.com.br", pages)


FRAMES: list[dict[str, Any]] = [
    {"crossOrigin": True},
    {"crossOrigin": "yes"},
    {"topOrigin": "https://mau.com.br"},
]
WRONG_EITHER_WAY = [
    Tricks(origin="https://mau.com.br"),
    Tricks(origin="http://clientes.alainer.com.br"),
    Tricks(origin=ORIGIN + ":444"),
    Tricks(origin=ORIGIN + "/"),
    Tricks(origin="https://x.clientes.alainer.com.br"),
    Tricks(rp_id="alainer.com.br"),
    Tricks(rp_id="mau.com.br"),
    Tricks(challenge=encoded(new_challenge())),
    Tricks(challenge=""),
    Tricks(without=VERIFIED),
    Tricks(without=PRESENT),
    Tricks(also=BACKED_UP),  # but not eligible for it: no authenticator says so
    Tricks(client_data={"origin": [ORIGIN]}),
    Tricks(client_data={"challenge": None}),
    *[Tricks(client_data=frame) for frame in FRAMES],
]


@pytest.mark.parametrize("tricks", [*WRONG_EITHER_WAY, Tricks(type="webauthn.get")])
def test_a_wrong_registration_is_refused(tricks: Tricks) -> None:
    with pytest.raises(PasskeyRefused):
        make(Authenticator(ORIGIN), tricks)


@pytest.mark.parametrize(
    "tricks",
    [*WRONG_EITHER_WAY, Tricks(type="webauthn.create"), Tricks(tamper=True), Tricks(also=ATTESTED)],
)
def test_a_wrong_answer_is_refused(tricks: Tricks) -> None:
    phone = Authenticator(ORIGIN)
    passkey = make(phone)
    with pytest.raises(PasskeyRefused):
        use(phone, passkey, tricks)
    assert use(phone, passkey) > 1


def test_another_challenge_is_another_question() -> None:
    phone = Authenticator(ORIGIN)
    with pytest.raises(PasskeyRefused):
        make(phone, challenge=new_challenge())
    with pytest.raises(PasskeyRefused):
        use(phone, make(phone), challenge=new_challenge())


def test_a_passkey_of_somebody_else_is_refused() -> None:
    mine, yours = Authenticator(ORIGIN), Authenticator(ORIGIN)
    passkey, other = make(mine), make(yours)
    challenge = new_challenge()
    answer = yours.get(SITE.request_options(challenge=challenge))
    with pytest.raises(PasskeyRefused):
        SITE.authenticated(answer, challenge, passkey)
    # Nor does it help to put on the other's name: the signature is still one's own.
    answer["id"] = answer["rawId"] = encoded(passkey.credential_id)
    with pytest.raises(PasskeyRefused):
        SITE.authenticated(answer, challenge, passkey)
    stolen = Passkey(other.credential_id, passkey.public_key, 0)
    with pytest.raises(PasskeyRefused):
        SITE.authenticated(yours.get(SITE.request_options(challenge=challenge)), challenge, stolen)


@pytest.mark.parametrize(
    ("stored", "told", "passes"),
    [
        (5, 6, True),
        (5, 2**32 - 1, True),
        (5, 5, False),
        (5, 4, False),
        (5, 0, False),
        (0, 0, True),
        (0, 1, True),
    ],
)
def test_the_count_must_grow_where_there_is_one(stored: int, told: int, passes: bool) -> None:
    phone = Authenticator(ORIGIN)
    made = make(phone)
    passkey = Passkey(made.credential_id, made.public_key, stored)
    if passes:
        assert use(phone, passkey, Tricks(count=told)) == told
    else:
        with pytest.raises(PasskeyRefused):
            use(phone, passkey, Tricks(count=told))


def test_one_that_lives_on_several_devices_does_not_count() -> None:
    phone = Authenticator(ORIGIN, counts=False)
    passkey = make(phone)
    assert passkey.sign_count == 0
    assert [use(phone, passkey) for _ in range(3)] == [0, 0, 0]


def test_an_attestation_is_not_looked_at() -> None:
    unasked = ("tpm", {"x5c": [b"certificate?"], "sig": b"x", "alg": -7})
    phone = Authenticator(ORIGIN)
    assert use(phone, make(phone, Tricks(statement=unasked))) == 2


def _p384() -> Mapping[int, Any]:
    point = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    return {1: 2, 3: ES256, -1: 2, -2: point.x.to_bytes(48), -3: point.y.to_bytes(48)}


def _rsa(bits: int, exponent: int | None = None, algorithm: int = RS256) -> Mapping[int, Any]:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    told = (exponent or numbers.e).to_bytes(128).lstrip(b"\0")
    return {1: 3, 3: algorithm, -1: numbers.n.to_bytes(bits // 8), -2: told}


@pytest.mark.parametrize(
    "key",
    [
        {},
        {1: 2, 3: ES256},
        {1: 2, 3: ES256, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32},  # not on the curve
        {1: 2, 3: ES256, -1: 1, -2: 5, -3: 7},
        {1: 1, 3: EDDSA, -1: 6, -2: b"short"},
        {1: 1, 3: ES256, -1: 6, -2: b"\x01" * 32},
        {1: 3, 3: RS256, -1: b"\xff" * 5000, -2: b"\xff" * 5000},
        {1: 7, 3: -48, -1: b"\x01" * 1312},  # ML-DSA: not offered
        {1: True, 3: ES256},
        _p384(),
        _rsa(1024),
        _rsa(2048, exponent=2**900 + 1),
        _rsa(2048, algorithm=ES256),
        _rsa(2048, algorithm=-65535),  # SHA-1
    ],
)
def test_a_key_that_is_weak_or_none_at_all_is_refused(key: Mapping[int, Any]) -> None:
    with pytest.raises(PasskeyRefused):
        make(Authenticator(ORIGIN), Tricks(key=key))


def test_the_id_that_was_signed_is_the_one_that_counts() -> None:
    phone, challenge = Authenticator(ORIGIN), new_challenge()
    credential = phone.create(creation_options(challenge))
    credential["id"] = credential["rawId"] = encoded(b"i" * 32)
    with pytest.raises(PasskeyRefused):
        SITE.registered(credential, challenge)
