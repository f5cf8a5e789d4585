"""The ready-made sets, said once more by hand: what they open is a promise to customers (P24)."""

import pytest

from app.access.permission_sets import LABELS, SETS, in_order
from app.access.permissions import MEMBER_PERMISSIONS, NEEDED_OF_MEMBERS, OWNER

OPENED = {
    "financeiro": {"customer:invoice:list", "customer:invoice:read"},
    "ti": set(),  # support and backups come with later versions
}


def test_finance_sees_invoices_and_it_sees_support_and_backups() -> None:
    assert {name: set(found.permissions) for name, found in SETS.items()} == {
        "financeiro": {"invoices"},
        "ti": {"support", "backups"},
    }


@pytest.mark.parametrize("name", SETS)
def test_a_set_opens_just_this(name: str) -> None:
    held = set(SETS[name].permissions)
    assert {verb for verb, needed in NEEDED_OF_MEMBERS.items() if needed in held} == OPENED[name]


def test_every_permission_and_set_has_a_name_in_both_languages() -> None:
    assert tuple(LABELS) == (*MEMBER_PERMISSIONS, OWNER)
    for labels in (*LABELS.values(), *(found.labels for found in SETS.values())):
        assert set(labels) == {"pt-BR", "en"}
        assert all(labels.values())
        assert labels["pt-BR"] != labels["en"]


def test_permissions_are_kept_in_one_order_and_once() -> None:
    assert in_order(["support", "invoices", "support"]) == ("invoices", "support")
    assert in_order([]) == ()


def test_who_owns_the_account_needs_nothing_else() -> None:
    assert in_order(["invoices", "owner", "members"]) == ("owner",)
