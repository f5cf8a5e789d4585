"""The state table, walked: no way to a package but by the people that it wants."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from app.access.legal_workflow import (
    DEEDS,
    ENDED,
    STEPS,
    TAKES_FILES,
    State,
    Step,
    open_deeds,
    origins,
)

PEOPLE = st.lists(st.sampled_from("abc"), min_size=1, max_size=24)


def _walks(state: State, seen: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Every way from a state that passes no line of the table twice, without going back."""
    yield seen
    for step in STEPS.values():
        if step.origin is state and step.to not in {s.origin for s in seen}:
            yield from _walks(step.to, (*seen, step))


def test_every_way_to_a_package_passes_review_approval_and_check() -> None:
    packaged = [walk for walk in _walks(State.DRAFT) if walk and walk[-1].to is State.PACKAGED]
    assert packaged
    for walk in packaged:
        deeds = [step.deed for step in walk]
        order = [deeds.index(deed) for deed in ("submit", "confirm", "forward", "approve", "check")]
        assert order == sorted(order)


def test_what_ended_is_taken_up_again_by_nobody_but_an_appeal() -> None:
    for step in STEPS.values():
        if step.origin in ENDED:
            assert step.to in {State.CLOSED, State.APPEALED}


def test_every_state_is_reached_and_left() -> None:
    assert {step.to for step in STEPS.values()} | {State.DRAFT} == set(State)
    assert {step.origin for step in STEPS.values()} | {State.CLOSED} == set(State)


def test_approver_and_checker_stand_apart_with_proof() -> None:
    for (deed, _), step in STEPS.items():
        if deed == "approve":
            assert step.who == "director"
            assert step.apart_from == {"enterer", "reviewer"}
            assert step.needs == {"presence", "read", "order", "persons"}
        if deed == "check":
            assert step.apart_from == {"enterer", "reviewer", "approver"}
            assert step.needs == {"presence", "read"}


@given(PEOPLE, st.lists(st.sampled_from(DEEDS), min_size=1, max_size=24))
def test_no_walk_packages_without_three_people(people: list[str], deeds: list[str]) -> None:
    state, role = State.DRAFT, {"reviewer": "", "approver": "", "checker": "", "enterer": "z"}
    for person, deed in zip(people, deeds, strict=False):
        step = STEPS.get((deed, state))
        if step is None or person in {role[other] for other in step.apart_from}:
            continue
        part = {"forward": "reviewer", "approve": "approver", "check": "checker"}.get(deed)
        if part is not None:
            role[part] = person
        state = step.to
        if state is State.PACKAGED:
            assert len({role[part] for part in ("reviewer", "approver", "checker")}) == 3


def test_no_file_comes_in_where_somebody_answers_for_what_was_read() -> None:
    """From the confirmation on, until information is asked for and it is confirmed once more."""
    closed = set(State) - TAKES_FILES["staff"]
    assert TAKES_FILES["officer"] <= TAKES_FILES["staff"]
    for step in STEPS.values():
        if step.deed in {"narrow", "forward", "approve", "check", "deliver"}:
            assert {step.origin, step.to} <= closed
        if step.origin in TAKES_FILES["staff"] and step.to in closed:
            assert step.deed == "confirm" or step.to in ENDED
        if step.deed == "confirm":
            assert step.needs == {"order"}


def test_what_can_be_done_next_is_told() -> None:
    assert open_deeds(State.DRAFT, "sender") == ("submit", "discard")
    assert open_deeds(State.CLOSED, "desk") == ()
    assert origins("approve") == {State.APPROVAL}
