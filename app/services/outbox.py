"""The outbox: what is to leave is written in the transaction that wants it, and sent afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.core.language import Language
from app.models import OutboxMessage, table_of
from app.services.platform import Platform

_ACCOUNTED: Final = timedelta(days=400)
KEPT: Final[Mapping[str, timedelta]] = {
    "sent": _ACCOUNTED,
    "bounced": _ACCOUNTED,
    "abandoned": _ACCOUNTED,
    "suppressed": timedelta(days=2),
}
"""How long it can be told what became of a lone message, by what that was. Those of a batch are
accounted for as long as each other."""
PURGED_AT_ONCE: Final = 5000

_TABLE = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to be sent: a template, for one recipient, in their language.

    `params` and `secret` together name each placeholder of the template, and no other. `params`
    stand in clear for as long as it can be told what became of the message: names and times,
    nothing secret. `secret` (links, codes) is kept sealed until the mail has left. A second
    message with the same `key` is not queued. `batch` names what the deliveries are counted under;
    lone messages overtake those of a batch. One that is `suppressed` is only ever written down.
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
    """Have the messages sent once the caller's transaction is committed, and only then.

    Raises `ValueError` when a message does not give its template what that asks for: now, where
    the transaction can still be undone, and not when the mail is due.
    """
    if not messages:
        return
    rows = [_row(platform, message) for message in messages]
    rows.sort(key=_key)  # two transactions with the same keys wait for each other in one direction
    postgres = connection.dialect.name == "postgresql"
    insert = postgresql.insert(_TABLE) if postgres else sqlite.insert(_TABLE)
    await connection.execute(insert.on_conflict_do_nothing(index_elements=["key"]), rows)


def link(platform: Platform, page: str, token: str) -> str:
    """The address of a page of the customer area that uses up a token.

    The token stands in the fragment: it reaches no server, and no log or `Referer` on the way.
    """
    return f"{platform.settings.area_url}/{page}#token={token}"


async def purge(platform: Platform) -> None:
    """Forget the messages whose fate has been known for long enough."""
    now, lone = platform.clock(), OutboxMessage.batch.is_(None)
    for state, kept in KEPT.items():
        await _forget(platform, state, now - kept, lone)
        await _forget(platform, state, now - _ACCOUNTED, ~lone)


async def _forget(
    platform: Platform, state: str, before: datetime, which: ColumnElement[bool]
) -> None:
    some = (
        select(OutboxMessage.id)
        .where(OutboxMessage.state == state, OutboxMessage.settled_at < before, which)
        .limit(PURGED_AT_ONCE)
    )
    statement = delete(OutboxMessage).where(OutboxMessage.id.in_(some)).returning(OutboxMessage.id)
    gone = PURGED_AT_ONCE
    while gone == PURGED_AT_ONCE:  # transactions of bounded length: others wait to write
        async with platform.database.transaction() as connection:
            gone = len((await connection.execute(statement)).all())


def _key(row: Mapping[str, Any]) -> str:
    return row["key"] or ""


def _row(platform: Platform, message: Message) -> dict[str, Any]:
    secret = message.secret or {}
    wanted = platform.mail_templates.placeholders(message.template, message.language)
    if {*message.params, *secret} != wanted:
        given = ", ".join(sorted({*message.params, *secret} ^ wanted))
        raise ValueError(f"{message.template}: not what the template asks for: {given}")
    message_id = new_id()
    now = platform.clock()
    sealed = None
    if secret and not message.suppressed:
        sealed = platform.mail_sealer.seal(orjson.dumps(dict(secret)), message_id.bytes)
    return {
        "id": message_id,
        "key": message.key,
        "batch": message.batch,
        "template": message.template,
        "language": message.language,
        "recipient": message.recipient,
        "params": orjson.loads(orjson.dumps(dict(message.params), option=orjson.OPT_UTC_Z)),
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
