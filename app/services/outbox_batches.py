"""One message to many: queued by one statement, its words kept once, every recipient accounted for.

A batch's messages hold nothing but whom they are to; what they say is the batch's, by language. So
memory is the same for a thousand recipients as for a million.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Select, case, func, literal, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import insert_unless_there
from app.core.id_expressions import fresh_ids
from app.core.language import LANGUAGES, Language
from app.core.long_statements import run_long
from app.models import Customer, OutboxBatch, OutboxMessage, table_of
from app.services.outbox_addressees import ACCOUNTS, LOGINS, Addressee, without_mail
from app.services.platform import Platform

STATES: Final = ("queued", "sending", "deferred", "sent", "bounced", "abandoned", "suppressed")
UNDER_WAY: Final = ("queued", "sending", "deferred")
UNSENT: Final = ("queued", "deferred")

_TABLE = table_of(OutboxMessage)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told to many: a template, what it is counted under, and its values by language."""

    template: str
    batch: str
    contents: Mapping[Language, Mapping[str, Any]]


async def queue(
    platform: Platform,
    connection: AsyncConnection,
    notice: Notice,
    logins: Select[Any],
    accounts: Select[Any],
) -> int:
    """Have everybody told once the caller's transaction is committed; how many are new to it.

    `logins` and `accounts` select such rows, whichever columns of theirs; whoever has a message of
    the batch already gets no second one, and an account none at an address that has one: that of a
    login goes before. Raises `ValueError` when the notice does not give
    its template what that asks for. The transaction must have begun.
    """
    for language in LANGUAGES:
        wanted = platform.mail_templates.placeholders(notice.template, language)
        if set(notice.contents[language]) != wanted:
            raise ValueError(f"{notice.template}: not what the template asks for in {language}")
    now = platform.clock()
    contents = {language: _plain(values) for language, values in notice.contents.items()}
    await insert_unless_there(
        connection,
        OutboxBatch,
        {
            "batch": notice.batch,
            "template": notice.template,
            "contents": contents,
            "recipients": 0,
            "created_at": now,
            "queued_at": now,
        },
    )
    untold, elsewhere = _untold(notice, logins), _each_address_once(notice, accounts)
    new = await run_long(connection, _insert(connection, notice, LOGINS, untold, now))
    new += await run_long(connection, _insert(connection, notice, ACCOUNTS, elsewhere, now))
    if new:
        mine = update(OutboxBatch).where(OutboxBatch.batch == notice.batch)
        recipients_now = OutboxBatch.recipients + new
        await connection.execute(mine.values(recipients=recipients_now, queued_at=now))
    return new


async def take_back(platform: Platform, connection: AsyncConnection, batch: str) -> int:
    """Suppress what has not left; how many. What is being sent at this moment leaves."""
    waiting = or_(*(_TABLE.c.state == state for state in UNSENT))
    unsent = update(_TABLE).where(_TABLE.c.batch == batch, waiting)
    values = {"state": "suppressed", "due_at": null(), "settled_at": platform.clock()}
    return await run_long(connection, unsent.values(**values, sealed=null()))


async def states(connection: AsyncConnection, batch: str) -> dict[str, int]:
    """How many messages of the batch are in each state."""
    counted = dict.fromkeys(STATES, 0)
    found = await connection.execute(
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.batch == batch)
        .group_by(OutboxMessage.state)
    )
    for state, number in found:
        counted[state] = number
    return counted


def _untold(notice: Notice, logins: Select[Any]) -> Select[Any]:
    there = _TABLE.alias("there")
    told = (
        select(literal(1))
        .where(there.c.key == LOGINS.key(notice.batch, LOGINS.table.c.id))
        .exists()
    )
    return logins.where(~told)


def _each_address_once(notice: Notice, accounts: Select[Any]) -> Select[Any]:
    """The accounts whose address nothing of the batch goes to: of several with one, the first."""
    place = func.row_number().over(partition_by=Customer.email_key, order_by=Customer.id)
    alone = accounts.where(without_mail(notice.batch))
    ranked = alone.with_only_columns(Customer.id, place.label("place")).subquery("ranked")
    first = select(Customer.id).join_from(Customer, ranked, ranked.c.id == Customer.id)
    return first.where(ranked.c.place == 1)


def _insert(
    connection: AsyncConnection,
    notice: Notice,
    whom: Addressee,
    recipients: Select[Any],
    now: datetime,
) -> Any:
    moment = literal(now, _TABLE.c.created_at.type)
    values: dict[str, Any] = {
        "id": fresh_ids(now, connection.dialect),
        "key": whom.key(notice.batch, whom.table.c.id),
        "batch": literal(notice.batch),
        "template": literal(notice.template),
        "language": whom.language,
        "recipient": whom.table.c.email,
        "params": literal({}, _TABLE.c.params.type),
        whom.reference: whom.table.c.id,
        "state": case((whom.unreachable, "suppressed"), else_="queued"),
        "attempts": literal(0),
        "created_at": moment,
        "due_at": case((whom.unreachable, null()), else_=moment),
        "settled_at": case((whom.unreachable, moment), else_=null()),
    }
    chosen = recipients.with_only_columns(*values.values())
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(_TABLE).from_select(list(values), chosen, include_defaults=False)
    return statement.on_conflict_do_nothing(index_elements=["key"])  # two at once


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = orjson.loads(orjson.dumps(dict(values), option=orjson.OPT_UTC_Z))
    return made
