"""Publishing a reviewed draft as the policy's next version, and withdrawing it in time.

Everybody is told in the same transaction, by one statement: at once, also of a version that is in
force only from a moment to come.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.models import Policy
from app.projection.plans import View
from app.projection.projection import Shown
from app.services import policies, policy_drafts, policy_notices
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform
from app.services.presence import require_presence

PUBLISH: Final = "staff:policy_draft:publish"
WITHDRAW: Final = "staff:policy:withdraw"
TURNS: Final = "policies"
"""What those who publish or withdraw take turns at."""
FURTHEST_YEARS: Final = 1
FURTHEST: Final = timedelta(days=FURTHEST_YEARS * 366)
"""No version is announced for later: it would keep all others from being published."""


async def publish(
    platform: Platform,
    actor: Actor,
    draft_id: UUID,
    published_at: datetime | None,
    if_match: Sequence[str],
) -> Shown:
    """Make an approved draft the next version, in force from a moment on, or from now; the draft.

    It is published as the caller read it (`if_match`, no ``*``). Its number is the next one;
    numbers and moments grow together. Raises `Failure("step_up_required")`,
    `Failure("validation_failed")` for a moment that has passed or is over a year away, and
    `Refusal` with ``not_found``, ``precondition_failed``, ``policy_draft_state``, or
    ``policy_pending`` while another version is to come in force then or later.
    """
    require_grounds(actor, PUBLISH)
    plan = platform.projection.plan(actor, policy_drafts.RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        await platform.database.take_turns(connection, TURNS)
        draft = await policy_drafts.locked(platform, connection, actor, plan, draft_id, PUBLISH)
        policy_drafts.demand_read(platform, plan, draft, if_match, PUBLISH)
        policy_drafts.demand_status(draft, PUBLISH, "approved")
        moment = _moment(platform, published_at)
        version = await _next(connection, moment)
        if version is None:
            raise policy_drafts.refused("policy_pending", PUBLISH, draft_id)
        await connection.execute(insert(Policy).values(_row(platform, draft, version, moment)))
        values = {
            "status": "published",
            "version": version,
            "closed_at": platform.clock(),
            "closed_by": actor.id,
        }
        await policy_drafts.store(connection, draft_id, values)
        await policy_notices.tell(platform, connection, actor, version)
        return await policy_drafts.decided(platform, connection, actor, plan, draft_id, PUBLISH)


async def withdraw(platform: Platform, actor: Actor, version: int) -> Shown:
    """Take back a version before its moment; it stays to be read, marked as withdrawn.

    Mails about it that have not left stay here, and whoever got one is told.

    Raises `Failure("step_up_required")`, `Refusal` with ``not_found``, or ``policy_in_force`` once
    its moment has come or it was withdrawn already.
    """
    require_grounds(actor, WITHDRAW)
    plan = platform.projection.plan(actor, policies.RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        await platform.database.take_turns(connection, TURNS)
        # After that of all versions, which those who tell of one never take: nobody waits in a
        # circle, and whoever is told late was told before this, and so hears of it, or never is.
        await platform.database.take_turns(connection, policy_notices.batch_of(version))
        one = platform.projection.selection(plan).where(Policy.version == version)
        row = (await connection.execute(one.with_for_update())).first()
        if row is None:
            raise _refused("not_found", None)
        before = platform.projection.view(plan, row)
        now = platform.clock()  # its moment may have come while this waited for its turn
        if before["withdrawn_at"] is not None or before["published_at"] <= now:
            raise _refused("policy_in_force", before["id"])
        await connection.execute(
            update(Policy).where(Policy.version == version).values(withdrawn_at=now)
        )
        await policy_notices.recall(platform, connection, version)
        after = platform.projection.view(plan, (await connection.execute(one)).one())
        deed = Deed(
            WITHDRAW,
            subject_type=policies.RESOURCE,
            subject_id=before["id"],
            fields=("withdrawn_at",),
            rows=1,
        )
        await platform.audit.add(connection, actor, deed)
    return platform.projection.show(plan, after)


def _moment(platform: Platform, asked: datetime | None) -> datetime:
    now = platform.clock()
    if asked is None:
        return now
    if asked <= now:
        errors = [FieldError("/published_at", "date_not_future")]
        raise Failure("validation_failed", errors=errors)
    if asked > now + FURTHEST:
        errors = [FieldError("/published_at", "date_too_far", {"years": FURTHEST_YEARS})]
        raise Failure("validation_failed", errors=errors)
    return asked


async def _next(connection: AsyncConnection, moment: datetime) -> int | None:
    """The next number; None while a version stands whose moment is not before this one."""
    latest = select(func.max(Policy.version))
    number = (await connection.execute(latest)).scalar_one() or 0
    later = select(Policy.version).where(
        Policy.withdrawn_at.is_(None), Policy.published_at >= moment
    )
    if (await connection.execute(later.limit(1))).first() is not None:
        return None
    return int(number) + 1


def _row(platform: Platform, draft: View, version: int, moment: datetime) -> dict[str, Any]:
    return {
        "version": version,
        "id": new_id(),
        "hash": policies.text_hash(draft["text"]),
        "hash_en": policies.text_hash(draft["text_en"]),
        "announced_at": platform.clock(),
        "published_at": moment,
        "language": policies.LANGUAGE,
        **{name: draft[name] for name in policy_drafts.CONTENT},
    }


def _refused(code: str, policy_id: UUID | None) -> Refusal:
    return Refusal(code, action=WITHDRAW, subject_type=policies.RESOURCE, subject_id=policy_id)
