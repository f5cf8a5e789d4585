"""The guard: every name that a client could think of, for every plan there is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.access.purposes import PURPOSES
from app.access.visibility import RESOURCES
from app.core.errors import Failure, Refusal
from app.models import Base
from app.projection.guard import MAX_PAGE, PAGE, parameters, read_changes, read_query
from app.projection.plans import Plan, PlanKey, compile_plans
from tests.support.permitted import parameters_of, sort_keys_of, writable_of

ACTION = "staff:thing:list"
# A viewer's purposes see alike (`test_plans.py`): the first stands for all.
PLANS = {
    key: plan
    for key, plan in compile_plans(RESOURCES).items()
    if plan.visible and key[1] == PURPOSES[key[0]][0]
}


def name_of(key: PlanKey) -> str:
    return "-".join(key)


def spellings() -> Iterator[str]:
    """Every field and column there is, in every spelling that a careless guard would take."""
    for resource in RESOURCES.values():
        for row in resource.rows:
            for name in (row.field, row.column):
                yield name
                for prefix in ("address.", f"{resource.name}.", f"{resource.table}.", ".", " "):
                    yield prefix + name
                for suffix in ("_key", "__gt", "[]", ".", " ", "\x00"):
                    yield name + suffix
                yield name.upper()
                yield name.title()
    yield from (table.name for table in Base.metadata.tables.values())
    yield from ("", "*", "1", "id", "fields", "include", "expand", "select", "order_by", "offset")


NAMES = sorted(set(spellings()))


def refusal_of(plan: Plan, *pairs: tuple[str, str]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        read_query(plan, pairs, ACTION)
    return refused.value


def told(refusal: Refusal) -> tuple[Any, ...]:
    """All of a refusal that is answered."""
    return refusal.code, refusal.params, refusal.errors, refusal.headers, str(refusal)


@pytest.mark.parametrize("key", PLANS, ids=name_of)
def test_a_parameter_is_the_plans_or_unknown(key: PlanKey) -> None:
    plan = PLANS[key]
    unknown = told(refusal_of(plan, ("inexistente", "x")))
    assert unknown[0] == "unknown_parameter"
    mine = parameters_of(plan.resource, plan.viewer)
    assert parameters(plan) == tuple(sorted(mine))
    for name in NAMES:
        if name not in mine:
            assert told(refusal_of(plan, (name, "x"))) == unknown, name


@pytest.mark.parametrize("key", PLANS, ids=name_of)
def test_a_sort_key_is_the_plans_or_unknown(key: PlanKey) -> None:
    plan = PLANS[key]
    unknown = told(refusal_of(plan, ("sort", "inexistente")))
    assert unknown[0] == ("invalid_sort" if plan.sortable else "unknown_parameter")
    mine = sort_keys_of(plan.resource, plan.viewer)
    assert set(plan.sortable) == mine
    for name in NAMES:
        for asked in (name, f"-{name}"):
            if asked.removeprefix("-") not in mine:
                assert told(refusal_of(plan, ("sort", asked))) == unknown, asked
    for name, field in plan.sortable.items():
        query = read_query(plan, [("sort", f"-{name}")], ACTION)
        assert (query.sort, query.descending) == (field, True)


@pytest.mark.parametrize("key", PLANS, ids=name_of)
def test_a_member_is_writable_or_unknown(key: PlanKey) -> None:
    plan = PLANS[key]

    def refuse(body: dict[str, Any]) -> tuple[Any, ...]:
        with pytest.raises(Refusal) as refused:
            read_changes(plan, body, ACTION)
        return told(refused.value)

    unknown = refuse({"inexistente": "x"})
    assert unknown[0] == "unknown_member"
    writable = writable_of(plan.resource, plan.viewer)
    objects = {field.partition(".")[0] for field in writable if "." in field}
    values: tuple[Any, ...] = ("x", None, {"a": 1})
    for name in NAMES:
        if name not in writable | objects:
            for value in values:
                assert refuse({name: value}) == unknown, name
        for parent in ("address", "preferences"):
            if f"{parent}.{name}" not in writable and parent not in writable:
                assert refuse({parent: {name: "x"}}) == unknown, f"{parent}.{name}"
    for field in writable:
        top, _, member = field.partition(".")
        body = {top: {member: "x"}} if member else {top: "x"}
        assert read_changes(plan, body, ACTION) == {field}


@pytest.mark.parametrize("key", PLANS, ids=name_of)
def test_one_name_too_many_refuses_all(key: PlanKey) -> None:
    plan = PLANS[key]
    unknown = told(refusal_of(plan, ("inexistente", "x")))
    for name in parameters(plan):
        for pairs in (
            [(name, "x"), ("closed_at", "x")],
            [("password_hash", "x"), (name, "x")],
            [(name, "x"), (name, "x")],
        ):
            assert told(refusal_of(plan, *pairs)) == unknown


@pytest.mark.parametrize("key", PLANS, ids=name_of)
def test_only_names_of_ours_go_on_record(key: PlanKey) -> None:
    plan = PLANS[key]
    own = {row.field for row in RESOURCES[plan.resource].rows}
    for name in NAMES:
        if name not in parameters(plan):
            assert set(refusal_of(plan, (name, "x")).fields) <= own
    row = RESOURCES[plan.resource].rows[-1]
    pairs = [("maria@exemplo.com.br", "x"), (row.column, "x"), ("inexistente", "x")]
    assert set(refusal_of(plan, *pairs).fields) == {row.field}


@pytest.mark.parametrize("key", PLANS, ids=name_of)
def test_nothing_asked_is_a_page_of_fifty(key: PlanKey) -> None:
    query = read_query(PLANS[key], [], ACTION)
    assert (query.limit, query.filters, query.words, query.cursor) == (PAGE, (), (), None)


@pytest.mark.parametrize(
    "text", ["0", "201", "-1", "1.0", "1e2", "", " 1", "x", "٣", "00001", "99999999999", "+1"]
)
def test_a_limit_is_a_small_whole_number(text: str) -> None:
    plan = next(iter(PLANS.values()))
    with pytest.raises(Failure) as refused:
        read_query(plan, [("limit", text)], ACTION)
    assert refused.value.code == "validation_failed"
    assert refused.value.errors[0].parameter == "limit"


def test_the_limits_of_the_limit() -> None:
    plan = next(iter(PLANS.values()))
    assert read_query(plan, [("limit", "1")], ACTION).limit == 1
    assert read_query(plan, [("limit", str(MAX_PAGE))], ACTION).limit == MAX_PAGE


def by_role(viewer: str, resource: str) -> Plan:
    return next(plan for key, plan in PLANS.items() if (key[0], key[2]) == (viewer, resource))


def test_a_moment_needs_its_zone() -> None:
    plan = by_role("director", "audit_event")
    query = read_query(plan, [("since", "2026-11-22T09:00:00-03:00")], ACTION)
    assert query.since == datetime(2026, 11, 22, 12, tzinfo=UTC)
    for text in ("2026-11-22T09:00:00", "2026-11-22", "agora", "", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(Failure) as refused:
            read_query(plan, [("until", text)], ACTION)
        assert refused.value.code == "validation_failed"


@pytest.mark.parametrize(
    ("viewer", "text", "column"),
    [
        ("support", "Maria@Exemplo.com.br", "email_key"),
        ("support", "(11) 91234-5678", "phone"),
        ("director", "529.982.247-25", "tax_id"),
        ("billing", "12.ABC.345/01DE-35", "tax_id"),
        # Masked or hidden for them: words, and never the column.
        ("privacy_officer", "maria@exemplo.com.br", None),
        ("privacy_officer", "(11) 91234-5678", None),
        ("support", "529.982.247-25", None),
        ("production", "(11) 91234-5678", None),
        ("marketing", "529.982.247-25", None),
    ],
)
def test_the_search_box_compares_only_what_is_read_in_the_clear(
    viewer: str, text: str, column: str | None
) -> None:
    query = read_query(by_role(viewer, "customer"), [("q", text)], ACTION)
    assert [name for name, _ in query.filters] == ([column] if column else [])
    assert bool(query.words) == (column is None)


@pytest.mark.parametrize("text", ["", " ", "!?", "a b c d e f g h i", "x" * 201, "a\x00b"])
def test_a_search_needs_one_to_eight_words(text: str) -> None:
    for name in ("q", "name"):
        with pytest.raises(Failure) as refused:
            read_query(by_role("support", "customer"), [(name, text)], ACTION)
        assert refused.value.code == "validation_failed"
        assert text not in str(refused.value.params) or not text
