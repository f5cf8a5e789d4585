"""Who may do what: nobody, unless a line of the table says so."""

import re

import pytest

from app.access.matrix import COLUMNS, MatrixError
from app.access.permissions import PERMISSIONS, _read, may
from app.access.purposes import EVERY_PURPOSE, PURPOSES
from app.access.viewers import MUST_GIVE_REASON, STAFF_ROLES, Viewer

HEADING = " ".join(COLUMNS)
NOBODY = " ".join("·" for _ in COLUMNS)

# Said once more by hand: a verb granted by mistake must be granted twice.
GRANTED = {
    "staff:customer:list": set(STAFF_ROLES),
    "staff:customer:read": set(STAFF_ROLES),
    "staff:customer:update": {Viewer.DIRECTOR, Viewer.SUPPORT, Viewer.BILLING},
    "staff:visibility:read": set(STAFF_ROLES),
    "staff:audit_event:list": {
        Viewer.DIRECTOR,
        Viewer.SYSTEMS_ENGINEER,
        Viewer.PRIVACY_OFFICER,
    },
    "customer:customer:read": {Viewer.SELF},
    "customer:customer:update": {Viewer.SELF},
    "customer:audit_event:list": {Viewer.SELF},
    "public:policy:read": {Viewer.PUBLIC},
    "public:customer:register": {Viewer.PUBLIC},
}
DOORS = {
    "staff": set(STAFF_ROLES),
    "customer": {Viewer.SELF},
    "public": {Viewer.PUBLIC},
    "partner": {Viewer.PARTNER},
    "authority": {Viewer.AUTHORITY},
}


@pytest.mark.parametrize("verb", sorted(set(GRANTED) | set(PERMISSIONS)))
@pytest.mark.parametrize("viewer", Viewer)
def test_every_viewer_by_every_verb(viewer: Viewer, verb: str) -> None:
    assert may(viewer, verb) == (viewer in GRANTED[verb])


@pytest.mark.parametrize("verb", PERMISSIONS)
def test_a_verb_stays_behind_its_own_door(verb: str) -> None:
    assert re.fullmatch(r"[a-z]+:[a-z_]+:[a-z_]+", verb)
    assert PERMISSIONS[verb] <= DOORS[verb.partition(":")[0]]


@pytest.mark.parametrize("verb", ["", "staff", "staff:customer", "staff:customer:*", "*", "none"])
@pytest.mark.parametrize("viewer", Viewer)
def test_a_verb_that_is_not_written_is_refused_to_everyone(viewer: Viewer, verb: str) -> None:
    assert not may(viewer, verb)


@pytest.mark.parametrize(
    "table",
    [
        f"self dir\na:b:c {NOBODY}",
        f"{HEADING}\na:b:c yes",
        f"{HEADING}\na:b:c {NOBODY.replace('·', 'YES', 1)}",
        f"{HEADING}\na:b:c {NOBODY} yes",
        f"{HEADING}\na:b:c {NOBODY}\na:b:c {NOBODY}",
    ],
)
def test_a_table_that_is_not_well_written_is_refused(table: str) -> None:
    with pytest.raises(MatrixError, match="permissions"):
        _read(table)


def test_every_viewer_has_a_usual_purpose() -> None:
    assert set(PURPOSES) == set(Viewer)
    for purposes in PURPOSES.values():
        assert purposes
        assert len(set(purposes)) == len(purposes)
    assert {purpose for purposes in PURPOSES.values() for purpose in purposes} == EVERY_PURPOSE


def test_a_customers_own_purpose_is_nobody_elses() -> None:
    for viewer in set(Viewer) - {Viewer.SELF}:
        assert not set(PURPOSES[Viewer.SELF]) & set(PURPOSES[viewer])


def test_engineers_give_a_reason() -> None:
    assert {Viewer.SYSTEMS_ENGINEER} == MUST_GIVE_REASON
