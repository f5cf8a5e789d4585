"""`app/services/legal_notice_rules.py`: every state, by every kind, by every secrecy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from app.access.legal_bases import KINDS
from app.access.legal_workflow import STEPS, State
from app.services.legal_clocks import LONGEST_SECRECY
from app.services.legal_notice_rules import APPROVED, Facts, Verdict, verdict

RECEIVED: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
APPROVED_AT: Final = datetime(2026, 11, 10, 12, tzinfo=UTC)
AT_ONCE: Final = timedelta()

SECRECY: Final = {
    "none": (None, None, None),
    "over": ("CPP, art. 20", APPROVED_AT - timedelta(days=1), None),
    "standing": (
        "CPP, art. 20",
        APPROVED_AT + timedelta(days=200),
        APPROVED_AT + timedelta(days=200),
    ),
    "without_end": ("CPP, art. 20", None, RECEIVED + LONGEST_SECRECY),
}
"""Basis and end of an order, and until when it keeps the customer from being told."""
LEFT: Final = frozenset({State.DELIVERED, State.ACKNOWLEDGED})
"""Where something must have left."""


def facts(kind: str, status: State, secrecy: str, *, delivered: bool) -> Facts:
    basis, until, _ = SECRECY[secrecy]
    return Facts(kind, status, APPROVED_AT, delivered, RECEIVED, basis, until)


@pytest.mark.parametrize("secrecy", SECRECY)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", State)
def test_nobody_is_told_by_mistake(kind: str, status: State, secrecy: str) -> None:
    for delivered in (False, True):
        found = verdict(facts(kind, status, secrecy, delivered=delivered), AT_ONCE)
        told_from = SECRECY[secrecy][2]
        if kind == "preservation":
            assert found == Verdict("waived", "preservation", None)
        elif not delivered and status not in APPROVED:
            assert found == Verdict("waived", "nothing_disclosed", None)
        elif told_from is not None:
            assert found == Verdict("held", "secrecy", told_from)
        elif kind == "emergency":
            assert found == Verdict("held", "emergency", APPROVED_AT + timedelta(hours=72))
        else:
            assert found == Verdict("due", None, APPROVED_AT)


def test_an_approval_lives_between_the_director_and_the_end() -> None:
    """Read from the table: where one gets by approving, and on without falling back."""
    reached = {step.to for step in STEPS.values() if step.deed == "approve"}
    onward = {"collected", "check", "deliver", "acknowledge"}
    while (
        more := {
            step.to for step in STEPS.values() if step.deed in onward and step.origin in reached
        }
        - reached
    ):
        reached |= more
    assert reached == APPROVED
    assert LEFT <= APPROVED


@pytest.mark.parametrize("secrecy", SECRECY)
@pytest.mark.parametrize("kind", KINDS)
def test_a_delay_never_shortens_what_the_law_holds_back(kind: str, secrecy: str) -> None:
    asked = facts(kind, State.PACKAGED, secrecy, delivered=False)
    at_once, later = verdict(asked, AT_ONCE), verdict(asked, timedelta(hours=48))
    if at_once.at is None:
        assert later == at_once
    else:
        assert later.at is not None
        assert later.at >= max(at_once.at, APPROVED_AT + timedelta(hours=48))


def test_the_shorter_of_two_reasons_does_not_end_the_longer() -> None:
    short = facts("emergency", State.PACKAGED, "standing", delivered=False)
    short = replace(short, secrecy_until=APPROVED_AT + timedelta(hours=1))
    assert verdict(short, AT_ONCE).reason == "emergency"
    long = facts("emergency", State.ACKNOWLEDGED, "standing", delivered=True)
    assert verdict(long, AT_ONCE).reason == "secrecy"
