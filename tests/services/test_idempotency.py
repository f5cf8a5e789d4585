"""`app/services/idempotency.py`: one key, one deed, one answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.errors import Failure
from app.models import IdempotencyKey
from app.services.idempotency import KEPT, Claim, answered, claim_of, keep, purge
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def answering(house: Service, claim: Claim) -> AsyncIterator[bytes | None]:
    """What is known under the claim; an answer is kept when nothing was."""
    async with house.platform.database.transaction() as connection:
        known = await answered(house.platform, connection, claim)
        yield known
        if known is None:
            await keep(house.platform, connection, claim, b'{"done":true}')


async def test_the_second_time_gets_the_first_answer(house: Service) -> None:
    claim = claim_of(house.platform, "/v1/a", "key-repeated", b"body")
    async with answering(house, claim) as known:
        assert known is None
    for _ in range(2):
        async with answering(house, claim) as known:
            assert known == b'{"done":true}'


async def test_another_request_under_the_same_key_is_refused(house: Service) -> None:
    async with answering(house, claim_of(house.platform, "/v1/a", "key-reused", b"one")):
        pass
    other = claim_of(house.platform, "/v1/a", "key-reused", b"two")
    with pytest.raises(Failure) as told:
        async with answering(house, other):
            pass
    assert told.value.code == "idempotency_key_reused"


async def test_the_same_key_at_another_door_is_another_key(house: Service) -> None:
    async with answering(house, claim_of(house.platform, "/v1/a", "key-doors", b"one")):
        pass
    async with answering(house, claim_of(house.platform, "/v1/b", "key-doors", b"two")) as known:
        assert known is None


async def test_a_deed_that_failed_leaves_its_key_free(house: Service) -> None:
    claim = claim_of(house.platform, "/v1/a", "key-undone", b"body")
    with suppress(ZeroDivisionError):
        async with answering(house, claim):
            raise ZeroDivisionError
    async with answering(house, claim) as known:
        assert known is None


async def test_of_two_at_once_the_second_waits_for_the_first_ones_answer(house: Service) -> None:
    claim = claim_of(house.platform, "/v1/a", "key-at-once", b"body")
    found: list[bytes | None] = []

    async def do() -> None:
        async with answering(house, claim) as known:
            found.append(known)
            await asyncio.sleep(0.05)

    await asyncio.gather(do(), do())
    assert sorted(found, key=bool) == [None, b'{"done":true}']


@pytest.mark.parametrize("key", ["", "seven77", "x" * 129, "with space", "tab\there", "ação-1234"])
async def test_a_key_of_another_form_is_refused(house: Service, key: str) -> None:
    with pytest.raises(Failure) as told:
        claim_of(house.platform, "/v1/a", key, b"body")
    assert told.value.code == "idempotency_key_invalid"


async def test_neither_key_nor_request_nor_answer_stands_in_the_database(house: Service) -> None:
    claim = claim_of(house.platform, "/v1/a", "key-secret", b"my-request")
    async with answering(house, claim):
        pass
    [row] = await rows(
        house.platform, select(IdempotencyKey).where(IdempotencyKey.key == claim.key)
    )
    stored = row.key + row.request_digest + row.answer
    for secret in (b"key-secret", b"my-request", b"done"):
        assert secret not in stored


async def test_keys_are_forgotten_after_a_day_and_not_before(house: Service) -> None:
    claim = claim_of(house.platform, "/v1/a", "key-ageing", b"body")
    async with answering(house, claim):
        pass
    try:
        house.clock.ahead = KEPT - timedelta(minutes=1)
        await purge(house.platform)
        async with answering(house, claim) as known:
            assert known is not None
        house.clock.ahead = KEPT + timedelta(minutes=1)
        await purge(house.platform)
        async with answering(house, claim) as known:
            assert known is None
    finally:
        house.clock.ahead = timedelta()
