"""The ground that everything is measured on: PostgreSQL, its customers, a session of support."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pyotp
from sqlalchemy import make_url

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.clock import system_clock
from app.core.settings import Settings
from app.security.keys import Keyring
from app.services import demo, migrations, sign_in
from app.services.platform import Platform, open_platform
from app.services.second_factors import Code
from tests.support.people import stranger
from tests.support.postgres import private_postgres

SERVER = "SALVAGUARDA_BENCH_DATABASE_URL"

INDEXES = """
    SELECT indexdef, format('%I', indexname) FROM pg_indexes
    JOIN pg_class ON pg_class.relname = indexname JOIN pg_index ON indexrelid = pg_class.oid
    WHERE schemaname = current_schema() AND NOT indisunique AND tablename = ANY($1)
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """A filled database, the platform on it, and what the service's process is to be told."""

    url: str
    folder: Path
    customers: int
    platform: Platform
    sql: Any
    """A connection of the bench's own (asyncpg), for counting and for moving much at once."""
    backend: int
    """The PostgreSQL process behind that connection."""

    @property
    def environment(self) -> dict[str, str]:
        """The service's settings: production, as it is served, with one core to itself."""
        settings = self.platform.settings
        return {
            "SALVAGUARDA_ARGON2_TIME_COST": str(settings.argon2_time_cost),
            "SALVAGUARDA_ARGON2_MEMORY_KIB": str(settings.argon2_memory_kib),
            "SALVAGUARDA_ARGON2_PARALLELISM": str(settings.argon2_parallelism),
            "SALVAGUARDA_ENV": "production",
            "SALVAGUARDA_DATABASE_URL": self.url,
            "SALVAGUARDA_VAR_DIR": str(self.folder),
            "SALVAGUARDA_HASH_WORKERS": "1",
        }

    async def token(self, role: Viewer) -> str:
        """The access token of a fresh session of the demo's member of staff."""
        kept = orjson.loads((self.folder / demo.FILE).read_bytes())
        code = Code(totp=pyotp.TOTP(kept[role]).now())
        name = f"{role}@{demo.DOMAIN}"
        tokens = await sign_in.staff(self.platform, name, demo.PASSWORD, code, stranger("bench"))
        return tokens.access_token

    def actor(self, role: Viewer) -> Actor:
        """A member of staff for asking the projection, not for being recorded."""
        return Actor(kind="staff", viewer=role, purpose=PURPOSES[role][0], request_id="bench")

    async def visible_customers(self) -> list[UUID]:
        """The customers in support's rows."""
        rows = await self.sql.fetch(
            "SELECT id FROM customers WHERE status IN ('active', 'suspended')"
        )
        return [row[0] for row in rows]

    async def recorded(self, ids: list[bytes], action: str) -> int:
        """How many of these requests stand on the audit log, each counted once."""
        found = await self.sql.fetchval(
            "SELECT count(DISTINCT request_id) FROM audit_events"
            " WHERE action = $2 AND outcome = 'allowed' AND request_id = ANY($1)",
            [each.decode() for each in ids],
            action,
        )
        return int(found)


@contextmanager
def database() -> Iterator[tuple[str, bool]]:
    """The URL of an empty database, and whether its server is our own, on this machine's disk."""
    external = os.environ.get(SERVER)
    if external is None:
        with private_postgres() as server:
            yield server.url(), True
        return
    name = f"salvaguarda_bench_{secrets.token_hex(4)}"
    url = make_url(external).set(drivername="postgresql")
    whole = url.render_as_string(hide_password=False)
    asyncio.run(_order(whole, f'CREATE DATABASE "{name}"'))
    try:
        yield url.set(database=name).render_as_string(hide_password=False), False
    finally:
        asyncio.run(_order(whole, f'DROP DATABASE "{name}" WITH (FORCE)'))


@asynccontextmanager
async def prepared(url: str, folder: Path, customers: int) -> AsyncIterator[Ground]:
    """The migrated database with its customers, made by the demo's own loader."""
    settings = Settings(database_url=url, var_dir=folder, worker="none", access_token_seconds=3600)
    await asyncio.to_thread(migrations.upgrade, settings)
    keyring = Keyring.create(settings.keys_path, development=False)
    platform = open_platform(settings, system_clock, keyring)
    sql = await asyncpg.connect(url)
    try:
        await migrations.install(platform)
        async with without_indexes(sql):
            await demo.load(platform, customers, _Dots(customers))
        await sql.execute("CHECKPOINT")
        backend = await sql.fetchval("SELECT pg_backend_pid()")
        yield Ground(url, folder, customers, platform, sql, backend)
    finally:
        await sql.close()
        await platform.close()


@asynccontextmanager
async def without_indexes(sql: Any, *tables: str) -> AsyncIterator[None]:
    """Fill tables (all of them by default) before their indexes are built: several times faster."""
    if not tables:
        tables = tuple(
            row[0]
            for row in await sql.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            )
        )
    indexes = await sql.fetch(INDEXES, list(tables))
    for _, name in indexes:
        await sql.execute(f"DROP INDEX {name}")
    yield
    await sql.execute("SET maintenance_work_mem = '256MB'")
    for definition, _ in indexes:
        await sql.execute(definition)
    await sql.execute("VACUUM (ANALYZE)")


class _Dots:
    """Progress on stderr: a dot for each tenth."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._dots = total, 0, 0
        print(f"Loading {total} customers ", end="", file=sys.stderr, flush=True)

    def __call__(self, done: int) -> None:
        self._done += done
        while self._dots < self._done * 10 // self._total:
            self._dots += 1
            print("." if self._dots < 10 else ".\n", end="", file=sys.stderr, flush=True)


async def _order(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
