"""Values that must be readable again (a second factor's secret), encrypted in their row."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_NONCE_SIZE = 12  # bytes, NIST SP 800-38D; random, so fewer than 2^32 values under one key
_TAG_SIZE = 16


class SealBroken(Exception):
    """The sealed value was altered, belongs to another row, or was sealed with another key."""


class Sealer:
    """AES-256-GCM under one `key` of 32 bytes (ValueError for any other length).

    `aad` names the place that the value belongs to: table, column and the row's id, for instance
    ``b"staff.totp_secret:" + staff_id.bytes``. A value copied into another row, or another column
    of the same row, does not open there, so that who can write to the table still cannot give
    one account the second factor of another.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("a sealing key has 32 bytes")
        self._aes = AESGCM(key)

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Version byte, nonce, then ciphertext with its tag: 29 bytes longer than `plaintext`."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return _VERSION + nonce + self._aes.encrypt(nonce, plaintext, _VERSION + aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """The plaintext that was sealed with this `aad`. Raises SealBroken for anything else."""
        if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE_SIZE + _TAG_SIZE:
            raise SealBroken
        nonce, ciphertext = sealed[1 : 1 + _NONCE_SIZE], sealed[1 + _NONCE_SIZE :]
        try:
            return self._aes.decrypt(nonce, ciphertext, _VERSION + aad)
        except InvalidTag:
            raise SealBroken from None
