"""`app/core/zip_stream.py`: archives that others read, made in bounded memory."""

import hashlib
import io
import random
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest

from app.core.zip_stream import ZipStream

AT = datetime(2026, 11, 28, 21, 4, 6, tzinfo=UTC)


def archive(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def test_entries_come_back_with_their_sizes_and_hashes() -> None:
    stream, content = ZipStream(AT), b""
    stream.begin("one.csv")
    for number in range(5000):
        stream.write(b"%d,x\r\n" % number)
        content += stream.take()
    one = stream.end()
    none = stream.add("none.txt", b"")
    content += stream.finish()
    with archive(content) as found:
        assert found.testzip() is None
        assert [entry.filename for entry in found.infolist()] == ["one.csv", "none.txt"]
        assert {entry.date_time for entry in found.infolist()} == {(2026, 11, 28, 21, 4, 6)}
        for entry in (one, none):
            inner = found.read(entry.name)
            assert (len(inner), hashlib.sha256(inner).hexdigest()) == (entry.bytes, entry.sha256)
    assert one.bytes > len(content)  # it is compressed


def test_the_same_content_at_the_same_moment_is_the_same_bytes() -> None:
    def made() -> bytes:
        stream = ZipStream(AT)
        stream.add("a.txt", b"content" * 1000)
        return stream.finish()

    assert made() == made()


def test_what_was_taken_is_not_kept() -> None:
    block = random.Random(1).randbytes(1 << 20)
    stream = ZipStream(AT)
    stream.begin("large.bin")
    stream.write(block)
    stream.take()
    tracemalloc.start()
    try:
        for _ in range(40):
            stream.write(block)
            stream.take()
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    stream.end()
    stream.finish()


def test_nothing_is_written_outside_an_entry() -> None:
    stream = ZipStream(AT)
    for deed in (lambda: stream.write(b"x"), stream.end):
        with pytest.raises(ValueError, match="no entry"):
            deed()
    stream.finish()


def test_one_can_be_left_in_the_middle_of_an_entry() -> None:
    stream = ZipStream(AT)
    stream.begin("a.txt")
    stream.write(b"x")
    stream.abandon()
    assert stream.take() == b""
    stream.abandon()
