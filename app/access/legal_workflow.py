"""The life of a legal request: one readable table, a line per deed (promises P6, P7).

`from` and `to` are states; `who` may do it; `not` names the people, out of those on the request's
own record, who may not be the same one (four eyes); `needs` is what must be there besides. What is
not written here cannot happen. A deed that needs more than one director stays where it is until the
last of them did it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.access.matrix import MatrixError


class State(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    RECEIVED = "received"
    IDENTITY_CHECK = "identity_check"
    INFORMATION_REQUESTED = "information_requested"
    LEGAL_REVIEW = "legal_review"
    NARROWED = "narrowed"
    APPROVAL = "approval"
    COLLECTING = "collecting"
    SECOND_CHECK = "second_check"
    PACKAGED = "packaged"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    APPEALED = "appealed"


TABLE = """
    deed         from                   to                     who       not                        needs
    submit       draft                  received               sender    -                          -
    discard      draft                  withdrawn              sender    -                          -
    begin        received               identity_check         desk      -                          -
    confirm      identity_check         legal_review           desk      -                          order
    ask          identity_check         information_requested  desk      -                          -
    ask          legal_review           information_requested  desk      -                          -
    inform       information_requested  identity_check         sender    -                          -
    lapse        information_requested  expired                system    -                          -
    narrow       legal_review           narrowed               desk      -                          -
    forward      legal_review           approval               desk      -                          persons
    forward      narrowed               approval               desk      -                          persons
    return       approval               legal_review           director  -                          -
    return       second_check           legal_review           desk      -                          -
    return       collecting             legal_review           director  -                          presence
    return       packaged               legal_review           director  -                          presence
    return       delivered              legal_review           director  -                          presence
    approve      approval               collecting             director  enterer,reviewer           presence,read,order,persons
    collected    collecting             second_check           system    -                          -
    check        second_check           packaged               desk      enterer,reviewer,approver  presence,read
    deliver      packaged               delivered              system    -                          -
    acknowledge  delivered              acknowledged           sender    -                          -
    lapse        delivered              expired                system    -                          -
    close        acknowledged           closed                 desk      -                          -
    close        rejected               closed                 desk      -                          -
    close        expired                closed                 desk      -                          -
    close        withdrawn              closed                 desk      -                          -
    reject       received               rejected               desk      -                          presence
    reject       identity_check         rejected               desk      -                          presence
    reject       information_requested  rejected               desk      -                          presence
    reject       legal_review           rejected               desk      -                          presence
    reject       narrowed               rejected               desk      -                          presence
    reject       approval               rejected               director  reviewer                   presence
    withdraw     received               withdrawn              sender    -                          -
    withdraw     identity_check         withdrawn              sender    -                          -
    withdraw     information_requested  withdrawn              sender    -                          -
    withdraw     legal_review           withdrawn              sender    -                          -
    withdraw     narrowed               withdrawn              sender    -                          -
    withdraw     approval               withdrawn              sender    -                          -
    withdraw     collecting             withdrawn              sender    -                          -
    withdraw     second_check           withdrawn              sender    -                          -
    withdraw     packaged               withdrawn              sender    -                          -
    withdraw     delivered              withdrawn              sender    -                          -
    appeal       narrowed               appealed               sender    -                          -
    appeal       rejected               appealed               sender    -                          -
    appeal       delivered              appealed               sender    -                          -
    appeal       acknowledged           appealed               sender    -                          -
    contest      legal_review           appealed               director  -                          presence
    contest      approval               appealed               director  -                          presence
    resume       appealed               identity_check         director  -                          presence
    dismiss      appealed               closed                 director  reviewer                   presence
"""  # noqa: E501 - a table is read across
"""``sender``: the officer who sent it, a colleague on it, or, for what came on paper or by mail,
the desk; ``desk``: privacy officer or director; ``system``: the worker.

``presence``: a fresh proof of it; ``read``: the request as it stands, named in `If-Match`, so that
nobody answers for what they did not see; ``order``: the order itself, among the request's files,
whichever way it came; ``persons``: of nobody whom it names is it still to be said who they are."""

WHO: Final = frozenset({"sender", "desk", "director", "system"})
PEOPLE: Final = frozenset({"enterer", "reviewer", "approver", "checker"})
"""``enterer`` is who typed in what came on paper or by mail."""
NEEDS: Final = frozenset({"presence", "read", "order", "persons"})


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table: a deed from one state to the next."""

    deed: str
    origin: State
    to: State
    who: str
    apart_from: frozenset[str]
    needs: frozenset[str]


def _read(table: str) -> Mapping[tuple[str, State], Step]:
    _heading, *lines = [line.split() for line in table.splitlines() if line.strip()]
    steps: dict[tuple[str, State], Step] = {}
    for deed, origin, to, who, apart, needed in lines:
        people, needs = _words(apart), _words(needed)
        key = (deed, State(origin))
        if key in steps or who not in WHO or not people <= PEOPLE or not needs <= NEEDS:
            raise MatrixError(f"legal workflow: {deed} from {origin} is not written as it must be")
        steps[key] = Step(deed, State(origin), State(to), who, people, needs)
    return steps


def _words(cell: str) -> frozenset[str]:
    return frozenset() if cell == "-" else frozenset(cell.split(","))


STEPS: Final = _read(TABLE)
"""Every step by its deed and the state it starts in."""

READ_FIRST: Final = frozenset(step.deed for step in STEPS.values() if "read" in step.needs)
"""Deeds that nobody does to a request without naming what they have read of it."""

DEEDS: Final = tuple(dict.fromkeys(step.deed for step in STEPS.values()))

TAKES_FILES: Final[Mapping[str, frozenset[State]]] = {
    "officer": frozenset({State.DRAFT, State.INFORMATION_REQUESTED}),
    "staff": frozenset(
        {State.DRAFT, State.RECEIVED, State.IDENTITY_CHECK, State.INFORMATION_REQUESTED}
    ),
}
"""Where files may be added, by whose door they come in. Never once the desk confirmed who asks:
what it looked at then is what is reviewed, approved and checked. For more, it asks again."""

ENDED: Final = frozenset({State.CLOSED, State.REJECTED, State.WITHDRAWN, State.EXPIRED})
"""Where nothing more leaves unless it is taken up again."""

UNANSWERED: Final = frozenset(
    {
        State.RECEIVED,
        State.IDENTITY_CHECK,
        State.LEGAL_REVIEW,
        State.NARROWED,
        State.APPROVAL,
        State.COLLECTING,
        State.SECOND_CHECK,
        State.PACKAGED,
    }
)
"""Where the agency owes an answer, and the deadline counts. Not while the sender owes something,
nor while an appeal is open."""


def origins(deed: str) -> frozenset[State]:
    """The states that a deed can start in."""
    return frozenset(step.origin for step in STEPS.values() if step.deed == deed)


def open_deeds(state: State, who: str) -> tuple[str, ...]:
    """What somebody in that part can do next, in the order of the table."""
    return tuple(step.deed for step in STEPS.values() if step.origin is state and step.who == who)
