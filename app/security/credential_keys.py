"""The public keys of passkeys (COSE, RFC 9053): three kinds, and none that is weak or unusable."""

from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import decode_credential_public_key
from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography

_RSA_BITS = range(2048, 4097)  # less is weak; more lets a stranger choose what a check costs us
_RSA_EXPONENT = 65537


def require_usable_key(encoded: bytes) -> None:
    """Raise ValueError, or what the parsers raise, unless signatures can be checked with the key.

    The library learns that only at the first sign-in, and takes one algorithm's name on another's
    key.
    """
    decoded = decode_credential_public_key(encoded)
    key = decoded_public_key_to_cryptography(decoded)
    if not _FITS[decoded.alg](key):
        raise ValueError("not a key of its algorithm, or too weak")


def _is_p256(key: object) -> bool:
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)


def _is_ed25519(key: object) -> bool:
    return isinstance(key, Ed25519PublicKey)


def _is_rsa(key: object) -> bool:
    return (
        isinstance(key, RSAPublicKey)
        and key.key_size in _RSA_BITS
        and key.public_numbers().e == _RSA_EXPONENT
    )


_FITS: Mapping[COSEAlgorithmIdentifier, Callable[[object], bool]] = {
    COSEAlgorithmIdentifier.ECDSA_SHA_256: _is_p256,
    COSEAlgorithmIdentifier.EDDSA: _is_ed25519,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256: _is_rsa,
}

ALGORITHMS: Final = tuple(_FITS)
"""Preferred first. All authenticators know ES256; older ones of Windows know RS256 alone."""
