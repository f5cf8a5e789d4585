"""`app/services/listings.py`: pages that together are the whole list, each row once."""

import itertools
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.errors import Failure, Refusal
from app.core.ids import new_id
from app.models import Customer
from app.projection.projection import Page
from app.services.customers import columns_of
from app.services.listings import find_page
from tests.support.records import count, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTION = "staff:customer:list"
DIRECTOR = Actor("staff", Viewer.DIRECTOR, "management", "a-request")
MONTH = datetime(2026, 3, 1, 12, tzinfo=UTC)

# Few values for many rows: ties everywhere, and spellings that fold together or sort apart.
NAMES = ("Ana Lima", "ANA LIMA", "Ána Líma", "Bruno", "bruno D'Ávila", "Zé", "Érico", "王")
CITIES = ("São Paulo", "sao paulo", "Campinas", None)
SORTS = ("name", "-name", "created_at", "-created_at", "city", "-city")


def customer(number: int) -> dict[str, Any]:
    columns = columns_of(
        {
            "name": NAMES[number % len(NAMES)],
            "email": f"c{number}@exemplo.com.br",
            "address.city": CITIES[number % 3 if number % 5 else 3],
        }
    )
    return columns | {
        "id": new_id(),
        "kind": "person",
        "status": ("active", "suspended")[number % 2],
        "state": ("SP", "RJ", None)[number % 3],
        "preferences": {},
        # Microseconds apart, and equal in groups: a cursor must keep both.
        "created_at": MONTH + timedelta(microseconds=number % 7),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(house: Service) -> AsyncIterator[Service]:
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(Customer), [customer(number) for number in range(61)])
    yield house


async def page(house: Service, *pairs: tuple[str, str], actor: Actor = DIRECTOR) -> Page:
    found, _ = await find_page(house.platform, actor, ACTION, "customer", pairs)
    return found


async def walk(
    house: Service, pairs: Sequence[tuple[str, str]], sizes: Sequence[int]
) -> list[UUID]:
    """The ids of all pages, the sizes taken in turn."""
    found: list[UUID] = []
    cursor: tuple[tuple[str, str], ...] = ()
    for size in itertools.cycle(sizes):
        here = await page(house, *pairs, *cursor, ("limit", str(size)))
        assert len(here.items) <= size
        found += [item["id"] for item in here.items]
        if here.next_cursor is None:
            return found
        assert len(here.items) == size
        cursor = (("cursor", here.next_cursor),)
    raise AssertionError("unreachable")


async def in_order(house: Service, sort: str | None, **equal: Any) -> list[UUID]:
    """The ids as they must come, sorted in Python by the stored keys."""
    everyone = await rows(house.platform, select(Customer))
    kept = [row for row in everyone if all(getattr(row, k) == v for k, v in equal.items())]
    column = {"name": "name_key", "city": "city_key", "created_at": "created_at"}[
        (sort or "-created_at").removeprefix("-")
    ]
    kept.sort(
        key=lambda row: (getattr(row, column), row.id.bytes),
        reverse=(sort or "-created_at").startswith("-"),
    )
    return [row.id for row in kept]


FILTERS: tuple[tuple[tuple[tuple[str, str], ...], dict[str, Any]], ...] = (
    ((), {}),
    ((("city", "SÃO PAULO"),), {"city_key": "sao paulo"}),
    ((("status", "active"),), {"status": "active"}),
    ((("state", "rj"), ("status", "suspended")), {"state": "RJ", "status": "suspended"}),
)


@settings(max_examples=40, deadline=None)
@given(
    sort=st.sampled_from([None, *SORTS]),
    chosen=st.sampled_from(FILTERS),
    sizes=st.lists(st.integers(1, 70), min_size=1, max_size=4),
)
async def test_the_pages_together_are_the_whole_ordered_list(
    people: Service,
    sort: str | None,
    chosen: tuple[tuple[tuple[str, str], ...], dict[str, Any]],
    sizes: list[int],
) -> None:
    filters, equal = chosen
    pairs = filters if sort is None else (*filters, ("sort", sort))
    if sum(sizes) < 5 * len(sizes):  # sixty pages of one say no more than sixty of five
        sizes = [size + 4 for size in sizes]
    assert await walk(people, pairs, sizes) == await in_order(people, sort, **equal)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 7, 61])
async def test_every_sort_at_small_and_exact_page_sizes(
    people: Service, sort: str, size: int
) -> None:
    assert await count(people.platform, Customer) == 61
    assert await walk(people, (("sort", sort),), [size]) == await in_order(people, sort)


@settings(max_examples=15, deadline=None)
@given(
    sort=st.sampled_from(SORTS),
    size=st.integers(3, 20),
    steps=st.lists(
        st.tuples(st.sampled_from(("insert", "delete")), st.integers(0, 10_000)),
        min_size=3,
        max_size=8,
    ),
)
async def test_pages_stay_stable_while_rows_come_and_go(
    people: Service, sort: str, size: int, steps: list[tuple[str, int]]
) -> None:
    before = await in_order(people, sort)
    gone: list[dict[str, Any]] = []
    come: list[UUID] = []
    found: list[UUID] = []
    cursor: tuple[tuple[str, str], ...] = ()
    todo = iter(steps)
    while True:
        here = await page(people, ("sort", sort), ("limit", str(size)), *cursor)
        found += [item["id"] for item in here.items]
        if here.next_cursor is None:
            break
        cursor = (("cursor", here.next_cursor),)
        match next(todo, None):
            case ("insert", number):
                row = customer(number)
                come.append(row["id"])
                async with people.platform.database.transaction() as connection:
                    await connection.execute(insert(Customer).values(**row))
            case ("delete", number):
                # The last one shown among them: the cursor's own row may vanish.
                victim = found[-1] if number % 3 == 0 else before[number % len(before)]
                statement = select(Customer).where(Customer.id == victim)
                gone += [row._asdict() for row in await rows(people.platform, statement)]
                async with people.platform.database.transaction() as connection:
                    await connection.execute(delete(Customer).where(Customer.id == victim))
            case _:
                pass
    lost = {row["id"] for row in gone}
    assert len(found) == len(set(found))
    stayed = [one for one in before if one not in lost]
    assert [one for one in found if one in set(stayed)] == stayed
    assert set(found) <= {*before, *come}
    async with people.platform.database.transaction() as connection:
        await connection.execute(delete(Customer).where(Customer.id.in_(come)))
        if back := [row for row in gone if row["id"] not in come]:
            await connection.execute(insert(Customer), back)


async def test_a_page_comes_with_the_deed_to_put_on_record(people: Service) -> None:
    found, deed = await find_page(
        people.platform, DIRECTOR, ACTION, "customer", [("limit", "3"), ("sort", "name")]
    )
    assert (deed.action, deed.subject_type, deed.rows) == (ACTION, "customer", 3)
    assert deed.fields == people.platform.projection.plan(DIRECTOR, "customer").visible
    assert found.next_cursor is not None


@pytest.mark.parametrize(
    "pairs",
    [
        [("sort", "-name")],
        [("sort", "name"), ("city", "Campinas")],
        [("sort", "name"), ("status", "active")],
        [],
    ],
)
async def test_a_cursor_goes_on_with_its_own_query_only(
    people: Service, pairs: list[tuple[str, str]]
) -> None:
    first = await page(people, ("sort", "name"), ("limit", "5"))
    assert first.next_cursor is not None
    with pytest.raises(Failure) as told:
        await page(people, *pairs, ("cursor", first.next_cursor))
    assert told.value.code == "invalid_cursor"


async def test_a_cursor_is_of_its_viewer_and_purpose_only(people: Service) -> None:
    first = await page(people, ("sort", "name"), ("limit", "5"))
    assert first.next_cursor is not None
    for viewer, purpose in ((Viewer.BILLING, "billing"), (Viewer.DIRECTOR, "legal_obligation")):
        stranger = Actor("staff", viewer, purpose, "a-request")
        with pytest.raises(Failure) as told:
            await page(people, ("sort", "name"), ("cursor", first.next_cursor), actor=stranger)
        assert told.value.code == "invalid_cursor"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "", "1e2", "５", "10.0", "9" * 20])
async def test_a_page_has_one_to_two_hundred_rows(people: Service, limit: str) -> None:
    with pytest.raises(Failure) as told:
        await page(people, ("limit", limit))
    assert told.value.code == "validation_failed"


async def test_without_permission_or_reason_there_is_no_page(people: Service) -> None:
    for actor, code in (
        (Actor("login", Viewer.SELF, "own_account", "r"), "forbidden"),
        (Actor("staff", Viewer.SYSTEMS_ENGINEER, "system_operation", "r"), "reason_required"),
        (Actor("staff", Viewer.SUPPORT, "billing", "r"), "purpose_not_allowed"),
    ):
        with pytest.raises(Refusal) as told:
            await page(people, actor=actor)
        assert told.value.code == code
