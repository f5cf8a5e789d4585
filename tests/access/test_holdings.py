"""When one holding is more than another: in permissions, and in time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.access.holdings import Holding
from app.access.permissions import MEMBER_PERMISSIONS, OWNER

SOON, LATER = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
HOLDINGS = st.builds(
    Holding,
    st.frozensets(st.sampled_from((*MEMBER_PERMISSIONS, OWNER))),
    st.sampled_from((None, SOON, LATER)),
)


def holding(*permissions: str, until: datetime | None = None) -> Holding:
    return Holding(frozenset(permissions), until)


@pytest.mark.parametrize(
    ("held", "given_away", "covered"),
    [
        (holding("invoices"), holding("invoices"), True),
        (holding("invoices", "members"), holding("invoices"), True),
        (holding("invoices"), holding("support"), False),
        (holding("invoices"), holding("invoices", "support"), False),
        (holding(*MEMBER_PERMISSIONS), holding("owner"), False),
        (holding("owner"), holding(*MEMBER_PERMISSIONS), True),
        (holding("owner"), holding("owner"), True),
        (holding("invoices", until=SOON), holding("invoices"), False),
        (holding("invoices", until=SOON), holding("invoices", until=LATER), False),
        (holding("invoices", until=SOON), holding("invoices", until=SOON), True),
        (holding("invoices"), holding("invoices", until=LATER), True),
        (holding("owner", until=SOON), holding("invoices"), False),
    ],
)
def test_nobody_gives_more_than_they_hold(
    held: Holding, given_away: Holding, covered: bool
) -> None:
    assert held.covers(given_away) is covered


@given(HOLDINGS, HOLDINGS, HOLDINGS)
def test_what_is_handed_on_and_on_never_grows(one: Holding, two: Holding, three: Holding) -> None:
    assert one.covers(one)
    if one.covers(two) and two.covers(three):
        assert one.covers(three)
    if one.covers(two):
        assert one.may_all(two.permissions)
        assert OWNER in one.permissions or OWNER not in two.permissions


def test_an_owner_for_good_is_one_without_an_end() -> None:
    assert holding("owner").is_lasting_owner
    assert not holding("owner", until=LATER).is_lasting_owner
    assert not holding(*MEMBER_PERMISSIONS).is_lasting_owner
