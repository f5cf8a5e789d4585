"""When a customer is told of a legal request about them: one pure function of what is known of it.

Unless secrecy forbids it, always, and before anything leaves where the agency's policy gives no
other delay. An order of secrecy, or an emergency, puts it off and never puts it away. Preservation
is never told: it discloses nothing, and Lei 12.965/2014, art. 13, § 5º binds to secrecy about it;
the order that follows it brings a notice of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from app.access.legal_workflow import State
from app.services.legal_clocks import secrecy_end

LONGEST_EMERGENCY: Final = timedelta(hours=72)
"""How long the danger to somebody's life can keep another one from being told.

No step of the request ends it sooner: that a package arrived says nothing of the danger."""
APPROVED: Final = frozenset(
    {State.COLLECTING, State.SECOND_CHECK, State.PACKAGED, State.DELIVERED, State.ACKNOWLEDGED}
)
"""Where a living approval stands."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rule looks at. `delivered`: something left on the ground of this approval."""

    kind: str
    status: State
    approved_at: datetime
    delivered: bool
    received_at: datetime
    secrecy_basis: str | None
    secrecy_until: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a notice that was not sent yet; `at` is None for one that is waived."""

    state: Literal["due", "held", "waived"]
    reason: str | None
    at: datetime | None


def verdict(facts: Facts, delay: timedelta) -> Verdict:
    """Whether the customer is told, and from when; `delay` is the agency's own policy.

    Without a living approval nobody is told, unless something left before it was lost.
    """
    if facts.kind == "preservation":
        return Verdict("waived", "preservation", None)
    if facts.status not in APPROVED and not facts.delivered:
        return Verdict("waived", "nothing_disclosed", None)
    told = Verdict("due", None, facts.approved_at + delay)
    secret = secrecy_end(facts.secrecy_basis, facts.secrecy_until, facts.received_at)
    for reason, end in (("emergency", _emergency_until(facts)), ("secrecy", secret)):
        if end is not None and told.at is not None and end > told.at:
            told = Verdict("held", reason, end)
    return told


def _emergency_until(facts: Facts) -> datetime | None:
    return facts.approved_at + LONGEST_EMERGENCY if facts.kind == "emergency" else None
