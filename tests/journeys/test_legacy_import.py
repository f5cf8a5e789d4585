"""From the old system's file to a sign-in with the old password, by the operator's own command."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, func, make_url, select

from app.core.database import Database
from app.models import Customer, LegacyCustomer, Login, Membership
from tests.support import legacy
from tests.support.room import ROOT
from tests.support.service import Service, serving

MAIN = "from app.cli import main; main()"
CHEAP = {"ARGON2_TIME_COST": "1", "ARGON2_MEMORY_KIB": "8"}
SLOW = {"ARGON2_TIME_COST": "1", "ARGON2_MEMORY_KIB": "8192"}
"""Slow enough to be killed in the middle."""

SAMPLE = Path("shared", "data", "legacy-customers.csv")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody at the server's terminal."""

    database_url: str
    folder: Path

    async def start(self, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
        given = {"DATABASE_URL": self.database_url, "VAR_DIR": str(self.folder), **settings}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", MAIN, *arguments),
            cwd=ROOT,
            env=os.environ | {f"SALVAGUARDA_{name}": value for name, value in given.items()},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str, **settings: str) -> Ended:
        process = await self.start(*arguments, **(CHEAP | settings))
        stdout, stderr = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, stdout.decode(), stderr.decode())


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    return Operator(database_url, tmp_path)


@asynccontextmanager
async def reading(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


async def counted(database: Database, *models: Any) -> list[int]:
    """The rows of each table, at one moment."""
    async with database.snapshot() as connection:
        return [
            (await connection.execute(select(func.count()).select_from(model))).scalar_one()
            for model in models
        ]


async def everything_stored(url: str) -> str:
    """Every value of every column of every table, as text."""
    async with reading(url) as database, database.snapshot() as connection:
        tables = MetaData()
        await connection.run_sync(tables.reflect)
        found = [await connection.execute(select(table)) for table in tables.sorted_tables]
        return "\n".join(str(value) for rows in found for row in rows for value in row)


def file_bytes(url: str) -> bytes:
    """The database's own files, where it has any of its own."""
    file = make_url(url).database
    if not url.startswith("sqlite") or file is None:
        return b""
    return b"".join(part.read_bytes() for part in Path(file).parent.iterdir())


async def signs_in(house: Service, email: str, password: str) -> bool:
    answer = await house.client.post(
        "/v1/auth/customer/token", data={"username": email, "password": password}
    )
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


async def stored_hash(house: Service, email: str) -> str:
    async with house.platform.database.snapshot() as connection:
        statement = select(Login.password_hash).where(Login.email_key == email)
        return str((await connection.execute(statement)).scalar_one())


async def test_the_old_password_opens_the_door_and_is_hashed_anew(
    operator: Operator, tmp_path: Path
) -> None:
    content = [*legacy.rows(6), legacy.row(7, uf="XX")]
    file = legacy.write(tmp_path / "export.csv", content)
    ended = await operator.run("import-legacy", str(file), "--report", str(tmp_path / "r.json"))
    assert ended.code == 0, ended.stderr
    assert ended.summary["imported"] == 6
    assert "Hashing up to 7 passwords" in ended.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["refused"] == 1
    assert [(one["line"], one["column"]) for one in report["refusals"]] == [(8, "uf")]

    async with serving(operator.database_url, tmp_path) as house:
        for number in range(1, 7):
            email = f"cliente{number}@exemplo86.com.br"
            assert (await stored_hash(house, email)).startswith("$wrapped-md5$")
            assert not await signs_in(house, email, legacy.password(number + 1))
            assert not await signs_in(house, email, legacy.old_hash(number))
            assert (await stored_hash(house, email)).startswith("$wrapped-md5$")
            assert await signs_in(house, email, legacy.password(number))
            assert (await stored_hash(house, email)).startswith("$argon2id$")
            assert await signs_in(house, email, legacy.password(number))
            assert not await signs_in(house, email, legacy.old_hash(number))
        assert not await signs_in(house, "cliente7@exemplo86.com.br", legacy.password(7))

    before = await everything_stored(operator.database_url)
    again = await operator.run("import-legacy", str(file))
    assert (again.summary["imported"], again.summary["already_there"]) == (0, 6)
    assert "line 8, uf: invalid_state" in again.stderr
    assert await everything_stored(operator.database_url) == before


async def test_no_old_hash_and_no_refused_value_stands_anywhere(
    operator: Operator, tmp_path: Path
) -> None:
    content = [
        *legacy.rows(40),
        legacy.row(41, senha="Canario-em-claro-41"),
        legacy.row(42, nome="Canario\x00Nulo"),
        legacy.row(43, uf="Canario"),
        legacy.row(44, email="canario-sem-arroba"),
    ]
    file = legacy.write(tmp_path / "export.csv", content)
    ended = await operator.run("import-legacy", str(file))
    assert (ended.summary["imported"], ended.summary["refused"]) == (40, 4)

    told = (ended.stdout + ended.stderr).lower()
    stored = (await everything_stored(operator.database_url)).lower()
    raw = file_bytes(operator.database_url)
    assert "cliente40@exemplo86.com.br" in stored  # what is looked for would be found
    for number in range(1, 45):
        digest = legacy.old_hash(number).partition(":")[0]
        for text in (digest, legacy.password(number).lower()):
            assert text not in stored
            assert text not in told
            assert text.encode() not in raw.lower()
        assert bytes.fromhex(digest) not in raw
    assert "canario" not in told
    assert "canario" not in stored
    assert b"canario" not in raw.lower()


async def test_an_import_that_is_killed_goes_on_where_it_was(
    operator: Operator, tmp_path: Path
) -> None:
    everyone = 3000
    file = legacy.write(tmp_path / "export.csv", legacy.rows(everyone))
    tables = (Customer, Login, Membership, LegacyCustomer)
    async with reading(operator.database_url) as database:
        reached = 0
        for delay in (0.0, 0.17):
            process = await operator.start("import-legacy", str(file), **SLOW)
            while (await counted(database, LegacyCustomer))[0] == reached:
                assert process.returncode is None
                await asyncio.sleep(0.01)
            await asyncio.sleep(delay)
            process.kill()
            await process.communicate()
            counts = await counted(database, *tables)
            assert len(set(counts)) == 1, counts  # whole customers only
            assert reached < counts[0] < everyone
            reached = counts[0]
        ended = await operator.run("import-legacy", str(file))
        assert ended.code == 0, ended.stderr
        summary = ended.summary
        assert (summary["already_there"], summary["imported"]) == (reached, everyone - reached)
        assert summary["refused"] == 0
        assert await counted(database, *tables) == [everyone] * 4


async def test_two_commands_at_once_bring_everyone_once(operator: Operator, tmp_path: Path) -> None:
    file = legacy.write(tmp_path / "export.csv", legacy.rows(1200))
    both = await asyncio.gather(
        operator.run("import-legacy", str(file)), operator.run("import-legacy", str(file))
    )
    assert [ended.code for ended in both] == [0, 0], [ended.stderr for ended in both]
    assert sum(ended.summary["imported"] for ended in both) == 1200
    assert sum(ended.summary["refused"] for ended in both) == 0
    async with reading(operator.database_url) as database:
        assert await counted(database, Customer, Login) == [1200, 1200]


async def test_a_dry_run_tells_what_would_be_and_does_nothing(
    operator: Operator, tmp_path: Path
) -> None:
    file = legacy.write(tmp_path / "export.csv", [*legacy.rows(5), legacy.row(6, id="1")])
    before = await everything_stored(operator.database_url)
    ended = await operator.run("import-legacy", str(file), "--dry-run")
    assert ended.code == 0
    assert (ended.summary["importable"], ended.summary["imported"]) == (5, 0)
    assert "line 7, id: duplicate_legacy_id" in ended.stderr
    assert await everything_stored(operator.database_url) == before


async def test_what_is_no_export_ends_in_one_line_and_not_in_zero(
    operator: Operator, tmp_path: Path
) -> None:
    file = legacy.write(tmp_path / "export.csv", legacy.rows(2))
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[1:]))
    ended = await operator.run("import-legacy", str(file))
    assert ended.code == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("salvaguarda: The header lacks: id, ")
    assert ended.stderr.count("\n") == 1
    assert "exemplo86" not in ended.stderr
    missing = await operator.run("import-legacy", str(tmp_path / "missing.csv"))
    assert missing.code != 0


async def test_the_sample_of_the_old_system_comes_in(operator: Operator, tmp_path: Path) -> None:
    sample = next((path for path in (ROOT / SAMPLE, ROOT.parent / SAMPLE) if path.exists()), None)
    if sample is None:
        pytest.skip(f"{SAMPLE} is not here")
    ended = await operator.run("import-legacy", str(sample))
    # Counted apart from this code: eight kinds of faults, one in each of 92 rows.
    assert ended.summary | {"seconds": 0} == {
        "dry_run": False,
        "rows": 2000,
        "imported": 1908,
        "already_there": 0,
        "refused": 92,
        "refused_by_reason": {
            "email_taken": 12,
            "invalid_cnpj": 2,
            "invalid_cpf": 8,
            "invalid_email": 10,
            "invalid_local_time": 12,
            "invalid_state": 12,
            "missing": 7,
            "text_control_characters": 13,
            "unknown_password_hash": 16,
        },
        "seconds": 0,
    }
    stored = await everything_stored(operator.database_url)
    raw = file_bytes(operator.database_url)
    for line in sample.read_text("utf-8-sig").splitlines()[1:]:
        digest = line.split(";")[-3].partition(":")[0]  # neither of the last columns is quoted
        assert digest not in stored
        assert digest.encode() not in raw
