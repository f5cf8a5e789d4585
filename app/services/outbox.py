"""The outbox: what is to leave is written in the transaction that wants it, and sent afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.core.language import Language
from app.models import Disclosure, OutboxMessage, table_of
from app.services.platform import Platform

ACCOUNTED: Final = timedelta(days=400)
"""How long it can be told what became of a message."""
NEVER_MEANT: Final = timedelta(days=2)
"""The same of a lone one that was only ever written down, without a reason."""
PURGED_AT_ONCE: Final = 5000

_TABLE = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class Reliance:
    """The consent without which a mail must not leave, and the `fields` of the customer in it.

    `recipient_id` is the third party that it is for, None for the agency itself.
    """

    purpose: str
    recipient_id: UUID | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to be sent: a template, for one recipient, in their language.

    `params` and `secret` together name each placeholder of the template, and no other. `params`
    stand in clear for as long as it can be told what became of the message: names and times,
    nothing secret. `secret` (links, codes) is kept sealed until the mail has left. A second
    message with the same `key` is not queued. `batch` names what the deliveries are counted under;
    lone messages overtake those of a batch. One that is `suppressed` is only ever written down.
    One that `relies_on` a consent of the customer's leaves only while that stands. `id` is given
    where another row names the message.
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
    officer_id: UUID | None = None
    suppressed: bool = False
    relies_on: Reliance | None = None
    id: UUID | None = None


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
    """Forget the messages whose fate has been known for long enough.

    What carried a disclosure stays, as that ledger's entries do: what became of them is known here.
    """
    now = platform.clock()
    for state in ("sent", "bounced", "abandoned", "suppressed"):
        await _forget(platform, state, now - ACCOUNTED)
    lone_without_a_reason = (OutboxMessage.batch.is_(None), OutboxMessage.reason.is_(None))
    await _forget(platform, "suppressed", now - NEVER_MEANT, *lone_without_a_reason)


async def _forget(
    platform: Platform, state: str, before: datetime, *conditions: ColumnElement[bool]
) -> None:
    some = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.state == state,
            OutboxMessage.settled_at < before,
            ~exists().where(Disclosure.message_id == OutboxMessage.id),
            *conditions,
        )
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
    if message.relies_on is not None and message.customer_id is None:
        raise ValueError(f"{message.template}: whose consent it relies on must be said")
    relies_on = message.relies_on
    message_id = message.id or new_id()
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
        "officer_id": message.officer_id,
        "state": "suppressed" if message.suppressed else "queued",
        "attempts": 0,
        "relies_on": relies_on and relies_on.purpose,
        "relies_on_recipient_id": relies_on and relies_on.recipient_id,
        "relies_on_fields": relies_on and relies_on.fields,
        "created_at": now,
        "due_at": None if message.suppressed else now,
        "settled_at": now if message.suppressed else None,
    }
