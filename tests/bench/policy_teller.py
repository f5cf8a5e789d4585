"""Our telling everybody of a policy, once, in a process of its own.

    python -m tests.bench.policy_teller VERSION [LOGINS]

Queues the messages about a version as publishing it does, in a transaction of its own; with a
number, about so many of the newest logins and the accounts at their addresses. Settings come from
the environment, as the service's do.
Prints how many were told, the seconds it took, and the peak of its memory before and after.
"""

import json
import sys
from time import perf_counter
from typing import Any

import uvloop
from sqlalchemy import select

from app.core import telemetry
from app.core.clock import system_clock
from app.core.garbage import spare_the_collector
from app.core.settings import Settings
from app.models import Customer, Login, Policy
from app.services import policy_notices
from app.services.keyrings import open_keyring
from app.services.platform import open_platform
from app.services.system import operator
from tests.bench.memory import peak_kib


async def run(version: int, logins: int | None) -> dict[str, Any]:
    """Tell, and what it took."""
    telemetry.configure(production=True, level="error")
    settings = Settings()
    platform = open_platform(settings, system_clock, open_keyring(settings))
    spare_the_collector()  # as `salvaguarda worker` does
    try:
        async with platform.database.transaction() as connection:  # a warm connection
            newest = select(Login.id).order_by(Login.id.desc()).offset((logins or 1) - 1).limit(1)
            first = (await connection.execute(newest)).scalar_one()
            await connection.execute(select(Policy.version))
        owed, owed_accounts = policy_notices._owed, policy_notices._owed_accounts
        if logins is not None:
            addresses = select(Login.email_key).where(Login.id >= first)
            theirs = Customer.email_key.in_(addresses)
            policy_notices._owed = lambda *about: owed(*about).where(Login.id >= first)
            policy_notices._owed_accounts = lambda *about: owed_accounts(*about).where(theirs)
        before = peak_kib()
        started = perf_counter()
        async with platform.database.transaction() as connection:
            told = await policy_notices.tell(platform, connection, operator(), version)
        seconds = perf_counter() - started
    finally:
        await platform.close()
    return {"told": told, "seconds": seconds, "before_kib": before, "peak_kib": peak_kib()}


def main() -> None:
    """The process's work."""
    version, *logins = map(int, sys.argv[1:])
    print(json.dumps(uvloop.run(run(version, logins[0] if logins else None))))


if __name__ == "__main__":
    main()
