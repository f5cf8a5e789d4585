"""The export as records: whatever the file holds, reading goes on and says where it stumbled."""

import tracemalloc
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.legacy_file import COLUMNS, LONGEST_RECORD, NotAnExport, Record, open_export
from app.services.legacy_report import Fault
from tests.support import legacy

HEADER = ";".join(COLUMNS)


def plain(number: int) -> str:
    """A row without quotes."""
    return ";".join((str(number), *(f"c{place}" for place in range(1, len(COLUMNS)))))


def entries(path: Path) -> list[tuple[int, str]]:
    """What is read: the line, and the row's id or the fault's code."""
    with open_export(path) as reader:
        return [
            (entry.line, entry.code if isinstance(entry, Fault) else entry.cells["id"])
            for entry in reader
        ]


def written(path: Path, *lines: str | bytes, header: str = HEADER, end: bytes = b"\r\n") -> Path:
    content = [line if isinstance(line, bytes) else line.encode() for line in (header, *lines)]
    path.write_bytes(b"\xef\xbb\xbf" + end.join(content) + end)
    return path


def test_a_row_is_read_with_its_line_and_its_cells_by_name(tmp_path: Path) -> None:
    file = legacy.write(tmp_path / "export.csv", legacy.rows(2))
    with open_export(file) as reader:
        assert list(reader) == [Record(2, legacy.row(1)), Record(3, legacy.row(2))]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_are_counted_as_they_stand_in_the_file(tmp_path: Path, end: bytes) -> None:
    two_lines = f'2;"two{end.decode()}lines"' + ";x" * (len(COLUMNS) - 2)
    file = written(tmp_path / "export.csv", plain(1), "", two_lines, plain(3), end=end)
    assert entries(file) == [(2, "1"), (4, "2"), (6, "3")]


def test_the_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    header = ";".join(reversed(COLUMNS))
    file = written(tmp_path / "export.csv", ";".join("abcdefghijklmnopqr"), header=header)
    assert entries(file) == [(2, "r")]


def test_a_file_without_bom_and_last_line_end_is_read(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(f"{HEADER}\n{plain(1)}")
    assert entries(file) == [(2, "1")]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ('2;"open' + ";x" * 16, "row_malformed"),
        ('2;"closed" too early' + ";x" * 16, "row_malformed"),
        ("2;a\rb" + ";x" * 16, "row_malformed"),
        ("2;short", "wrong_column_count"),
        (plain(2) + ";", "wrong_column_count"),
        ("2;" + "x" * LONGEST_RECORD, "row_too_long"),
        ("2;" + "x" * 5 * LONGEST_RECORD, "row_too_long"),
        ('2;"' + "x" * 5 * LONGEST_RECORD, "row_too_long"),
    ],
)
def test_a_line_that_is_no_row_costs_itself_alone(tmp_path: Path, broken: str, code: str) -> None:
    file = written(tmp_path / "export.csv", plain(1), broken, plain(3), broken, plain(5), plain(6))
    assert entries(file) == [(2, "1"), (3, code), (4, "3"), (5, code), (6, "5"), (7, "6")]


def test_an_open_quote_does_not_swallow_the_quoted_rows_behind_it(tmp_path: Path) -> None:
    quoted = '3;"Bloco B; fundos"' + ";x" * 16
    file = written(tmp_path / "export.csv", '2;"open' + ";x" * 16, quoted, plain(4))
    assert entries(file) == [(2, "row_malformed"), (3, "3"), (4, "4")]


def test_an_open_quote_in_the_last_line_is_told(tmp_path: Path) -> None:
    assert entries(written(tmp_path / "export.csv", plain(1), '2;"')) == [
        (2, "1"),
        (3, "row_malformed"),
    ]


def test_bytes_that_are_no_utf8_and_nul_reach_the_cell_that_holds_them(tmp_path: Path) -> None:
    file = written(tmp_path / "export.csv", b"\xff\x00" + plain(1).encode(), plain(2))
    assert entries(file) == [(2, "\udcff\x001"), (3, "2")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not begin with the header"),
        (b"\n\n\n", "does not begin with the header"),
        (b'"', "does not begin with the header"),
        (b"x" * 3 * LONGEST_RECORD, "does not begin with the header"),
        (b"\x00\x01\xff\xfe" * 9, "lacks: id, tipo"),
        (b"PK\x03\x04", "lacks: id, tipo"),
        (HEADER.encode("utf-16"), "lacks: id, tipo"),
        (HEADER.replace(";", ",").encode(), "lacks: id, tipo"),
        (HEADER.replace(";senha", "").encode(), "lacks: senha"),
        (f"{HEADER};apelido".encode(), "column 19 is not known"),
        (f"{HEADER};email".encode(), "names email twice"),
    ],
)
def test_a_file_without_the_header_is_no_export(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    with pytest.raises(NotAnExport, match=message), open_export(file):
        pass


def test_a_file_that_begins_with_somebodys_data_is_refused_without_it(tmp_path: Path) -> None:
    file = legacy.write(tmp_path / "export.csv", legacy.rows(2))
    headless = tmp_path / "headless.csv"
    headless.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(NotAnExport) as refused, open_export(headless):
        pass
    assert not any(cell in str(refused.value) for cell in legacy.row(1).values() if len(cell) > 2)


def test_a_folder_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(NotAnExport, match="regular file"), open_export(tmp_path):
        pass


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    with file.open("w") as out:
        out.write(HEADER + "\n")
        for number in range(3000):
            out.write(plain(number) + "\n")
        out.write('"' + "x" * 4_000_000)  # one line that is longer than all of them
    tracemalloc.start()
    try:
        with open_export(file) as reader:
            [last] = deque(reader, maxlen=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert last == Fault(3002, None, "row_too_long", {"max": LONGEST_RECORD})
    assert peak < 1_000_000


@given(body=st.text(st.sampled_from('a;"\n\r\x00é'), max_size=200))
def test_no_text_stops_the_reader_and_every_line_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, body: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(f"{HEADER}\n{body}\n".encode())
    found = [line for line, _ in entries(file)]
    assert found == sorted(set(found))
    assert all(2 <= line <= body.count("\n") + 2 for line in found)


@given(body=st.binary(max_size=200))
def test_no_bytes_stop_the_reader(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.csv"
    file.write_bytes(HEADER.encode() + b"\n" + body)
    found = [line for line, _ in entries(file)]
    assert found == sorted(set(found))
