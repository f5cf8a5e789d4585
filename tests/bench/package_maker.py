"""Our making of one package of the audit log, in a process of its own.

    python -m tests.bench.package_maker ROWS

Collects so many events in both forms, signs, encrypts and stores. Settings come from the
environment, as the service's do. Prints rows, bytes stored, seconds, and the peak of its memory.
"""

import json
import sys
from collections.abc import AsyncGenerator
from time import perf_counter
from typing import Any

import pyrage
import uvloop
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import telemetry
from app.core.clock import system_clock
from app.core.garbage import spare_the_collector
from app.core.settings import Settings
from app.models import AuditEvent
from app.services import packages
from app.services.keyrings import open_keyring
from app.services.package_orders import Batch
from app.services.package_rows import rows_of
from app.services.platform import open_platform
from tests.bench.memory import peak_kib
from tests.support.packages import category, order

COLUMNS = AuditEvent.__table__.columns


async def run(rows: int) -> dict[str, Any]:
    """Make it, and what it took."""
    telemetry.configure(production=True, level="error")
    settings = Settings()
    platform = open_platform(settings, system_clock, open_keyring(settings))
    spare_the_collector()  # as `salvaguarda worker` does

    def collect(connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        return rows_of(connection, select(*COLUMNS).order_by(AuditEvent.id).limit(rows))

    try:
        platform.certificates.create()
        recipient = str(pyrage.x25519.Identity.generate().to_public())
        ordered = order(category(collect, "audit_events", COLUMNS.keys()))
        started = perf_counter()
        made = await packages.make(platform, ordered, recipient)
        seconds = perf_counter() - started
    finally:
        await platform.close()
    found = json.loads(made.manifest)["categories"][0]["rows"]
    return {
        "rows": found,
        "bytes": made.stored.bytes,
        "seconds": seconds,
        "peak_kib": peak_kib(),
    }


def main() -> None:
    """The process's work."""
    print(json.dumps(uvloop.run(run(int(sys.argv[1])))))


if __name__ == "__main__":
    main()
