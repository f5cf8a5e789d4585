"""The data of a package: of each category a JSON Lines file and a CSV, made row by row.

JSON Lines (an object a line) is what can be written and read in bounded memory, however many rows
there are. It is exact. The CSV is made out of those very objects, for people with a spreadsheet
(`core/csv_text.py` says what is different in it). The rows are read once for each file, in one view
of the database; whether both times were the same is checked by their hash.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import csv_text
from app.core.zip_stream import Entry, ZipStream
from app.projection.projection import to_json
from app.services.collectors.provenance import is_preserved
from app.services.package_orders import Batch, Category, Rows

JSON_LINES: Final = "application/jsonl"
CSV: Final = "text/csv; charset=utf-8; header=present"


class PackageBroken(Exception):
    """The package would not be what was ordered: it is not made."""


class Holding(StrEnum):
    """What the service has of a category."""

    HELD = "held"
    NOTHING_FOUND = "nothing_found"
    """It keeps such data, but none that was asked for."""
    NOBODY_IDENTIFIED = "nobody_identified"
    """What was said of the person led to no account: whether there is one, it does not say."""
    NOT_HELD = "not_held"
    """It keeps no such data of anybody."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A complete file of the package. `rows` is None where it has none."""

    entry: Entry
    media_type: str
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of a category."""

    category: Category
    holding: Holding
    rows: int
    files: tuple[DataFile, ...]
    preserved: int = 0
    """How many of the rows are kept by a hold alone."""


class Collecting:
    """Writes one category into the ZIP: read `blocks` to their end, then `result`."""

    def __init__(self, category: Category) -> None:
        self._category = category
        self._columns = category.fields + category.marks
        self._sight = _Sight(self._columns)
        self._files: list[DataFile] = []
        self._preserved = 0

    @property
    def result(self) -> Collected:
        """What was written."""
        if self._category.rows is None:
            return Collected(self._category, Holding.NOT_HELD, 0, ())
        rows = self._files[0].rows or 0
        nothing = (
            Holding.NOTHING_FOUND if self._category.is_identified else Holding.NOBODY_IDENTIFIED
        )
        holding = Holding.HELD if rows else nothing
        return Collected(self._category, holding, rows, tuple(self._files), self._preserved)

    async def blocks(
        self, connection: AsyncConnection, package: ZipStream
    ) -> AsyncGenerator[bytes, None]:
        """The package's bytes as they become ready. Raises `PackageBroken`."""
        rows, name = self._category.rows, self._category.name
        if rows is None:
            return
        lines = _Lines(self._sight, package, marked=bool(self._category.marks))
        package.begin(f"{name}.jsonl")
        async with aclosing(_pass(rows, connection, package, lines.add)) as blocks:
            async for block in blocks:
                yield block
        self._files.append(DataFile(package.end(), JSON_LINES, lines.rows))
        self._preserved = lines.preserved
        table = _Table(self._sight, package)
        package.begin(f"{name}.csv")
        package.write(csv_text.lines([self._columns]))
        async with aclosing(_pass(rows, connection, package, table.add)) as blocks:
            async for block in blocks:
                yield block
        self._files.append(DataFile(package.end(), CSV, table.rows))
        if table.digest != self._files[0].entry.sha256:
            raise PackageBroken(f"{name}: its rows were not the same when they were read again")


async def _pass(
    rows: Rows, connection: AsyncConnection, package: ZipStream, add: Callable[[Batch], None]
) -> AsyncGenerator[bytes, None]:
    """Each batch is written in a thread, while the database prepares the next."""
    async with aclosing(rows(connection)) as batches:
        following = asyncio.ensure_future(anext(batches, None))
        try:
            while (batch := await following) is not None:
                following = asyncio.ensure_future(anext(batches, None))
                await asyncio.to_thread(add, batch)
                if block := package.take():
                    yield block
        finally:
            # Not cancelled: cut off in the middle, a statement takes its connection along.
            await asyncio.wait([following])
            if not following.cancelled():
                following.exception()


class _Sight:
    """The fields that may leave."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields
        self._paths = [field.split(".") for field in fields]
        self._names = frozenset(path[0] for path in self._paths)
        self._members = {
            path[0]: frozenset(other[1] for other in self._paths if other[0] == path[0])
            for path in self._paths
            if len(path) > 1
        }

    def line(self, row: Any) -> bytes:
        """The row as a line of JSON. Raises `PackageBroken` for a field that may not leave."""
        if not row.keys() <= self._names or any(
            (row.get(name) or {}).keys() - members for name, members in self._members.items()
        ):
            raise PackageBroken("a row has a field that was not granted")
        return to_json(row) + b"\n"

    def cells(self, row: Any) -> list[Any]:
        """The row's values in the order of the fields."""
        if not self._members:
            return [row.get(field) for field in self.fields]
        return [
            row.get(path[0]) if len(path) == 1 else (row.get(path[0]) or {}).get(path[1])
            for path in self._paths
        ]


class _Lines:
    """The first reading: JSON Lines."""

    def __init__(self, sight: _Sight, package: ZipStream, *, marked: bool) -> None:
        self._sight = sight
        self._package = package
        self._marked = marked
        self.rows = 0
        self.preserved = 0

    def add(self, batch: Batch) -> None:
        self._package.write(b"".join(map(self._sight.line, batch)))
        self.rows += len(batch)
        if self._marked:
            self.preserved += sum(map(is_preserved, batch))


class _Table:
    """The second reading: CSV, by way of the same lines."""

    def __init__(self, sight: _Sight, package: ZipStream) -> None:
        self._sight = sight
        self._package = package
        self._hash = hashlib.sha256()
        self.rows = 0

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def add(self, batch: Batch) -> None:
        lines = list(map(self._sight.line, batch))
        self._hash.update(b"".join(lines))
        plain = orjson.loads(b"[" + b",".join(lines) + b"]")
        self._package.write(csv_text.lines(map(self._sight.cells, plain)))
        self.rows += len(batch)
