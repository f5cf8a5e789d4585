"""What became of the requests of a period, and what of it is told (Decreto 8.771/2016, art. 12).

Counted are the requests that were *received* in the period, by what they were and by what had
become of them when the period's figures were settled. It is one whole, divided twice: by kind (and
within it by basis), and by outcome (and within the refusals by reason). Both divisions are
partitions of it (`transparency_groups.py`), so that neither shows what the other hides. Drafts that
were never sent are no requests.

What is not promised: whoever sent requests themselves knows these, and can take them away from a
group. Customers are counted only where data of theirs left, once per half-year: of people whom a
request names for nothing, nobody learns here whether they are customers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from app.access import legal_bases, legal_reasons
from app.services.transparency_groups import OTHER, SMALLEST, joined, merged, shown

Figures = dict[str, Any]
OUTCOMES: Final = (
    "contested",
    "expired",
    "withdrawn",
    "open",
    "narrowed",
    "refused",
    "granted",
)
"""What can have become of a request. These orders say, before anything is counted, which group is
given up first where small ones must be hidden: the rarest."""
KINDS: Final = (
    "emergency",
    "preservation",
    "communications",
    "registration_data_24h",
    "access_records",
    "registration_data",
)
BASES: Final = tuple(reversed([*legal_bases.BASES]))
REASONS: Final = tuple(reversed([*legal_reasons.REASONS]))

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a request's life, as the record of steps has it."""

    deed: str
    origin: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A request that was received, its steps from then on, and whom it led to (ids, matched)."""

    kind: str
    basis: str
    received_at: datetime
    steps: Sequence[Step]
    customers: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a request: an outcome, with the reason of a refusal, and how long it took."""

    outcome: str = "open"
    reason: str | None = None
    answered_after: timedelta | None = None
    delivered: bool = False


def fate_of(request: Received) -> Fate:
    """What had become of it after these steps. An answer is what is delivered, or refused.

    What is refused in part is narrowed. A request that was taken up again upon an appeal is open
    until it is decided anew; the time to answer is that to the first answer.
    """
    outcome, reason, after, narrowed, delivered = "open", None, None, False, False
    for step in request.steps:
        if step.deed in {"deliver", "reject"} and after is None:
            after = step.at - request.received_at
        match step.deed:
            case "narrow":
                narrowed = True
            case "forward" if step.origin == "legal_review":
                narrowed = False
            case "deliver":
                outcome, reason, delivered = "narrowed" if narrowed else "granted", None, True
            case "reject":
                outcome, reason = "refused", step.reason
            case "withdraw":
                outcome, reason = "withdrawn", None
            case "lapse" if step.origin == "information_requested":
                outcome, reason = "expired", None
            case "contest":
                outcome, reason = "contested", None
            case "resume":
                outcome, reason = "open", None
    return Fate(outcome, reason, after, delivered)


def of_half(requests: Iterable[Received]) -> Figures:
    """The figures of one half-year."""
    return _figures(_counted([requests]))


def of_whole_year(
    published: tuple[Figures, Figures], requests: Sequence[Iterable[Received]]
) -> Figures:
    """The figures of a year, out of those published of its halves: they tell nothing more.

    But for the median, which sums cannot make; it is told where both halves tell theirs.
    """
    first, second = published
    if None in (first["received"], second["received"]):
        return _figures(_Counted())
    figures = {
        "received": first["received"] + second["received"],
        "by_kind": _joined_kinds(first, second),
        "outcomes": _told("outcome", _joined(first, second, "outcomes", "outcome")),
        "refused_by_reason": _told("reason", _joined_reasons(first, second)),
        "customers_affected": None,
        "median_hours_to_answer": None,
    }
    if None not in (first["customers_affected"], second["customers_affected"]):
        figures["customers_affected"] = first["customers_affected"] + second["customers_affected"]
    if None not in (first["median_hours_to_answer"], second["median_hours_to_answer"]):
        figures["median_hours_to_answer"] = _median(_counted(requests).hours)
    return figures


@dataclass(slots=True)
class _Counted:
    """Figures as they are, before it is decided what of them is told."""

    received: int
    kinds: Counter[str]
    bases: dict[str, Counter[str]]
    outcomes: Counter[str]
    reasons: Counter[str]
    hours: list[float]
    customers: int

    def __init__(self) -> None:
        """Of nothing."""
        self.received, self.customers, self.hours = 0, 0, []
        self.kinds, self.outcomes, self.reasons = Counter(), Counter(), Counter()
        self.bases = {}


def _counted(halves: Iterable[Iterable[Received]]) -> _Counted:
    found = _Counted()
    for requests in halves:
        customers: set[Any] = set()
        for request in requests:
            fate = fate_of(request)
            found.received += 1
            found.kinds[request.kind] += 1
            found.bases.setdefault(request.kind, Counter())[request.basis] += 1
            found.outcomes[fate.outcome] += 1
            if fate.outcome == "refused":
                found.reasons[fate.reason or ""] += 1
            if fate.answered_after is not None:
                found.hours.append(fate.answered_after / _HOUR)
            if fate.delivered and request.kind != "preservation":  # of theirs nothing left
                customers |= request.customers
        found.customers += len(customers)
    return found


def _figures(counted: _Counted) -> Figures:
    told = counted.received >= SMALLEST
    outcomes = merged(counted.outcomes, OUTCOMES) if told else {}
    kinds = merged(counted.kinds, KINDS) if told else {}
    return {
        "received": shown(counted.received),
        "by_kind": [
            _kind(kind, size, merged(counted.bases.get(kind, {}), BASES))
            for kind, size in kinds.items()
        ],
        "outcomes": _told("outcome", outcomes),
        "refused_by_reason": _told(
            "reason", merged(counted.reasons, REASONS) if "refused" in outcomes else {}
        ),
        "customers_affected": shown(counted.customers) if told else None,
        "median_hours_to_answer": _median(counted.hours) if told else None,
    }


def _median(hours: list[float]) -> int | None:
    """In whole hours: no request's own time."""
    return round(median(hours)) if len(hours) >= SMALLEST else None


def _kind(kind: str, size: int, bases: Mapping[str, int]) -> dict[str, Any]:
    return {"kind": kind, "requests": size, "by_basis": _told("basis", bases)}


def _told(name: str, groups: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{name: group, "requests": size} for group, size in groups.items()]


def _groups(told: Iterable[Mapping[str, Any]], name: str) -> dict[str, int]:
    return {group[name]: group["requests"] for group in told}


def _joined(first: Figures, second: Figures, division: str, name: str) -> dict[str, int]:
    return joined(
        (_groups(first[division], name), _groups(second[division], name)),
        (first["received"], second["received"]),
    )


def _joined_kinds(first: Figures, second: Figures) -> list[dict[str, Any]]:
    kinds = _joined(first, second, "by_kind", "kind")
    return [_kind(kind, size, _joined_bases(first, second, kind)) for kind, size in kinds.items()]


def _joined_bases(first: Figures, second: Figures, kind: str) -> dict[str, int]:
    """Within a kind that the year names: it names none of `OTHER`'s."""
    if kind == OTHER:
        return {}
    bases, wholes = [], []
    for half in (first, second):
        named = [each for each in half["by_kind"] if each["kind"] == kind]
        bases.append(_groups(named[0]["by_basis"], "basis") if named else {})
        wholes.append(named[0]["requests"] if named else 0)
    return joined((bases[0], bases[1]), (wholes[0], wholes[1]))


def _joined_reasons(first: Figures, second: Figures) -> dict[str, int]:
    outcomes = _joined(first, second, "outcomes", "outcome")
    if "refused" not in outcomes:
        return {}
    reasons, wholes = [], []
    for half in (first, second):
        reasons.append(_groups(half["refused_by_reason"], "reason"))
        wholes.append(_groups(half["outcomes"], "outcome").get("refused", 0))
    return joined((reasons[0], reasons[1]), (wholes[0], wholes[1]))
