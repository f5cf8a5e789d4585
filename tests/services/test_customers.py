"""`app/services/customers.py`: reading, and changing with everything that follows from a change."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.errors import Failure, Refusal
from app.core.ids import new_id
from app.models import Customer, CustomerWord
from app.projection.projection import Shown
from app.services import customers
from app.services.audit_log import AuditLog
from tests.support.people import add_customer, add_staff, cpf
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


def staff(viewer: Viewer, request_id: str | None = None, **known: Any) -> Actor:
    """Somebody of that role, with grounds."""
    purpose, request = PURPOSES[viewer][0], request_id or str(new_id())
    return Actor("staff", viewer, purpose, request, id=new_id(), reason="Chamado 4711", **known)


DIRECTOR = staff(Viewer.DIRECTOR)


async def change(
    house: Service,
    customer: UUID,
    body: Mapping[str, Any],
    actor: Actor = DIRECTOR,
    if_match: tuple[str, ...] = ("*",),
) -> dict[str, Any]:
    """What the actor sees after a change of values that are fit already."""
    async with house.platform.database.transaction() as connection:
        shown = await customers.change(
            house.platform, connection, actor, customer, body, _dotted, if_match
        )
    return view(shown)


def _dotted(body: Mapping[str, Any]) -> Mapping[str, Any]:
    flat = {name: value for name, value in body.items() if name != "address"}
    return flat | {f"address.{name}": value for name, value in body.get("address", {}).items()}


def view(shown: Shown) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(shown.body)
    return found


async def stored(house: Service, customer: UUID) -> Any:
    [row] = await rows(house.platform, select(Customer).where(Customer.id == customer))
    return row


async def words_of(house: Service, customer: UUID) -> set[str]:
    statement = select(CustomerWord.word).where(CustomerWord.customer_id == customer)
    return {row[0] for row in await rows(house.platform, statement)}


async def test_a_read_shows_the_roles_fields_and_is_on_record_first(house: Service) -> None:
    maria = await add_customer(house.platform, name="Maria D'Ávila", tax_id=cpf(77))
    support = staff(Viewer.SUPPORT, "support-reads")
    shown = view(await customers.read(house.platform, support, maria.id))
    assert shown["name"] == "Maria D'Ávila"
    assert shown["tax_id"] == f"***.{cpf(77)[3:6]}.{cpf(77)[6:9]}-**"
    assert set(shown["address"]) == {"city", "state"}
    [event] = await events(house.platform, request_id="support-reads")
    assert (event.action, event.subject_id) == ("staff:customer:read", maria.id)
    assert set(event.fields) == {
        *(set(shown) - {"address"}),
        "address.city",
        "address.state",
    }
    assert (event.rows, event.purpose, event.outcome) == (1, "customer_support", "allowed")


async def test_nothing_is_shown_that_could_not_be_put_on_record(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = await add_customer(house.platform)

    async def full(*_: object) -> None:
        raise Failure("audit_unavailable")

    monkeypatch.setattr(AuditLog, "write", full)
    with pytest.raises(Failure) as told:
        await customers.read(house.platform, staff(Viewer.SUPPORT), maria.id)
    assert told.value.code == "audit_unavailable"
    with pytest.raises(Failure) as told:
        await customers.list_page(house.platform, staff(Viewer.SUPPORT), [])
    assert told.value.code == "audit_unavailable"


@pytest.mark.parametrize(
    ("viewer", "status", "years", "seen"),
    [
        (Viewer.DIRECTOR, "erased", 9, True),
        (Viewer.SUPPORT, "suspended", 0, True),
        (Viewer.SUPPORT, "closed", 0, False),
        (Viewer.PRODUCTION, "closed", 0, False),
        (Viewer.BILLING, "closed", 4, True),
        (Viewer.BILLING, "closed", 6, False),
    ],
)
async def test_a_customer_outside_the_roles_rows_is_like_one_that_does_not_exist(
    house: Service, viewer: Viewer, status: str, years: int, seen: bool
) -> None:
    closed = status in ("closed", "erased")
    closed_at = house.clock() - timedelta(days=365 * years) if closed else None
    maria = await add_customer(house.platform, status=status, closed_at=closed_at)
    actor = staff(viewer)
    if seen:
        assert view(await customers.read(house.platform, actor, maria.id))["id"] == str(maria.id)
        return
    for unseen in (maria.id, new_id()):
        with pytest.raises(Failure) as told:
            await customers.read(house.platform, actor, unseen)
        assert told.value.code == "not_found"
    found = await events(house.platform, request_id=actor.request_id)
    assert [event.outcome for event in found] == ["not_found", "not_found"]


@pytest.mark.parametrize(("granted", "seen"), [(None, False), (False, False), (True, True)])
async def test_marketing_sees_whoever_consents_now(
    house: Service, granted: bool | None, seen: bool
) -> None:
    maria = await add_customer(house.platform, marketing=granted)
    actor = staff(Viewer.MARKETING)
    if seen:
        shown = view(await customers.read(house.platform, actor, maria.id))
        assert shown["email"] == maria.row["email"]
    else:
        with pytest.raises(Failure):
            await customers.read(house.platform, actor, maria.id)


async def test_a_change_is_stored_shown_and_on_record_without_values(house: Service) -> None:
    maria = await add_customer(house.platform)
    actor = staff(Viewer.DIRECTOR, "director-changes")
    body = {
        "phone": "+551133334444",
        "attention_note": "Cliente antiga",
        "address": {"number": "9"},
    }
    shown = await change(house, maria.id, body, actor)
    assert shown["phone"] == "+551133334444"
    assert shown["address"]["number"] == "9"
    assert shown["address"]["street"] == maria.row["street"]
    assert (await stored(house, maria.id)).attention_note == "Cliente antiga"
    updated, revealed = await events(house.platform, request_id="director-changes")
    assert updated.action == "staff:customer:update"
    assert updated.fields == ("address.number", "attention_note", "phone")
    assert revealed.action == "staff:customer:read"
    assert "tax_id" in revealed.fields


async def test_a_change_that_fails_changes_and_records_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = await stored(house, maria.id)
    actor = staff(Viewer.DIRECTOR)
    with pytest.raises(Failure) as told:
        await change(house, maria.id, {"name": "Outra", "tax_id": "12ABC34501DE35"}, actor)
    assert told.value.code == "validation_failed"
    assert [error.pointer for error in told.value.errors] == ["/tax_id"]
    assert await stored(house, maria.id) == before
    assert await events(house.platform, request_id=actor.request_id) == []


@pytest.mark.parametrize(
    ("kind", "mine", "others"),
    [("person", cpf(5150), "12ABC34501DE35"), ("company", "12ABC34501DE35", cpf(5150))],
)
async def test_a_tax_id_is_of_the_customers_kind(
    house: Service, kind: str, mine: str, others: str
) -> None:
    someone = await add_customer(house.platform, kind=kind, tax_id=None)
    assert (await change(house, someone.id, {"tax_id": mine}))["tax_id"] == mine
    with pytest.raises(Failure) as told:
        await change(house, someone.id, {"tax_id": others})
    assert told.value.code == "validation_failed"
    assert (await change(house, someone.id, {"tax_id": None}))["tax_id"] is None


BARE: dict[str, Any] = dict.fromkeys(
    ("street", "number", "complement", "district", "city", "state", "postal_code")
)
WHOLE = {
    "street": "Rua A",
    "number": "1",
    "district": "Centro",
    "city": "Campinas",
    "state": "SP",
    "postal_code": "13010000",
}


async def test_an_address_is_whole_or_not_there(house: Service) -> None:
    maria = await add_customer(house.platform, **BARE)
    with pytest.raises(Failure) as told:
        await change(house, maria.id, {"address": {"street": "Rua A", "number": "1"}})
    assert told.value.code == "validation_failed"
    assert {(error.pointer, error.code) for error in told.value.errors} == {
        (f"/address/{part}", "address_incomplete")
        for part in ("district", "city", "state", "postal_code")
    }
    assert (await stored(house, maria.id)).street is None
    shown = await change(house, maria.id, {"address": WHOLE})
    assert shown["address"] == WHOLE | {"complement": None}
    shown = await change(house, maria.id, {"address": {"number": "2"}})
    assert shown["address"] == WHOLE | {"complement": None, "number": "2"}
    shown = await change(house, maria.id, {"address": BARE})
    assert shown["address"] == BARE
    assert (await stored(house, maria.id)).city_key == ""


async def test_a_new_name_is_found_and_sorted_by_its_new_words(house: Service) -> None:
    maria = await add_customer(house.platform, name="Maria da Silva")
    assert await words_of(house, maria.id) == {"maria", "da", "silva"}
    await change(house, maria.id, {"name": "José Müller-D'Ávila"})
    assert await words_of(house, maria.id) >= {"jose", "muller"}
    assert not await words_of(house, maria.id) & {"maria", "silva"}
    assert (await stored(house, maria.id)).name_key.startswith("jose muller")


async def test_email_and_city_are_compared_by_their_new_keys(house: Service) -> None:
    maria, someone = await add_customer(house.platform), await add_staff(house.platform, "director")
    director = staff(Viewer.DIRECTOR, session_id=someone.session_id)
    body = {"email": "Nova.Maria@exemplo.com.br", "address": {"city": "São José dos Campos"}}
    await change(house, maria.id, body, director)
    row = await stored(house, maria.id)
    assert row.email == "Nova.Maria@exemplo.com.br"
    assert row.email_key == "nova.maria@exemplo.com.br"
    assert row.city_key == "sao jose dos campos"


async def test_preferences_are_merged_member_by_member(house: Service) -> None:
    maria = await add_customer(
        house.platform, preferences={"language": "pt-BR", "contact_channel": "phone"}
    )

    async def after(patch: dict[str, Any] | None) -> Any:
        return (await change(house, maria.id, {"preferences": patch}))["preferences"]

    assert await after({"contact_period": "evening"}) == {
        "language": "pt-BR",
        "contact_channel": "phone",
        "contact_period": "evening",
    }
    assert await after({"contact_channel": None, "language": "en"}) == {
        "language": "en",
        "contact_period": "evening",
    }
    assert await after({}) == {"language": "en", "contact_period": "evening"}
    assert await after(None) == {}


async def test_a_director_closes_and_reopens_and_the_moment_is_kept(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = house.clock()
    await change(house, maria.id, {"status": "closed"})
    closed_at = (await stored(house, maria.id)).closed_at
    assert before <= closed_at <= house.clock()
    await change(house, maria.id, {"status": "closed"})
    assert (await stored(house, maria.id)).closed_at == closed_at
    await change(house, maria.id, {"status": "suspended"})
    assert (await stored(house, maria.id)).closed_at is None


async def test_an_empty_change_changes_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    before = await stored(house, maria.id)
    shown = await change(house, maria.id, {})
    assert shown["id"] == str(maria.id)
    assert await stored(house, maria.id) == before


async def test_a_change_names_the_state_that_it_was_made_from(house: Service) -> None:
    maria = await add_customer(house.platform)
    tag = (await customers.read(house.platform, DIRECTOR, maria.id)).etag
    others = (await customers.read(house.platform, staff(Viewer.SUPPORT), maria.id)).etag
    assert tag != others
    for stale in ((others,), ('"x"',), ()):
        with pytest.raises(Failure) as told:
            await change(house, maria.id, {"phone": None}, if_match=stale)
        assert told.value.code == "precondition_failed"
    assert (await stored(house, maria.id)).phone is not None
    await change(house, maria.id, {"phone": None}, if_match=('"x"', tag))
    with pytest.raises(Failure) as told:
        await change(house, maria.id, {"phone": "+551133334444"}, if_match=(tag,))
    assert told.value.code == "precondition_failed"


async def test_a_field_that_the_role_may_not_write_is_refused_before_its_value(
    house: Service,
) -> None:
    maria = await add_customer(house.platform)
    before = await stored(house, maria.id)
    for body in ({"status": "closed"}, {"phone": None, "tax_id": "x"}, {"no_such_field": 1}):
        with pytest.raises(Refusal) as told:
            await change(house, maria.id, body, staff(Viewer.SUPPORT))
        assert told.value.code == "unknown_member"
    assert await stored(house, maria.id) == before


async def test_an_unknown_customer_cannot_be_changed(house: Service) -> None:
    with pytest.raises(Failure) as told:
        await change(house, new_id(), {"phone": None})
    assert told.value.code == "not_found"


async def test_a_role_without_the_verb_changes_nothing(house: Service) -> None:
    maria = await add_customer(house.platform)
    for viewer in (Viewer.SYSTEMS_ENGINEER, Viewer.PRODUCTION, Viewer.MARKETING):
        with pytest.raises(Refusal) as told:
            await change(house, maria.id, {"phone": None}, staff(viewer))
        assert told.value.code == "forbidden"
