"""`kill -9` of a worker between the mail server's yes and our note of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from app.services.outbox_leases import LEASE
from tests.support.mails import delivering, mail, post, settled, until
from tests.support.post import mails
from tests.support.room import ROOT
from tests.support.service import serving
from tests.support.smtp import smtp_server

MAILS = 30
FATAL = 5
"""The letter at whose arrival the worker dies."""


@contextmanager
def worker(folder: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """`salvaguarda worker`, of this checkout."""
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from app.cli import main; main()", "worker"],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_a_resend_after_the_crash_bears_the_same_name(
    database_url: str, tmp_path: Path
) -> None:
    with smtp_server() as server:
        async with serving(database_url, tmp_path, smtp_url=server.url) as house:
            platform = house.platform
            await post(platform, *(mail(platform, f"a{n}@exemplo.com.br") for n in range(MAILS)))
            environment = {
                **{name: value for name, value in os.environ.items() if "SALVAGUARDA" not in name},
                "SALVAGUARDA_DATABASE_URL": database_url,
                "SALVAGUARDA_VAR_DIR": str(tmp_path),
                "SALVAGUARDA_SMTP_URL": server.url,
            }
            with worker(tmp_path, environment) as process:

                def kill() -> None:
                    if len(server.mailbox.arrived) == FATAL:
                        process.kill()
                        process.wait()

                server.mailbox.on_arrival = kill
                await server.mailbox.holds(FATAL)
                process.wait(30)
            left = {row.state for row in await mails(platform)}
            assert "sending" in left

            server.mailbox.on_arrival = None
            house.clock.ahead = LEASE + timedelta(seconds=1)  # nobody else may touch it before
            async with delivering(platform):
                rows = await until(platform, settled)
            assert {row.state for row in rows} == {"sent"}
            after = server.mailbox.ids()
            domain = "salvaguarda.test"
            assert after.keys() == {f"<{row.id}@{domain}>" for row in rows}
            twice = {name for name, times in after.items() if times > 1}
            assert twice, "the letter at whose arrival the worker died was not known to be sent"
            assert max(after.values()) == 2
            for name in twice:
                same = {each.content for each in server.mailbox.arrived if each.id == name}
                assert len(same) == 1, "the resend is the same letter to the byte"
