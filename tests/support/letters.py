"""What waits in the outbox, opened as the worker opens it: who is written to, and which links."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from app.models import OutboxMessage
from app.services.platform import Platform
from tests.support.records import rows


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, the secret part of it in clear."""

    template: str
    recipient: str
    language: str
    params: Mapping[str, Any]
    secret: Mapping[str, str]
    row: Any

    @property
    def token(self) -> str:
        """What stands behind ``#token=`` in its link."""
        return self.secret["link"].partition("#token=")[2]


async def letters_to(platform: Platform, recipient: str, template: str = "") -> list[Letter]:
    """The messages to an address, oldest first, of one template if it is named."""
    chosen = select(OutboxMessage).where(OutboxMessage.recipient == recipient)
    if template:
        chosen = chosen.where(OutboxMessage.template == template)
    found = await rows(platform, chosen.order_by(OutboxMessage.id))
    return [_letter(platform, row) for row in found]


async def token_to(platform: Platform, recipient: str, template: str) -> str:
    """The token of the latest message of the template to an address."""
    return (await letters_to(platform, recipient, template))[-1].token


def _letter(platform: Platform, row: Any) -> Letter:
    secret: Mapping[str, str] = {}
    if row.sealed is not None:
        secret = orjson.loads(platform.mail_sealer.open(row.sealed, row.id.bytes))
    return Letter(row.template, row.recipient, row.language, row.params, secret, row)
