"""The import on both databases: what comes in, what stays out, and that nothing happens twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import system_clock
from app.core.settings import Settings
from app.models import (
    AuditSubject,
    Base,
    ConsentEvent,
    Customer,
    CustomerWord,
    LegacyCustomer,
    Login,
    Membership,
    PolicyAcceptance,
)
from app.security.keys import Keyring
from app.security.passwords import PasswordHasher
from app.services import legacy_import, legacy_store
from app.services.legacy_file import NotAnExport, Record
from app.services.legacy_import import BATCH, Listeners, Outcome
from app.services.legacy_report import Fault, ReportFile
from app.services.legacy_rows import Candidate, read
from app.services.platform import Platform, open_platform
from tests.support import legacy
from tests.support.people import add_customer, add_staff
from tests.support.records import count, events, rows


@pytest.fixture
async def platform(settings: Settings) -> AsyncIterator[Platform]:
    """The service's parts on a database of this test's own."""
    opened = another(settings)
    yield opened
    await opened.close()


@pytest.fixture
def nothing_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tripwire: whoever hashes for an import fails."""

    def trip(*_: object) -> str:
        raise AssertionError("hashed")

    monkeypatch.setattr(PasswordHasher, "wrap_md5", trip)


def another(settings: Settings) -> Platform:
    ring = Keyring.create(settings.keys_path, development=True)
    return open_platform(settings, system_clock, ring)


class Told:
    """What the import said, while it ran."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.sentences: list[str] = []
        self.done: list[tuple[int, int | None]] = []

    @property
    def listeners(self) -> Listeners:
        def progress(done: int, total: int | None) -> None:
            self.done.append((done, total))

        return Listeners(progress, self.sentences.append, self.faults.append)

    def reasons(self) -> list[tuple[int, str | None, str]]:
        return [(fault.line, fault.column, fault.code) for fault in self.faults]


async def imported(
    platform: Platform, path: Path, *, dry_run: bool = False
) -> tuple[Outcome, Told]:
    told = Told()
    outcome = await legacy_import.run(platform, path, told.listeners, dry_run=dry_run)
    return outcome, told


async def everything(platform: Platform) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        table.name: sorted(map(repr, await rows(platform, select(table))))
        for table in Base.metadata.sorted_tables
    }


def export(folder: Path, content: list[legacy.Row]) -> Path:
    return legacy.write(folder / "export.csv", content)


async def test_a_row_becomes_a_whole_customer(platform: Platform, tmp_path: Path) -> None:
    before = system_clock()
    outcome, told = await imported(
        platform, export(tmp_path, [legacy.row(3, situacao="encerrado")])
    )
    after = system_clock()
    assert outcome.summary() == {
        "dry_run": False,
        "rows": 1,
        "imported": 1,
        "already_there": 0,
        "refused": 0,
        "refused_by_reason": {},
        "seconds": outcome.summary()["seconds"],
    }
    assert told.faults == []
    created = datetime(2011, 11, 18, 1, 21, tzinfo=UTC)
    [customer] = await rows(platform, select(Customer.__table__))
    assert (customer.kind, customer.status, customer.name) == (
        "person",
        "closed",
        "Antônia D'Ávila 3",
    )
    assert (customer.city, customer.city_key, customer.state) == ("São Paulo", "sao paulo", "SP")
    assert (customer.created_at, customer.last_login_at) == (created, None)
    assert customer.attention_note is None
    # The export does not say when it was closed: from the import on, then.
    assert before <= customer.closed_at <= after
    # The id must not tell the order of the rows, nor the moment.
    assert customer.id.int >> 80 == int(
        before.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000
    )
    [login] = await rows(platform, select(Login.__table__))
    assert (login.email, login.status, login.created_at) == (
        "cliente3@exemplo86.com.br",
        "active",
        created,
    )
    assert login.password_hash.startswith("$wrapped-md5$")
    [membership] = await rows(platform, select(Membership.__table__))
    assert (membership.login_id, membership.customer_id) == (login.id, customer.id)
    assert (membership.permissions, membership.revoked_at) == (("owner",), None)
    [consent] = await rows(platform, select(ConsentEvent.__table__))
    assert (consent.subject_id, consent.sequence) == (customer.id, 1)
    assert (consent.purpose, consent.state) == ("marketing", "granted")
    # To which words, nobody can say.
    assert (consent.purpose_version, consent.purpose_hash) == (0, None)
    assert (consent.channel, consent.actor_kind, consent.actor_id) == ("import", "system", None)
    [origin] = await rows(platform, select(LegacyCustomer.__table__))
    assert (origin.legacy_id, origin.customer_id) == ("3", customer.id)
    words = await rows(platform, select(CustomerWord.word))
    assert {word for (word,) in words} == {"antonia", "d", "avila", "davila", "3"}
    assert await count(platform, PolicyAcceptance) == 0
    [event] = await events(platform, action=legacy_store.ACTION)
    assert (event.actor_kind, event.subject_type, event.rows) == ("system", "customer", 1)
    assert "address.city" in event.fields
    [subject] = await rows(platform, select(AuditSubject.subject_id))
    assert subject == (customer.id,)


async def test_consent_is_taken_over_only_where_it_was_stated(
    platform: Platform, tmp_path: Path
) -> None:
    await imported(platform, export(tmp_path, legacy.rows(6)))
    statement = select(LegacyCustomer.legacy_id, ConsentEvent.state).join(
        ConsentEvent, ConsentEvent.subject_id == LegacyCustomer.customer_id
    )
    assert dict(await rows(platform, statement)) == {
        "1": "denied",
        "3": "granted",
        "4": "denied",
        "6": "granted",
    }


async def test_a_second_run_changes_nothing_and_hashes_nothing(
    platform: Platform, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    content = [*legacy.rows(BATCH + 7), legacy.row(900, uf="XX"), legacy.row(901, id="5")]
    content += [legacy.row(902, email="CLIENTE7@exemplo86.com.br")]
    file = export(tmp_path, content)
    first, _ = await imported(platform, file)
    assert (first.imported, first.already_there, first.refused) == (BATCH + 7, 0, 3)
    before = await everything(platform)
    request.getfixturevalue("nothing_is_hashed")
    # Nobody may be hashed, but measuring how long it would take hashes too: no new row, no measure.
    good = export(tmp_path, content[: BATCH + 7])
    second, told_second = await imported(platform, good)
    assert (second.imported, second.already_there, second.refused) == (0, BATCH + 7, 0)
    assert told_second.sentences == [f"{BATCH + 7} rows, 0 of them new."]
    assert await everything(platform) == before


async def test_a_second_run_refuses_the_same_rows(platform: Platform, tmp_path: Path) -> None:
    file = export(
        tmp_path,
        [
            *legacy.rows(3),
            legacy.row(4, id="2"),
            legacy.row(5, email="Cliente1@exemplo86.com.br"),
            legacy.row(6, senha="aberta"),
        ],
    )
    first, told_first = await imported(platform, file)
    before = await everything(platform)
    second, told_second = await imported(platform, file)
    assert (first.imported, second.imported, second.already_there) == (3, 0, 3)
    assert told_first.reasons() == [
        (5, "id", "duplicate_legacy_id"),
        (6, "email", "email_taken"),
        (7, "senha", "unknown_password_hash"),
    ]
    assert told_second.reasons() == told_first.reasons()
    assert await everything(platform) == before


async def test_a_row_that_grew_good_comes_in_later(platform: Platform, tmp_path: Path) -> None:
    await imported(platform, export(tmp_path, [legacy.row(1), legacy.row(2, uf="XX")]))
    outcome, _ = await imported(platform, export(tmp_path, legacy.rows(2)))
    assert (outcome.imported, outcome.already_there) == (1, 1)


async def test_a_taken_email_refuses_the_row_with_its_other_faults(
    platform: Platform, tmp_path: Path
) -> None:
    await add_customer(platform, login_email="maria@exemplo86.com.br")
    await add_staff(platform, "support", email="cliente4@exemplo86.com.br")
    content = [
        legacy.row(1, email="Maria@exemplo86.com.br", cep="0"),
        legacy.row(2, email="ana@exemplo86.com.br", uf="XX"),  # refused: it takes no address
        legacy.row(3, email="ANA@exemplo86.com.br"),
        legacy.row(4),  # a staff member's address is no customer login's
        legacy.row(5, email="ana@exemplo86.com.br"),
    ]
    outcome, told = await imported(platform, export(tmp_path, content))
    assert told.reasons() == [
        (2, "cep", "invalid_postal_code"),
        (2, "email", "email_taken"),
        (3, "uf", "invalid_state"),
        (6, "email", "email_taken"),
    ]
    assert (outcome.rows, outcome.imported, outcome.refused) == (5, 2, 3)
    assert outcome.summary()["refused_by_reason"] == {
        "email_taken": 2,
        "invalid_postal_code": 1,
        "invalid_state": 1,
    }
    assert not any("exemplo86" in str(fault) for fault in told.faults)


async def test_a_dry_run_tells_the_same_and_changes_nothing(
    platform: Platform, tmp_path: Path, nothing_is_hashed: None
) -> None:
    await add_customer(platform, login_email="cliente2@exemplo86.com.br")
    before = await everything(platform)
    content = [*legacy.rows(3), legacy.row(4, email="cliente1@exemplo86.com.br"), legacy.row(5)]
    outcome, told = await imported(platform, export(tmp_path, content), dry_run=True)
    assert told.reasons() == [(3, "email", "email_taken"), (5, "email", "email_taken")]
    assert (outcome.imported, outcome.importable, outcome.refused) == (0, 3, 2)
    assert outcome.summary()["importable"] == 3
    assert await everything(platform) == before


async def test_progress_and_a_forecast_are_told(platform: Platform, tmp_path: Path) -> None:
    _, told = await imported(platform, export(tmp_path, legacy.rows(BATCH + 1)))
    assert told.done == [(0, BATCH + 1), (BATCH, None), (1, None)]
    [sentence] = told.sentences
    assert sentence.startswith(f"{BATCH + 1} rows, {BATCH + 1} of them new. Hashing up to")
    assert " core" in sentence


async def test_what_is_no_row_is_reported_by_line(platform: Platform, tmp_path: Path) -> None:
    file = export(tmp_path, legacy.rows(2))
    with file.open("ab") as out:
        out.write(b'3;"open\r\n4;short\r\n\xff\r\n')
    outcome, told = await imported(platform, file)
    assert told.reasons() == [
        (4, None, "row_malformed"),
        (5, None, "wrong_column_count"),
        (6, None, "wrong_column_count"),
    ]
    assert (outcome.rows, outcome.imported) == (5, 2)


async def test_no_export_no_change(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("a;b;c\n")
    before = await everything(platform)
    with pytest.raises(NotAnExport):
        await imported(platform, file)
    assert await everything(platform) == before


async def test_two_imports_at_once_bring_everyone_once(
    platform: Platform, settings: Settings, tmp_path: Path
) -> None:
    file = export(tmp_path, legacy.rows(3 * BATCH // 2))
    other = another(settings)
    try:
        (mine, told_mine), (theirs, told_theirs) = await asyncio.gather(
            imported(platform, file), imported(other, file)
        )
    finally:
        await other.close()
    assert mine.imported + theirs.imported == 3 * BATCH // 2
    # Whoever comes second finds the customer there, and calls nobody's e-mail taken.
    for run in (mine, theirs):
        assert run.rows == run.imported + run.already_there
    assert told_mine.faults + told_theirs.faults == []
    for model in (Customer, Login, Membership, LegacyCustomer):
        assert await count(platform, model) == 3 * BATCH // 2


def candidates(*numbers: int) -> list[Candidate]:
    found = [read(Record(n + 1, legacy.row(n)), system_clock()).candidate for n in numbers]
    return [candidate for candidate in found if candidate is not None]


async def test_whoever_came_while_a_batch_was_hashed_stays_as_they_are(platform: Platform) -> None:
    await add_customer(platform, login_email="cliente2@exemplo86.com.br")
    wrapped = {str(number): f"hash-{number}" for number in range(1, 5)}
    async with platform.database.transaction() as connection:
        await legacy_store.store(platform, connection, candidates(1), {"1": "first"})
    logins = select(Login.id, Login.password_hash)
    before = await rows(platform, logins)
    async with platform.database.transaction() as connection:
        stored = await legacy_store.store(platform, connection, candidates(1, 2, 3), wrapped)
    assert (stored.imported, stored.already_there) == (1, 1)
    assert [candidate.legacy_id for candidate in stored.displaced] == ["2"]
    after = await rows(platform, logins)
    assert set(before) < set(after)
    assert [row.password_hash for row in set(after) - set(before)] == ["hash-3"]
    assert await count(platform, Customer) == 3


async def test_a_batch_stands_or_falls_as_one(platform: Platform) -> None:
    before = await everything(platform)

    async def store_half() -> None:
        async with platform.database.transaction() as connection:
            await legacy_store.store(platform, connection, candidates(3), {"3": "hash"})
            await legacy_store.store(platform, connection, candidates(1, 2), {"1": "hash"})

    with pytest.raises(KeyError):  # the second one's hash is missing
        await store_half()
    assert await everything(platform) == before


async def test_a_report_is_whole_json_however_many_rows_are_refused(tmp_path: Path) -> None:
    faults = [Fault(number, "uf", "invalid_state") for number in range(2, 5)]
    for told in ([], faults):
        with ReportFile(tmp_path / "report.json") as report:
            for fault in told:
                report.add(fault)
            report.finish(Outcome(dry_run=False, rows=9).summary())
        document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        assert document.pop("refusals") == [fault.as_json() for fault in told]
        assert document == Outcome(dry_run=False, rows=9).summary()
