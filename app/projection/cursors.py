"""Cursors: where a page ended, sealed for the viewer and the query that it belongs to."""

import base64
import binascii
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.errors import Failure
from app.security.sealing import SealBroken, Sealer

MAX_CURSOR = 2048


class Cursors:
    """Makes and reads cursors. A cursor of another viewer, account or query is no cursor."""

    def __init__(self, key: bytes) -> None:
        self._sealer = Sealer(key)

    def write(self, place: tuple[Any, ...], query: bytes) -> str:
        """The place after the last row shown: its sort values and id."""
        sealed = self._sealer.seal(orjson.dumps([_plain(value) for value in place]), query)
        return _text(sealed)

    def read(self, cursor: str, query: bytes) -> list[Any]:
        """The place again. Raises `Failure("invalid_cursor")` for anything not made for `query`."""
        if not cursor or len(cursor) > MAX_CURSOR or not cursor.isascii():
            raise Failure("invalid_cursor")
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            if _text(sealed) != cursor:  # the decoder skips what is no base64
                raise Failure("invalid_cursor")
            place = orjson.loads(self._sealer.open(sealed, query))
        except (binascii.Error, SealBroken, ValueError):
            raise Failure("invalid_cursor") from None
        return [_typed(value) for value in place]


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, UUID):
        return {"id": str(value)}
    return value


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["at"]) if "at" in value else UUID(value["id"])
    return value
