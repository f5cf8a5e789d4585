"""Passkeys (WebAuthn level 3): what a browser is asked for, and whether its answer is good.

A narrow wrapper of `webauthn`. The user is always verified by the authenticator (a finger, a face,
a PIN), so a passkey is possession and knowledge in one: it counts as both factors. Attestation is
not asked for and not looked at: which make of authenticator a customer owns is no business of ours.

The library takes more than the standard lets through: sloppy base64, a credential whose id is not
the one that the authenticator signed, keys that no signature can be checked with, frames of other
sites. What it is handed here has been read strictly first, and whatever it stumbles over ends as
one refusal.
"""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import cbor2
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.security.credential_keys import ALGORITHMS, require_usable_key

PATIENCE_SECONDS: Final = 300
"""How long a browser may take; the service honours the challenge as long."""

_LONGEST_CLIENT_DATA = 2048  # bytes; browsers write about 200
_LONGEST_AUTHENTICATOR_DATA = 4096  # bytes; 37, extensions, and at registration an id and a key
_LONGEST_ATTESTATION = 16_384  # bytes; an authenticator may send certificates all the same
_LONGEST_SIGNATURE = 1024  # bytes; 512 for RSA of 4096 bits
_SHORTEST_ID, _LONGEST_ID = 16, 1023  # bytes; WebAuthn level 3, section 4, "credential ID"
_LONGEST_HANDLE = 64  # bytes; section 5.4.3


class PasskeyRefused(Exception):
    """The answer is not from this passkey, for this challenge and site; nothing says why."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """What is kept of a passkey: nothing of it is secret.

    `public_key` is a COSE key; `sign_count` is the authenticator's own count of its signatures (0
    where it keeps none, as those that live on several devices do), `transports` the ways in which
    browsers reach it.
    """

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """Which passkey an answer says it comes from, before anything is verified."""

    credential_id: bytes
    user_handle: bytes | None


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site that passkeys are made for: `id` is its domain, `origins` where its pages live."""

    id: str
    name: str
    origins: tuple[str, ...]

    def creation_options(
        self,
        *,
        challenge: bytes,
        user_handle: bytes,
        user_name: str,
        display_name: str,
        known: Sequence[Passkey],
    ) -> dict[str, Any]:
        """What a page gives to ``PublicKeyCredential.parseCreationOptionsFromJSON``.

        `user_handle` (1 to 64 bytes) comes back at sign-in; an authenticator keeps one passkey for
        each. Authenticators that hold one of `known` refuse to make another.
        """
        options = generate_registration_options(
            rp_id=self.id,
            rp_name=self.name,
            user_id=user_handle,
            user_name=user_name,
            user_display_name=display_name,
            challenge=challenge,
            timeout=PATIENCE_SECONDS * 1000,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(known),
            supported_pub_key_algs=list(ALGORITHMS),
        )
        return options_to_json_dict(options)

    def request_options(self, *, challenge: bytes, known: Sequence[Passkey] = ()) -> dict[str, Any]:
        """What a page gives to ``PublicKeyCredential.parseRequestOptionsFromJSON``.

        Without `known` the authenticator offers every passkey that it holds for this site.
        """
        options = generate_authentication_options(
            rp_id=self.id,
            challenge=challenge,
            timeout=PATIENCE_SECONDS * 1000,
            allow_credentials=_descriptors(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def registered(self, credential: object, challenge: bytes) -> Passkey:
        """The passkey that a browser made for `challenge`. Raises PasskeyRefused."""
        try:
            read, raw_id = _read(
                credential,
                clientDataJSON=_LONGEST_CLIENT_DATA,
                attestationObject=_LONGEST_ATTESTATION,
            )
            response = read["response"]
            self._demand_own_page(response["clientDataJSON"])
            response["attestationObject"] = _without_statement(response["attestationObject"])
            verified = verify_registration_response(
                credential=read,
                expected_challenge=challenge,
                expected_rp_id=self.id,
                expected_origin=list(self.origins),
                require_user_verification=True,
                supported_pub_key_algs=list(ALGORITHMS),
            )
            if verified.credential_id != raw_id:
                raise PasskeyRefused
            require_usable_key(verified.credential_public_key)
        except Exception:  # whatever a hostile answer makes the parsers raise
            raise PasskeyRefused from None
        return Passkey(
            raw_id, verified.credential_public_key, verified.sign_count, _transports(credential)
        )

    def authenticated(self, credential: object, challenge: bytes, passkey: Passkey) -> int:
        """The authenticator's new count, after an answer of `passkey` to `challenge`.

        Raises PasskeyRefused, for a count that did not grow too: the passkey was copied, or the
        answer is an old one. The caller stores the count under the same condition, so that of two
        answers at once only one passes.
        """
        try:
            read, raw_id = _read_assertion(credential)
            self._demand_own_page(read["response"]["clientDataJSON"])
            if raw_id != passkey.credential_id:
                raise PasskeyRefused
            verified = verify_authentication_response(
                credential=read,
                expected_challenge=challenge,
                expected_rp_id=self.id,
                expected_origin=list(self.origins),
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except Exception:  # as above
            raise PasskeyRefused from None
        return verified.new_sign_count

    def _demand_own_page(self, client_data: str) -> None:
        """The library leaves it open whether the page was a frame in somebody else's."""
        said = json.loads(_decoded(client_data).decode())
        if said.get("crossOrigin", False) is not False or "topOrigin" in said:
            raise PasskeyRefused


def relying_party(pages: Sequence[str], name: str, domain: str = "") -> RelyingParty:
    """The site whose pages live at these addresses; passkeys are made for `domain`.

    Without one, for the host of the first page. Browsers know no passkeys for IP addresses: on this
    machine itself the host is ``localhost``, which then is an origin, too.
    """
    origins: dict[str, None] = {}
    for url in map(urlsplit, pages):
        host = url.hostname or ""
        origins[f"{url.scheme}://{url.netloc}"] = None
        if host in ("127.0.0.1", "::1"):
            host = "localhost"
            origins[f"{url.scheme}://localhost" + (f":{url.port}" if url.port else "")] = None
        domain = domain or host
    return RelyingParty(domain, name, tuple(origins))


def new_challenge() -> bytes:
    """32 random bytes: an answer is good for this question alone."""
    return secrets.token_bytes(32)


def claim_of(credential: object) -> Claim:
    """Whose passkey an answer to `request_options` says it is. Raises PasskeyRefused."""
    try:
        read, raw_id = _read_assertion(credential)
        handle = read["response"].get("userHandle")
        return Claim(raw_id, None if handle is None else _decoded(handle))
    except Exception:  # as above
        raise PasskeyRefused from None


def _descriptors(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(name) for name in passkey.transports] or None,
        )
        for passkey in known
    ]


def _read_assertion(credential: object) -> tuple[dict[str, Any], bytes]:
    read, raw_id = _read(
        credential,
        clientDataJSON=_LONGEST_CLIENT_DATA,
        authenticatorData=_LONGEST_AUTHENTICATOR_DATA,
        signature=_LONGEST_SIGNATURE,
    )
    handle = credential["response"].get("userHandle")  # type: ignore[index]  # `_read` saw to it
    if handle is not None:
        read["response"]["userHandle"] = _text(handle, _LONGEST_HANDLE)
    return read, raw_id


def _read(credential: object, **members: int) -> tuple[dict[str, Any], bytes]:
    """The credential with its known members only, each in proper base64url and of bounded size;
    and its id. Raises PasskeyRefused, or whatever the wrong type makes Python raise."""
    if not isinstance(credential, Mapping):
        raise PasskeyRefused
    identifier = _text(credential["id"], _LONGEST_ID)
    raw_id = _decoded(identifier)
    if credential["rawId"] != identifier or len(raw_id) < _SHORTEST_ID:
        raise PasskeyRefused
    given = credential["response"]
    response = {name: _text(given[name], longest) for name, longest in members.items()}
    kind = credential["type"]
    return {"id": identifier, "rawId": identifier, "type": kind, "response": response}, raw_id


def _text(value: object, longest: int) -> str:
    """`value`, if it is what base64url makes of at most `longest` bytes, and no other spelling."""
    if (
        not isinstance(value, str)
        or len(value) > (longest * 4 + 2) // 3
        or _encoded(_decoded(value)) != value
    ):
        raise PasskeyRefused
    return value


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _without_statement(attestation_object: str) -> str:
    """The same with attestation "none": an authenticator that attests itself unasked is welcome,
    but no certificate of a stranger is parsed here."""
    said = cbor2.loads(_decoded(attestation_object))
    kept = {"fmt": "none", "attStmt": {}, "authData": said["authData"]}
    return _encoded(cbor2.dumps(kept))


def _transports(credential: Any) -> tuple[str, ...]:
    """The transports that the standard names, of those that the browser does: hints, no more."""
    named = credential["response"].get("transports")
    if not isinstance(named, list):
        return ()
    return tuple(known.value for known in AuthenticatorTransport if known.value in named)
