"""Who runs where: the server under test alone on one core, everything else on another."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Cores:
    """The core of the server under test, and the one that load generator and database share."""

    def __init__(self) -> None:
        available = sorted(os.sched_getaffinity(0))
        if len(available) < 2:
            raise SystemExit("the bench needs two cores")
        self.server, self.others = available[0], available[1]

    def describe(self) -> str:
        """For the head of the report."""
        return (
            f"server process alone on core {self.server}; "
            f"load generator and PostgreSQL together on core {self.others}"
        )

    async def taken_by_others(self) -> float:
        """The share of both cores in use, from 0 to 1, while we and our database do nothing."""
        before = self._busy_and_all()
        await asyncio.sleep(3)
        busy, every = (now - then for now, then in zip(self._busy_and_all(), before, strict=True))
        return busy / every

    def _busy_and_all(self) -> tuple[int, int]:
        wanted = {f"cpu{self.server}", f"cpu{self.others}"}
        lines = (line.split() for line in Path("/proc/stat").read_text().splitlines())
        times = [[int(each) for each in line[1:9]] for line in lines if line[0] in wanted]
        idle = sum(each[3] + each[4] for each in times)
        every = sum(map(sum, times))
        return every - idle, every

    @contextmanager
    def starting_on(self, core: int) -> Iterator[None]:
        """Processes that are started meanwhile inherit `core` and stay on it."""
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            yield
        finally:
            os.sched_setaffinity(0, before)

    def take_others(self, backend: int | None) -> None:
        """Put this process, and the local PostgreSQL that process `backend` is of, on `others`."""
        os.sched_setaffinity(0, {self.others})
        if backend is not None:
            postmaster = _parent(backend)
            for process in (postmaster, *_children(postmaster)):
                os.sched_setaffinity(process, {self.others})


def cpu_seconds(process: int) -> float:
    """The processor time that a process has used, all its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in listed.split()]
