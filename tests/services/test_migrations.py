"""`app/services/migrations.py`: whether the database has the newest form.

The migrations themselves: ``tests/test_migrations.py``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.clock import system_clock
from app.core.errors import Failure
from app.core.settings import Settings
from app.main import open_keyring
from app.models import Policy
from app.services import migrations
from app.services.platform import Platform, open_platform
from tests.support.databases import DatabaseKind, Databases
from tests.support.records import count


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Platform]:
    settings = Settings(database_url=url, var_dir=folder, argon2_memory_kib=8, argon2_time_cost=1)
    platform = open_platform(settings, system_clock, open_keyring(settings))
    yield platform
    await platform.close()


async def test_a_migrated_database_is_at_head(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as platform:
        await migrations.reachable(platform)
        await migrations.at_head(platform)


@pytest.mark.parametrize("revision", ["0001", "9999", ""])
async def test_another_form_is_not_ready(database_url: str, tmp_path: Path, revision: str) -> None:
    async with opened(database_url, tmp_path) as platform:
        async with platform.database.transaction() as connection:
            await connection.execute(
                text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
            )
        with pytest.raises(Failure) as told:
            await migrations.at_head(platform)
        assert told.value.code == "database_unavailable"


async def test_an_empty_database_is_reachable_and_not_at_head(
    databases: Databases, database_kind: DatabaseKind, tmp_path: Path
) -> None:
    with databases.fresh(database_kind, migrated=False) as url:
        async with opened(url, tmp_path) as platform:
            await migrations.reachable(platform)
            with pytest.raises(Failure) as told:
                await migrations.at_head(platform)
            assert told.value.code == "database_unavailable"


# Where a file cannot be opened, the driver's thread may end after the event loop did.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_database_that_is_not_there_is_not_reachable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/no/folder/x.db", f"postgresql://x@/x?host={tmp_path}"):
        async with opened(url, tmp_path) as platform:
            with pytest.raises(Failure) as told:
                await migrations.reachable(platform)
            assert told.value.code == "database_unavailable"
            assert told.value.headers == {"Retry-After": "2"}


async def test_what_a_service_needs_is_installed_once(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as platform:
        await migrations.install(platform)
        assert await migrations.install(platform) is False
        assert await count(platform, Policy) == 1
