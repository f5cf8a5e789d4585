"""What each legal basis reaches, as the law's tiers say, and not one item more."""

import pytest

from app.access.legal_bases import ARTICLES, BASES, ITEMS, KINDS, TIERS, refusal
from app.access.matrix import Sight
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES

WITHOUT_COURT = {"name", "filiation", "qualification", "address"}


def test_without_a_court_order_nothing_but_the_three_groups() -> None:
    for basis in BASES.values():
        if "judge" not in basis.offices or len(basis.offices) > 1:
            assert basis.items <= WITHOUT_COURT, basis.code


def test_records_and_communications_want_a_judge_alone() -> None:
    for basis in BASES.values():
        if basis.items & {"access_records", "communications"}:
            assert basis.offices == {"judge"}
            assert basis.number == "process"


def test_preservation_discloses_nothing() -> None:
    assert {b.code for b in BASES.values() if not b.items} == {"mci_13_2", "mci_15_2"}
    assert all(refusal(BASES["mci_13_2"], item) for item in ITEMS)


def test_communications_and_emergencies_want_two_directors() -> None:
    twice = {basis.code for basis in BASES.values() if basis.approvals == 2}
    assert twice == {"mci_10_2", "lgpd_7_vii"}


@pytest.mark.parametrize("code", BASES)
def test_every_refusal_names_its_article(code: str) -> None:
    for item in ITEMS:
        article = refusal(BASES[code], item)
        assert (article is None) == (item in BASES[code].items)
        assert article is None or article.startswith(("Lei ", "Código ", "Decreto "))


def test_every_basis_has_a_deadline_and_an_article() -> None:
    for basis in BASES.values():
        assert (basis.hours is None) != (basis.days is None)
        assert basis.article == ARTICLES[basis.code]
    assert set(TIERS) == {basis.tier for basis in BASES.values()}
    assert set(KINDS) == {
        "registration_data",
        "registration_data_24h",
        "access_records",
        "communications",
        "preservation",
        "emergency",
    }


def test_what_may_leave_of_a_customer_stands_in_the_authoritys_column() -> None:
    opened = {
        "customer": {field for item in ITEMS.values() for field in item.fields or ()},
        "login": {field for item in ITEMS.values() for field in item.owners},
    }
    for resource, fields in opened.items():
        cells = {row.field: row.cell(Viewer.AUTHORITY) for row in RESOURCES[resource].rows}
        lawful = {field for field, cell in cells.items() if cell.sight is Sight.LAWFUL}
        assert fields == lawful, resource  # no cell says L that nothing opens


def test_who_owns_an_account_is_told_to_a_judge_alone() -> None:
    telling = {item.name for item in ITEMS.values() if item.owners}
    assert telling == {"email", "account", "last_login"}
    for basis in BASES.values():
        assert not basis.items & telling or basis.offices == {"judge"}, basis.code
