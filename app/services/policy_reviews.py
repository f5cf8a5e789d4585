"""Reviewing a draft of the policy: nothing is published that its author alone has read."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.access.actors import Actor
from app.projection.projection import Shown
from app.schemas.policy_drafts import PolicyReview
from app.services import policy_drafts
from app.services.authorization import require_grounds
from app.services.platform import Platform
from app.services.presence import require_presence

ACTION: Final = "staff:policy_draft:review"


async def review(
    platform: Platform,
    actor: Actor,
    draft_id: UUID,
    form: PolicyReview,
    if_match: Sequence[str],
) -> Shown:
    """Approve what was submitted, or send it back to be written at; the draft after.

    It is approved as the caller read it (`if_match`, no ``*``), by nobody who wrote at it;
    sending it back is open to its authors, too, even once it was approved. Raises
    `Failure("step_up_required")`, and `Refusal` with ``not_found``, ``precondition_failed``,
    ``policy_draft_state`` or ``second_person_required``.
    """
    require_grounds(actor, ACTION)
    plan = platform.projection.plan(actor, policy_drafts.RESOURCE)
    approves = form.decision == "approve"
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        before = await policy_drafts.locked(platform, connection, actor, plan, draft_id, ACTION)
        policy_drafts.demand_read(platform, plan, before, if_match, ACTION)
        fitting = ("submitted",) if approves else ("submitted", "approved")
        policy_drafts.demand_status(before, ACTION, *fitting)
        if approves and str(actor.id) in before["authors"]:
            raise policy_drafts.refused("second_person_required", ACTION, draft_id)
        values = {
            "status": "approved" if approves else "draft",
            "reviewed_at": platform.clock(),
            "reviewed_by": actor.id,
            "review_note": form.note,
        }
        await policy_drafts.store(connection, draft_id, values)
        return await policy_drafts.decided(platform, connection, actor, plan, draft_id, ACTION)
