"""Choosing which customer a legal request means, where what it says leads to several.

Names, telephones and tax numbers are declared by customers themselves: one who declares another's
makes the two hard to tell apart, and must not thereby make either of them unfindable. So the desk
says who is meant, on record and with how it knows, or asks the authority for another identifier.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.legal_workflow import State
from app.core.errors import Failure, FieldError, Refusal
from app.models import LegalRequest, LegalTarget
from app.projection.projection import Shown
from app.schemas.legal_targets import TargetChoice
from app.services import legal_targets, records
from app.services.audit_log import Deed
from app.services.legal_targets import RESOURCE
from app.services.platform import Platform
from app.services.presence import require_presence

CHOOSE: Final = "staff:legal_target:choose"
CHOSEN_IN: Final = frozenset(
    {State.IDENTITY_CHECK, State.INFORMATION_REQUESTED, State.LEGAL_REVIEW, State.NARROWED}
)
"""Until a director is asked: what they approve stays as they saw it."""
CHOICE: Final = ("choice_reason", "chosen_at", "chosen_by", "customer_id", "matched_by")


async def choose(
    platform: Platform, actor: Actor, request_id: UUID, target_id: UUID, form: TargetChoice
) -> Shown:
    """Say which candidate a person is; the person after. A choice can be made anew.

    Raises `Refusal` without permission or grounds, and with ``not_found``, ``legal_request_state``
    for a request that is elsewhere or a person who is no question; `Failure` with
    ``step_up_required``, ``validation_failed`` for whoever has not two of the identifiers.
    """
    await records.require_in_rows(platform, actor, CHOOSE, "legal_request", request_id)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        request, target = await _locked(connection, request_id, target_id)
        if State(request["status"]) not in CHOSEN_IN or target["outcome"] not in UNSETTLED:
            raise _refused("legal_request_state", target_id)
        matched_by = _among(target["candidates"], form.customer_id)
        if not matched_by and target["outcome"] == "too_many":
            declared = request["targets"][target["position"]]
            matched_by = await legal_targets.points_to(connection, declared, form.customer_id)
        if not matched_by:
            raise Failure(
                "validation_failed", errors=[FieldError("/customer_id", "not_a_candidate")]
            )
        values = {
            "customer_id": form.customer_id,
            "matched_by": matched_by,
            "chosen_by": actor.id,
            "chosen_at": platform.clock(),
            "choice_reason": form.reason,
        }
        await connection.execute(
            update(LegalTarget).where(LegalTarget.id == target_id).values(**values)
        )
        scope = platform.projection.scope(actor, platform.clock()) | {"id": target_id}
        row = (await connection.execute(platform.projection.one(plan), scope)).one()
        about = partial(Deed, CHOOSE, subject_type=RESOURCE, subject_id=target_id, rows=1)
        await platform.audit.add(
            connection, actor, about(fields=CHOICE), about(fields=plan.visible)
        )
    return platform.projection.show(plan, platform.projection.view(plan, row))


async def is_open(connection: AsyncConnection, request_id: UUID, *, preserving: bool) -> bool:
    """Whether somebody whom the request names is still to be chosen.

    A preservation goes on without: it holds every candidate, and discloses none.
    """
    unsettled = {"too_many"} if preserving else UNSETTLED
    waiting = exists().where(
        LegalTarget.request_id == request_id,
        LegalTarget.outcome.in_(unsettled),
        LegalTarget.customer_id.is_(None),
    )
    found: bool = (await connection.execute(select(waiting))).scalar_one()
    return found


async def has_chosen(connection: AsyncConnection, request_id: UUID, who: UUID | None) -> bool:
    """Whether somebody said of a person of the request who it is."""
    theirs = exists().where(LegalTarget.request_id == request_id, LegalTarget.chosen_by == who)
    found: bool = (await connection.execute(select(theirs))).scalar_one()
    return found


UNSETTLED: Final = frozenset({"ambiguous", "too_many"})
"""Outcomes that somebody of the desk settles."""


async def _locked(
    connection: AsyncConnection, request_id: UUID, target_id: UUID
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The request, whose steps wait for us, and the person. Raises `Refusal("not_found")`."""
    asked = (
        select(LegalRequest.status, LegalRequest.targets)
        .where(LegalRequest.id == request_id)
        .with_for_update()
    )
    request = (await connection.execute(asked)).mappings().one()
    chosen = select(LegalTarget.position, LegalTarget.outcome, LegalTarget.candidates).where(
        LegalTarget.id == target_id, LegalTarget.request_id == request_id
    )
    target = (await connection.execute(chosen)).mappings().first()
    if target is None:
        raise _refused("not_found", target_id)
    return dict(request), dict(target)


def _among(candidates: list[Any], customer_id: UUID) -> tuple[str, ...]:
    return tuple(
        name
        for each in candidates
        if UUID(each["customer_id"]) == customer_id
        for name in each["matched_by"]
    )


def _refused(code: str, target_id: UUID) -> Refusal:
    return Refusal(code, action=CHOOSE, subject_type=RESOURCE, subject_id=target_id)
