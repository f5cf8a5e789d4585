"""The database's form: brought to the newest by `migrate`, checked by readiness."""

import asyncio
import os
import stat
from functools import lru_cache
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import String, column, make_url, select, table

from app.core.database import means_unavailable, unavailable
from app.core.errors import Failure
from app.core.settings import Settings
from app.core.statements import prepare
from app.security.keyfiles import make_private_folder
from app.services import policies, purposes
from app.services.platform import Platform

ROOT = Path(str(resources.files("app"))).parent


def upgrade(settings: Settings) -> None:
    """Run the migrations that are missing. Not inside an event loop.

    SQLite's files, and `var_dir` if it is made here, are left to their owner alone.
    Raises `Failure("database_unavailable")` when there is no database, else what Alembic does.
    """
    if settings.database.startswith("sqlite"):
        make_private_folder(settings.var_dir)
        _keep_private(settings.database)
    config = _config(settings.database)
    try:
        command.upgrade(config, "head")
    except Exception as error:
        if means_unavailable(error):
            raise unavailable() from error
        raise


async def install(platform: Platform) -> bool:
    """What a migrated database needs before it can serve: the first policy, and what the register
    of purposes holds anew. Whether the policy was new. Raises `RegisterError`."""
    async with platform.database.transaction() as connection:
        await purposes.install(connection, platform.clock)
        return await policies.install_first(connection, platform.clock)


async def reachable(platform: Platform) -> None:
    """Raise `Failure("database_unavailable")` unless the database answers."""
    await platform.database.fetch(prepare(select(1), platform.database.dialect), {})


async def at_head(platform: Platform) -> None:
    """Raise `Failure("database_unavailable")` unless the database has the newest form."""
    revision = select(column("version_num", String)).select_from(table("alembic_version"))
    rows = await platform.database.fetch(prepare(revision, platform.database.dialect), {})
    head = await asyncio.to_thread(_head)
    if [row[0] for row in rows] != [head]:
        raise Failure("database_unavailable")


def _keep_private(url: str) -> None:
    """Close SQLite's files to others. It makes its journals as open as it finds the database."""
    name = make_url(url).database
    if not name or name.startswith((":", "file:")) or not Path(name).parent.is_dir():
        return  # in memory, or for SQLite to open or to refuse
    # Created here, since SQLite would leave it to the umask.
    os.close(os.open(name, os.O_RDWR | os.O_CREAT, 0o600))
    for file in (Path(name + suffix) for suffix in ("", "-wal", "-shm")):
        if file.exists() and (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
            file.chmod(mode & ~0o077)


@lru_cache(maxsize=1)
def _head() -> str | None:
    return ScriptDirectory.from_config(_config("")).get_current_head()


def _config(url: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config
