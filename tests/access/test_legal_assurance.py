"""How sure a signature must make us: by the office, as the law of the day has it."""

from app.access.legal_assurance import LEAST, LEVELS, falls_short
from app.access.legal_bases import BASES
from app.security.document_reports import STRENGTH


def test_every_office_that_may_ask_has_its_level() -> None:
    assert set(LEAST) == set().union(*(basis.offices for basis in BASES.values()))


def test_the_levels_are_those_of_the_reports() -> None:
    assert LEVELS == STRENGTH


def test_a_judge_signs_with_the_qualified_kind_and_others_with_the_advanced() -> None:
    assert falls_short("judge", "gov_br_advanced")
    assert not falls_short("judge", "icp_brasil_qualified")
    assert not falls_short("prosecutor", "gov_br_advanced")
    assert falls_short("prosecutor", "none")
