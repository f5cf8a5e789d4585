"""Versions of the policy in the making: writing, submitting and discarding them.

Reviewing one is `policy_reviews.py`, publishing it `policy_publication.py`. A policy says a lot
about passwords, so its text is not looked through for sentences that ask for one: it is published
only after a second person has read it. The summaries are mailed, and are; their schema keeps links
out of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, Refusal
from app.core.ids import new_id
from app.models import PolicyDraft
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown
from app.schemas.policy_drafts import NewPolicyDraft
from app.services import idempotency, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask_in
from app.services.platform import Platform

RESOURCE: Final = "policy_draft"
READ: Final = "staff:policy_draft:read"
CREATE: Final = "staff:policy_draft:create"
CONTENT: Final = ("text", "text_en", "summary", "summary_en", "requires_acceptance")
LISTED: Final = (
    "id",
    "status",
    "summary",
    "summary_en",
    "requires_acceptance",
    "authors",
    "created_at",
    "changed_at",
    "submitted_at",
    "reviewed_at",
    "reviewed_by",
    "closed_at",
    "closed_by",
    "version",
)
"""What a list shows of a draft: all but the texts."""
OPEN: Final = ("draft", "submitted", "approved")
Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded partial body to the values to store."""


async def create(
    platform: Platform, actor: Actor, form: NewPolicyDraft, claim: idempotency.Claim | None
) -> bytes:
    """A draft that the caller is the first author of; its JSON.

    Raises `Refusal` without permission or grounds, `Failure("validation_failed")` for a summary
    that asks for a secret, or as `idempotency` does.
    """
    require_grounds(actor, CREATE)
    content = form.model_dump()
    require_no_ask_in(_mailed(content))
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await platform.audit.add(connection, actor, _reveal(shown, plan))
                return before
        now = platform.clock()
        row = {
            "id": new_id(),
            "status": "draft",
            "authors": (str(actor.id),),
            "created_at": now,
            "changed_at": now,
            **content,
        }
        await connection.execute(insert(PolicyDraft).values(**row))
        detail = await decided(platform, connection, actor, plan, row["id"], CREATE, CONTENT)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, detail.body)
    return detail.body


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the drafts, newest first; on record. Raises as `find_page` does."""
    page, deed = await find_page(
        platform, actor, "staff:policy_draft:list", RESOURCE, parameters, shown=LISTED
    )
    await platform.audit.write(actor, deed)
    return page


async def read(platform: Platform, actor: Actor, draft_id: UUID) -> Shown:
    """One draft, with its tag; on record. Raises as `records.read` does."""
    return await records.read(platform, actor, READ, RESOURCE, draft_id)


async def look(platform: Platform, actor: Actor, draft_id: UUID) -> View:
    """The same for another service. Raises as `records.view` does."""
    return await records.view(platform, actor, READ, RESOURCE, draft_id)


async def change(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    draft_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Write at a draft, and be one of its authors from then on; the draft after.

    Raises `Refusal` for a member that the caller may not write, ``not_found``,
    ``precondition_failed``, and ``policy_draft_state`` for one that was submitted.
    """
    action = "staff:policy_draft:update"
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    named = read_changes(plan, body, action)
    changes = {field: value for field, value in validate(body).items() if field in named}
    require_no_ask_in(_mailed(changes))
    before = await locked(platform, connection, actor, plan, draft_id, action)
    demand_tag(platform, plan, before, if_match, action)
    demand_status(before, action, "draft")
    if changes:
        authors = tuple(dict.fromkeys((*before["authors"], str(actor.id))))
        values = {**changes, "authors": authors, "changed_at": platform.clock()}
        await store(connection, draft_id, values)
    fields = tuple(sorted(changes))
    return await decided(platform, connection, actor, plan, draft_id, action, fields)


async def submit(
    platform: Platform, connection: AsyncConnection, actor: Actor, draft_id: UUID
) -> Shown:
    """Ask for a review: nobody writes at it meanwhile. Raises `Refusal`: ``policy_draft_state``."""
    action = "staff:policy_draft:submit"
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    before = await locked(platform, connection, actor, plan, draft_id, action)
    demand_status(before, action, "draft")
    earlier = dict.fromkeys(("reviewed_at", "reviewed_by", "review_note"))
    values = {"status": "submitted", "submitted_at": platform.clock(), **earlier}
    await store(connection, draft_id, values)
    return await decided(platform, connection, actor, plan, draft_id, action)


async def discard(
    platform: Platform, connection: AsyncConnection, actor: Actor, draft_id: UUID
) -> Shown:
    """Give a draft up; it is kept. Raises `Refusal`: ``policy_draft_state`` once published."""
    action = "staff:policy_draft:discard"
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    before = await locked(platform, connection, actor, plan, draft_id, action)
    demand_status(before, action, *OPEN)
    values = {"status": "discarded", "closed_at": platform.clock(), "closed_by": actor.id}
    await store(connection, draft_id, values)
    return await decided(platform, connection, actor, plan, draft_id, action)


async def store(connection: AsyncConnection, draft_id: UUID, values: Mapping[str, Any]) -> None:
    """Change columns of a draft that is locked."""
    await connection.execute(update(PolicyDraft).where(PolicyDraft.id == draft_id).values(**values))


async def locked(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    draft_id: UUID,
    action: str,
) -> View:
    """The draft as the caller sees it, locked until the transaction ends."""
    values = platform.projection.scope(actor, platform.clock()) | {"id": draft_id}
    statement = platform.projection.one(plan).with_for_update()
    row = (await connection.execute(statement, values)).first()
    if row is None:
        raise refused("not_found", action, draft_id)
    return platform.projection.view(plan, row)


def demand_tag(
    platform: Platform, plan: Plan, before: View, if_match: Sequence[str], action: str
) -> None:
    """Raise `Refusal("precondition_failed")` unless the draft is as the caller saw it."""
    if "*" not in if_match:
        demand_read(platform, plan, before, if_match, action)


def demand_read(
    platform: Platform, plan: Plan, before: View, if_match: Sequence[str], action: str
) -> None:
    """The same for a deed that answers for the text: ``*`` is no state that anybody has read."""
    if platform.projection.show(plan, before).etag not in if_match:
        raise refused("precondition_failed", action, before["id"])


def demand_status(before: View, action: str, *fitting: str) -> None:
    """Raise `Refusal("policy_draft_state")` unless the draft stands where the deed starts."""
    if before["status"] not in fitting:
        raise refused("policy_draft_state", action, before["id"])


async def decided(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    draft_id: UUID,
    action: str,
    fields: tuple[str, ...] = ("status",),
) -> Shown:
    """Put a deed on record, and show the draft as it is after it."""
    deed = Deed(action, subject_type=RESOURCE, subject_id=draft_id, fields=fields, rows=1)
    await platform.audit.add(connection, actor, deed, _reveal(draft_id, plan))
    values = platform.projection.scope(actor, platform.clock()) | {"id": draft_id}
    row = (await connection.execute(platform.projection.one(plan), values)).first()
    if row is None:
        raise Failure("not_found")
    return platform.projection.show(plan, platform.projection.view(plan, row))


def refused(code: str, action: str, draft_id: UUID) -> Refusal:
    """A refusal about a draft, to be put on record."""
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=draft_id)


def _mailed(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: content[name] for name in ("summary", "summary_en") if name in content}


def _reveal(draft_id: UUID, plan: Plan) -> Deed:
    return Deed(READ, subject_type=RESOURCE, subject_id=draft_id, fields=plan.visible, rows=1)
