"""Taking in the customers of the old system: a file in, customers and a report out.

Rows go through in batches, each one transaction, so that a run that is killed has done whole
batches and the next one goes on behind them. While a batch is being written the next is hashed.
Who came in an earlier run is recognised by the old id, before anything is hashed.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from app.services import legacy_store
from app.services.legacy_file import Record, open_export
from app.services.legacy_hashing import Wrapping, spoken
from app.services.legacy_report import Fault
from app.services.legacy_rows import Candidate, Reading, legacy_id, read
from app.services.legacy_seen import Seen
from app.services.platform import Platform

BATCH: Final = 500

Rows = Sequence[Record | Fault]


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what while it runs: rows done (and, once known, how many there are), sentences
    for the operator, and each fault, in the order of the lines."""

    progress: Callable[[int, int | None], None]
    say: Callable[[str], None]
    refuse: Callable[[Fault], None]


@dataclass(slots=True)
class Outcome:
    """How a run ended, in rows. In a dry run `importable` takes the place of `imported`."""

    dry_run: bool
    rows: int = 0
    imported: int = 0
    importable: int = 0
    already_there: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def summary(self) -> dict[str, Any]:
        """The figures. A row with two faults is one refused row under two reasons."""
        done = {"importable": self.importable} if self.dry_run else {}
        return {
            "dry_run": self.dry_run,
            "rows": self.rows,
            "imported": self.imported,
            **done,
            "already_there": self.already_there,
            "refused": self.refused,
            "refused_by_reason": dict(sorted(self.reasons.items())),
            "seconds": round(self.seconds, 1),
        }


async def run(
    platform: Platform, path: Path, listeners: Listeners, *, dry_run: bool = False
) -> Outcome:
    """Import the file's good rows, and tell of every other one.

    A dry run judges rows as an import would, the database included, but hashes and changes nothing.
    Raises `NotAnExport`, `OSError`, and `Failure` when the database goes away: whatever was
    imported until then stays, and another run goes on.
    """
    started = time.monotonic()
    outcome = Outcome(dry_run)
    rows, unknown = await _survey(platform, path)
    listeners.progress(0, rows)
    with Seen() as seen, open_export(path) as reader:
        work = _Run(platform, listeners, outcome, seen)
        if dry_run:
            listeners.say(f"{rows:,} rows, {unknown:,} of them new. A dry run: nothing changes.")
            await work.check_all(reader)
        else:
            wrapping = Wrapping(platform.settings)
            try:
                await _announce(platform, wrapping, listeners, rows, unknown)
                await work.import_all(reader, wrapping)
            finally:
                wrapping.close()
    outcome.seconds = time.monotonic() - started
    return outcome


async def _survey(platform: Platform, path: Path) -> tuple[int, int]:
    """How many rows there are, and how many of them an earlier run has not brought in."""
    rows = unknown = 0
    with open_export(path) as reader:
        while batch := await _next(reader):
            ids = [one for row in batch if isinstance(row, Record) and (one := legacy_id(row))]
            async with platform.database.snapshot() as connection:
                known = await legacy_store.known_ids(connection, ids)
            rows += len(batch)
            unknown += sum(one not in known for one in ids)
    return rows, unknown


async def _announce(
    platform: Platform, wrapping: Wrapping, listeners: Listeners, rows: int, unknown: int
) -> None:
    settings = platform.settings
    sentence = f"{rows:,} rows, {unknown:,} of them new."
    if unknown:
        duration = spoken(unknown / await wrapping.rate())
        cores = "1 core" if wrapping.cores == 1 else f"{wrapping.cores} cores"
        sentence += (
            f" Hashing up to {unknown:,} passwords ({settings.argon2_memory_kib:,} KiB,"
            f" {settings.argon2_time_cost} passes) takes {duration} on {cores}."
        )
    listeners.say(sentence)


async def _next(reader: Iterator[Record | Fault]) -> Rows:
    return await asyncio.to_thread(lambda: list(islice(reader, BATCH)))


@dataclass(slots=True)
class _Judged:
    """A batch before it is written."""

    rows: int
    candidates: list[Candidate] = field(default_factory=list)
    already_there: int = 0
    faults: list[Fault] = field(default_factory=list)


class _Run:
    """One pass over the file."""

    def __init__(
        self, platform: Platform, listeners: Listeners, outcome: Outcome, seen: Seen
    ) -> None:
        self._platform = platform
        self._listeners = listeners
        self._outcome = outcome
        self._seen = seen

    async def check_all(self, reader: Iterator[Record | Fault]) -> None:
        while rows := await _next(reader):
            batch = await self._judge(rows)
            self._outcome.importable += len(batch.candidates)
            self._count(batch)

    async def import_all(self, reader: Iterator[Record | Fault], wrapping: Wrapping) -> None:
        writing: asyncio.Task[None] | None = None
        try:
            while rows := await _next(reader):
                batch = await self._judge(rows)
                hashes = await wrapping.wrap([one.old_hash for one in batch.candidates])
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._write(batch, hashes))
            if writing is not None:
                await writing
        finally:
            if writing is not None:  # whatever stops us, what is being written is finished
                await asyncio.gather(writing, return_exceptions=True)

    async def _judge(self, rows: Rows) -> _Judged:
        """Who is new and good, looking at the cells, at earlier rows and at the database."""
        batch = _Judged(len(rows), faults=[row for row in rows if isinstance(row, Fault)])
        fresh = await self._new_ones(batch, [row for row in rows if isinstance(row, Record)])
        now = self._platform.clock()
        readings = await asyncio.to_thread(lambda: [read(record, now) for record in fresh])
        taken, arrived = await self._claims(readings)
        for reading in readings:
            batch.faults.extend(reading.faults)
            if reading.candidate is not None and reading.candidate.legacy_id in arrived:
                batch.already_there += 1
            elif self._email_is_taken(reading, taken):
                batch.faults.append(_email_taken(reading.line))
            elif reading.candidate is not None:
                batch.candidates.append(reading.candidate)
        return batch

    async def _new_ones(self, batch: _Judged, records: Sequence[Record]) -> list[Record]:
        ids = {record.line: legacy_id(record) for record in records}
        async with self._platform.database.snapshot() as connection:
            known = await legacy_store.known_ids(connection, filter(None, ids.values()))
        fresh = []
        for record in records:
            identity = ids[record.line]
            # Of two rows under one id nobody knows which is right: the first one stands.
            if identity is not None and not self._seen.add(f"id {identity}"):
                batch.faults.append(Fault(record.line, "id", "duplicate_legacy_id"))
            elif identity in known:
                batch.already_there += 1
            else:
                fresh.append(record)
        return fresh

    async def _claims(self, readings: Sequence[Reading]) -> tuple[frozenset[str], frozenset[str]]:
        """The e-mails that logins have, and the ids among their rows that are there by now.

        Asked together: another import may have brought the customer in a moment ago, and it would
        be wrong to say that somebody else has the address.
        """
        keys = [reading.email_key for reading in readings if reading.email_key is not None]
        async with self._platform.database.snapshot() as connection:
            taken = await legacy_store.taken_emails(connection, keys)
            ids = [
                reading.candidate.legacy_id
                for reading in readings
                if reading.candidate is not None and reading.email_key in taken
            ]
            return taken, await legacy_store.known_ids(connection, ids) if ids else frozenset()

    def _email_is_taken(self, reading: Reading, taken: frozenset[str]) -> bool:
        """Taken by a login, or by an earlier row that is good; a good row takes its own."""
        if reading.email_key is None:
            return False
        entry = f"email {reading.email_key}"
        if reading.email_key in taken or entry in self._seen:
            return True
        if reading.candidate is not None:
            self._seen.add(entry)
        return False

    async def _write(self, batch: _Judged, hashes: Sequence[str]) -> None:
        if batch.candidates:
            ids = (candidate.legacy_id for candidate in batch.candidates)
            wrapped = dict(zip(ids, hashes, strict=True))
            async with self._platform.database.transaction() as connection:
                stored = await legacy_store.store(
                    self._platform, connection, batch.candidates, wrapped
                )
            self._outcome.imported += stored.imported
            batch.already_there += stored.already_there
            batch.faults.extend(_email_taken(one.line) for one in stored.displaced)
        self._count(batch)

    def _count(self, batch: _Judged) -> None:
        """Add a finished batch to the figures, and tell of it."""
        for fault in sorted(batch.faults, key=lambda fault: fault.line):
            self._outcome.reasons[fault.code] += 1
            self._listeners.refuse(fault)
        self._outcome.rows += batch.rows
        self._outcome.already_there += batch.already_there
        self._outcome.refused += len({fault.line for fault in batch.faults})
        self._listeners.progress(batch.rows, None)


def _email_taken(line: int) -> Fault:
    return Fault(line, "email", "email_taken")
