"""`app/services/customer_changes.py`: what is written down, and who is shown the past of what."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import delete, insert, select, update

from app.access.actors import Actor
from app.access.matrix import Sight
from app.access.permissions import may
from app.access.purposes import PURPOSES
from app.access.viewers import STAFF_ROLES, Viewer
from app.access.visibility import RESOURCES
from app.core.errors import Failure, Refusal
from app.core.ids import new_id
from app.models import Customer, CustomerChange, Login
from app.services import customer_changes, customers
from tests.support.people import CustomerPerson, add_customer
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = [row.field for row in RESOURCES["customer"].rows]
NO_FIELD = "inexistente"
VIEWERS = (Viewer.SELF, *STAFF_ROLES)


def actor(viewer: Viewer, maria: CustomerPerson | None = None, **known: Any) -> Actor:
    """Somebody of that capacity, with grounds; the owner of the account as `self`."""
    about: dict[str, Any] = {
        "kind": "staff",
        "viewer": viewer,
        "purpose": PURPOSES[viewer][0],
        "request_id": str(new_id()),
        "id": new_id(),
        "session_id": new_id(),
        "reason": "Chamado 4711",
    }
    if viewer is Viewer.SELF and maria is not None:
        about |= {
            "kind": "login",
            "id": maria.login_id,
            "customer_id": maria.id,
            "permissions": ("owner",),
        }
    return Actor(**(about | known))


async def note(
    house: Service, author: Actor, customer: UUID, differences: Mapping[str, tuple[Any, Any]]
) -> None:
    async with house.platform.database.transaction() as connection:
        await customer_changes.note(house.platform, connection, author, customer, differences)


async def shown(
    house: Service, viewer: Actor, customer: UUID, *parameters: tuple[str, str]
) -> list[dict[str, Any]]:
    page = await customer_changes.list_page(house.platform, viewer, customer, parameters)
    items: list[dict[str, Any]] = orjson.loads(page.body)["items"]
    return items


async def stored(house: Service, customer: UUID) -> list[Any]:
    statement = select(CustomerChange).where(CustomerChange.customer_id == customer)
    return await rows(house.platform, statement.order_by(CustomerChange.id))


async def with_a_change_of_everything(house: Service, **columns: Any) -> CustomerPerson:
    """A customer of whom each field of the matrix has changed once, and one that is none."""
    maria = await add_customer(house.platform, **columns)
    everything = {field: (f"old {field}", f"new {field}") for field in (*FIELDS, NO_FIELD)}
    await note(house, actor(Viewer.DIRECTOR), maria.id, everything)
    return maria


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_the_past_of_a_field_is_seen_exactly_where_the_field_is_seen_in_the_clear(
    house: Service, viewer: Viewer
) -> None:
    maria = await with_a_change_of_everything(house, marketing=True)
    caller = actor(viewer, maria)
    if not may(viewer, _verb(viewer)):
        with pytest.raises(Refusal) as told:
            await shown(house, caller, maria.id)
        assert told.value.code == "forbidden"
        return
    found = await shown(house, caller, maria.id)
    clear = {
        row.field for row in RESOURCES["customer"].rows if row.cell(viewer).sight is Sight.CLEAR
    }
    assert {item["field"] for item in found} == clear
    assert len(found) == len(clear)
    for item in found:
        assert item["old_value"] == f"old {item['field']}"
        assert item["new_value"] == f"new {item['field']}"
    for field in (*FIELDS, NO_FIELD):
        named = await shown(house, caller, maria.id, ("field", field))
        assert [item["field"] for item in named] == ([field] if field in clear else [])


def _verb(viewer: Viewer) -> str:
    return f"{'customer' if viewer is Viewer.SELF else 'staff'}:customer_change:list"


async def test_somebody_sees_less_than_somebody_else() -> None:
    """Else the product above would hold for a history that shows everything to everyone."""
    sights = {row.field: row.cell for row in RESOURCES["customer"].rows}
    assert sights["tax_id"](Viewer.SUPPORT).sight is Sight.MASKED
    assert sights["address.street"](Viewer.SUPPORT).sight is Sight.HIDDEN
    assert sights["attention_note"](Viewer.SELF).sight is Sight.HIDDEN
    assert sights["email"](Viewer.PRIVACY_OFFICER).sight is Sight.MASKED


@pytest.mark.parametrize("viewer", [v for v in STAFF_ROLES if may(v, _verb(v))])
@pytest.mark.parametrize(("status", "years"), [("closed", 1), ("closed", 9), ("erased", 1)])
async def test_the_past_of_a_customer_outside_the_rows_is_not_there(
    house: Service, viewer: Viewer, status: str, years: int
) -> None:
    maria = await with_a_change_of_everything(house, status=status)
    gone = house.clock() - timedelta(days=366 * years)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Customer).where(Customer.id == maria.id).values(closed_at=gone)
        )
    admitted = viewer not in (Viewer.SUPPORT, Viewer.BILLING) or (
        viewer is Viewer.BILLING and years < 5
    )
    caller = actor(viewer)
    if admitted:
        assert await shown(house, caller, maria.id)
        return
    for customer in (maria.id, new_id()):
        with pytest.raises(Failure) as told:
            await shown(house, caller, customer)
        assert told.value.code == "not_found"
    [missed] = await events(house.platform, actor_id=caller.id, subject_id=maria.id)
    assert (missed.outcome, missed.rows, missed.fields) == ("not_found", 0, ())


async def test_nobody_sees_the_past_of_an_account_that_is_not_theirs(house: Service) -> None:
    maria, joana = await with_a_change_of_everything(house), await add_customer(house.platform)
    with pytest.raises(Failure) as told:
        await shown(house, actor(Viewer.SELF, joana), maria.id)
    assert told.value.code == "not_found"


async def test_what_stayed_as_it_was_is_passed_over(house: Service) -> None:
    maria = await add_customer(house.platform)
    by = actor(Viewer.SELF, maria)
    await note(house, by, maria.id, {"name": ("Ana", "Ana"), "preferences": ({}, {})})
    assert await stored(house, maria.id) == []
    await note(house, by, maria.id, {"phone": (None, None), "tax_id": ("1", None)})
    [row] = await stored(house, maria.id)
    assert (row.field, row.old_value, row.new_value) == ("tax_id", "1", None)


async def test_people_stand_by_their_name_of_then_and_staff_by_their_role(house: Service) -> None:
    maria = await add_customer(house.platform, name="Maria Antiga")
    own, theirs = actor(Viewer.SELF, maria), actor(Viewer.SUPPORT)
    await note(house, own, maria.id, {"name": ("Maria Antiga", "Maria Nova")})
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == maria.login_id).values(name="Maria Nova")
        )
    await note(house, theirs, maria.id, {"phone": ("1", "2")})
    by_staff, by_maria = await shown(house, actor(Viewer.DIRECTOR), maria.id)
    assert (by_maria["actor_kind"], by_maria["actor_name"]) == ("login", "Maria Antiga")
    assert (by_maria["role"], by_maria["session_id"]) == ("self", str(own.session_id))
    assert (by_staff["actor_kind"], by_staff["actor_name"]) == ("staff", None)
    assert (by_staff["role"], by_staff["actor_id"]) == ("support", str(theirs.id))
    assert by_staff["session_id"] == str(theirs.session_id)
    to_maria = await shown(house, own, maria.id)
    assert [item["session_id"] for item in to_maria] == [None, str(own.session_id)]
    assert not {"actor_id", "request_id"} & set(to_maria[0])


async def test_the_operator_has_no_role(house: Service) -> None:
    maria = await add_customer(house.platform)
    system = Actor("system", Viewer.PUBLIC, "system_operation", "r")
    await note(house, system, maria.id, {"pending_email": ("a@b.test", None)})
    [row] = await stored(house, maria.id)
    assert (row.actor_kind, row.actor_id, row.actor_name, row.role) == ("system", None, None, None)


async def test_it_is_read_by_period_and_page_by_page(house: Service) -> None:
    maria = await add_customer(house.platform)
    by = actor(Viewer.SELF, maria)
    for number in range(5):
        await note(house, by, maria.id, {"phone": (str(number), str(number + 1))})
    newest_first = [item["new_value"] for item in await shown(house, by, maria.id)]
    assert newest_first == ["5", "4", "3", "2", "1"]
    seen: list[str] = []
    cursor: list[tuple[str, str]] = []
    while True:
        page = await customer_changes.list_page(
            house.platform, by, maria.id, [("limit", "2"), *cursor]
        )
        seen += [item["new_value"] for item in page.items]
        if page.next_cursor is None:
            break
        cursor = [("cursor", page.next_cursor)]
    assert seen == newest_first
    tomorrow = (house.clock() + timedelta(days=1)).isoformat()
    assert await shown(house, by, maria.id, ("since", tomorrow)) == []
    assert len(await shown(house, by, maria.id, ("until", tomorrow))) == 5


async def test_a_cursor_is_of_one_customer_alone(house: Service) -> None:
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    director = actor(Viewer.DIRECTOR)
    for person in (maria, joana):
        await note(house, director, person.id, {"phone": ("1", "2"), "name": ("a", "b")})
    page = await customer_changes.list_page(house.platform, director, maria.id, [("limit", "1")])
    assert page.next_cursor is not None
    with pytest.raises(Failure) as told:
        await shown(house, director, joana.id, ("cursor", page.next_cursor))
    assert told.value.code == "invalid_cursor"


async def test_reading_it_is_on_record_as_about_the_customer(house: Service) -> None:
    maria = await with_a_change_of_everything(house)
    support = actor(Viewer.SUPPORT)
    found = await shown(house, support, maria.id)
    [event] = await events(house.platform, actor_id=support.id)
    assert (event.action, event.subject_id) == ("staff:customer_change:list", maria.id)
    assert (event.rows, event.outcome) == (len(found), "allowed")


async def test_every_kind_of_value_comes_back_as_it_was(house: Service) -> None:
    maria = await add_customer(house.platform)
    values: list[Any] = ["", "null", "João \U0001f600", {}, {"language": "pt-BR"}, None]
    by = actor(Viewer.SELF, maria)
    for old, new in zip(values, [*values[1:], values[0]], strict=True):
        await note(house, by, maria.id, {"preferences": (old, new)})
    found = [row.old_value for row in await stored(house, maria.id)]
    assert found == values
    assert [item["old_value"] for item in reversed(await shown(house, by, maria.id))] == values


async def test_the_history_goes_with_the_customer(house: Service) -> None:
    maria = await with_a_change_of_everything(house)
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(Customer).where(Customer.id == maria.id))
    assert await stored(house, maria.id) == []


async def test_a_change_and_its_history_stand_or_fall_together(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = await add_customer(house.platform)
    director = actor(Viewer.DIRECTOR)

    async def changed(body: Mapping[str, Any]) -> None:
        async with house.platform.database.transaction() as connection:
            await customers.change(
                house.platform, connection, director, maria.id, body, lambda given: given, ("*",)
            )

    async def full(*_: object) -> None:
        raise Failure("audit_unavailable")

    with monkeypatch.context() as broken:
        broken.setattr(customer_changes, "_NOTE", insert(Login))
        with pytest.raises(Exception, match=r"[\s\S]"):
            await changed({"phone": None})
    [row] = await rows(house.platform, select(Customer.phone).where(Customer.id == maria.id))
    assert row.phone == maria.row["phone"]
    with monkeypatch.context() as broken:
        broken.setattr(type(house.platform.audit), "add", full)
        with pytest.raises(Failure):
            await changed({"phone": None})
    assert await stored(house, maria.id) == []
    await changed({"phone": None})
    assert [row.field for row in await stored(house, maria.id)] == ["phone"]
