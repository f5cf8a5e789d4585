"""What staff do with what people write: each role with the topics of its rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

import orjson
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.scopes import Scope, row_scope
from app.access.viewers import Viewer
from app.core.emails import mailbox_key
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.core.language import Language
from app.core.links import without_links
from app.models import ContactRequest, StaffMember
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown, to_json
from app.schemas.contact_requests import NewAnswer
from app.services import contact_acknowledgements, idempotency, outbox, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.contact_clocks import due_at, kept_until
from app.services.contact_requests import RESOURCE, all_told, told
from app.services.listings import find_page
from app.services.outbox import Message
from app.services.outgoing_texts import require_no_ask
from app.services.platform import Platform

LIST: Final = "staff:contact_request:list"
READ: Final = "staff:contact_request:read"
UPDATE: Final = "staff:contact_request:update"
ANSWER: Final = "staff:contact_request:answer"
MOST_ANSWERS: Final = 100
Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded partial body to what is named in it."""

_TOLD_FIRST: Final = frozenset({"no_reply", "not_identified", "not_ours"})
"""Reasons to close a question about personal data that whoever asked must have been told of."""

_TOPIC_OF: Final[Mapping[Scope, str]] = {
    Scope.CONTACT_TOPIC: "contact",
    Scope.QUOTE_TOPIC: "quote",
}


def batch_of(request_id: UUID) -> str:
    """What the mails with the answers to a request are counted under."""
    return f"contact_request:{request_id}"


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the requests in the caller's rows, newest first; on record, each of them.

    With whose they are, so that customers see who read theirs. Raises as `find_page` does.
    """
    page, deed = await find_page(platform, actor, LIST, RESOURCE, parameters)
    owners = {item["customer_id"] for item in page.items} - {None}
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=[*shown, *sorted(owners)]))
    return all_told(platform, page)


async def read(platform: Platform, actor: Actor, request_id: UUID) -> Shown:
    """One request; on record. Raises `Refusal`, `Failure("not_found")` as `records.view` does."""
    view = await records.view(platform, actor, READ, RESOURCE, request_id, of="customer_id")
    return _shown(platform, platform.projection.plan(actor, RESOURCE), view)


async def change(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    request_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Close, release or take up a request, say what it is about or whose task; the request after.

    A release from what was kept apart as spam acknowledges it. Under another topic it is nobody's
    task until the change or a later one says whose, and may leave the caller's rows. Its deadline
    counts from when it came. Raises `Refusal` for a member that the caller may not write,
    ``not_found``, ``precondition_failed``, ``forbidden`` for a topic that is not theirs to set, and
    ``conflict`` for a step that its status does not allow; `Failure("validation_failed")` for a
    missing reason or an unknown colleague.
    """
    require_grounds(actor, UPDATE)
    plan = platform.projection.plan(actor, RESOURCE)
    read_changes(plan, body, UPDATE)
    changes = validate(body)
    before = await _locked(platform, connection, actor, plan, request_id, UPDATE)
    if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
        raise _refused("precondition_failed", UPDATE, request_id)
    topic = changes.get("topic", before["topic"])
    moved = _moved(plan, before, topic, platform.clock())
    values = moved | _step(before | {"topic": topic}, changes, platform.clock())
    if "assigned_to" in changes:
        await _demand_colleague(connection, topic, changes["assigned_to"])
        values["assigned_to"] = changes["assigned_to"]
    if values:
        await connection.execute(
            update(ContactRequest).where(ContactRequest.id == request_id).values(**values)
        )
    if values.get("status") == "open":
        await contact_acknowledgements.acknowledge(
            platform, connection, mailbox_key(before["email"])
        )
    fields = tuple(dict.fromkeys((*changes, *moved)))
    return await _decided(platform, connection, actor, plan, before, UPDATE, fields)


async def answer(
    platform: Platform,
    actor: Actor,
    request_id: UUID,
    form: NewAnswer,
    claim: idempotency.Claim | None,
) -> bytes:
    """Answer a request by mail, and keep the answer; the request after it, as JSON.

    Addresses of the net are taken apart in the mail: ours never lead anywhere but to our own pages.
    Raises `Failure("validation_failed")` for a text that asks for a secret, `Refusal` with
    ``not_found``, or ``conflict`` for one that is kept apart, or closed: release or open it first.
    """
    require_grounds(actor, ANSWER)
    require_no_ask(form.text, "/text")
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                known = orjson.loads(before)
                owner = known["customer_id"]
                deed = _reveal(plan, UUID(known["id"]), None if owner is None else UUID(owner))
                await platform.audit.add(connection, actor, deed)
                return before
        request = await _locked(platform, connection, actor, plan, request_id, ANSWER)
        fit = request["status"] in ("open", "answered") and len(request["answers"]) < MOST_ANSWERS
        if not fit:
            raise _refused("conflict", ANSWER, request_id)
        values = _answered(actor, request, form, platform.clock())
        await connection.execute(
            update(ContactRequest).where(ContactRequest.id == request_id).values(**values)
        )
        await outbox.queue(platform, connection, _letter(request, form))
        fields = tuple(name for name in values if name != "kept_until")
        shown = await _decided(platform, connection, actor, plan, request, ANSWER, fields)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, shown.body)
    return shown.body


def _moved(plan: Plan, before: View, topic: str, now: datetime) -> dict[str, Any]:
    """What is stored of a change of topic. Raises `Refusal`."""
    if topic == before["topic"]:
        return {}
    if topic != "privacy" and plan.scope is not Scope.ALL:
        raise _refused("forbidden", UPDATE, before["id"])
    return {
        "topic": topic,
        "due_at": due_at(topic, before["received_at"]),
        "kept_until": kept_until(topic, now),
        "assigned_to": None,
    }


def _step(before: Mapping[str, Any], changes: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What is stored of a change of status. Raises `Refusal` or `Failure`."""
    wanted, reason = changes.get("status"), changes.get("closed_reason")
    if (wanted == "closed") != (reason is not None):
        raise _unfit("/closed_reason", "reason_when_closed")
    if wanted is None:
        return {}
    if wanted == "closed":
        claimed = reason == "answered" and before["answered_at"] is None
        untold = before["topic"] == "privacy" and reason in _TOLD_FIRST and before["answers"] == []
        if before["status"] == "closed" or claimed or untold:
            raise _refused("conflict", UPDATE, before["id"])
        return {
            "status": "closed",
            "closed_at": now,
            "closed_reason": reason,
            "kept_until": kept_until(before["topic"], now),
        }
    if before["status"] not in ("suspected_spam", "closed"):
        raise _refused("conflict", UPDATE, before["id"])
    return {
        "status": "open" if before["answered_at"] is None else "answered",
        "closed_at": None,
        "closed_reason": None,
        "due_at": due_at(before["topic"], before["received_at"]),
    }


def _answered(actor: Actor, request: View, form: NewAnswer, now: datetime) -> dict[str, Any]:
    entry = {
        "id": str(new_id()),
        "text": form.text,
        "role": actor.viewer.value,
        "interim": form.interim,
        "answered_at": orjson.loads(to_json(now)),
    }
    values: dict[str, Any] = {
        "answers": [*request["answers"], entry],
        "kept_until": kept_until(request["topic"], now),
    }
    if not form.interim:
        values |= {"status": "answered", "answered_at": request["answered_at"] or now}
    return values


def _letter(request: View, form: NewAnswer) -> Message:
    """Sealed until it has left: an answer may hold all that we know of somebody."""
    return Message(
        "contact_answer",
        request["email"],
        cast(Language, request["language"]),
        params={"reference": request["reference"], "interim": form.interim},
        secret={"answer": without_links(form.text)},
        batch=batch_of(request["id"]),
        customer_id=request["customer_id"],
    )


async def _demand_colleague(connection: AsyncConnection, topic: str, staff_id: UUID | None) -> None:
    """Whose task it is must be able to see it."""
    if staff_id is None:
        return
    known = select(StaffMember.role).where(
        StaffMember.id == staff_id, StaffMember.status == "active"
    )
    role = (await connection.execute(known)).scalar_one_or_none()
    scope = Scope.NONE if role is None else row_scope(RESOURCE, Viewer(role))
    if scope is not Scope.ALL and _TOPIC_OF.get(scope) != topic:
        raise _unfit("/assigned_to", "unknown_assignee")


async def _locked(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    request_id: UUID,
    action: str,
) -> View:
    """The request as the caller sees it, locked until the transaction ends."""
    values = platform.projection.scope(actor, platform.clock()) | {"id": request_id}
    statement = platform.projection.one(plan).with_for_update()
    row = (await connection.execute(statement, values)).first()
    if row is None:
        raise _refused("not_found", action, request_id)
    return platform.projection.view(plan, row)


async def _decided(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    before: View,
    action: str,
    fields: tuple[str, ...],
) -> Shown:
    """Put a deed on record, and show the request as it is after it."""
    after = await _after(platform, connection, plan, before["id"])
    reveal = _reveal(plan, before["id"], before["customer_id"])
    deed = replace(reveal, action=action, fields=fields)
    await platform.audit.add(connection, actor, deed, reveal)
    return _shown(platform, plan, after)


async def _after(
    platform: Platform, connection: AsyncConnection, plan: Plan, request_id: UUID
) -> View:
    """What the caller may see of the request they hold locked, for the last time if it moved out of
    their rows.
    """
    fields = [ContactRequest.__table__.c[field] for field in plan.visible]
    row = (await connection.execute(select(*fields).where(ContactRequest.id == request_id))).one()
    return platform.projection.view(plan, row)


def _shown(platform: Platform, plan: Plan, view: View) -> Shown:
    """With the tag of the record alone: that a deadline passes makes nobody's edit stale."""
    return Shown(to_json(told(platform, view)), platform.projection.show(plan, view).etag)


def _reveal(plan: Plan, request_id: UUID, owner: UUID | None) -> Deed:
    return Deed(
        READ,
        subject_type=RESOURCE,
        subject_id=request_id,
        fields=plan.visible,
        rows=1,
        subjects=() if owner is None else (owner,),
    )


def _refused(code: str, action: str, request_id: UUID) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=request_id)


def _unfit(pointer: str, code: str) -> Failure:
    return Failure("validation_failed", errors=[FieldError(pointer, code)])
