"""Our worker dealing with the incidents that are running, once, in a process of its own.

    python -m tests.bench.incident_worker

Settings come from the environment, as the service's do. Prints the seconds it took, and the peak
of its memory after the first tenth and at the end.
"""

import json
from collections.abc import Awaitable, Callable
from time import perf_counter
from uuid import UUID

import uvloop

from app.core import telemetry
from app.core.clock import system_clock
from app.core.garbage import spare_the_collector
from app.core.settings import Settings
from app.services import incident_work
from app.services.keyrings import open_keyring
from app.services.platform import Platform, open_platform
from tests.bench.memory import peak_kib

Batch = Callable[[Platform, UUID, int], Awaitable[int]]


async def run() -> dict[str, float]:
    """Deal with everything, and tell."""
    settings = Settings()
    telemetry.configure(production=True, level="error")
    platform = open_platform(settings, system_clock, open_keyring(settings))
    spare_the_collector()  # as `salvaguarda worker` does
    peaks: list[int] = []
    batch: Batch = incident_work._batch

    async def watched(platform: Platform, incident_id: UUID, most: int) -> int:
        count = await batch(platform, incident_id, most)
        peaks.append(peak_kib())
        return count

    incident_work._batch = watched
    try:
        started = perf_counter()
        logins = await incident_work.work(platform)
        seconds = perf_counter() - started
    finally:
        await platform.close()
    early = peaks[min(len(peaks) // 10, len(peaks) - 1)]
    return {"logins": logins, "seconds": seconds, "early_kib": early, "peak_kib": peak_kib()}


def main() -> None:
    """The process's work."""
    print(json.dumps(uvloop.run(run())))


if __name__ == "__main__":
    main()
