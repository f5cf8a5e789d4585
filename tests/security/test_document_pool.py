"""The processes that read documents: lazy, bounded in time and memory, shut in, replaceable."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import Failure
from app.security import document_pool
from app.security.document_pool import DocumentPool
from app.security.document_reports import DocumentReport
from tests.support.signed_documents import pdf, signed
from tests.support.signing import NOW, SIGNER, World, person, signer

LARGE = pdf(more={6: b"[" + b"0 " * 9_000_000 + b"]"})
"""Takes pyHanko gigabytes, though it is within every limit of size."""

ENDLESS = (
    b"%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 4/W[0 0 0]/Index[0 1000000000000]/Root 1 0 R/Length 0>>"
    b"stream\n\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
)
"""A table of a million million objects that take no bytes."""


@pytest.fixture(scope="module")
def world() -> World:
    return World.made()


@pytest.fixture(scope="module")
def trust(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture
async def order(world: World) -> bytes:
    return await signed(pdf(), signer(person(world.intermediate)))


def opened(trust: Path, *, memory_mib: int = 768, seconds: int = 60) -> DocumentPool:
    return DocumentPool(trust, workers=1, queue_length=4, memory_mib=memory_mib, seconds=seconds)


@pytest.fixture
def pool(trust: Path) -> Iterator[DocumentPool]:
    pool = opened(trust)
    yield pool
    pool.close()


async def verified(pool: DocumentPool, document: bytes) -> DocumentReport:
    async with asyncio.timeout(120):
        return await pool.verify(document, signer_tax_id=SIGNER, at=NOW)


def children() -> set[int]:
    lists = Path("/proc/self/task").glob("*/children")
    return {int(child) for each in lists for child in each.read_text().split()}


def kill(process: int) -> None:
    """End a child of ours; it stays to be found by whoever started it."""
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)


def environment_of(process: int) -> bytes:
    return Path(f"/proc/{process}/environ").read_bytes()


async def test_nothing_is_started_before_it_is_wanted_and_nothing_left_behind(
    trust: Path, order: bytes
) -> None:
    before = children()
    pool = opened(trust)
    assert children() == before
    assert (await verified(pool, order)).verdict == "accepted"
    assert len(children() - before) == 1
    assert (await verified(pool, order)).verdict == "accepted"
    assert len(children() - before) == 1  # the same one again
    pool.close()
    assert children() <= before


async def test_a_document_that_takes_too_long_is_given_up(
    trust: Path, order: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_pool, "PATIENCE", 1000)  # the clock is not what ends it
    pool = opened(trust, memory_mib=8192, seconds=2)
    report = await verified(pool, ENDLESS)
    assert [finding.code for finding in report.findings] == ["verification_too_long"]
    assert (report.verdict, report.size) == ("malformed", len(ENDLESS))
    assert report.sha256 is not None
    assert (await verified(pool, order)).verdict == "accepted"
    pool.close()


async def test_a_process_that_stands_still_is_given_up(trust: Path, order: bytes) -> None:
    """Its processor's time does not run: the clock's does."""
    before = children()
    pool = opened(trust, seconds=1)
    assert (await verified(pool, order)).verdict == "accepted"
    [worker] = children() - before
    os.kill(worker, signal.SIGSTOP)
    report = await verified(pool, order)
    assert [finding.code for finding in report.findings] == ["verification_too_long"]
    assert (await verified(pool, order)).verdict == "accepted"
    pool.close()


async def test_a_document_that_takes_too_much_memory_is_given_up(trust: Path, order: bytes) -> None:
    pool = opened(trust, memory_mib=256)
    report = await verified(pool, LARGE)
    assert [finding.code for finding in report.findings] == ["verification_broken_off"]
    assert report.verdict == "malformed"
    assert (await verified(pool, order)).verdict == "accepted"
    pool.close()


async def test_a_process_that_was_ended_while_idle_costs_no_verdict(
    pool: DocumentPool, order: bytes
) -> None:
    before = children()
    assert (await verified(pool, order)).verdict == "accepted"
    [worker] = children() - before
    kill(worker)
    assert (await verified(pool, order)).verdict == "accepted"


async def test_a_process_is_replaced_after_many_documents(
    pool: DocumentPool, order: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_pool, "_JOBS", 1)
    before = children()
    assert (await verified(pool, order)).verdict == "accepted"
    assert children() <= before


@pytest.mark.parametrize("program", ["/no/such/python", shutil.which("true")])
async def test_where_no_process_starts_it_is_busy(
    trust: Path, order: bytes, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    pool = opened(trust)
    with pytest.raises(Failure, match="documents_busy"):
        await verified(pool, order)
    pool.close()


async def test_who_gives_up_leaves_nothing_behind(pool: DocumentPool, order: bytes) -> None:
    asked = asyncio.create_task(verified(pool, order))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (await verified(pool, order)).verdict == "accepted"


DEEDS = {
    "import socket; socket.socket()": "DoorShut",
    "import socket; socket.getaddrinfo('localhost', 80)": "DoorShut",
    "import subprocess; subprocess.run(['true'])": "DoorShut",
    "import os; os.system('true')": "DoorShut",
    "import os; os.fork()": "DoorShut",
    "open('written', 'w').write('x' * 10**6)": "OSError",
    "bytearray(3 * 10**9)": "MemoryError",
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_worker_can_do_nothing_else(tmp_path: Path) -> None:
    program = f"""
from app.security import document_worker
document_worker._shut_doors(2048)
for deed in {list(DEEDS)!r}:
    try:
        exec(deed)
        print("done")
    except BaseException as error:
        print(type(error).__name__)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert dict(zip(DEEDS, done.stdout.split(), strict=True)) == DEEDS


async def test_a_worker_knows_nothing_of_ours(
    trust: Path, order: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALVAGUARDA_DATABASE_URL", "postgresql://salvaguarda:geheim@db/x")
    before = children()
    pool = opened(trust)
    assert (await verified(pool, order)).verdict == "accepted"
    [worker] = children() - before
    environment = environment_of(worker)
    assert b"geheim" not in environment
    assert b"SALVAGUARDA" not in environment
    pool.close()


def test_a_worker_ends_with_whoever_started_it(trust: Path) -> None:
    """Its standard input ends then, however its parent ended."""
    process = subprocess.Popen(
        document_pool._command(trust, 768, 60), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.read(4) == bytes(4)
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()
