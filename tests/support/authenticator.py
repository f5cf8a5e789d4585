"""A passkey in software: answers creation and request options as a browser would, or wrongly.

    phone = Authenticator("http://localhost:8000")
    credential = phone.create(options)  # what PublicKeyCredential.toJSON() gives after create()
    credential = phone.get(options)  # and after get()

Each keyword of `Tricks` makes one thing wrong.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

T = TypeVar("T")

ES256, EDDSA, RS256 = -7, -8, -257
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40

VERIFIED_BY_FINGER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""Chromium's own virtual authenticator (``WebAuthn.addVirtualAuthenticator``), always willing."""


@dataclass(frozen=True, kw_only=True)
class Tricks:
    """What an answer gets wrong; None leaves a thing as it should be."""

    origin: str | None = None
    rp_id: str | None = None
    challenge: str | None = None
    """In base64url, as it stands in the options of another ceremony."""
    type: str | None = None
    """``webauthn.get`` in place of ``webauthn.create``, or the reverse."""
    count: int | None = None
    """The counter that is told; the authenticator's own goes on from it."""
    without: int = 0
    """Flags that are missing: `PRESENT`, `VERIFIED`."""
    also: int = 0
    """Flags that should not be there."""
    client_data: Mapping[str, Any] = field(default_factory=dict)
    """More members of the client data."""
    handle: bytes | None = None
    tamper: bool = False
    """Flips a bit of the signature, after it was made."""
    statement: tuple[str, dict[str, Any]] = ("none", {})
    """The attestation's format and statement."""
    key: Mapping[int, Any] | None = None
    """A COSE key to be told in place of the real one."""


HONEST = Tricks()


@dataclass(slots=True)
class Resident:
    """One passkey that lies in the authenticator."""

    rp_id: str
    credential_id: bytes
    handle: bytes
    sign: Callable[[bytes], bytes]
    count: int


class Authenticator:
    """Holds passkeys. `counts` is whether it counts signatures; synchronised ones do not."""

    def __init__(self, origin: str, *, algorithm: int = ES256, counts: bool = True) -> None:
        self.origin = origin
        self.residents: list[Resident] = []
        self._algorithm = algorithm
        self._counts = counts

    def create(self, options: Mapping[str, Any], tricks: Tricks = HONEST) -> dict[str, Any]:
        """A new passkey for the site and user of `options` (in JSON), in place of an older one."""
        rp_id, handle = options["rp"]["id"], decoded(options["user"]["id"])
        assert self._algorithm in [each["alg"] for each in options["pubKeyCredParams"]]
        excluded = {decoded(each["id"]) for each in options["excludeCredentials"]}
        held = {each.credential_id for each in self.residents}
        assert not excluded & held, "InvalidStateError: the site knows this authenticator"
        key, sign = _new_key(self._algorithm)
        passkey = Resident(rp_id, secrets.token_bytes(32), handle, sign, count=0)
        self.residents = [
            each for each in self.residents if (each.rp_id, each.handle) != (rp_id, handle)
        ]
        self.residents.append(passkey)
        told = cbor2.dumps(dict(_or(tricks.key, key)))
        attested = bytes(16) + len(passkey.credential_id).to_bytes(2) + passkey.credential_id + told
        data = self._data(passkey, tricks, ATTESTED) + attested
        form, statement = tricks.statement
        attestation = {"fmt": form, "attStmt": statement, "authData": data}
        client_data = self._client_data("webauthn.create", options, tricks)
        return _credential(
            passkey,
            clientDataJSON=encoded(client_data),
            attestationObject=encoded(cbor2.dumps(attestation)),
            transports=["internal", "hybrid"],
        )

    def get(
        self, options: Mapping[str, Any], tricks: Tricks = HONEST, *, place: int = -1
    ) -> dict[str, Any]:
        """An answer of the newest passkey that fits `options` (in JSON), or of that at `place`."""
        allowed = {decoded(each["id"]) for each in options.get("allowCredentials", ())}
        passkey = [
            each
            for each in self.residents
            if each.rp_id == options["rpId"] and (not allowed or each.credential_id in allowed)
        ][place]
        client_data = self._client_data("webauthn.get", options, tricks)
        data = self._data(passkey, tricks)
        signature = passkey.sign(data + hashlib.sha256(client_data).digest())
        if tricks.tamper:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return _credential(
            passkey,
            clientDataJSON=encoded(client_data),
            authenticatorData=encoded(data),
            signature=encoded(signature),
            userHandle=encoded(_or(tricks.handle, passkey.handle)),
        )

    def _data(self, passkey: Resident, tricks: Tricks, flags: int = 0) -> bytes:
        if tricks.count is not None:
            passkey.count = tricks.count
        elif self._counts:
            passkey.count += 1
        flags |= PRESENT | VERIFIED | (0 if self._counts else ELIGIBLE | BACKED_UP)
        flags = flags & ~tricks.without | tricks.also
        rp_id = _or(tricks.rp_id, passkey.rp_id).encode()
        return hashlib.sha256(rp_id).digest() + bytes([flags]) + passkey.count.to_bytes(4)

    def _client_data(self, kind: str, options: Mapping[str, Any], tricks: Tricks) -> bytes:
        said = {
            "type": _or(tricks.type, kind),
            "challenge": _or(tricks.challenge, options["challenge"]),
            "origin": _or(tricks.origin, self.origin),
            "crossOrigin": False,
        }
        return json.dumps({**said, **tricks.client_data}, separators=(",", ":")).encode()


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _or(trick: T | None, honest: T) -> T:
    return honest if trick is None else trick


def _credential(passkey: Resident, **response: Any) -> dict[str, Any]:
    identifier = encoded(passkey.credential_id)
    return {
        "id": identifier,
        "rawId": identifier,
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": response,
    }


def _new_key(algorithm: int) -> tuple[Mapping[int, Any], Callable[[bytes], bytes]]:
    """The public half as COSE, and what signs with the private one."""
    if algorithm == ES256:
        key = ec.generate_private_key(ec.SECP256R1())
        point = key.public_key().public_numbers()
        cose = {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        return cose, lambda data: key.sign(data, ec.ECDSA(SHA256()))
    if algorithm == EDDSA:
        edwards = ed25519.Ed25519PrivateKey.generate()
        return {1: 1, 3: EDDSA, -1: 6, -2: edwards.public_key().public_bytes_raw()}, edwards.sign
    assert algorithm == RS256
    modular = rsa.generate_private_key(65537, 2048)
    numbers = modular.public_key().public_numbers()
    cose = {1: 3, 3: RS256, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)}
    return cose, lambda data: modular.sign(data, padding.PKCS1v15(), SHA256())
