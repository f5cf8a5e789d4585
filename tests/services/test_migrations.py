"""`app/services/migrations.py`: whether the database has the newest form.

The migrations themselves: ``tests/test_migrations.py``.
"""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.clock import system_clock
from app.core.errors import Failure
from app.core.settings import Settings
from app.models import Policy
from app.services import migrations
from app.services.keyrings import open_keyring
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


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_sqlite_and_its_folder_are_made_for_their_owner_alone(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        migrations.upgrade(Settings(var_dir=tmp_path / "new" / "var"))
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"new": 0o700, "var": 0o700, "salvaguarda.db": 0o600}


def test_sqlite_that_was_open_to_others_is_closed_and_folders_stay(tmp_path: Path) -> None:
    elsewhere = tmp_path / "shared"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (elsewhere / "other.db").touch()
    (elsewhere / "other.db").chmod(0o644)
    with closing(sqlite3.connect(elsewhere / "other.db")) as opened:  # its journals stand so long
        opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("CREATE TABLE anything (id)")
        assert {path.stat().st_mode & 0o777 for path in elsewhere.iterdir()} == {0o644}
        url = f"sqlite:///{elsewhere}/other.db"
        migrations.upgrade(Settings(var_dir=tmp_path / "var", database_url=url))
        modes = {path.name: path.stat().st_mode & 0o777 for path in elsewhere.iterdir()}
    assert modes == dict.fromkeys(("other.db", "other.db-wal", "other.db-shm"), 0o600)
    assert elsewhere.stat().st_mode & 0o777 == 0o755
