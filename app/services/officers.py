"""Officers of authorities, as staff see them and as they see themselves; vetting is beside."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.errors import Failure, Refusal
from app.models import Agency, Officer
from app.projection.projection import Page, Shown
from app.services import officer_mails, one_time_tokens, outbox, records, sessions
from app.services.audit_log import Deed
from app.services.authorization import require_grounds, require_reason
from app.services.listings import find_page
from app.services.officer_mails import Addressee, Change
from app.services.owners import Owner
from app.services.platform import Platform
from app.services.presence import require_presence
from app.services.session_watch import officers_in_office

RESOURCE: Final = "officer"
READ: Final = "staff:officer:read"
SUSPEND: Final = "staff:officer:suspend"
REINSTATE: Final = "staff:officer:reinstate"
END_REASON: Final = "officer_suspended"


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of officers, newest first; on record, each of them. Raises as `find_page` does."""
    page, deed = await find_page(platform, actor, "staff:officer:list", RESOURCE, parameters)
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=shown))
    return page


async def read(platform: Platform, actor: Actor, officer_id: UUID) -> Shown:
    """One officer, with their agency; on record. Raises `Refusal`, `Failure("not_found")`."""
    return await records.read(platform, actor, READ, RESOURCE, officer_id)


async def read_own(platform: Platform, actor: Actor) -> Shown:
    """The officer who calls, with their agency; on record. Raises as `read` does."""
    if actor.id is None:
        raise Failure("unauthenticated")
    action = "authority:officer:read"
    return await records.read(platform, actor, action, RESOURCE, actor.id)


async def suspend(platform: Platform, actor: Actor, officer_id: UUID) -> Shown:
    """Shut an officer out, for the reason that the caller gives; their sessions end.

    They are told by mail that, and not why. Raises `Failure("step_up_required")`, and `Refusal`
    with ``reason_required``, ``not_found``, or ``officer_state`` for who is shut out already.
    """
    require_grounds(actor, SUSPEND)
    require_reason(actor, SUSPEND)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        before = await locked(connection, officer_id, SUSPEND)
        if before.status == "suspended":
            raise refused("officer_state", SUSPEND, officer_id)
        ended = await shut_out(platform, connection, officer_id, actor.reason or "")
        await tell(platform, connection, before, "suspended")
        shown = await decided(platform, connection, actor, officer_id, SUSPEND, SUSPENSION)
    platform.sessions.forget(*ended)
    return shown


async def reinstate(platform: Platform, actor: Actor, officer_id: UUID) -> Shown:
    """Let a suspended officer in again: as they were, or to be vetted anew.

    In office are those whose last call-back confirmed them less than a year ago, unless their
    agency gave up the domain of their address since. Raises as
    `suspend` does, with ``officer_state`` for who is not suspended.
    """
    require_grounds(actor, REINSTATE)
    require_reason(actor, REINSTATE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        before = await locked(connection, officer_id, REINSTATE)
        if before.status != "suspended":
            raise refused("officer_state", REINSTATE, officer_id)
        last = before.vettings[-1]["outcome"] if before.vettings else None
        status = "confirmed"
        if last == "confirmed" and before.valid_until is not None:
            status = "active" if before.valid_until > platform.clock() else "expired"
        values = {"status": status, "suspended_at": None, "suspended_reason": None}
        await store(connection, officer_id, values)
        change: Change = "reinstated" if status == "active" else "awaiting_vetting"
        await tell(platform, connection, before, change, valid_until=before.valid_until)
        return await decided(platform, connection, actor, officer_id, REINSTATE, SUSPENSION)


async def colleague(
    platform: Platform, connection: AsyncConnection, officer_id: UUID, email: str
) -> UUID | None:
    """The officer in office of the same agency who signs in with an address; None for nobody."""
    own = aliased(Officer)
    statement = (
        select(Officer.id)
        .join(Agency, Agency.id == Officer.agency_id)
        .join(own, own.agency_id == Officer.agency_id)
        .where(
            own.id == officer_id,
            Officer.id != officer_id,
            Officer.email_key == email_key(email),
            *officers_in_office(),
        )
    )
    found = await connection.execute(statement, {"now": platform.clock()})
    colleague_id: UUID | None = found.scalar_one_or_none()
    return colleague_id


SUSPENSION: Final = ("status", "suspended_at", "suspended_reason")


async def locked(connection: AsyncConnection, officer_id: UUID, action: str) -> Any:
    """An officer's standing, and where to write to; nobody else changes it before we have.

    Raises `Refusal("not_found")`.
    """
    statement = (
        select(
            Officer.id,
            Officer.agency_id,
            Officer.email,
            Officer.name,
            Officer.language,
            Officer.status,
            Officer.vettings,
            Officer.valid_until,
        )
        .where(Officer.id == officer_id)
        .with_for_update()
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        raise refused("not_found", action, officer_id)
    return row


async def store(connection: AsyncConnection, officer_id: UUID, values: dict[str, Any]) -> None:
    """Write down what was decided."""
    await connection.execute(update(Officer).where(Officer.id == officer_id).values(**values))


async def shut_out(
    platform: Platform, connection: AsyncConnection, officer_id: UUID, reason: str
) -> list[UUID]:
    """Suspend an officer: their sessions end, and the links that wait for them die.

    The sessions are to be forgotten after the commit.
    """
    values = {
        "status": "suspended",
        "suspended_at": platform.clock(),
        "suspended_reason": reason,
    }
    await store(connection, officer_id, values)
    await one_time_tokens.void(platform, connection, subject_id=officer_id)
    return await sessions.end_all(platform, connection, END_REASON, Owner("officer", officer_id))


async def tell(
    platform: Platform, connection: AsyncConnection, officer: Any, change: Change, **until: Any
) -> None:
    """Write to an officer (as `locked` has them) what became of their standing."""
    addressee = Addressee(officer.id, officer.email, officer.name, officer.language)
    await outbox.queue(
        platform, connection, officer_mails.changed(platform, addressee, change, **until)
    )


async def decided(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    officer_id: UUID,
    action: str,
    fields: tuple[str, ...],
) -> Shown:
    """The officer as they are now, with the deed and the look at them on record."""
    plan = platform.projection.plan(actor, RESOURCE)
    values = platform.projection.scope(actor, platform.clock()) | {"id": officer_id}
    row = (await connection.execute(platform.projection.one(plan), values)).one()
    await platform.audit.add(
        connection,
        actor,
        Deed(action, subject_type=RESOURCE, subject_id=officer_id, fields=fields, rows=1),
        Deed(READ, subject_type=RESOURCE, subject_id=officer_id, fields=plan.visible, rows=1),
    )
    return platform.projection.show(plan, platform.projection.view(plan, row))


def refused(code: str, action: str, officer_id: UUID) -> Refusal:
    """A deed that is not done, about an officer."""
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=officer_id)
