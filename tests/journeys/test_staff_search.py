"""Staff find customers: by word, by exact value, filtered, sorted, page by page, on an index."""

import dataclasses
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import insert, text

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.ids import coarse_id
from app.core.statements import Prepared
from app.models import Customer, CustomerWord
from app.projection.guard import read_query
from app.services.customers import columns_of, word_rows
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/staff/customers"


@dataclasses.dataclass(frozen=True)
class Cast:
    """The people of this file, by a name of their own."""

    house: Service
    director: StaffPerson
    people: dict[str, CustomerPerson]

    async def ask(self, *pairs: tuple[str, str], by: StaffPerson | None = None) -> httpx.Response:
        headers = (by or self.director).headers
        return await self.house.client.get(PATH, params=list(pairs), headers=headers)

    async def found(self, **parameters: str) -> list[str]:
        """Who was found, in order."""
        answer = await self.ask(*parameters.items(), ("limit", "200"))
        assert answer.status_code == 200, answer.text
        names = {str(person.id): name for name, person in self.people.items()}
        return [names[item["id"]] for item in answer.json()["items"] if item["id"] in names]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(house: Service) -> AsyncIterator[Cast]:
    now = house.clock()
    made: dict[str, dict[str, Any]] = {
        "joao": {"name": "João da Silva", "city": "São Paulo", "state": "SP"},
        "muller": {"name": "Ana Müller", "city": "Florianópolis", "state": "SC"},
        "davila": {"name": "Maria D'Ávila", "city": "São Paulo", "state": "SP"},
        "santanna": {"name": "Pedro Sant'Anna Silveira", "city": "Macapá", "state": "AP"},
        "suspended": {"name": "Zélia Nunes", "status": "suspended", "city": None},
        "closed": {"name": "Ávila Costa", "status": "closed", "city": "sao paulo"},
    }
    people = {
        name: await add_customer(
            house.platform, created_at=now + timedelta(seconds=number), **columns
        )
        for number, (name, columns) in enumerate(made.items())
    }
    yield Cast(house, await add_staff(house.platform, "director"), people)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("joao", {"joao"}),
        ("JOÃO", {"joao"}),
        ("joa", {"joao"}),
        ("silv", {"joao", "santanna"}),
        ("silva", {"joao"}),
        ("da silva joão", {"joao"}),
        ("muller", {"muller"}),
        ("Müll", {"muller"}),
        ("D'Ávila", {"davila"}),
        ("d’avila", {"davila"}),
        ("davila", {"davila"}),
        ("avila", {"davila", "closed"}),
        ("Sant'Anna", {"santanna"}),
        ("santanna", {"santanna"}),
        ("sant anna", {"santanna"}),
        ("oao", set()),
        ("joao muller", set()),
        ("%", None),
        ("_", None),
    ],
)
@pytest.mark.parametrize("parameter", ["q", "name"])
async def test_names_are_found_by_the_beginnings_of_their_words(
    cast: Cast, parameter: str, typed: str, names: set[str] | None
) -> None:
    if names is None:
        answer = await cast.ask((parameter, typed))
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    else:
        assert set(await cast.found(**{parameter: typed})) == names


async def test_what_is_whole_is_found_exactly_however_it_is_written(cast: Cast) -> None:
    for name, person in cast.people.items():
        email, phone, tax = person.row["email"], person.row["phone"], person.row["tax_id"]
        masked = f"{tax[:3]}.{tax[3:6]}.{tax[6:9]}-{tax[9:]}"
        national = f"({phone[3:5]}) {phone[5:10]}-{phone[10:]}"
        for parameter, typed in (
            ("email", email),
            ("email", email.upper()),
            ("phone", phone),
            ("phone", national),
            ("tax_id", tax),
            ("tax_id", masked),
        ):
            assert await cast.found(**{parameter: typed}) == [name]
            assert await cast.found(q=typed) == [name]
        for parameter, typed in (("email", "cliente@exemplo.com.br"), ("phone", "+5511900000000")):
            assert await cast.found(**{parameter: typed}) == []


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"city": "São Paulo"}, {"joao", "davila", "closed"}),
        ({"city": "SAO PAULO"}, {"joao", "davila", "closed"}),
        ({"city": "São"}, set()),
        ({"state": "sc"}, {"muller"}),
        ({"status": "suspended"}, {"suspended"}),
        ({"status": "no-such"}, set()),
        ({"city": "são paulo", "status": "active"}, {"joao", "davila"}),
        ({"q": "silv", "state": "AP"}, {"santanna"}),
        ({"q": "silv", "name": "joa"}, {"joao"}),
    ],
)
async def test_filters_narrow_together(
    cast: Cast, parameters: dict[str, str], names: set[str]
) -> None:
    assert set(await cast.found(**parameters)) == names


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["muller", "closed", "joao", "davila", "santanna", "suspended"]),
        ("created_at", ["joao", "muller", "davila", "santanna", "suspended", "closed"]),
    ],
)
async def test_each_sort_runs_both_ways(cast: Cast, sort: str, names: list[str]) -> None:
    assert await cast.found(sort=sort) == names
    assert await cast.found(sort=f"-{sort}") == names[::-1]


async def test_cities_are_sorted_folded_and_the_newest_come_first_unasked(cast: Cast) -> None:
    folded = await cast.found(sort="city")
    assert folded[0] == "suspended"
    assert folded[1:3] == ["muller", "santanna"]
    assert set(folded[3:]) == {"joao", "davila", "closed"}
    assert await cast.found(sort="-city") == folded[::-1]
    assert await cast.found() == await cast.found(sort="-created_at")


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("sort", "phone")], "invalid_sort"),
        ([("sort", "")], "invalid_sort"),
        ([("sort", "--name")], "invalid_sort"),
        ([("street", "Rua A")], "unknown_parameter"),
        ([("name", "a"), ("name", "b")], "unknown_parameter"),
        ([("limit", "0")], "validation_failed"),
        ([("email", "maria")], "validation_failed"),
        ([("state", "XX")], "validation_failed"),
        ([("q", "")], "validation_failed"),
        ([("q", "a b c d e f g h i")], "validation_failed"),
        ([("cursor", "abc")], "invalid_cursor"),
    ],
)
async def test_what_a_list_does_not_understand_is_refused(
    cast: Cast, pairs: list[tuple[str, str]], code: str
) -> None:
    answer = await cast.ask(*pairs)
    assert answer.json()["code"] == code, answer.text
    assert answer.status_code == 422


async def test_a_changed_name_is_found_by_its_new_words_only(cast: Cast) -> None:
    bia = await add_customer(cast.house.platform, name="Beatriz Falcão")
    changed = await cast.house.client.patch(
        f"{PATH}/{bia.id}",
        json={"name": "Beatriz Guimarães"},
        headers=cast.director.headers | {"If-Match": "*"},
    )
    assert changed.status_code == 200
    for typed, seen in (("falcao", False), ("guimaraes", True), ("beatriz", True)):
        items = (await cast.ask(("q", typed))).json()["items"]
        assert (str(bia.id) in {item["id"] for item in items}) is seen


async def test_pages_follow_each_other_over_http(cast: Cast) -> None:
    whole = [item["id"] for item in (await cast.ask(("sort", "name"))).json()["items"]]
    found: list[str] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = (await cast.ask(("sort", "name"), ("limit", "2"), *cursor)).json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = [("cursor", page["next_cursor"])]
    assert found == whole


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def crowd(house: Service) -> AsyncIterator[Service]:
    """Enough customers that an index is worth its while."""
    now = house.clock()
    customers, words = [], []
    for number in range(6000):
        name = f"Cliente{number} Sobrenome{number % 997}"
        row: dict[str, Any] = {
            "id": coarse_id(now),
            "kind": "person",
            "status": "active" if number % 20 else "suspended",
            "phone": f"+55119{70000000 + number}",
            "tax_id": f"{number:011d}",
            "preferences": {},
            "state": "SP",
            "created_at": now - timedelta(minutes=number),
        }
        row |= columns_of(
            {
                "name": name,
                "email": f"crowd{number}@exemplo.com.br",
                "address.city": f"Cidade {number % 50}",
            }
        )
        customers.append(row)
        words += word_rows(row["id"], name)
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(Customer), customers)
        await connection.execute(insert(CustomerWord), words)
        await connection.execute(text("ANALYZE"))
    yield house
    async with house.platform.database.transaction() as connection:
        await connection.execute(text("DELETE FROM customers WHERE email LIKE 'crowd%'"))


@pytest.mark.parametrize(
    "pairs",
    [
        [("email", "crowd77@exemplo.com.br")],
        [("phone", "+5511970000077")],
        [("tax_id", "52998224725")],
        [("name", "cliente4711")],
        [("q", "Sobrenome99")],
        [("q", "clien")],
        [("city", "Cidade 7")],
        [("city", "Cidade 7"), ("sort", "name")],
        [("city", "Cidade 7"), ("sort", "-created_at")],
        [("status", "suspended"), ("sort", "-created_at")],
        [("sort", "name")],
        [("sort", "-created_at")],
        [("sort", "-city")],
    ],
    ids=lambda pairs: "&".join("=".join(pair) for pair in pairs),
)
async def test_every_search_walks_an_index(crowd: Service, pairs: list[tuple[str, str]]) -> None:
    platform = crowd.platform
    actor = Actor("staff", Viewer.DIRECTOR, "management", "explain")
    plan = platform.projection.plan(actor, "customer")
    cursor: list[tuple[str, str]] = []
    for _ in range(2):  # the first page, and one that goes on from a cursor
        query = read_query(plan, [*pairs, *cursor, ("limit", "20")], "staff:customer:list")
        statement, values = platform.projection.listing(plan, query, actor)
        values |= platform.projection.scope(actor, platform.clock())
        await explained(crowd, statement, values)
        rows = await platform.database.fetch(statement, values)
        assert rows or pairs[0][0] == "tax_id"
        page = platform.projection.page(plan, query, actor, rows)
        if page.next_cursor is None:
            break
        cursor = [("cursor", page.next_cursor)]


async def explained(house: Service, statement: Prepared, values: dict[str, Any]) -> None:
    """Fail unless the database walks an index for the statement."""
    database = house.platform.database
    explain = "EXPLAIN" if database.is_postgresql else "EXPLAIN QUERY PLAN"
    asking = dataclasses.replace(statement, sql=f"{explain} {statement.sql}", readers=())
    steps = [str(row[-1]) for row in await database.fetch(asking, values)]
    said = "\n".join(steps)
    if database.is_postgresql:
        assert "Seq Scan" not in said, said
        assert re.search(r"Index (Only )?Scan", said), said
    else:
        on_tables = [step for step in steps if re.match(r"(SCAN|SEARCH) customer", step)]
        assert on_tables, said
        assert all("USING" in step for step in on_tables), said


async def test_a_page_is_on_record_with_everybody_it_showed(cast: Cast) -> None:
    answer = await cast.ask(("q", "silv"))
    shown = {UUID(item["id"]) for item in answer.json()["items"]}
    assert shown == {cast.people["joao"].id, cast.people["santanna"].id}
    for name in ("joao", "santanna"):
        log = await cast.house.client.get(
            "/v1/customer/access-log", headers=cast.people[name].headers
        )
        assert log.json()["items"][0]["action"] == "staff:customer:list"
