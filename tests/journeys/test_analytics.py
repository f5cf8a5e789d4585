"""Staff read figures about visits: of groups that are large enough, blurred so that none hides."""

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
from app.core.moments import months_before
from app.models import AnalyticsEvent, ConsentSubject
from app.security.blurring import MOST_EACH, WIDEST
from tests.support.people import StaffPerson, add_staff
from tests.support.records import events
from tests.support.service import Service
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/staff/analytics"
OFF = 2 * WIDEST + 9
"""How far a figure may be off: noise, and rounding down."""
FIGURES = ("events", "visitors")
LARGE = 10 + 4 * WIDEST
"""Visitors that are shown whatever the noise."""


def this_month(house: Service) -> date:
    return house.clock().astimezone(ZONE).date().replace(day=1)


def last_month(house: Service) -> date:
    return months_before(this_month(house), 1)


@pytest_asyncio.fixture(loop_scope="module")
async def visits(house: Service) -> Callable[..., Any]:
    """Puts visits of new visitors there, on an empty table."""
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(AnalyticsEvent))

    async def put(
        visitors: int, each: int = 1, /, day: date | None = None, **columns: Any
    ) -> list[UUID]:
        day = day or last_month(house)
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
    house: Service, who: StaffPerson, by: str, month: date | None = None
) -> Mapping[str, Any]:
    params = {"by": by} | ({} if month is None else {"month": month.isoformat()[:7]})
    answer = await house.client.get(PATH, params=params, headers=who.headers)
    assert answer.status_code == 200, answer.text
    content: Mapping[str, Any] = answer.json()
    return content


def values(content: Mapping[str, Any]) -> list[str | None]:
    return [one["value"] for one in content["groups"]]


def near(shown: int, true: int, weight: int = 1) -> bool:
    return abs(shown - true) <= OFF * weight


async def test_large_groups_are_shown_about_as_large_as_they_are(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    await visits(300, 3, path="/planos")
    await visits(LARGE, path="/contato")
    await visits(9, 300, path="/quase")
    found = await asked(house, director, "path")
    assert set(found) == {"month", "by", "visitors", "groups", "step"}
    assert (found["month"], found["by"]) == (last_month(house).isoformat()[:7], "path")
    assert near(found["visitors"], 300 + LARGE + 9)
    assert values(found) == ["/planos", "/contato"]
    first, second = found["groups"]
    assert near(first["visitors"], 300)
    assert near(first["events"], 900, MOST_EACH)
    assert near(second["visitors"], LARGE)
    assert second["events"] >= second["visitors"]
    for figure in (found["visitors"], *(one[name] for one in (first, second) for name in FIGURES)):
        assert figure % found["step"] == 0
    for _ in range(3):
        assert await asked(house, director, "path") == found, "asking again averages nothing away"


async def test_of_one_visitor_few_events_count(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    await visits(LARGE, path="/planos")
    await visits(1, 400, path="/planos")
    [group] = (await asked(house, director, "path"))["groups"]
    assert near(group["events"], LARGE + MOST_EACH, MOST_EACH)


async def test_who_pads_a_group_does_not_see_the_tenth(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    """Nine forged browsers, then one of somebody else's: at every grouping."""
    rare = {
        "path": "/raro",
        "referrer": "raro.exemplo",
        "device": "Raro",
        "campaign": "raro",
        "kind": "download",
    }
    await visits(9, **rare)
    before = [await asked(house, director, by) for by in ("day", *rare)]
    await visits(1, **rare)
    after = [await asked(house, director, by) for by in ("day", *rare)]
    assert before == after
    assert all(found["groups"] == [] and found["visitors"] is None for found in after)


@pytest.mark.parametrize("padding", [33, 49, 59])
async def test_who_pads_a_group_to_a_step_seldom_sees_one_more(
    house: Service,
    director: StaffPerson,
    visits: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    padding: int,
) -> None:
    """Under many keys: where the edge lies is nothing that the asker can know."""

    async def seen() -> set[str]:
        found = set()
        for number in range(60):
            monkeypatch.setattr(house.platform.blur, "_key", number.to_bytes(32))
            groups = (await asked(house, director, "path"))["groups"]
            found.add(str([group["visitors"] for group in groups]))
        return found

    await visits(padding, path="/raro")
    before = await seen()
    await visits(1, path="/raro")
    after = await seen()
    assert len(before & after) >= 2, "the same answers, with them and without"


async def test_a_visitor_counts_once_however_many_pages(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    ids = await visits(9, path="/a")
    async with house.platform.database.transaction() as connection:
        for path in ("/a", "/b", "/c", "/d", "/e", "/f"):
            await connection.execute(
                insert(AnalyticsEvent),
                [row(house, one, last_month(house), path=path) for one in ids],
            )
    for by in ("path", "day", "kind"):
        found = await asked(house, director, by)
        assert (found["groups"], found["visitors"]) == ([], None), "nine visitors, 63 events"


@pytest.mark.parametrize("by", ["referrer", "campaign", "device"])
async def test_what_was_not_told_is_a_group_too(
    house: Service, director: StaffPerson, visits: Callable[..., Any], by: str
) -> None:
    await visits(200, **{by: None})
    await visits(100, **{by: "busca.exemplo"})
    await visits(2, **{by: "raro.exemplo"})
    assert values(await asked(house, director, by)) == [None, "busca.exemplo"]


async def test_days_are_in_their_order(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    first = last_month(house)
    for offset, visitors in ((0, 70), (1, 200), (2, 120), (3, 9)):
        await visits(visitors, day=first + timedelta(days=offset))
    shown = values(await asked(house, director, "day"))
    assert shown == [str(first + timedelta(days=offset)) for offset in range(3)]


async def test_months_are_whole_and_over_and_do_not_overlap(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    current, last = this_month(house), last_month(house)
    edges = [last, current - timedelta(days=1)]
    for day in (last - timedelta(days=1), *edges, current):
        await visits(LARGE, day=day)
    assert values(await asked(house, director, "day")) == [str(day) for day in edges]
    assert values(await asked(house, director, "day", last)) == [str(day) for day in edges]
    before = await asked(house, director, "day", months_before(current, 2))
    assert values(before) == [str(last - timedelta(days=1))]


async def test_a_month_is_shown_while_none_of_it_is_deleted(
    house: Service, director: StaffPerson, visits: Callable[..., Any]
) -> None:
    await visits(0)
    current = this_month(house)
    for by, kept in (("path", 12), ("campaign", 5)):
        await asked(house, director, by, months_before(current, kept))
        for ago, refused in (
            (kept + 1, "month_too_old"),
            (0, "month_not_over"),
            (-1, "month_not_over"),
        ):
            params = {"month": months_before(current, ago).isoformat()[:7], "by": by}
            answer = await house.client.get(PATH, params=params, headers=director.headers)
            assert answer.status_code == 422
            [error] = answer.json()["errors"]
            assert (error["parameter"], error["code"]) == ("month", refused)


@pytest.mark.parametrize(
    "query",
    [
        "month=2999-03",
        "month=1000-03",
        "month=ontem",
        "month=2026-03-10",
        "month=2026-W10",
        "from=2026-03-10&to=2026-03-11",
        "from=2026-03-10",
        "by=network",
        "by=subject_id",
        "by=day&by=path",
        "by=path&path=/planos",
        "by=path&kind=form",
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
    params = {"by": "device"}
    answer: httpx.Response = await house.client.get(PATH, params=params, headers=person.headers)
    if not may:
        assert code(answer) == (403, "forbidden")
        return
    assert answer.status_code == 200
    [event] = await events(house.platform, action="staff:analytics:read", actor_id=person.id)
    assert (event.fields, event.outcome) == (("device",), "allowed")
