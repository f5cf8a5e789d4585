"""Staff read figures about visits: of groups that are large enough, in steps that hide one."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import delete, insert

from app.core.business_days import ZONE
from app.core.ids import new_id
from app.models import AnalyticsEvent, ConsentSubject
from tests.support.people import StaffPerson, add_staff
from tests.support.records import events
from tests.support.service import Service
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/staff/analytics"
DAY = date(2026, 3, 10)


@pytest_asyncio.fixture(loop_scope="module")
async def visits(house: Service) -> Callable[..., Any]:
    """Puts visits of new visitors there, on an empty table."""
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(AnalyticsEvent))

    async def put(visitors: int, each: int = 1, /, day: date = DAY, **columns: Any) -> list[UUID]:
        ids = [uuid4() for _ in range(visitors)]
        if visitors:
            async with house.platform.database.transaction() as connection:
                await connection.execute(
                    insert(ConsentSubject),
                    [{"id": one, "kind": "visitor", "events": 1} for one in ids],
                )
                await connection.execute(
                    insert(AnalyticsEvent),
                    [row(house, one, day, **columns) for one in ids for _ in range(each)],
                )
        return ids

    return put


def row(house: Service, visitor: UUID, day: date, **columns: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "subject_id": visitor,
        "customer_id": None,
        "kind": "page_view",
        "path": "/",
        "referrer": None,
        "device": "Firefox, Windows",
        "network": "203.0.113.0/24",
        "campaign": None,
        "day": day,
        "at": house.clock(),
    } | columns


async def asked(
    house: Service, who: StaffPerson, by: str, since: date = DAY, until: date = DAY
) -> Mapping[str, Any]:
    params = {"from": str(since), "to": str(until), "by": by}
    answer = await house.client.get(PATH, params=params, headers=who.headers)
    assert answer.status_code == 200, answer.text
    content: Mapping[str, Any] = answer.json()
    return content


def groups(content: Mapping[str, Any]) -> list[tuple[str | None, int, int]]:
    return [(one["value"], one["events"], one["visitors"]) for one in content["groups"]]


async def test_groups_are_large_and_figures_go_in_steps(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    await visits(25, 2, path="/planos")
    await visits(10, path="/contato")
    await visits(9, path="/quase")
    await visits(1, 300, path="/um-so")
    found = await asked(house, director, "path")
    assert found == {
        "from": "2026-03-10",
        "to": "2026-03-10",
        "by": "path",
        "groups": [
            {"value": "/planos", "events": 50, "visitors": 20},
            {"value": "/contato", "events": 10, "visitors": 10},
        ],
        "other": {"events": 10, "visitors": 10},
        "step": 10,
    }, "nine and one make ten; of the one no more than ten events are counted"


async def test_what_is_missing_is_never_a_small_group(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    await visits(30, path="/planos")
    await visits(12, path="/contato")
    await visits(3, path="/raro")
    found = await asked(house, director, "path")
    assert groups(found) == [("/planos", 30, 30)]
    assert found["other"] == {"events": 10, "visitors": 10}, "three are hidden among twelve more"


async def test_too_few_in_all_show_nothing(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    await visits(9, 5, path="/a")
    for by in ("path", "day", "kind", "device", "referrer", "campaign"):
        found = await asked(house, director, by)
        assert (found["groups"], found["other"]) == ([], None)
    await visits(4, path="/b")
    assert (await asked(house, director, "path"))["groups"] == []
    assert (await asked(house, director, "path"))["other"] == {"events": 40, "visitors": 10}


async def test_a_visitor_counts_once_however_many_pages(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    ids = await visits(9, path="/a")
    async with house.platform.database.transaction() as connection:
        for path in ("/a", "/b", "/c"):
            await connection.execute(
                insert(AnalyticsEvent), [row(house, one, DAY, path=path) for one in ids]
            )
    found = await asked(house, director, "path")
    assert (found["groups"], found["other"]) == ([], None), "nine visitors, 36 events"


@pytest.mark.parametrize("by", ["referrer", "campaign", "device"])
async def test_what_was_not_told_is_a_group_too(
    house: Service, director: StaffPerson, visits: Callable[..., Any], by: str
) -> None:
    await visits(20, **{by: None})
    await visits(11, **{by: "busca.exemplo"})
    await visits(10, **{by: "um.exemplo"})
    await visits(2, **{by: "raro.exemplo"})
    found = await asked(house, director, by)
    assert groups(found) == [(None, 20, 20), ("busca.exemplo", 10, 10)]
    assert found["other"] == {"events": 10, "visitors": 10}


async def test_one_visitor_more_or_less_moves_a_figure_by_one_step_at_most(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    await visits(30, 3, path="/planos")
    before = groups(await asked(house, director, "path"))
    await visits(1, 400, day=DAY + timedelta(days=1), path="/planos")
    after = groups(await asked(house, director, "path", until=DAY + timedelta(days=1)))
    assert before == [("/planos", 90, 30)]
    assert after == [("/planos", 100, 30)]


async def test_days_are_in_their_order_and_over(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    for offset, visitors in ((0, 10), (1, 30), (2, 20)):
        await visits(visitors, day=DAY + timedelta(days=offset))
    found = await asked(house, director, "day", until=DAY + timedelta(days=2))
    assert groups(found) == [
        ("2026-03-10", 10, 10),
        ("2026-03-11", 30, 30),
        ("2026-03-12", 20, 20),
    ]
    assert groups(await asked(house, director, "day")) == [("2026-03-10", 10, 10)]
    today = house.clock().astimezone(ZONE).date()
    await asked(house, director, "day", until=today - timedelta(days=1))
    for since, until, refused in (
        (today, today, "date_not_past"),
        (DAY, DAY - timedelta(days=1), "period_empty"),
    ):
        params = {"from": str(since), "to": str(until)}
        answer = await house.client.get(PATH, params=params, headers=director.headers)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["parameter"], error["code"]) == ("to", refused)


async def test_without_a_period_it_is_the_last_four_weeks(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    today = house.clock().astimezone(ZONE).date()
    for ago in (0, 1, 28, 29):
        await visits(10, day=today - timedelta(days=ago))
    answer = await house.client.get(PATH, headers=director.headers)
    found = answer.json()
    assert (found["from"], found["to"]) == (
        str(today - timedelta(days=28)),
        str(today - timedelta(days=1)),
    )
    assert [value for value, *_ in groups(found)] == [found["from"], found["to"]]
    for first in ("0001-01-01", "0001-01-20"):
        answer = await house.client.get(PATH, params={"to": first}, headers=director.headers)
        assert (answer.status_code, answer.json()["from"]) == (200, "0001-01-01")


@pytest.mark.parametrize(
    "query",
    [
        "from=2999-03-10",
        "to=2999-03-10",
        "from=2026-03-10&to=ontem",
        "from=2026-03-10T00:00:00Z&to=2026-03-11",
        "from=2026-03-10&to=2026-03-10&by=network",
        "from=2026-03-10&to=2026-03-10&by=subject_id",
        "from=2026-03-10&to=2026-03-10&path=/planos",
        "from=2026-03-10&to=2026-03-10&from=2026-03-11",
    ],
)
async def test_there_is_no_other_question(
    house: Service, director: StaffPerson, query: str
) -> None:
    answer = await house.client.get(f"{PATH}?{query}", headers=director.headers)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("director", True),
        ("privacy_officer", True),
        ("marketing", True),
        ("systems_engineer", False),
        ("support", False),
        ("billing", False),
        ("production", False),
    ],
)
async def test_who_may_read_figures(house: Service, role: str, may: bool) -> None:
    person = await add_staff(house.platform, role)
    params = {"from": str(DAY), "to": str(DAY), "by": "device"}
    answer: httpx.Response = await house.client.get(PATH, params=params, headers=person.headers)
    if not may:
        assert code(answer) == (403, "forbidden")
        return
    assert answer.status_code == 200
    [event] = await events(house.platform, action="staff:analytics:read", actor_id=person.id)
    assert (event.fields, event.outcome) == (("device",), "allowed")
