"""Colleagues who act for a request that another officer of their agency sent."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError, Refusal
from app.models import LegalColleague, LegalRequest, Officer
from app.projection.plans import Plan, View
from app.projection.projection import to_json
from app.services import legal_requests, officers, outbox, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.outbox import Message
from app.services.platform import Platform

RESOURCE: Final = "legal_colleague"
LIST: Final = "authority:legal_colleague:list"
ADD: Final = "authority:legal_colleague:add"
REMOVE: Final = "authority:legal_colleague:remove"
TO_COLLEAGUE: Final = "legal_request_shared"


async def list_of_request(platform: Platform, actor: Actor, request_id: UUID) -> bytes:
    """Everybody who acts for a request beside its sender, as JSON; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")`.
    """
    await records.require_in_rows(platform, actor, LIST, legal_requests.RESOURCE, request_id)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.snapshot() as connection:
        found = await _shown(platform, connection, actor, plan, request_id)
    await platform.audit.write(actor, _reveal(plan, LIST, request_id, len(found)))
    return to_json({"items": found})


async def add(platform: Platform, actor: Actor, request_id: UUID, email: str) -> bytes:
    """Have a colleague act for a request; everybody who does then, as JSON.

    A second time it changes nothing; nor for the sender, who acts for it already. Raises `Refusal`
    with ``not_found``, and `Failure("validation_failed")` for whoever is no officer in office of
    the caller's own agency: which of the reasons it is, nobody is told.
    """
    require_grounds(actor, ADD)
    assert actor.id is not None  # noqa: S101 - the door admits officers only
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        request = await _locked(platform, connection, actor, ADD, request_id)
        officer_id = await officers.colleague(platform, connection, actor.id, email)
        if officer_id is None:
            raise Failure("validation_failed", errors=[FieldError("/email", "unknown_colleague")])
        there = select(LegalColleague.officer_id).where(*_is(request_id, officer_id))
        known = (await connection.execute(there)).first() is not None
        if not known and officer_id != request.officer_id:
            values = {"officer_id": officer_id, "added_at": platform.clock()}
            await connection.execute(insert(LegalColleague).values(request_id=request_id, **values))
            await _tell(platform, connection, request, officer_id)
        found = await _shown(platform, connection, actor, plan, request_id)
        await platform.audit.add(
            connection,
            actor,
            _done(ADD, request_id, officer_id),
            _reveal(plan, ADD, request_id, len(found)),
        )
    return to_json({"items": found})


async def remove(platform: Platform, actor: Actor, request_id: UUID, officer_id: UUID) -> None:
    """Have a colleague act no more for a request; they may do so themselves.

    Raises `Refusal("not_found")` for a request out of the caller's rows, or nobody on it.
    """
    require_grounds(actor, REMOVE)
    async with platform.database.transaction() as connection:
        await _locked(platform, connection, actor, REMOVE, request_id)
        statement = (
            delete(LegalColleague)
            .where(*_is(request_id, officer_id))
            .returning(LegalColleague.officer_id)
        )
        if (await connection.execute(statement)).first() is None:
            raise _not_found(REMOVE, request_id)
        await platform.audit.add(connection, actor, _done(REMOVE, request_id, officer_id))


async def _locked(
    platform: Platform, connection: AsyncConnection, actor: Actor, action: str, request_id: UUID
) -> Any:
    """The request, if it is in the caller's rows: id, reference and who sent it."""
    plan = platform.projection.plan(actor, legal_requests.RESOURCE)
    values = platform.projection.scope(actor, platform.clock()) | {"id": request_id}
    seen = platform.projection.one(plan).with_for_update()
    if (await connection.execute(seen, values)).first() is None:
        raise _not_found(action, request_id)
    chosen = select(LegalRequest.id, LegalRequest.reference, LegalRequest.officer_id)
    return (await connection.execute(chosen.where(LegalRequest.id == request_id))).one()


async def _shown(
    platform: Platform, connection: AsyncConnection, actor: Actor, plan: Plan, request_id: UUID
) -> list[View]:
    statement = (
        platform.projection.selection(plan)
        .where(LegalColleague.request_id == request_id)
        .order_by(LegalColleague.added_at, LegalColleague.officer_id)
    )
    values = platform.projection.scope(actor, platform.clock())
    rows = (await connection.execute(statement, values)).all()
    return [platform.projection.view(plan, row) for row in rows]


async def _tell(
    platform: Platform, connection: AsyncConnection, request: Any, officer_id: UUID
) -> None:
    chosen = select(Officer.name, Officer.email, Officer.language).where(Officer.id == officer_id)
    colleague = (await connection.execute(chosen)).one()
    message = Message(
        TO_COLLEAGUE,
        colleague.email,
        colleague.language,
        params={"name": colleague.name, "reference": request.reference},
        officer_id=officer_id,
    )
    await outbox.queue(platform, connection, message)


def _is(request_id: UUID, officer_id: UUID) -> tuple[Any, Any]:
    return LegalColleague.request_id == request_id, LegalColleague.officer_id == officer_id


def _done(action: str, request_id: UUID, officer_id: UUID) -> Deed:
    return Deed(
        action,
        subject_type=RESOURCE,
        subject_id=request_id,
        fields=("officer_id",),
        rows=1,
        subjects=(officer_id,),
    )


def _reveal(plan: Plan, action: str, request_id: UUID, rows: int) -> Deed:
    return Deed(
        action, subject_type=RESOURCE, subject_id=request_id, fields=plan.visible, rows=rows
    )


def _not_found(action: str, request_id: UUID) -> Refusal:
    return Refusal("not_found", action=action, subject_type=RESOURCE, subject_id=request_id)
