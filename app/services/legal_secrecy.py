"""Orders of secrecy about a request: how long those named in it are not told.

An order ends, and its end tells the customer (`legal_notice_rules.py`); whoever wants it to last
must say so before. Nothing is written over: every order is kept, the last is in force and reaches
every notice that was not sent; what a customer was told already nobody can take back. So one person
may make secrecy last longer, and it takes a second one, a director, to end it sooner.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.models import LegalRequest, LegalSecrecyOrder
from app.projection.projection import Page, Shown
from app.schemas.legal_secrecy import SecrecyOrder
from app.services import legal_notices, legal_requests, legal_secrecy_entries, records
from app.services.audit_log import Deed
from app.services.legal_clocks import LONGEST_SECRECY
from app.services.listings import find_page
from app.services.platform import Platform
from app.services.presence import require_presence

RESOURCE: Final = "legal_secrecy_order"
ORDER: Final = "staff:legal_request:keep_secret"
CONFIRM: Final = "staff:legal_secrecy_order:confirm"
LIST: Final = "staff:legal_secrecy_order:list"
OPEN_FOR: Final = timedelta(days=7)
"""How long a proposal can be confirmed. Any later entry is the end of it, too: it was made looking
at another order."""
_WRITTEN: Final = ("secrecy_basis", "secrecy_until")


async def order(platform: Platform, actor: Actor, request_id: UUID, form: SecrecyOrder) -> Shown:
    """Record the order, or, where it would end secrecy sooner, the proposal of one; the entry.

    Raises `Refusal` without permission or grounds, `Failure` with ``not_found``,
    ``step_up_required``, and with ``validation_failed`` for an end that is past, or further off
    than any order binds, and for lifting what does not stand.
    """
    await records.require_in_rows(platform, actor, ORDER, legal_requests.RESOURCE, request_id)
    now, until = platform.clock(), form.secrecy_until
    if until is not None and until <= now:
        raise _unfit(FieldError("/secrecy_until", "date_not_future"))
    if until is not None and until > now + LONGEST_SECRECY:
        raise _unfit(FieldError("/secrecy_until", "date_too_far", {"years": 2}))
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        request = await _locked(connection, request_id)
        change = legal_secrecy_entries.change_of(request, until)
        if change is None:
            raise _unfit(FieldError("/secrecy_until", "no_secrecy"))
        sooner = change in legal_secrecy_entries.SOONER
        row = {
            **await _entry(connection, request_id, actor, now),
            "entry": "proposed" if sooner else "ordered",
            "change": change,
            **form.model_dump(),
        }
        return await _write(platform, connection, actor, ORDER, row)


async def confirm(platform: Platform, actor: Actor, request_id: UUID, order_id: UUID) -> Shown:
    """Order what another person proposed; the entry.

    Raises `Refusal` without permission or grounds, with ``not_found`` for what is no proposal of
    the request's, ``secrecy_proposal_over`` for one that is too old, or not its last entry any
    more, and ``second_person_required``; `Failure("step_up_required")`.
    """
    await records.require_in_rows(platform, actor, CONFIRM, legal_requests.RESOURCE, request_id)
    now = platform.clock()
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        await _locked(connection, request_id)
        proposal = await _proposal(connection, request_id, order_id)
        if proposal is None:
            raise _refused("not_found", request_id)
        last = await legal_secrecy_entries.last_number(connection, request_id)
        until = proposal["secrecy_until"]
        passed = until is not None and until <= now
        if proposal["number"] != last or proposal["at"] + OPEN_FOR <= now or passed:
            raise _refused("secrecy_proposal_over", request_id)
        if proposal["actor_id"] == actor.id:
            raise _refused("second_person_required", request_id)
        row = {
            **proposal,
            **await _entry(connection, request_id, actor, now),
            "entry": "ordered",
            "proposal_id": proposal["id"],
            "proposed_by": proposal["actor_id"],
        }
        return await _write(platform, connection, actor, CONFIRM, row)


async def list_page(
    platform: Platform, actor: Actor, request_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of a request's orders and proposals, newest first; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`, else as `find_page`.
    """
    await records.require_in_rows(platform, actor, LIST, legal_requests.RESOURCE, request_id)
    page, deed = await find_page(
        platform, actor, LIST, RESOURCE, parameters, fixed=(("request_id", request_id),)
    )
    await platform.audit.write(actor, replace(deed, subject_id=request_id))
    return page


async def _locked(connection: AsyncConnection, request_id: UUID) -> Mapping[str, Any]:
    chosen = select(
        LegalRequest.secrecy_basis,
        LegalRequest.secrecy_until,
        LegalRequest.submitted_at,
        LegalRequest.created_at,
    ).where(LegalRequest.id == request_id)
    return dict((await connection.execute(chosen.with_for_update())).mappings().one())


async def _proposal(
    connection: AsyncConnection, request_id: UUID, order_id: UUID
) -> dict[str, Any] | None:
    chosen = select(*LegalSecrecyOrder.__table__.c).where(
        LegalSecrecyOrder.id == order_id,
        LegalSecrecyOrder.request_id == request_id,
        LegalSecrecyOrder.entry == "proposed",
    )
    found = (await connection.execute(chosen)).mappings().first()
    return None if found is None else dict(found)


async def _entry(
    connection: AsyncConnection, request_id: UUID, actor: Actor, now: datetime
) -> dict[str, Any]:
    """What every entry has: its place in the chain, and who made it when."""
    return {
        "id": new_id(),
        "request_id": request_id,
        "number": await legal_secrecy_entries.last_number(connection, request_id) + 1,
        "at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
    }


async def _write(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    action: str,
    row: Mapping[str, Any],
) -> Shown:
    """Add the entry, enforce it if it is an order, put both on record; the entry as it is shown."""
    await connection.execute(insert(LegalSecrecyOrder).values(**row))
    request_id: UUID = row["request_id"]
    if row["entry"] == "ordered":
        lifted = row["change"] == "lifted"
        values = {name: None if lifted else row[name] for name in _WRITTEN}
        await connection.execute(
            update(LegalRequest).where(LegalRequest.id == request_id).values(**values)
        )
        await legal_notices.reconsider(platform, connection, request_id)
    plan = platform.projection.plan(actor, RESOURCE)
    scope = platform.projection.scope(actor, platform.clock()) | {"id": row["id"]}
    shown = (await connection.execute(platform.projection.one(plan), scope)).one()
    done = Deed(
        action,
        subject_type=RESOURCE,
        subject_id=row["id"],
        fields=_WRITTEN,
        rows=1,
        subjects=(row["id"],),  # by which custody tells what was ordered
    )
    reveal = Deed(action, subject_type=RESOURCE, subject_id=row["id"], fields=plan.visible, rows=1)
    await platform.audit.add(connection, actor, done, reveal)
    return platform.projection.show(plan, platform.projection.view(plan, shown))


def _unfit(error: FieldError) -> Failure:
    return Failure("validation_failed", errors=[error])


def _refused(code: str, request_id: UUID) -> Refusal:
    return Refusal(
        code, action=CONFIRM, subject_type=legal_requests.RESOURCE, subject_id=request_id
    )
