"""The service's own access records: when and from which address it was used (Marco Civil art. 15).

**What is one** (art. 5, VIII: "data e hora de uso de uma determinada aplicação de internet a partir
de um determinado endereço IP"): somebody opened or renewed a session, ended one, proved to be there
(which all sensitive deeds want), registered, or changed their password or e-mail address. What they
do in between rests on tokens that were got so, fifteen minutes ago at most. Tries that failed are
no use of the application: they are on the audit log. No device, no page: Decreto 8.771/2016,
art. 13 §2 wants as little kept as possible.

**Whose**: everybody's who signs in, by whichever door: the law knows no application that some
people use unrecorded. Customers' logins, officers of authorities, and the agency's own staff, whose
audit events hold no address.

**How it is kept** (art. 15; Decreto, art. 13, IV): apart from the audit log and under secrecy. The
address is sealed under the row's id, so that neither a copy of the database nor whoever can write
to it tells or moves one without the key. Nobody reads these rows in daily work; a court gets them
through `collectors`, and people see their own, each login in person (LGPD art. 18, II): who owns
an account is not shown from where the others came. Rows of officers and of staff are of no account:
no collector reaches them and no door shows them. Each row stands or falls with what it is about:
one more statement of that transaction, never a commit of its own.

**For how long**: six months, counted as the law counts them (Código Civil, art. 132): the day of
the same number, or the next where the month has none, to its end in America/Sao_Paulo. Then they
are deleted, unless a hold keeps them (`holds.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.business_days import ZONE
from app.core.ids import fresh_id_at, id_at
from app.core.moments import months_before
from app.core.statements import bound, prepare
from app.core.transactions import Transaction, run
from app.models import AccessRecord, Membership, table_of
from app.projection.plans import View
from app.projection.projection import Page
from app.services import holds
from app.services.audit_log import Deed
from app.services.holds import Holds
from app.services.listings import find_page
from app.services.owners import PEOPLE, Owner, owner_of
from app.services.platform import Platform
from app.services.session_watch import open_memberships
from app.services.system import operator

RESOURCE: Final = "access_record"
LIST: Final = "customer:access_record:list"
PURGE: Final = "system:access_record:purge"

MONTHS_KEPT: Final = 6
PURGED_AT_ONCE: Final = 2000

Event = Literal[
    "registration",
    "sign_in",
    "token_refresh",
    "step_up",
    "sign_out",
    "session_ended",
    "password_changed",
    "email_changed",
]

_NOTE: Final = insert(table_of(AccessRecord))
_DAY: Final = timedelta(days=1)
_prepare_once = lru_cache(maxsize=4)(prepare)


async def note(
    platform: Platform,
    transaction: Transaction,
    actor: Actor,
    event: Event,
    *,
    session_id: UUID | None = None,
) -> None:
    """Record a use by whoever signed in as `actor`, in the caller's transaction.

    `session_id` is the session that it is about; the actor's own unless given. Of anybody who did
    not sign in nothing is recorded.
    """
    if actor.id is None or actor.kind not in PEOPLE:
        return
    account, session = actor.customer_id, session_id or actor.session_id
    row = _row(platform, actor, event, owner_of(actor), account, session)
    await run(transaction, _prepare_once(_NOTE, platform.database.dialect), row)


async def note_of_login(
    platform: Platform, connection: AsyncConnection, actor: Actor, event: Event, login_id: UUID
) -> None:
    """Record what somebody did as a login by a link in a mail, without a session.

    That concerns each account which is open to the login, and is recorded for each.
    """
    asked = {"login": login_id, "now": platform.clock()}
    accounts: list[UUID | None] = list((await connection.execute(_OPEN, asked)).scalars())
    owner = Owner("login", login_id)
    rows = [
        _row(platform, actor, event, owner, customer_id, None) for customer_id in accounts or [None]
    ]
    await connection.execute(_NOTE, rows)


async def note_of_officer(
    platform: Platform, connection: AsyncConnection, actor: Actor, event: Event, officer_id: UUID
) -> None:
    """The same of an officer, who acts for no account."""
    row = _row(platform, actor, event, Owner("officer", officer_id), None, None)
    await connection.execute(_NOTE, row)


async def list_own(platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]) -> Page:
    """A page of the caller's own access records, newest first; on record.

    What is held for an authority beyond its time does not show: nobody learns from it of the hold.
    """
    page, deed = await find_page(platform, actor, LIST, RESOURCE, parameters)
    since = kept_since(platform.clock())
    items = [item for item in page.items if item["at"] >= since]
    more = page.next_cursor is not None and await _goes_on(platform, actor, items, since)
    for item in items:
        unseal(platform, item["id"], item)
    await platform.audit.write(actor, replace(deed, rows=len(items)))
    return Page(items, page.next_cursor if more else None)


async def _goes_on(
    platform: Platform, actor: Actor, items: Sequence[View], since: datetime
) -> bool:
    """Whether something follows a page that its reader may still see."""
    if not items:
        return False
    follows = select(AccessRecord.id).where(
        AccessRecord.login_id == actor.id,
        AccessRecord.id < items[-1]["id"],
        AccessRecord.id >= id_at(since),
    )
    async with platform.database.snapshot() as connection:
        return (await connection.execute(follows.limit(1))).first() is not None


def unseal(platform: Platform, record_id: UUID, view: dict[str, Any]) -> None:
    """Make the address in a view, if it holds one, readable. Raises `SealBroken`."""
    if view.get("ip") is not None:
        packed = platform.access_sealer.open(view["ip"], _place(record_id))
        view["ip"] = str(ip_address(packed))


async def purge(platform: Platform, held: Holds = holds.HELD) -> None:
    """Delete what was kept for six months and is not held, in bounded transactions; on record."""
    over = (
        select(AccessRecord.id)
        .where(AccessRecord.id < id_at(kept_since(platform.clock())))
        .where(holds.free(AccessRecord.customer_id, held))
        .order_by(AccessRecord.id)
        .limit(PURGED_AT_ONCE)
    )
    statement = delete(AccessRecord).where(AccessRecord.id.in_(over)).returning(AccessRecord.id)
    gone = PURGED_AT_ONCE
    while gone == PURGED_AT_ONCE:
        async with platform.database.transaction() as connection:
            gone = len((await connection.execute(statement)).all())
            if gone:
                deed = Deed(PURGE, subject_type=RESOURCE, rows=gone)
                await platform.audit.add(connection, operator(), deed)


def kept_since(now: datetime) -> datetime:
    """The first moment, in UTC, of which records are still kept: all before it have had their time.

    A day's records are kept to the end of the day of the same number six months later, or of the
    next day where that month has none.
    """
    yesterday = datetime.combine(now.astimezone(ZONE).date() - _DAY, time())
    first = months_before(yesterday, MONTHS_KEPT).date() + _DAY
    return datetime.combine(first, time(), ZONE).astimezone(UTC)


def _row(
    platform: Platform,
    actor: Actor,
    event: Event,
    owner: Owner,
    customer_id: UUID | None,
    session_id: UUID | None,
) -> Mapping[str, Any]:
    now = platform.clock()
    record_id = fresh_id_at(now)
    sealed = None
    if actor.address is not None:
        packed = ip_address(actor.address).packed
        sealed = platform.access_sealer.seal(packed, _place(record_id))
    return {
        "id": record_id,
        "at": now,
        "event": event,
        **owner.columns,
        "customer_id": customer_id,
        "session_id": session_id,
        "ip": sealed,
        "source_port": actor.source_port,
    }


def _place(record_id: UUID) -> bytes:
    """Where a sealed address belongs: what is copied into another row does not open there."""
    return b"access_records.ip:" + record_id.bytes


_OPEN: Final = (
    select(Membership.customer_id)
    .where(
        Membership.login_id == bound("login", Membership.login_id.type),
        *open_memberships(),
    )
    .order_by(Membership.customer_id)
)
