"""Verifying signed documents through the pool, against pyHanko's bare calls, on both cores."""

import asyncio
import os
import sys
from asyncio import subprocess
from pathlib import Path
from time import perf_counter

from app.core.clock import system_clock
from app.security.document_pool import DocumentPool
from tests.bench.cores import Cores
from tests.bench.figures import Figure, compare
from tests.bench.trials import BenchBroken
from tests.support.room import ROOT
from tests.support.signed_documents import pdf, signed
from tests.support.signing import SIGNER, World, person, revocation_list, signer

LISTED = 5000
"""Revoked certificates on the list of the signer's authority."""
SCAN = 300_000
"""Bytes of a scanned page in the document."""


async def measure(cores: Cores, folder: Path, rounds: int, seconds: float) -> list[Figure]:
    """Verifications a second, ours and by hand in turn."""
    order = await _prepare(folder)
    both = {cores.server, cores.others}
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, both)  # whatever is started from here on may use both
    pool = DocumentPool(
        folder / "trust", workers=len(both), queue_length=8, memory_mib=768, seconds=60
    )
    ours: list[float] = []
    theirs: list[float] = []
    try:
        await _through(pool, order, 1.0)
        for _ in range(rounds):
            ours.append(await _through(pool, order, seconds))
            loops = [_bare(folder, seconds) for _ in both]
            theirs.append(sum(await asyncio.gather(*loops)))
    finally:
        pool.close()
        os.sched_setaffinity(0, before)
    name = "signed documents, both cores"
    return [compare(name, "1/s", ours, "bare pyHanko", theirs, at_least=0.7)]


async def _prepare(folder: Path) -> bytes:
    world = World.made()
    trust = world.trust(folder / "trust")
    long = revocation_list(world.intermediate, fillers=LISTED)
    (trust / "crls" / "ac.crl").write_bytes(long)
    scan = b"<</Length %d>>stream\n%b\nendstream" % (SCAN, os.urandom(SCAN))
    order = await signed(pdf(more={6: scan}), signer(person(world.intermediate)))
    (folder / "order.pdf").write_bytes(order)
    return order


async def _through(pool: DocumentPool, order: bytes, seconds: float) -> float:
    """As many as it can take, four at a time."""
    done, started = 0, perf_counter()

    async def keep_asking() -> None:
        nonlocal done
        while perf_counter() - started < seconds:
            report = await pool.verify(order, signer_tax_id=SIGNER, at=system_clock())
            if report.verdict != "accepted":
                raise BenchBroken(f"a sound document was {report.verdict}: {report.findings}")
            done += 1

    await asyncio.gather(*(keep_asking() for _ in range(4)))
    return done / (perf_counter() - started)


async def _bare(folder: Path, seconds: float) -> float:
    command = [sys.executable, "-m", "tests.bench.documents_loop", str(folder), str(seconds)]
    loop = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    output, _ = await loop.communicate()
    if loop.returncode:
        raise BenchBroken("the bare loop ended early")
    return float(output)
