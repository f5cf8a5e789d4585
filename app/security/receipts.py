"""Consent receipts: JWS (RFC 7515), ES256, verifiable by anybody who has the published keys.

They outlive the key that signed them: a retired key signs nothing new and still verifies these.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.security import compact_jws
from app.security.keys import Keyring

TYPE: Final = "consent-receipt+jws"
LONGEST_RECEIPT: Final = 16_384
"""Characters of a receipt that is looked at."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an authentic receipt says, and the key that it was signed with."""

    kid: str
    content: Mapping[str, Any]


def sign_receipt(keyring: Keyring, content: Mapping[str, Any]) -> str:
    """A receipt of this content, as a compact JWS."""
    payload = orjson.dumps(content, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS)
    return compact_jws.sign(payload, keyring.signing_key(), TYPE)


def read_receipt(keyring: Keyring, text: str) -> Receipt:
    """Raises `JwsRefused` for anything that this service did not sign as a receipt."""
    return Receipt(*compact_jws.read(text, TYPE, LONGEST_RECEIPT, keyring.sealing_key))
