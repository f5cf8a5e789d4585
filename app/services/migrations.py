"""The database's form: brought to the newest by `migrate`, checked by readiness."""

import asyncio
from functools import lru_cache
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import String, column, select, table

from app.core.database import means_unavailable, unavailable
from app.core.errors import Failure
from app.core.settings import Settings
from app.core.statements import prepare
from app.services import policies
from app.services.platform import Platform

ROOT = Path(str(resources.files("app"))).parent


def upgrade(settings: Settings) -> None:
    """Run the migrations that are missing. Not inside an event loop.

    Raises `Failure("database_unavailable")` when there is no database, else what Alembic does.
    """
    if settings.database.startswith("sqlite:"):
        settings.var_dir.mkdir(parents=True, exist_ok=True)
    config = _config(settings.database)
    try:
        command.upgrade(config, "head")
    except Exception as error:
        if means_unavailable(error):
            raise unavailable() from error
        raise


async def install(platform: Platform) -> bool:
    """What a migrated database needs before it can serve: the first policy. Whether it was new."""
    async with platform.database.transaction() as connection:
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


@lru_cache(maxsize=1)
def _head() -> str | None:
    return ScriptDirectory.from_config(_config("")).get_current_head()


def _config(url: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config
