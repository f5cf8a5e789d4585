"""`app/services/audit_events.py`: its readers, and customers on themselves."""

from datetime import timedelta
from typing import Any

import pytest

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.errors import Failure, Refusal
from app.core.ids import new_id
from app.services import audit_events, customers
from app.services.audit_log import Deed
from tests.support.people import CustomerPerson, add_customer
from tests.support.records import events
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

READERS = (Viewer.DIRECTOR, Viewer.SYSTEMS_ENGINEER, Viewer.PRIVACY_OFFICER)
USUAL = {
    Viewer.DIRECTOR: "management",
    Viewer.SYSTEMS_ENGINEER: "system_operation",
    Viewer.PRIVACY_OFFICER: "data_protection",
    Viewer.SUPPORT: "customer_support",
    Viewer.MARKETING: "marketing",
}


def staff(viewer: Viewer, request_id: str = "r") -> Actor:
    return Actor("staff", viewer, USUAL[viewer], request_id, id=new_id(), reason="Auditoria 7")


def owner(maria: CustomerPerson) -> Actor:
    return Actor(
        "login",
        Viewer.SELF,
        "own_account",
        "own",
        id=maria.login_id,
        customer_id=maria.id,
        permissions=("owner",),
    )


async def listed(house: Service, actor: Actor, *pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return list((await audit_events.list_page(house.platform, actor, pairs)).items)


@pytest.mark.parametrize("viewer", READERS)
async def test_the_log_is_read_newest_first_and_reading_it_is_on_record(
    house: Service, viewer: Viewer
) -> None:
    maria = await add_customer(house.platform)
    for number in range(3):
        await customers.read(house.platform, staff(Viewer.SUPPORT, f"{viewer}-{number}"), maria.id)
    found = await listed(house, staff(viewer, f"{viewer}-list"), ("subject_id", str(maria.id)))
    assert [event["request_id"] for event in found] == [f"{viewer}-{n}" for n in (2, 1, 0)]
    assert found[0]["fields"]
    [event] = await events(house.platform, request_id=f"{viewer}-list")
    assert (event.action, event.rows) == ("staff:audit_event:list", 3)


async def test_other_roles_do_not_read_it(house: Service) -> None:
    with pytest.raises(Refusal) as told:
        await listed(house, staff(Viewer.SUPPORT))
    assert told.value.code == "forbidden"


async def test_it_is_filtered_by_each_of_its_names(house: Service) -> None:
    maria = await add_customer(house.platform)
    support = staff(Viewer.SUPPORT, "filtered")
    await customers.read(house.platform, support, maria.id)
    for name, value in (
        ("actor_id", str(support.id)),
        ("request_id", "filtered"),
        ("subject_id", str(maria.id)),
    ):
        found = await listed(house, staff(Viewer.DIRECTOR), (name, value))
        assert [event["subject_id"] for event in found] == [maria.id]
    for name, value in (
        ("role", "support"),
        ("purpose", "customer_support"),
        ("outcome", "allowed"),
    ):
        found = await listed(house, staff(Viewer.DIRECTOR), (name, value), ("limit", "200"))
        assert {event[name] for event in found} == {value}
        assert maria.id in {event["subject_id"] for event in found}
        nothing = await listed(house, staff(Viewer.DIRECTOR), (name, "no-such"), ("limit", "200"))
        assert nothing == []


async def test_a_period_includes_its_beginning_and_not_its_end(house: Service) -> None:
    await house.platform.audit.write(staff(Viewer.SUPPORT, "timed"), Deed("staff:customer:list"))
    [event] = await events(house.platform, request_id="timed")
    moment = event.at.replace(microsecond=event.at.microsecond // 1000 * 1000)
    step = timedelta(milliseconds=3)

    async def found(**bounds: Any) -> bool:
        pairs = [(name, bound.isoformat()) for name, bound in bounds.items()]
        page = await listed(house, staff(Viewer.DIRECTOR), ("request_id", "timed"), *pairs)
        return bool(page)

    assert await found(since=moment - step, until=moment + step)
    assert await found(since=moment - step)
    assert not await found(since=moment + step)
    assert await found(until=moment + step)
    assert not await found(until=moment - step)


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", ""])
async def test_a_moment_without_a_zone_is_no_moment(house: Service, moment: str) -> None:
    with pytest.raises(Failure) as told:
        await listed(house, staff(Viewer.DIRECTOR), ("since", moment))
    assert told.value.code == "validation_failed"
    assert [error.code for error in told.value.errors] == ["invalid_datetime"]


async def test_customers_see_who_looked_alone_or_in_a_list_and_nothing_else(house: Service) -> None:
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    platform = house.platform
    await customers.read(platform, staff(Viewer.SUPPORT), maria.id)
    await customers.read(platform, staff(Viewer.SUPPORT), joana.id)
    await customers.list_page(platform, staff(Viewer.DIRECTOR), [("email", maria.row["email"])])
    await customers.read(platform, owner(maria), maria.id)
    with pytest.raises(Failure):
        await customers.read(platform, staff(Viewer.MARKETING), maria.id)
    page = await audit_events.access_log(platform, owner(maria), [])
    seen = [(event["action"], event["role"], event["purpose"]) for event in page.items]
    assert seen == [
        ("staff:customer:list", "director", "management"),
        ("staff:customer:read", "support", "customer_support"),
    ]
    assert set(page.items[0]) == {"id", "at", "role", "action", "fields", "purpose"}
    assert "attention_note" in page.items[0]["fields"]


async def test_the_access_log_has_pages_and_is_on_record(house: Service) -> None:
    maria = await add_customer(house.platform)
    for _ in range(5):
        await customers.read(house.platform, staff(Viewer.SUPPORT), maria.id)
    found: list[dict[str, Any]] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = await audit_events.access_log(
            house.platform, owner(maria), [("limit", "2"), *cursor]
        )
        found += page.items
        if page.next_cursor is None:
            break
        cursor = [("cursor", page.next_cursor)]
    assert len(found) == len({event["id"] for event in found}) == 5
    assert [event["id"] for event in found] == sorted((e["id"] for e in found), reverse=True)
    recorded = await events(house.platform, subject_id=maria.id, action="customer:audit_event:list")
    assert [event.rows for event in recorded] == [2, 2, 1]


async def test_a_customer_may_not_filter_by_what_is_not_theirs_to_see(house: Service) -> None:
    maria = await add_customer(house.platform)
    for name in ("actor_id", "outcome", "session_id", "no_such"):
        with pytest.raises(Refusal) as told:
            await audit_events.access_log(house.platform, owner(maria), [(name, "x")])
        assert told.value.code == "unknown_parameter"
