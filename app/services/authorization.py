"""The first line of every service: may this caller do this, and did they say what they must?"""

from app.access.actors import Actor
from app.access.permissions import OPEN_TO_THE_UNACCEPTING, may, member_may
from app.access.purposes import PURPOSES
from app.access.viewers import MUST_GIVE_REASON, Viewer
from app.core.errors import Failure, Refusal

SHORTEST_REASON = 5
LONGEST_REASON = 500


def require(actor: Actor, permission: str) -> None:
    """Raise `Refusal("forbidden")` unless the permission table lets the caller.

    Inside an account, the caller's membership must hold what the verb needs too. Raises
    `Failure("policy_acceptance_required")` for a login that has yet to accept the policy in force,
    but for what stays open to it: no offence, so it is not put on record.
    """
    stranger = actor.viewer is Viewer.SELF and not member_may(actor.permissions, permission)
    if stranger or not may(actor.viewer, permission):
        raise Refusal("forbidden", action=permission)
    if actor.owes_acceptance and permission not in OPEN_TO_THE_UNACCEPTING:
        raise Failure("policy_acceptance_required")


def require_purpose(actor: Actor, permission: str) -> None:
    """Raise `Refusal("purpose_not_allowed")` unless the purpose is one of the caller's own."""
    if actor.purpose not in PURPOSES[actor.viewer]:
        accepted = ", ".join(PURPOSES[actor.viewer])
        raise Refusal("purpose_not_allowed", action=permission, params={"accepted": accepted})


def require_grounds(actor: Actor, permission: str) -> None:
    """`require`, and for reading people's data also a purpose of the caller's own and a reason.

    Raises `Refusal` with ``forbidden``, ``purpose_not_allowed`` or ``reason_required`` (P12).
    """
    require(actor, permission)
    require_purpose(actor, permission)
    missing = actor.reason is None and actor.viewer in MUST_GIVE_REASON
    if missing or actor.reason == "":  # one that was given and is unfit must not vanish silently
        raise _reasonless(permission)


def require_reason(actor: Actor, permission: str) -> None:
    """Raise `Refusal("reason_required")` unless whoever calls, whatever their role, said why."""
    if not actor.reason:
        raise _reasonless(permission)


def _reasonless(permission: str) -> Refusal:
    return Refusal(
        "reason_required",
        action=permission,
        params={"min": SHORTEST_REASON, "max": LONGEST_REASON},
    )
