"""What stands of an account's consents, and which questions it never answered."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid

from app.access.actors import Actor
from app.access.processing import ASKED_OF_ACCOUNTS, OURSELVES
from app.access.scopes import Scope
from app.core.statements import bound, prepare
from app.models import ConsentState
from app.projection.plans import View
from app.projection.projection import to_json
from app.services import records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform

RESOURCE: Final = "consent_state"
NOT_ASKED: Final = "not_asked"
"""The state of a purpose that was never spoken of: no yes, and no no either."""

WHOLE: Final = frozenset({Scope.OWN, Scope.ALL, Scope.OF_OPEN})
"""Scopes that show all that an account said: only who sees that can tell what it never said."""


async def list_own(platform: Platform, actor: Actor) -> bytes:
    """Each purpose that the caller's account is asked for, as JSON; on record first."""
    action = "customer:consent:read"
    require_grounds(actor, action)
    assert actor.customer_id is not None  # noqa: S101 - customers act for an account
    return await _list(platform, actor, action, actor.customer_id)


async def list_of_customer(platform: Platform, actor: Actor, customer_id: UUID) -> bytes:
    """The same of a customer, for staff.

    Raises `Refusal` without permission or grounds, `Failure("not_found")` for a customer out of
    the caller's rows.
    """
    action = "staff:consent:read"
    await records.require_in_rows(platform, actor, action, "customer", customer_id)
    return await _list(platform, actor, action, customer_id)


async def _list(platform: Platform, actor: Actor, action: str, customer_id: UUID) -> bytes:
    plan = platform.projection.plan(actor, RESOURCE)
    statement = (
        platform.projection.selection(plan)
        .where(ConsentState.subject_id == bound("subject", Uuid()))
        .order_by(ConsentState.purpose, ConsentState.recipient_id)
    )
    values = platform.projection.scope(actor, platform.clock()) | {"subject": customer_id}
    rows = await platform.database.fetch(prepare(statement, platform.database.dialect), values)
    standing = [shown(platform.projection.view(plan, row)) for row in rows]
    deed = Deed(
        action,
        subject_type=RESOURCE,
        fields=plan.visible,
        rows=len(standing),
        subjects=[customer_id],
    )
    await platform.audit.write(actor, deed)
    unanswered = _unanswered(plan.visible, standing) if plan.scope in WHOLE else []
    return to_json({"items": [*standing, *unanswered]})


def shown(state: View) -> View:
    """What stands, as it leaves: nobody but the agency is no recipient."""
    if state.get("recipient_id") == OURSELVES:
        state["recipient_id"] = None
    return state


def _unanswered(fields: Sequence[str], standing: Sequence[View]) -> list[dict[str, Any]]:
    said = {state["purpose"] for state in standing}
    nothing = dict.fromkeys(fields)
    return [
        nothing | {"purpose": purpose, "state": NOT_ASKED}
        for purpose in sorted(ASKED_OF_ACCOUNTS - said)
    ]
