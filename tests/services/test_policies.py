"""`app/services/policies.py`: the version in force, and the first one."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from app.core.errors import Failure
from app.core.ids import new_id
from app.models import Policy, PolicyAcceptance
from app.services import policies
from app.services.sessions import anonymous
from tests.support.people import add_customer
from tests.support.records import rows
from tests.support.service import Service, serving


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def publish(house: Service, version: int, text: str, when: timedelta) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            insert(Policy).values(
                version=version,
                id=new_id(),
                hash=policies.text_hash(text),
                hash_en=policies.text_hash(text),
                announced_at=house.clock(),
                published_at=house.clock() + when,
                language="pt-BR",
                text=text,
                text_en=text,
                summary="",
                summary_en="",
                requires_acceptance=False,
            )
        )


async def current(house: Service) -> int:
    async with house.platform.database.transaction() as connection:
        found = await policies.current(connection, house.clock)
    shown = await policies.show_current(house.platform, anonymous("r"))
    assert found is not None
    assert orjson.loads(shown.body)["version"] == found.version
    assert orjson.loads(shown.body)["hash"] == found.hash
    return found.version


async def test_migrate_installs_a_first_text_in_portuguese_whose_hash_anybody_can_check(
    house: Service,
) -> None:
    shown = await policies.show_current(house.platform, anonymous("r"))
    policy = orjson.loads(shown.body)
    assert set(policy) == {*policies.LISTED, "language", "text", "text_en"}
    assert (policy["version"], policy["language"]) == (1, "pt-BR")
    assert hashlib.sha256(policy["text"].encode()).hexdigest() == policy["hash"]
    assert hashlib.sha256(policy["text_en"].encode()).hexdigest() == policy["hash_en"]
    assert policy["text"].startswith("# Política de privacidade")
    assert policy["text_en"].startswith("# Privacy and security policy")
    assert (policy["requires_acceptance"], policy["withdrawn_at"]) == (True, None)
    assert shown.etag.startswith('"')


async def test_the_first_text_is_installed_once(house: Service) -> None:
    before = await rows(house.platform, select(Policy))
    async with house.platform.database.transaction() as connection:
        assert await policies.install_first(connection, house.clock) is False
    assert await rows(house.platform, select(Policy)) == before


async def test_the_newest_published_version_is_in_force(house: Service) -> None:
    await publish(house, 2, "Segunda", timedelta(seconds=-1))
    assert await current(house) == 2
    await publish(house, 3, "Terceira", timedelta(days=1))
    assert await current(house) == 2
    house.clock.ahead = timedelta(days=2)
    assert await current(house) == 3


async def test_what_was_withdrawn_never_comes_into_force(house: Service) -> None:
    await publish(house, 2, "Segunda", timedelta(days=1))
    async with house.platform.database.transaction() as connection:
        withdrawal = update(Policy).where(Policy.version == 2)
        await connection.execute(withdrawal.values(withdrawn_at=house.clock()))
    house.clock.ahead = timedelta(days=2)
    assert await current(house) == 1


async def test_what_can_be_accepted_is_in_force_or_to_come(house: Service) -> None:
    await publish(house, 2, "Segunda", timedelta(seconds=-1))
    await publish(house, 3, "Terceira", timedelta(days=1))
    async with house.platform.database.transaction() as connection:
        found = [await policies.acceptable(connection, house.clock, n) for n in (1, 2, 3, 4)]
    assert [version and version.version for version in found] == [None, 2, 3, None]


@pytest.mark.parametrize(
    "statement",
    [
        update(Policy).values(text="Outra"),
        update(Policy).values(published_at=Policy.announced_at, withdrawn_at=Policy.announced_at),
        update(Policy).values(withdrawn_at=Policy.published_at),
        update(Policy).values(withdrawn_at=None),
        delete(Policy),
        insert(Policy)
        .prefix_with("OR REPLACE", dialect="sqlite")
        .from_select(list(Policy.__table__.columns.keys()), select(*Policy.__table__.columns)),
        update(PolicyAcceptance).values(hash="0"),
    ],
    ids=str,
)
async def test_the_database_itself_keeps_what_was_published_as_it_is(
    house: Service, statement: Any
) -> None:
    await add_customer(house.platform)
    before = await rows(house.platform, select(Policy))
    with pytest.raises(DBAPIError):
        async with house.platform.database.transaction() as connection:
            await connection.execute(statement)
    assert await rows(house.platform, select(Policy)) == before


async def test_before_anything_is_published_there_is_nothing_to_show(house: Service) -> None:
    house.clock.ahead = timedelta(days=-1)
    async with house.platform.database.transaction() as connection:
        assert await policies.current(connection, house.clock) is None
    with pytest.raises(Failure) as told:
        await policies.show_current(house.platform, anonymous("r"))
    assert told.value.code == "not_found"
