"""Newer words of a purpose end the yeses to older ones: in the ledger, with all that follows."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from app.access.processing import ANALYTICS, MARKETING, THIRD_PARTY_SHARING
from app.core.database import unavailable
from app.core.errors import Failure
from app.core.ids import new_id
from app.models import ConsentEvent, Purpose
from app.services import consent_effects, consent_expiry, consent_ledger, consent_states, consents
from app.services.consent_sayings import Statement
from app.services.purpose_register import registered
from tests.journeys.test_analytics_joins import agreeing, of_account, visited
from tests.support import parties
from tests.support.letters import letters_to
from tests.support.people import add_customer, say_consent
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAR = 1000
"""Days from now on which the newer words come into force: the tests go there and come back."""
KEPT_FROM = {ANALYTICS: 2, THIRD_PARTY_SHARING: 2, MARKETING: 1}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def newer_words(house: Service) -> None:
    """Version 2 of three purposes; to the last a yes to version 1 still counts."""
    published_at = house.clock() + timedelta(days=FAR)
    fresh = [
        {"key": purpose.key, "hash": "0" * 64, "published_at": published_at}
        | {**purpose.content, "version": 2, "consent_kept_from": KEPT_FROM[purpose.key]}
        for purpose in registered()
        if purpose.key in KEPT_FROM
    ]
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(Purpose), fresh)


async def ledger_of(house: Service, subject_id: UUID) -> list[Any]:
    of = select(ConsentEvent).where(ConsentEvent.subject_id == subject_id)
    return await rows(house.platform, of.order_by(ConsentEvent.sequence))


async def test_the_ledger_says_what_ended_and_what_was_derived_is_erased(
    house: Service, later: Callable[..., None]
) -> None:
    maria = await agreeing(house)
    browser = await visited(house, "/", "/planos")
    assert (await browser.sign_in(maria.email)).status_code == 200
    assert await of_account(house, maria) == 2
    refused = await add_customer(house.platform)
    await say_consent(house.platform, refused.id, granted=False, purpose=ANALYTICS)
    assert await consent_expiry.work(house.platform) == 0
    later(days=FAR, seconds=1)
    assert not await consents.allows(house.platform, maria.id, ANALYTICS)
    assert await of_account(house, maria) == 2, "the ledger does not say so yet"
    await consent_expiry.work(house.platform)
    given, ended = await ledger_of(house, maria.id)
    assert (ended.state, ended.sequence, ended.actor_kind) == ("expired", 2, "system")
    assert ended.evidence == {"granted_by": str(given.id), "newer_version": 2}
    assert (ended.purpose_version, ended.purpose_hash) == (1, given.purpose_hash)
    assert await of_account(house, maria) == 0
    assert [event.state for event in await ledger_of(house, refused.id)] == ["denied"]
    assert await consent_expiry.work(house.platform) == 0
    async with house.platform.database.snapshot() as connection:
        assert await consent_states.faults(connection) == []


async def test_a_third_party_is_told_and_what_waits_for_it_is_held_back(
    house: Service, later: Callable[..., None]
) -> None:
    officer = await parties.present(house, "privacy_officer")
    maria, party = await add_customer(house.platform), await parties.registered(house, officer)
    address = f"dados-{party.hex}@parceiro.exemplo.pt"
    await parties.patch(house, officer, party, contact_email=address)
    await parties.said(house, maria, parties.yes(house, party, days=FAR + 30))
    assert (await parties.disclose(house, officer, maria.id, party)).status_code == 201
    await parties.settle_all(house)
    assert (await parties.disclose(house, officer, maria.id, party)).status_code == 201
    later(days=FAR, seconds=1)
    assert await consent_expiry.work(house.platform) == 1
    left, waited = await letters_to(house.platform, address, "disclosure")
    assert (left.row.state, waited.row.state) == ("sent", "suppressed")
    [told] = await letters_to(house.platform, address, "consent_withdrawn_recipient")
    assert told.params["expired"] is True
    assert told.params["purpose_title"] == "Passing data to a third party"


async def test_a_yes_that_newer_words_keep_stands_and_what_was_said_before_the_register_may_not(
    house: Service, later: Callable[..., None]
) -> None:
    maria, before = await add_customer(house.platform, marketing=True), new_id()
    said = Statement(before, MARKETING, granted=True, channel="import")
    async with house.platform.database.transaction() as connection:
        now = house.clock()
        await consent_ledger.record_first(connection, [said], now, words=None, actor_kind="system")
    assert await consent_expiry.work(house.platform) == 0
    later(days=FAR, seconds=1)
    assert await consent_expiry.work(house.platform) == 1
    assert [event.state for event in await ledger_of(house, maria.id)] == ["granted"]
    _, ended = await ledger_of(house, before)
    assert (ended.state, ended.purpose_version, ended.purpose_hash) == ("expired", 0, None)


async def test_whoever_said_yes_again_meanwhile_keeps_it(
    house: Service, later: Callable[..., None]
) -> None:
    subject = new_id()
    await say_consent(house.platform, subject, granted=True, purpose=ANALYTICS)
    later(days=FAR, seconds=1)
    await say_consent(house.platform, subject, granted=True, purpose=ANALYTICS)
    assert await consent_expiry.work(house.platform) == 0
    assert [event.purpose_version for event in await ledger_of(house, subject)] == [1, 2]


async def many(house: Service) -> list[UUID]:
    subjects = [new_id() for _ in range(8)]
    for subject in subjects:
        await say_consent(house.platform, subject, granted=True, purpose=ANALYTICS)
    return subjects


async def test_a_crowd_ends_some_at_a_time_each_once(
    house: Service, later: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = await many(house)
    monkeypatch.setattr(consent_expiry, "AT_ONCE", 3)
    later(days=FAR, seconds=1)
    written = await asyncio.gather(*(consent_expiry.work(house.platform) for _ in range(3)))
    assert sum(written) == len(subjects)
    for subject in subjects:
        assert [event.state for event in await ledger_of(house, subject)] == ["granted", "expired"]


async def test_who_was_interrupted_goes_on_where_the_ledger_stands(
    house: Service, later: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects, follow, left = await many(house), consent_effects.follow, iter(range(5))

    async def breaks_off(*what: Any) -> None:
        if next(left) == 4:
            raise unavailable()
        await follow(*what)

    async def ended() -> int:
        ledgers = [await ledger_of(house, subject) for subject in subjects]
        return sum(len(ledger) == 2 for ledger in ledgers)

    later(days=FAR, seconds=1)
    with monkeypatch.context() as broken:
        broken.setattr(consent_effects, "follow", breaks_off)
        with pytest.raises(Failure):
            await consent_expiry.work(house.platform)
    assert await ended() == 4, "the event whose consequences failed is not there either"
    assert await consent_expiry.work(house.platform) == 4
    assert await ended() == 8
