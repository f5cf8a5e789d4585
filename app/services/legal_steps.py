"""The steps of a legal request: each by the table of `access/legal_workflow.py`, and on record.

One deed, one transaction: the request is locked, the step checked against the table, its effects
and its notices written, and what was done put on record, with the name of whoever did it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.legal_reasons import MAY_HAVE_REASON, NEEDS_REASON, REASONS
from app.access.legal_workflow import READ_FIRST, STEPS, State, Step
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.models import LegalRequest, LegalStep, Officer, StaffMember, table_of
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown
from app.schemas.legal_requests import DeskStep, SenderStep
from app.services import (
    legal_effects,
    legal_holds,
    legal_letters,
    legal_notices,
    legal_packages,
    legal_requests,
    records,
)
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.legal_effects import Taken
from app.services.legal_requests import RESOURCE
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask_in
from app.services.platform import Platform
from app.services.presence import require_presence

STEP: Final = "legal_step"
ADVANCE: Final[Mapping[str, str]] = {
    "officer": "authority:legal_request:advance",
    "staff": "staff:legal_request:advance",
}
LIST: Final[Mapping[str, str]] = {
    "officer": "authority:legal_step:list",
    "staff": "staff:legal_step:list",
}
NEEDS_MESSAGE: Final = frozenset({"ask", "inform", "appeal"})
"""Deeds that say nothing without words."""
_PEOPLE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "enterer": ("entered_by",),
    "reviewer": ("reviewed_by",),
    "approver": ("approved_by", "approved_again_by"),
    "checker": ("checked_by",),
}


async def advance(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    form: DeskStep | SenderStep,
    if_match: Sequence[str] = ("*",),
) -> Shown:
    """Do what the form says, if the table lets the caller; the request after.

    `if_match` are the entity tags of which one must be the request's, as this caller sees it; for
    what the table wants to have been read, ``*`` is none. Raises `Failure` with
    ``validation_failed`` (a reason or message is missing or unfit) and ``step_up_required``;
    `Refusal` with ``not_found``, ``precondition_failed``, ``legal_request_state`` for a deed that
    does not start where the request stands, or that is another's, ``second_person_required``, else
    as `legal_effects.of` does.
    """
    action = ADVANCE[actor.kind]
    require_grounds(actor, action)
    said = form.model_dump(exclude_unset=True)
    reason = said.get("reason")
    _demand_words(actor, said)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        values = platform.projection.scope(actor, platform.clock()) | {"id": request_id}
        locked = platform.projection.one(plan).with_for_update()
        row = (await connection.execute(locked, values)).first()
        if row is None:
            raise _refused("not_found", action, request_id)
        before = platform.projection.view(plan, row)
        _demand_read(platform, plan, before, form.deed, if_match, action)
        step = STEPS.get((form.deed, State(before["status"])))
        if step is None or not legal_requests.may_play(actor, step.who, before["channel"]):
            raise _refused("legal_request_state", action, request_id)
        _demand_others(actor, step, before, action)
        await _demand_another_judge(connection, actor, step, before, action)
        if "presence" in step.needs:
            await require_presence(platform, connection, actor)
        refused = {item["item"]: item["reason"] for item in said.get("refused", ())}
        taken = Taken(step, before, platform.clock(), actor.id, action, refused, reason)
        changes = await legal_effects.of(platform, connection, taken)
        await _store(connection, taken, changes)
        written = _step_row(taken, changes, actor, await _name(connection, actor), said, reason)
        await connection.execute(insert(LegalStep).values(**written))
        await _follow(platform, connection, {**before, **changes}, written)
        fields = tuple(sorted({"status", *changes}))
        done = _done(action, request_id, fields, written["id"])
        await platform.audit.add(
            connection, actor, done, legal_requests.reveal(plan, action, request_id)
        )
        return await legal_requests.shown(platform, connection, actor, plan, request_id)


async def advance_by_system(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    request_id: UUID,
    deed: str,
    changes: Mapping[str, Any] | None = None,
) -> bool:
    """Do a deed of the worker's in the caller's transaction; False if it is not its turn any more.

    Of two workers at once, the second finds it done.
    """
    locked = select(LegalRequest.id).where(LegalRequest.id == request_id).with_for_update()
    if (await connection.execute(locked)).first() is None:
        return False
    before = await _row(connection, request_id)
    step = STEPS.get((deed, State(before["status"])))
    if step is None or step.who != "system":
        return False
    action = f"system:legal_request:{deed}"
    taken = Taken(step, before, platform.clock(), None, action, {})
    values = {"status": step.to.value, **(changes or {})}
    await _store(connection, taken, values)
    row = _step_row(taken, values, actor, None, {}, None)
    await connection.execute(insert(LegalStep).values(**row))
    await _follow(platform, connection, {**before, **values}, row)
    fields = tuple(sorted({"status", *values}))
    done = _done(action, request_id, fields, row["id"])
    await platform.audit.add(connection, actor, done)
    return True


async def list_page(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    parameters: Sequence[tuple[str, str]],
) -> Page:
    """A page of a request's steps, newest first; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")` for a request out of the
    caller's rows.
    """
    action = LIST[actor.kind]
    await records.require_in_rows(platform, actor, action, RESOURCE, request_id)
    page, deed = await find_page(
        platform, actor, action, STEP, parameters, fixed=(("request_id", request_id),)
    )
    await platform.audit.write(actor, replace(deed, subject_id=request_id))
    return page


def _demand_words(actor: Actor, said: Mapping[str, Any]) -> None:
    deed, reason = said["deed"], said.get("reason")
    errors = []
    if deed in NEEDS_REASON and reason is None and actor.kind == "staff":
        errors.append(FieldError("/reason", "needed_for_deed"))
    if reason is not None and deed not in REASONS[reason].deeds:
        errors.append(FieldError("/reason", "reason_not_for_deed"))
    if deed in NEEDS_MESSAGE and said.get("message") is None:
        errors.append(FieldError("/message", "needed_for_deed"))
    if deed in MAY_HAVE_REASON and reason is not None and said.get("note") is None:
        errors.append(FieldError("/note", "needed_for_deed"))
    for place, item in enumerate(said.get("refused", ())):
        if deed != "narrow" or "narrow" not in REASONS[item["reason"]].deeds:
            errors.append(FieldError(f"/refused/{place}/reason", "reason_not_for_deed"))
    if errors:
        raise Failure("validation_failed", errors=errors)
    if actor.kind == "staff":
        require_no_ask_in({"message": said.get("message")})


def _demand_read(
    platform: Platform,
    plan: Plan,
    before: View,
    deed: str,
    if_match: Sequence[str],
    action: str,
) -> None:
    """Nobody answers for anything else than what they read."""
    if "*" in if_match and deed not in READ_FIRST:
        return
    if platform.projection.show(plan, before).etag not in if_match:
        raise _refused("precondition_failed", action, before["id"])


def _demand_others(actor: Actor, step: Step, before: Mapping[str, Any], action: str) -> None:
    """Four eyes: nobody follows upon themselves. A sender's deed stands apart from nobody."""
    columns = [column for part in step.apart_from for column in _PEOPLE_OF[part]]
    if step.deed == "approve":
        columns.append("approved_by")
    if columns and actor.id in {before[column] for column in columns}:
        raise _refused("second_person_required", action, before["id"])


async def _demand_another_judge(
    connection: AsyncConnection, actor: Actor, step: Step, before: Mapping[str, Any], action: str
) -> None:
    """Nobody dismisses the appeal against what they themselves decided."""
    if step.deed != "dismiss":
        return
    decided = (
        select(LegalStep.actor_id)
        .where(LegalStep.request_id == before["id"], LegalStep.deed.in_(("reject", "narrow")))
        .order_by(LegalStep.id.desc())
        .limit(1)
    )
    if actor.id == (await connection.execute(decided)).scalar():
        raise _refused("second_person_required", action, before["id"])


async def _follow(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    """What comes of a step beside the request, in its own transaction: letters, notices, holds,
    and the end of a package."""
    await legal_letters.tell(platform, connection, request, step)
    await legal_notices.follow(platform, connection, request, step)
    await legal_holds.follow(platform, connection, request, step)
    await legal_packages.follow(platform, connection, request, step)


async def _store(connection: AsyncConnection, taken: Taken, changes: Mapping[str, Any]) -> None:
    values = dict(changes)
    if values["status"] != taken.before["status"]:
        values["status_at"] = taken.now
    await connection.execute(
        update(LegalRequest).where(LegalRequest.id == taken.before["id"]).values(**values)
    )


def _step_row(
    taken: Taken,
    changes: Mapping[str, Any],
    actor: Actor,
    name: str | None,
    said: Mapping[str, Any],
    reason: str | None,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "request_id": taken.before["id"],
        "at": taken.now,
        "deed": taken.step.deed,
        "origin": taken.step.origin.value,
        "to": changes["status"],
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "role": actor.viewer.value if actor.kind == "staff" else None,
        "actor_name": name,
        "reason": reason,
        "article": None if reason is None else REASONS[reason].article,
        "message": said.get("message"),
        "note": said.get("note"),
        "documents_sha256": taken.before["documents_sha256"],
    }


def _done(action: str, request_id: UUID, fields: tuple[str, ...], step_id: UUID) -> Deed:
    """What goes on record of a step. It names the step, too: custody tells the two as one."""
    return Deed(
        action,
        subject_type=RESOURCE,
        subject_id=request_id,
        fields=fields,
        rows=1,
        subjects=(step_id,),
    )


async def _name(connection: AsyncConnection, actor: Actor) -> str | None:
    """A step is signed by a person."""
    table = Officer if actor.kind == "officer" else StaffMember
    return (await connection.execute(select(table.name).where(table.id == actor.id))).scalar()


async def _row(connection: AsyncConnection, request_id: UUID) -> Mapping[str, Any]:
    """The request as it is stored, for the worker: nothing of it is shown."""
    chosen = select(*table_of(LegalRequest).columns).where(LegalRequest.id == request_id)
    return dict((await connection.execute(chosen)).mappings().one())


def _refused(code: str, action: str, request_id: UUID) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=request_id)
