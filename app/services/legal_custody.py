"""The chain of custody of a legal request: every touch of it, oldest first (promise P7).

A link is an event of the audit log about the request, or about what hangs on it
(`legal_subjects.py`): who it was, what they did, and why. Where the event is that of a step, the
step stands in it; of an order of secrecy, the order, though it be in force no more. Each link says
where it stands in the log: its id orders it among all events, and once it is sealed (`seals.py`),
the seal's number and digest, and its place among the seal's events, say what `salvaguarda audit
verify` recomputes. Two copies of a chain of which one was altered differ in a digest, or the
altered one does not verify.

Of people it says from which network they came, coarsely, as the event does. Where the seal is of a
version that does not cover that, it is not told: what anybody could have altered is no evidence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.access.actors import Actor
from app.core.errors import Refusal
from app.models import (
    Agency,
    AuditEvent,
    AuditSeal,
    AuditSubject,
    LegalSecrecyOrder,
    LegalStep,
    Officer,
    StaffMember,
)
from app.projection.guard import Query, read_query
from app.projection.plans import Plan, View
from app.projection.projection import Page
from app.services import legal_requests, records
from app.services.audit_digest import FIRST, covers
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.legal_subjects import subjects_of
from app.services.platform import Platform

RESOURCE: Final = "audit_event"
LIST: Final = "staff:legal_custody:list"
FIELDS: Final = (
    *("id", "at", "actor_kind", "actor_id", "role", "session_id", "request_id", "action"),
    *("subject_type", "subject_id", "fields", "purpose", "reason", "rows", "outcome", "network"),
)
"""Of the event. Which matrix was in force is the log's own matter."""
STEP_FIELDS: Final = ("id", "deed", "origin", "to", "actor_name", "reason", "article")
"""Of the step. What was said with it stands among the steps."""
SECRECY_FIELDS: Final = (
    *("id", "number", "entry", "change", "secrecy_basis", "secrecy_until", "reference", "reason"),
)
"""Of an order of secrecy, or the proposal of one: what stood before stays in the chain."""
SEAL_FIELDS: Final = ("number", "sealed_at", "events", "digest", "version")
_PARAMETERS: Final = frozenset({"limit", "cursor"})

Found = Mapping[UUID, dict[str, Any]]
"""What belongs to an event, by its id."""


async def list_page(
    platform: Platform, actor: Actor, request_id: UUID, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the chain, oldest first; on record.

    Raises `Refusal` without permission or grounds and for a parameter but `limit` and `cursor`,
    `Failure("not_found")` for a request out of the caller's rows, ``invalid_cursor``.
    """
    require_grounds(actor, LIST)
    plan = platform.projection.plan(actor, RESOURCE)
    query = _query(plan, request_id, parameters)
    await records.require_in_rows(platform, actor, LIST, legal_requests.RESOURCE, request_id)
    place = platform.projection.place(plan, query, actor)
    async with platform.database.snapshot() as connection:
        rows = await _events(platform, connection, actor, query, request_id, place)
        page = platform.projection.page(plan, query, actor, rows)
        ids = [item["id"] for item in page.items]
        steps = await _steps(platform, connection, actor, request_id, ids)
        secrecy = await _secrecy(platform, connection, actor, request_id, ids)
        seals = await _seals(platform, connection, actor, ids)
        people = await _people(connection, page.items)
    links = [
        View(
            {
                **item,
                **people.get(item["actor_id"], {"actor_name": None, "agency": None}),
                "network": _proved(item["network"], seals.get(item["id"])),
                "step": steps.get(item["id"]),
                "secrecy_order": secrecy.get(item["id"]),
                "seal": seals.get(item["id"]),
            }
        )
        for item in page.items
    ]
    deed = Deed(LIST, subject_type=RESOURCE, subject_id=request_id, fields=FIELDS, rows=len(links))
    await platform.audit.write(actor, deed)
    return Page(links, page.next_cursor)


def _query(plan: Plan, request_id: UUID, parameters: Sequence[tuple[str, str]]) -> Query:
    """A chain is told whole: it has no filters. A cursor is one of this request's alone."""
    if not {name for name, _ in parameters} <= _PARAMETERS:
        accepted = ", ".join(sorted(_PARAMETERS))
        raise Refusal("unknown_parameter", action=LIST, params={"accepted": accepted})
    query = read_query(plan, parameters, LIST)
    about = (("subject_id", request_id),)
    return replace(query, filters=about, descending=False, fields=FIELDS)


async def _events(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    query: Query,
    request_id: UUID,
    place: Sequence[Any],
) -> Sequence[Any]:
    plan = platform.projection.plan(actor, RESOURCE)
    columns, _ = platform.projection.excerpt(plan, FIELDS)
    subjects = subjects_of(request_id)
    shown = select(AuditSubject.event_id).where(AuditSubject.subject_id.in_(subjects))
    statement = (
        platform.projection.selection(plan)
        .with_only_columns(*columns)
        .where(or_(AuditEvent.subject_id.in_(subjects), AuditEvent.id.in_(shown)))
        .order_by(AuditEvent.id)
        .limit(query.limit + 1)
    )
    if place:
        statement = statement.where(AuditEvent.id > place[0])
    values = platform.projection.scope(actor, platform.clock())
    return (await connection.execute(statement, values)).all()


async def _steps(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    request_id: UUID,
    events: Sequence[UUID],
) -> Found:
    """The step of each event that is one's."""
    plan = platform.projection.plan(actor, "legal_step")
    columns, view = platform.projection.excerpt(plan, STEP_FIELDS)
    statement = (
        platform.projection.selection(plan)
        .with_only_columns(*columns, AuditSubject.event_id.label("event_id"))
        .join(AuditSubject, AuditSubject.subject_id == LegalStep.id)
        .where(LegalStep.request_id == request_id, AuditSubject.event_id.in_(events))
    )
    values = platform.projection.scope(actor, platform.clock())
    rows = (await connection.execute(statement, values)).all()
    return {row.event_id: view(row) for row in rows}


async def _secrecy(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    request_id: UUID,
    events: Sequence[UUID],
) -> Found:
    """The order of secrecy of each event that gave, or proposed, one."""
    plan = platform.projection.plan(actor, "legal_secrecy_order")
    columns, view = platform.projection.excerpt(plan, SECRECY_FIELDS)
    statement = (
        platform.projection.selection(plan)
        .with_only_columns(*columns, AuditSubject.event_id.label("event_id"))
        .join(AuditSubject, AuditSubject.subject_id == LegalSecrecyOrder.id)
        .where(LegalSecrecyOrder.request_id == request_id, AuditSubject.event_id.in_(events))
    )
    values = platform.projection.scope(actor, platform.clock())
    rows = (await connection.execute(statement, values)).all()
    return {row.event_id: view(row) for row in rows}


async def _seals(
    platform: Platform, connection: AsyncConnection, actor: Actor, events: Sequence[UUID]
) -> Found:
    """The seal that covers each event, and the event's place among those that it covers, from 1."""
    plan = platform.projection.plan(actor, "audit_seal")
    columns, view = platform.projection.excerpt(plan, SEAL_FIELDS)
    covering = (
        select(AuditSeal.number)
        .where(AuditSeal.last_id >= AuditEvent.id)
        .order_by(AuditSeal.last_id)
        .limit(1)
        .correlate(AuditEvent)
        .scalar_subquery()
    )
    before = aliased(AuditEvent)
    place = (
        select(func.count())
        .select_from(before)
        .where(_behind(before.id, AuditSeal.first_id), before.id <= AuditEvent.id)
        .correlate(AuditEvent, AuditSeal)
        .scalar_subquery()
    )
    statement = (
        platform.projection.selection(plan)
        .with_only_columns(*columns, AuditEvent.id.label("event_id"), place.label("place"))
        .join(AuditEvent, AuditSeal.number == covering)
        .where(AuditEvent.id.in_(events), _behind(AuditEvent.id, AuditSeal.first_id))
    )
    values = platform.projection.scope(actor, platform.clock())
    rows = (await connection.execute(statement, values)).all()
    return {
        row.event_id: {**view(row), "digest": row.digest.hex(), "place": row.place} for row in rows
    }


def _proved(network: str | None, seal: Mapping[str, Any] | None) -> str | None:
    """The network of an event, unless its seal leaves it open to whoever can write."""
    return network if seal is None or covers(seal["version"], "network") else None


def _behind(event_id: Any, first_id: Any) -> ColumnElement[bool]:
    """A range begins behind its first id, but for the first of all."""
    found: ColumnElement[bool] = or_(event_id > first_id, first_id == FIRST)
    return found


async def _people(connection: AsyncConnection, links: Sequence[View]) -> Found:
    """The name of each person: a link is signed by one, as a step is. Of officers the agency."""
    staff = [link["actor_id"] for link in links if link["actor_kind"] == "staff"]
    officers = [link["actor_id"] for link in links if link["actor_kind"] == "officer"]
    people: dict[UUID, dict[str, Any]] = {}
    named = select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(staff))
    for row in await connection.execute(named):
        people[row.id] = {"actor_name": row.name, "agency": None}
    of_agencies = (
        select(Officer.id, Officer.name, Agency.name.label("agency"))
        .join(Agency, Agency.id == Officer.agency_id)
        .where(Officer.id.in_(officers))
    )
    for officer in await connection.execute(of_agencies):
        people[officer.id] = {"actor_name": officer.name, "agency": officer.agency}
    return people
