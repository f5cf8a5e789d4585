"""The words of the schemas are those of the tables, and no others."""

from typing import Any, get_args

import pytest

from app.access.legal_bases import BASES, ITEMS, KINDS, OFFICES
from app.access.legal_reasons import REASONS
from app.access.legal_workflow import STEPS, State
from app.core.messages.legal import STATES
from app.schemas import legal_requests as schemas


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (schemas.Kind, KINDS),
        (schemas.Basis, BASES),
        (schemas.ItemName, ITEMS),
        (schemas.Office, OFFICES),
        (schemas.Status, [state.value for state in State]),
        (schemas.ReasonCode, REASONS),
        (schemas.SenderDeed, {step.deed for step in STEPS.values() if step.who == "sender"}),
        (
            schemas.DeskDeed,
            {step.deed for step in STEPS.values() if step.who in ("desk", "director")},
        ),
    ],
    ids=["kind", "basis", "item", "office", "status", "reason", "sender", "desk"],
)
def test_schema_and_table_say_the_same(words: Any, table: Any) -> None:
    assert set(get_args(words)) == set(table)


def test_every_state_can_be_told() -> None:
    assert set(STATES) == {state.value for state in State}
