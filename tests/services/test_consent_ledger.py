"""The ledger, what is derived from it, and the question that is asked of both."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from app.core.errors import Failure
from app.core.ids import new_id
from app.models import ConsentEvent, ConsentState, ConsentSubject, Purpose, Recipient
from app.services import consent_ledger, consent_states, consents
from app.services.consent_sayings import Recorded, Statement
from app.services.standing_consents import standing
from app.services.system import operator
from tests.support.people import add_customer, add_staff, change_columns
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS = ("customer.name", "customer.email")


async def said(house: Service, subject_id: UUID, granted: bool, **more: Any) -> Recorded:
    statement = Statement(
        subject_id=subject_id,
        granted=granted,
        channel="web",
        **({"purpose": "marketing"} | more),
    )
    async with house.platform.database.transaction() as connection:
        return await consent_ledger.record(house.platform, connection, operator(), statement)


async def recipient(house: Service) -> UUID:
    author, identity = await add_staff(house.platform, "director"), new_id()
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            insert(Recipient).values(
                id=identity,
                name=f"Parceira {identity}",
                country="BR",
                contact_email="dados@parceira.com.br",
                safeguards="Contrato",
                status="active",
                created_at=house.clock(),
                created_by=author.id,
            )
        )
    return identity


async def faults(house: Service) -> list[str]:
    async with house.platform.database.transaction() as connection:
        return await consent_states.faults(connection)


async def test_a_rebuilt_table_is_the_same(house: Service) -> None:
    partner = await recipient(house)
    for _ in range(3):
        subject = new_id()
        for granted in (True, False, True):
            await said(house, subject, granted)
            await said(house, subject, not granted, purpose="analytics")
            await said(
                house,
                subject,
                granted,
                purpose="third_party_sharing",
                recipient_id=partner,
                fields=FIELDS,
                expires_at=house.clock() + timedelta(days=1),
            )
    before = await rows(house.platform, select(ConsentState.__table__))
    assert await faults(house) == []
    async with house.platform.database.transaction() as connection:
        assert await consent_states.rebuild(connection) == len(before)
    assert set(await rows(house.platform, select(ConsentState.__table__))) == set(before)


async def test_each_fault_is_found(house: Service) -> None:
    subject = new_id()
    await said(house, subject, True)
    await said(house, subject, False)
    first = select(ConsentEvent.id).where(ConsentEvent.sequence == 1).scalar_subquery()
    mine = ConsentState.subject_id == subject
    for damage in (
        update(ConsentState).where(mine).values(state="granted"),
        update(ConsentState).where(mine).values(id=first.where(ConsentEvent.subject_id == subject)),
        delete(ConsentState).where(mine),
        update(ConsentSubject).where(ConsentSubject.id == subject).values(events=3),
    ):
        async with house.platform.database.transaction() as connection:
            undone = await connection.begin_nested()
            await connection.execute(damage)
            assert len(await consent_states.faults(connection)) == 1
            await undone.rollback()
    assert await faults(house) == []


async def test_the_ledger_only_grows(house: Service) -> None:
    subject = new_id()
    event = await said(house, subject, True)
    mine = ConsentEvent.id == event.id
    for change in (
        update(ConsentEvent).where(mine).values(state="denied"),
        delete(ConsentEvent).where(mine),
        delete(Purpose),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with house.platform.database.transaction() as connection:
                await connection.execute(change)


async def test_a_statement_that_cannot_be_leaves_no_gap(house: Service) -> None:
    subject = new_id()
    await said(house, subject, True)
    for more, code in (
        ({"purpose": "nothing"}, "unknown_purpose"),
        ({"version": 2}, "purpose_version_not_current"),
        ({"version": 0}, "purpose_version_not_current"),
    ):
        with pytest.raises(Failure) as refused:
            await said(house, subject, True, **more)
        assert refused.value.code == code
    assert (await said(house, subject, False)).sequence == 2


async def test_who_never_spoke_allows_nothing_that_rests_on_consent(house: Service) -> None:
    platform, subject = house.platform, new_id()
    assert not await consents.allows(platform, subject, "marketing")
    assert not await consents.allows(platform, subject, "third_party_sharing")
    assert not await consents.allows(platform, subject, "nothing")
    # What rests on the contract needs no yes, for its own fields and for nobody else.
    assert await consents.allows(platform, subject, "support", fields=["customer.name"])
    assert not await consents.allows(platform, subject, "support", fields=["customer.tax_id"])
    assert not await consents.allows(platform, subject, "support", recipient_id=new_id())


async def test_a_third_party_gets_what_was_said_to_it_and_no_more(house: Service) -> None:
    platform, subject = house.platform, new_id()
    partner, other = await recipient(house), await recipient(house)
    until = house.clock() + timedelta(days=30)
    told = {"purpose": "third_party_sharing", "recipient_id": partner, "fields": FIELDS}
    await said(house, subject, True, expires_at=until, **told)

    async def may(*fields: str, to: UUID | None = partner) -> bool:
        return await consents.allows(
            platform, subject, "third_party_sharing", recipient_id=to, fields=fields
        )

    assert await may(*FIELDS)
    assert await may("customer.name")
    assert not await may("customer.name", "customer.phone")  # the purpose has it, the yes has not
    assert not await may("customer.attention_note")
    assert not await may("customer.name", to=other)
    assert not await may("customer.name", to=None)
    house.clock.ahead = timedelta(days=30)
    try:
        assert not await may("customer.name")
    finally:
        house.clock.ahead = timedelta()
    await said(house, subject, False, **told)
    assert not await may("customer.name")


async def test_the_past_is_asked_of_the_ledger(house: Service) -> None:
    platform, subject = house.platform, new_id()
    moments = []
    try:
        for days, granted in enumerate((True, False, True), start=1):
            house.clock.ahead = timedelta(days=days)
            await said(house, subject, granted)
            moments.append(house.clock())
    finally:
        house.clock.ahead = timedelta()
    before = moments[0] - timedelta(hours=1)
    for at, expected in zip((before, *moments), (False, True, False, True), strict=True):
        assert await consents.allows(platform, subject, "marketing", at=at) == expected


async def test_a_closed_account_s_consents_count_no_more(house: Service) -> None:
    maria = await add_customer(house.platform, marketing=True)
    assert await consents.allows(house.platform, maria.id, "marketing")
    assert await standing(house.platform, maria.id) == {"marketing"}
    closed = house.platform.clock()
    await change_columns(house.platform, maria.id, status="closed", closed_at=closed)
    assert not await consents.allows(house.platform, maria.id, "marketing")
    assert await standing(house.platform, maria.id) == set()
