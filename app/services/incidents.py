"""The register of incidents: entering, reading, filling in and withdrawing them.

Starting one is `incident_start.py`, dealing with its logins `incident_work.py`, and trying those
again that failed `incident_retry.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.models import Incident
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown, to_json
from app.schemas.incidents import IncidentDraft
from app.services import idempotency, incident_progress, incident_selection, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.incident_clocks import Clocks, clocks
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask
from app.services.platform import Platform

RESOURCE = "incident"
READ = "staff:incident:read"
CREATE = "staff:incident:create"
EARLIEST = 2000
"""The year before which no incident of ours can have been."""
Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded partial body to the values to store."""


async def create(
    platform: Platform, actor: Actor, draft: IncidentDraft, claim: idempotency.Claim | None
) -> bytes:
    """Enter an incident as a draft, with the number of logins that it would touch now; its JSON.

    Raises `Refusal` without permission or grounds, `Failure("validation_failed")` for a text that
    asks for a secret, for moments of the future and for named logins that do not exist.
    """
    require_grounds(actor, CREATE)
    plan = platform.projection.plan(actor, RESOURCE)
    require_no_ask(draft.reason_text.pt, "/reason_text/pt-BR")
    require_no_ask(draft.reason_text.en, "/reason_text/en")
    _demand_past(platform, draft.model_dump(exclude_unset=True))
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await platform.audit.add(connection, actor, _reveal(shown, plan))
                return before
        row = _row(platform, actor, draft)
        await incident_selection.demand_known(connection, row["selection"])
        row["expected"] = await incident_selection.count(connection, row["selection"])
        await connection.execute(insert(Incident).values(**row))
        detail = await _detail(platform, connection, actor, plan, row["id"])
        fields = tuple(field for field in plan.visible if row.get(field) is not None)
        deed = Deed(CREATE, subject_type=RESOURCE, subject_id=row["id"], fields=fields, rows=1)
        await platform.audit.add(connection, actor, deed, _reveal(row["id"], plan))
        if claim is not None:
            await idempotency.keep(platform, connection, claim, detail.body)
    return detail.body


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the register, newest first; on record. Raises as `find_page` does."""
    page, deed = await find_page(platform, actor, "staff:incident:list", RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return page


async def read(platform: Platform, actor: Actor, incident_id: UUID) -> Shown:
    """One incident and how far it has been dealt with; on record.

    Its tag is that of the record alone: progress makes nobody's edit stale. Raises as `look` does.
    """
    view = await look(platform, actor, incident_id)
    async with platform.database.snapshot() as connection:
        return await _with_progress(platform, connection, actor, view)


async def look(platform: Platform, actor: Actor, incident_id: UUID) -> View:
    """One entry of the register; on record. Raises as `records.view` does."""
    return await records.view(platform, actor, READ, RESOURCE, incident_id)


async def change(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    incident_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Fill in or correct the form, title or day of an incident, at any time; the record after.

    Raises `Refusal` for a member that the caller may not write, ``not_found`` and
    ``precondition_failed``: each is on record.
    """
    action = "staff:incident:update"
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    named = read_changes(plan, body, action)
    changes = {field: value for field, value in validate(body).items() if field in named}
    before = await locked(platform, connection, actor, plan, incident_id, action)
    if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
        raise refused("precondition_failed", action, incident_id)
    _demand_past(platform, changes)
    if changes:
        values = _changed(platform, before, changes)
        await connection.execute(
            update(Incident).where(Incident.id == incident_id).values(**values)
        )
    deed = Deed(
        action,
        subject_type=RESOURCE,
        subject_id=incident_id,
        fields=tuple(sorted(changes)),
        rows=1,
    )
    await platform.audit.add(connection, actor, deed, _reveal(incident_id, plan))
    return await _detail(platform, connection, actor, plan, incident_id)


async def cancel(
    platform: Platform, connection: AsyncConnection, actor: Actor, incident_id: UUID
) -> Shown:
    """Withdraw a draft. It stays in the register. Raises `Refusal`: `incident_not_draft`."""
    action = "staff:incident:cancel"
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    before = await locked(platform, connection, actor, plan, incident_id, action)
    if before["status"] != "draft":
        raise refused("incident_not_draft", action, incident_id)
    await connection.execute(
        update(Incident).where(Incident.id == incident_id).values(status="cancelled")
    )
    return await decided(platform, connection, actor, plan, incident_id, action)


async def locked(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    incident_id: UUID,
    action: str,
) -> View:
    """The record as the caller sees it, locked until the transaction ends."""
    values = platform.projection.scope(actor, platform.clock()) | {"id": incident_id}
    statement = platform.projection.one(plan).with_for_update()
    row = (await connection.execute(statement, values)).first()
    if row is None:
        raise refused("not_found", action, incident_id)
    return platform.projection.view(plan, row)


async def decided(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    incident_id: UUID,
    action: str,
    *,
    fields: tuple[str, ...] = ("status",),
    rows: int = 1,
) -> Shown:
    """Put a decision on record, and show the incident as it is after it."""
    deed = Deed(action, subject_type=RESOURCE, subject_id=incident_id, fields=fields, rows=rows)
    await platform.audit.add(connection, actor, deed, _reveal(incident_id, plan))
    return await _detail(platform, connection, actor, plan, incident_id)


def refused(code: str, action: str, incident_id: UUID, **params: int) -> Refusal:
    """A refusal about an incident, to be put on record."""
    return Refusal(
        code, action=action, subject_type=RESOURCE, subject_id=incident_id, params=params
    )


async def _detail(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    incident_id: UUID,
) -> Shown:
    values = platform.projection.scope(actor, platform.clock()) | {"id": incident_id}
    row = (await connection.execute(platform.projection.one(plan), values)).first()
    if row is None:
        raise Failure("not_found")
    return await _with_progress(platform, connection, actor, platform.projection.view(plan, row))


async def _with_progress(
    platform: Platform, connection: AsyncConnection, actor: Actor, view: View
) -> Shown:
    plan = platform.projection.plan(actor, RESOURCE)
    progress = await incident_progress.of(connection, view["id"])
    tag = platform.projection.show(plan, view).etag
    return Shown(to_json({**view, "progress": progress}), tag)


def _row(platform: Platform, actor: Actor, draft: IncidentDraft) -> dict[str, Any]:
    now = platform.clock()
    content = orjson.loads(
        to_json(
            draft.model_dump(
                by_alias=True, exclude_unset=True, include={"reason_text", "form", "selection"}
            )
        )
    )
    form = _filled({}, content.get("form", {}))
    found = _clocks(platform, draft.known_at, now, form)
    return {
        "id": new_id(),
        "title": draft.title,
        "status": "draft",
        "reason_code": draft.reason_code,
        "reason_text": content["reason_text"],
        "selection": content["selection"],
        "form": form,
        "occurred_at": draft.occurred_at,
        "known_at": draft.known_at,
        "anpd_due_at": found.anpd_due_at,
        "subjects_due_at": found.subjects_due_at,
        "supplement_due_at": found.supplement_due_at,
        "kept_until": found.kept_until,
        "created_at": now,
        "created_by": actor.id,
    }


def _changed(platform: Platform, before: View, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to store; what ANPD was told, and when, moves the clock of the supplement."""
    values = dict(changes)
    if "form" in values:
        values["form"] = _filled(before["form"], orjson.loads(to_json(values["form"])))
        found = _clocks(platform, before["known_at"], before["created_at"], values["form"])
        values["supplement_due_at"] = found.supplement_due_at
    return values


def _filled(before: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The form after a merge patch (RFC 7396)."""
    return {name: value for name, value in {**before, **patch}.items() if value is not None}


def _clocks(
    platform: Platform, known_at: datetime, registered_at: datetime, form: Mapping[str, Any]
) -> Clocks:
    told = form.get("anpd_communicated_at")
    return clocks(
        known_at,
        registered_at,
        communicated_at=None if told is None else datetime.fromisoformat(told),
        small_agent=platform.settings.small_agent,
    )


def _demand_past(platform: Platform, told: Mapping[str, Any]) -> None:
    """Nobody learns of, or tells, what is still to come."""
    form = told.get("form") or {}
    moments = {f"/{name}": told.get(name) for name in ("known_at", "occurred_at")}
    moments["/form/anpd_communicated_at"] = form.get("anpd_communicated_at")
    errors = []
    for pointer, moment in moments.items():
        if moment is not None and moment > platform.clock():
            errors.append(FieldError(pointer, "date_not_past"))
        elif moment is not None and moment.year < EARLIEST:
            errors.append(FieldError(pointer, "date_too_old", {"year": EARLIEST}))
    if errors:
        raise Failure("validation_failed", errors=errors)


def _reveal(incident_id: UUID, plan: Plan) -> Deed:
    return Deed(READ, subject_type=RESOURCE, subject_id=incident_id, fields=plan.visible, rows=1)
