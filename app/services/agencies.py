"""The directory of agencies whose officers may ask for customers' data (P6).

An agency counts once a second person confirmed what stands there of it: one alone could make an
officer up.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.database import insert_unless_there
from app.core.errors import Refusal
from app.core.ids import new_id
from app.models import Agency, Officer, Session
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown, to_json
from app.schemas.agencies import NewAgency
from app.services import idempotency, officer_domains, records, sessions
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask
from app.services.platform import Platform
from app.services.presence import require_presence

RESOURCE: Final = "agency"
CREATE: Final = "staff:agency:create"
UPDATE: Final = "staff:agency:update"
CONFIRM: Final = "staff:agency:confirm"
READ: Final = "staff:agency:read"
_SETTERS: Final = {
    "kind": "kind_set_by",
    "callback_phone": "phone_set_by",
    "domains": "domains_set_by",
}
"""What a second person confirms, and who is behind it."""
CONFIRMATION: Final = ("confirmed_at", "confirmed_by")
SENSITIVE: Final = frozenset({*_SETTERS, "status"})
"""What decides who passes for an officer: whoever changes it proves to be there."""
END_REASON: Final = "agency_suspended"

Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded partial body to the values to store."""


async def enter(
    platform: Platform, actor: Actor, form: NewAgency, claim: idempotency.Claim | None
) -> bytes:
    """A new agency, whose officers can register once somebody else confirmed it; it as JSON.

    Whoever enters it vets none of them. Raises `Refusal` without permission or grounds and with
    ``agency_name_taken``, `Failure` with ``step_up_required``, ``validation_failed`` for a name
    that asks for a secret, or as `idempotency` does.
    """
    require_grounds(actor, CREATE)
    values = form.model_dump()
    require_no_ask(form.name, "/name")
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await platform.audit.add(connection, actor, _deed(plan, CREATE, shown))
                return before
        row = {
            "id": new_id(),
            "status": "active",
            "created_at": platform.clock(),
            **dict.fromkeys(("created_by", *_SETTERS.values()), actor.id),
            **values,
        }
        if not await insert_unless_there(connection, Agency, row):
            raise _refused("agency_name_taken", CREATE, None)
        answer = to_json(await _locked(platform, connection, actor, plan, row["id"], CREATE))
        await platform.audit.add(connection, actor, _deed(plan, CREATE, row["id"]))
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def change(
    platform: Platform,
    actor: Actor,
    agency_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Correct an agency, or suspend it: then no officer of it acts, and their sessions end.

    Another kind, phone or domains are to be confirmed anew, by somebody else; meanwhile no officer
    of it acts. Those whose address lies in none of its domains any more are out of office, and
    their sessions end. Whoever changes its phone or its domains vets no officer of it. Raises
    `Refusal` for a member that the caller may not write, and with ``not_found``,
    ``precondition_failed``, ``agency_name_taken``; `Failure` with ``step_up_required`` for kind,
    phone, domains and status, or as `enter` does.
    """
    require_grounds(actor, UPDATE)
    plan = platform.projection.plan(actor, RESOURCE)
    named = read_changes(plan, body, UPDATE)
    changes = {field: value for field, value in validate(body).items() if field in named}
    if "name" in changes:
        require_no_ask(changes["name"], "/name")
    ended: Sequence[UUID] = ()
    async with platform.database.transaction() as connection:
        if changes.keys() & SENSITIVE:
            await require_presence(platform, connection, actor)
        if "domains" in changes:  # as a call-back does: the officers first
            await officer_domains.lock(connection, agency_id)
        before = await _locked(platform, connection, actor, plan, agency_id, UPDATE)
        if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
            raise _refused("precondition_failed", UPDATE, agency_id)
        values = {
            field: value for field, value in changes.items() if _differs(before, field, value)
        }
        await _store(connection, actor, agency_id, values)
        if values.get("status") == "suspended":
            theirs = select(Officer.id).where(Officer.agency_id == agency_id)
            ended = await sessions.end_where(
                platform, connection, END_REASON, Session.officer_id.in_(theirs)
            )
        if "domains" in values:
            outside = await officer_domains.leave(
                platform, connection, actor, agency_id, values["domains"]
            )
            ended = [*ended, *outside]
        after = await _locked(platform, connection, actor, plan, agency_id, UPDATE)
        fields = tuple(sorted(changes))
        changed = Deed(UPDATE, subject_type=RESOURCE, subject_id=agency_id, fields=fields, rows=1)
        await platform.audit.add(connection, actor, changed, _deed(plan, READ, agency_id))
    platform.sessions.forget(*ended)
    return platform.projection.show(plan, after)


async def confirm(
    platform: Platform, actor: Actor, agency_id: UUID, if_match: Sequence[str]
) -> Shown:
    """Say that kind, phone and domains are what the public source has: the agency counts from now.

    By somebody who is behind none of the three, of what they have read (``*`` is nothing). Raises
    `Refusal` with ``not_found``, ``precondition_failed``, ``second_person_required``;
    `Failure("step_up_required")`.
    """
    require_grounds(actor, CONFIRM)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        before = await _locked(platform, connection, actor, plan, agency_id, CONFIRM)
        if platform.projection.show(plan, before).etag not in if_match:
            raise _refused("precondition_failed", CONFIRM, agency_id)
        if actor.id in {before[setter] for setter in _SETTERS.values()}:
            raise _refused("second_person_required", CONFIRM, agency_id)
        values = dict(zip(CONFIRMATION, (platform.clock(), actor.id), strict=True))
        await connection.execute(update(Agency).where(Agency.id == agency_id).values(**values))
        after = await _locked(platform, connection, actor, plan, agency_id, CONFIRM)
        done = Deed(
            CONFIRM, subject_type=RESOURCE, subject_id=agency_id, fields=CONFIRMATION, rows=1
        )
        await platform.audit.add(connection, actor, done, _deed(plan, READ, agency_id))
    return platform.projection.show(plan, after)


async def read(platform: Platform, actor: Actor, agency_id: UUID) -> Shown:
    """One of the directory; on record. Raises `Refusal`, `Failure("not_found")`."""
    return await records.read(platform, actor, READ, RESOURCE, agency_id)


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the directory, newest first; on record. Raises as `find_page` does."""
    page, deed = await find_page(platform, actor, "staff:agency:list", RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return page


async def list_published(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the agencies whose officers can register; it says nothing about anybody."""
    page, _ = await find_page(platform, actor, "public:agency:list", RESOURCE, parameters)
    return page


def _differs(before: View, field: str, value: Any) -> bool:
    stood = before[field]
    return bool(list(stood) != value if isinstance(value, list) else stood != value)


async def _store(
    connection: AsyncConnection, actor: Actor, agency_id: UUID, values: Mapping[str, Any]
) -> None:
    if not values:
        return
    set_by = {setter: actor.id for field, setter in _SETTERS.items() if field in values}
    anew = dict.fromkeys(CONFIRMATION) if set_by else {}
    statement = update(Agency).where(Agency.id == agency_id).values(**values, **set_by, **anew)
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except IntegrityError:
        raise _refused("agency_name_taken", UPDATE, agency_id) from None


async def _locked(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    agency_id: UUID,
    action: str,
) -> View:
    """The record as the caller sees it, locked until the transaction ends."""
    values = platform.projection.scope(actor, platform.clock()) | {"id": agency_id}
    statement = platform.projection.one(plan).with_for_update()
    row = (await connection.execute(statement, values)).first()
    if row is None:
        raise _refused("not_found", action, agency_id)
    return platform.projection.view(plan, row)


def _deed(plan: Plan, action: str, agency_id: UUID) -> Deed:
    return Deed(action, subject_type=RESOURCE, subject_id=agency_id, fields=plan.visible, rows=1)


def _refused(code: str, action: str, agency_id: UUID | None) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=agency_id)
