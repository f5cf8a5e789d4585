"""`app/services/policies.py`: the version in force, and the first one."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from app.core.errors import Failure
from app.models import Policy
from app.services import policies
from app.services.sessions import anonymous
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
                hash=policies.text_hash(text),
                published_at=house.clock() + when,
                language="pt-BR",
                text=text,
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
    assert set(policy) == {"version", "hash", "published_at", "language", "text"}
    assert (policy["version"], policy["language"]) == (1, "pt-BR")
    assert hashlib.sha256(policy["text"].encode()).hexdigest() == policy["hash"]
    assert policy["text"].startswith("# Política de privacidade")
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


async def test_before_anything_is_published_there_is_nothing_to_show(house: Service) -> None:
    house.clock.ahead = timedelta(days=-1)
    async with house.platform.database.transaction() as connection:
        assert await policies.current(connection, house.clock) is None
    with pytest.raises(Failure) as told:
        await policies.show_current(house.platform, anonymous("r"))
    assert told.value.code == "not_found"
