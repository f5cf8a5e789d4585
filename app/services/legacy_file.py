"""The old system's export as a stream of records, whatever the file turns out to hold.

UTF-8 (a BOM may stand in front), `;` between columns, `"` around cells where needed. A line that
is no CSV costs itself and not its neighbours: reading goes on with the very next line.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

from app.services.legacy_report import Fault

COLUMNS: Final = (
    "id", "tipo", "nome", "email", "telefone", "cpf_cnpj", "logradouro", "numero", "complemento",
    "bairro", "cidade", "uf", "cep", "preferencias", "aceita_marketing", "senha", "criado_em",
    "situacao",
)  # fmt: skip
"""The columns of an export, in whatever order its header names them."""

LONGEST_RECORD: Final = 16_384
"""Characters, ten times what all cells together may hold; far below the csv module's own limit."""


class NotAnExport(ValueError):
    """The file is no such export: its header says so. The message holds nothing of the file."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the physical line on which it begins, and its cells as they stand, by column.

    Bytes that are not UTF-8 are lone surrogates in a cell (PEP 383): every text check refuses them.
    """

    line: int
    cells: Mapping[str, str] = field(repr=False)


@contextmanager
def open_export(path: Path) -> Iterator[Iterator[Record | Fault]]:
    """The file's rows, read as they are asked for; a `Fault` stands for a row without cells.

    Raises `NotAnExport` at once when the header is not that of an export, `OSError` when the file
    cannot be read. At most `LONGEST_RECORD` characters are held at a time.
    """
    if not path.is_file():  # it is read twice
        raise NotAnExport("The export must be a regular file.")
    # Only \n ends a line, as for editors and sed; \r\n is left to the csv module.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
        lines = _Lines(file)
        header = _read_header(lines)
        yield _records(lines, header)


def _records(lines: "_Lines", header: Sequence[str]) -> Iterator[Record | Fault]:
    while True:
        start = lines.taken + 1
        try:
            cells = lines.next_record()
        except _Unreadable as unreadable:
            yield Fault(start, None, unreadable.code, {"max": LONGEST_RECORD})
            continue
        if cells is None:
            return
        if not cells:  # an empty line
            continue
        if len(cells) != len(header):
            yield Fault(start, None, "wrong_column_count", {"columns": len(header)})
            continue
        yield Record(start, dict(zip(header, cells, strict=True)))


def _read_header(lines: "_Lines") -> list[str]:
    try:
        cells = lines.next_record()
    except _Unreadable:
        cells = None
    if not cells:
        raise NotAnExport("The file does not begin with the header of an export.")
    names = [cell.strip().lower() for cell in cells]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise NotAnExport(f"The header lacks: {', '.join(missing)}.")
    for place, name in enumerate(names, 1):
        # By place: without a header, what stands here is somebody's data.
        if name not in COLUMNS:
            raise NotAnExport(f"The header's column {place} is not known.")
        if names.index(name) < place - 1:
            raise NotAnExport(f"The header names {name} twice.")
    return names


class _Unreadable(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _TooLong(Exception):
    pass


class _Lines:
    """Physical lines, and the records in them."""

    def __init__(self, file: TextIO) -> None:
        self.taken = 0
        self._file = file
        self._put_back: deque[str] = deque()

    def next_record(self) -> list[str] | None:
        """The next record's cells, none for an empty line; None at the end of the file.

        After `_Unreadable` reading goes on one line below the record's first: an open quote must
        not swallow the good rows that follow it.
        """
        used: list[str] = []
        try:
            # A reader per record: it then reads no line further than the record goes.
            return next(csv.reader(self._feed(used), delimiter=";", strict=True), None)
        except csv.Error:
            code = "row_malformed"
        except _TooLong:
            code = "row_too_long" if len(used) == 1 else "row_malformed"
        self._put_back.extendleft(reversed(used[1:]))
        self.taken -= len(used) - 1
        raise _Unreadable(code)

    def _feed(self, used: list[str]) -> Iterator[str]:
        length = 0
        while line := self._take():
            used.append(line)
            length += len(line)
            if length > LONGEST_RECORD:
                raise _TooLong
            yield line

    def _take(self) -> str:
        """The next line, cut behind `LONGEST_RECORD` characters; empty at the end of the file."""
        if self._put_back:
            line = self._put_back.popleft()
        else:
            line = self._file.readline(LONGEST_RECORD + 1)
            rest = line
            while len(rest) > LONGEST_RECORD and not rest.endswith("\n"):
                rest = self._file.readline(LONGEST_RECORD + 1)
        if line:
            self.taken += 1
        return line
