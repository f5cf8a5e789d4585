"""Reasons: each is for deeds of the table, each names its law."""

from app.access.legal_reasons import NEEDS_REASON, REASONS
from app.access.legal_workflow import DEEDS, STEPS


def test_reasons_are_for_deeds_that_there_are() -> None:
    assert set(DEEDS) >= NEEDS_REASON
    for reason in REASONS.values():
        assert reason.deeds
        assert reason.article


def test_nobody_is_refused_or_sent_back_without_a_reason() -> None:
    against = {
        step.deed
        for step in STEPS.values()
        if step.to in {"rejected", "narrowed"} or step.deed in {"ask", "return", "dismiss"}
    }
    assert against <= NEEDS_REASON
