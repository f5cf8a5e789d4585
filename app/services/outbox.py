"""The outbox: what is to leave is written in the transaction that wants it, and sent afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.core.language import Language
from app.models import OutboxMessage, table_of
from app.services.platform import Platform

_TABLE = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to be sent: a template, for one recipient, in their language.

    `params` fill the template and stand in clear: nothing secret. `secret` fills it too and is kept
    sealed until the mail has left. A second message with the same `key` is not queued. `batch`
    names what the deliveries are counted under. One that is `suppressed` is only ever written down.
    """

    template: str
    recipient: str
    language: Language
    params: Mapping[str, Any] = field(default_factory=dict)
    secret: Mapping[str, str] | None = None
    key: str | None = None
    batch: str | None = None
    login_id: UUID | None = None
    customer_id: UUID | None = None
    staff_id: UUID | None = None
    suppressed: bool = False


async def queue(platform: Platform, connection: AsyncConnection, *messages: Message) -> None:
    """Have the messages sent once the caller's transaction is committed, and only then."""
    if not messages:
        return
    rows = [_row(platform, message) for message in messages]
    postgres = connection.dialect.name == "postgresql"
    insert = postgresql.insert(_TABLE) if postgres else sqlite.insert(_TABLE)
    await connection.execute(insert.on_conflict_do_nothing(index_elements=["key"]), rows)


def link(platform: Platform, page: str, token: str) -> str:
    """The address of a page of the customer area that uses up a token.

    The token stands in the fragment: it reaches no server, and no log or `Referer` on the way.
    """
    return f"{platform.settings.area_url}/{page}#token={token}"


def _row(platform: Platform, message: Message) -> dict[str, Any]:
    message_id = new_id()
    now = platform.clock()
    sealed = None
    if message.secret is not None and not message.suppressed:
        sealed = platform.mail_sealer.seal(orjson.dumps(dict(message.secret)), message_id.bytes)
    return {
        "id": message_id,
        "key": message.key,
        "batch": message.batch,
        "template": message.template,
        "language": message.language,
        "recipient": message.recipient,
        "params": dict(message.params),
        "sealed": sealed,
        "login_id": message.login_id,
        "customer_id": message.customer_id,
        "staff_id": message.staff_id,
        "state": "suppressed" if message.suppressed else "queued",
        "attempts": 0,
        "created_at": now,
        "due_at": None if message.suppressed else now,
        "settled_at": now if message.suppressed else None,
    }
