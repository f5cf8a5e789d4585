"""Fresh, migrated databases in milliseconds: each is a copy of one made once per run."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from app.core.clock import system_clock
from app.core.database import Database
from app.services import policies, purposes
from tests.support.postgres import EmbeddedPostgres
from tests.support.room import ROOT, Room

DatabaseKind = Literal["sqlite", "postgresql"]
KINDS: tuple[DatabaseKind, ...] = ("sqlite", "postgresql")

T = TypeVar("T")

EXTERNAL_SERVER = "SALVAGUARDA_TEST_DATABASE_URL"


def migrate(url: str) -> None:
    """Bring the database at `url` to what an operator has after `salvaguarda migrate`."""
    config = alembic_config(url)
    _apart(lambda: command.upgrade(config, "head"))
    _apart(lambda: asyncio.run(_install(url)))


async def _install(url: str) -> None:
    database = Database(url)
    try:
        async with database.transaction() as connection:
            await policies.install_first(connection, system_clock)
            await purposes.install(connection, system_clock)
    finally:
        await database.close()


def alembic_config(url: str) -> Config:
    """The project's Alembic configuration, pointed at `url`."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


class Databases:
    """Hands out databases to one process; all of a run's processes share server and templates."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._embedded = EmbeddedPostgres(room)

    @contextmanager
    def fresh(self, kind: DatabaseKind, *, migrated: bool = True) -> Iterator[str]:
        """URL of a database of the caller's own; it is gone afterwards. Empty unless `migrated`."""
        self._room.ensure_kept()
        template = self._template(kind) if migrated else None
        if kind == "sqlite":
            with self._fresh_sqlite(template) as url:
                yield url
        else:
            with self._fresh_postgresql(template) as url:
                yield url

    def close(self) -> None:
        """Remove what this run left on a server that is not its own."""
        if EXTERNAL_SERVER in os.environ:
            pattern = f"salvaguarda_{self._room.token}_%"
            for name in self._query(
                "SELECT datname FROM pg_database WHERE datname LIKE $1", pattern
            ):
                self._query(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def _fresh_sqlite(self, template: str | None) -> Iterator[str]:
        folder = self._room.folder / f"sqlite-{secrets.token_hex(6)}"
        folder.mkdir()
        try:
            file = folder / "test.db"
            if template is not None:
                shutil.copyfile(template, file)
            yield f"sqlite:///{file}"
        finally:
            shutil.rmtree(folder)

    @contextmanager
    def _fresh_postgresql(self, template: str | None) -> Iterator[str]:
        name = self._name(secrets.token_hex(6))
        template = template or "template0"
        self._query(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        try:
            yield self._server_url(name)
        finally:
            self._query(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _template(self, kind: DatabaseKind) -> str:
        """File or database name of the migrated template, made by whoever comes first."""
        file = self._room.folder / "template.db"
        name = self._name("template")
        if kind == "postgresql":
            self._server_url(
                "postgres"
            )  # before the lock below, which starting the server takes as well
        done = self._room.folder / f"template-{kind}"
        with self._room.alone():
            if not done.exists():
                if kind == "sqlite":
                    migrate(f"sqlite:///{file}")
                else:
                    self._query(f'CREATE DATABASE "{name}" TEMPLATE template0')
                    migrate(self._server_url(name))
                done.touch()
        return str(file) if kind == "sqlite" else name

    def _name(self, suffix: str) -> str:
        return f"salvaguarda_{self._room.token}_{suffix}"

    def _server_url(self, database: str) -> str:
        if external := os.environ.get(EXTERNAL_SERVER):
            url = make_url(external).set(drivername="postgresql", database=database)
            return url.render_as_string(hide_password=False)
        self._embedded.ensure_started()
        return self._embedded.url(database)

    def _query(self, sql: str, *arguments: str) -> list[Any]:
        """First column of what `sql` gives, on the server's maintenance database."""
        url = self._server_url("postgres")
        return _apart(lambda: asyncio.run(_first_column(url, sql, arguments)))


async def _first_column(url: str, sql: str, arguments: tuple[str, ...]) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(sql, *arguments)]
    finally:
        await connection.close()


def _apart(work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own: it runs an event loop, and the caller may be in one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()
