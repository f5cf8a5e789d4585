"""`app/worker/delivery.py`: from the outbox to a real mail server, on good days and on bad ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from app.core import telemetry
from app.core.database import unavailable
from app.models import OutboxMessage
from app.services.mail_message import SENT, Letter, Outcome
from app.services.outbox_leases import LEASE, claim, settle
from app.services.platform import Platform
from app.worker import delivery
from tests.support.databases import migrate
from tests.support.mails import delivering, mail, post, settled, states, until
from tests.support.post import mails
from tests.support.postgres import private_postgres
from tests.support.service import Service, serving
from tests.support.smtp import SmtpServer, smtp_server

HOST = "exemplo.com.br"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle workers look again at once."""
    monkeypatch.setattr(delivery, "POLL", 0.02)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path, server: SmtpServer) -> AsyncIterator[Service]:
    async with serving(
        database_url, tmp_path, smtp_url=server.url, mail_from=f"no-reply@{HOST}"
    ) as service:
        yield service


@pytest.fixture
def platform(house: Service) -> Platform:
    return house.platform


async def fill(platform: Platform, number: int, **options: Any) -> None:
    await post(platform, *(mail(platform, f"a{n}@{HOST}", **options) for n in range(number)))


class Fake:
    """A way out that a test decides about."""

    connections = 2

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Letter] = []
        self.closed = False

    async def send(self, letter: Letter, _objection: object = None) -> Outcome:
        self.sent.append(letter)
        return self.outcomes.pop(0) if self.outcomes else SENT

    async def close(self) -> None:
        self.closed = True


def through(monkeypatch: pytest.MonkeyPatch, transport: Any) -> None:
    monkeypatch.setattr(delivery, "open_transport", lambda _: transport)


async def test_a_queued_message_arrives_as_its_template_says(
    platform: Platform, server: SmtpServer
) -> None:
    message = mail(platform, f"ana@{HOST}")
    async with delivering(platform):
        await post(platform, message)
        [row] = await until(platform, settled)
    assert (row.state, row.attempts, row.code, row.reason) == ("sent", 1, None, None)
    assert (row.sealed, row.lease, row.due_at) == (None, None, None)
    assert row.settled_at >= row.created_at
    [arrived] = server.mailbox.arrived
    assert arrived.recipient == arrived.message["To"] == f"ana@{HOST}"
    assert arrived.id == f"<{row.id}@{HOST}>"
    assert arrived.message["From"] == f"Agência Alainer <no-reply@{HOST}>"
    assert arrived.message["Auto-Submitted"] == "auto-generated"
    words = platform.mail_templates.render(
        message.template, "pt-BR", {**message.params, **(message.secret or {})}
    )
    assert arrived.message["Subject"] == words.subject
    assert arrived.text.split() == words.text.split()
    assert arrived.html.split() == words.html.split()


async def test_every_fate_at_once(house: Service, server: SmtpServer) -> None:
    platform = house.platform
    kinds = ("ana", "bounce", "bounce-data", "defer", "defer-data", "drop", "bia")
    await post(platform, *(mail(platform, f"{kind}@{HOST}") for kind in kinds))
    async with delivering(platform):
        await until(
            platform, lambda found: all(r.state not in ("queued", "sending") for r in found)
        )
    found = {row.recipient.partition("@")[0]: row for row in await mails(platform)}
    assert {kind: (row.state, row.code) for kind, row in found.items()} == {
        "ana": ("sent", None),
        "bia": ("sent", None),
        "bounce": ("bounced", 550),
        "bounce-data": ("bounced", 554),
        "defer": ("deferred", 451),
        "defer-data": ("deferred", 452),
        "drop": ("deferred", None),
    }
    assert {kind for kind, row in found.items() if row.sealed} == {"defer", "defer-data", "drop"}


@pytest.mark.parametrize("kind", ["defer", "defer-data", "drop", "busy"])
async def test_what_was_deferred_arrives_later_under_the_same_name(
    house: Service, server: SmtpServer, kind: str
) -> None:
    platform = house.platform
    server.mailbox.once(f"{kind}@{HOST}")
    await post(platform, mail(platform, f"{kind}@{HOST}"))
    async with delivering(platform):
        [row] = await until(platform, lambda found: found[0].state == "deferred")
        house.clock.ahead = timedelta(minutes=2)
        await until(platform, settled)
    assert await states(platform) == {f"{kind}@{HOST}": "sent"}
    assert server.mailbox.ids() == {f"<{row.id}@{HOST}>": 2 if kind == "drop" else 1}
    assert len({each.content for each in server.mailbox.arrived}) == 1


async def test_several_workers_never_send_a_message_twice(
    platform: Platform, server: SmtpServer
) -> None:
    await fill(platform, 300, batch="b")
    async with delivering(platform, workers=3):
        await fill(platform, 20)
        await until(platform, settled)
    assert set(server.mailbox.ids().values()) == {1}
    assert len(server.mailbox.arrived) == 320
    assert {(row.state, row.attempts) for row in await mails(platform)} == {("sent", 1)}
    assert server.mailbox.connections <= 12


async def test_a_server_that_is_away_costs_nothing_but_time(
    house: Service, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST_PAUSE", 0.1)
    platform = house.platform
    server.stop()
    await fill(platform, 100)
    async with delivering(platform):
        # Not the whole batch is tried in vain: a few, and then one at a time.
        tried = await until(platform, lambda found: sum(r.state == "deferred" for r in found) >= 6)
        assert sum(row.state == "deferred" for row in tried) < 20
        server.start()
        house.clock.ahead = timedelta(minutes=2)
        await until(platform, settled)
    assert set((await states(platform)).values()) == {"sent"}
    assert set(server.mailbox.ids().values()) == {1}
    assert len(server.mailbox.arrived) == 100


async def test_after_a_halt_one_letter_at_a_time_tries_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST_PAUSE", 0.01)
    halt = Outcome("deferred", "unreachable", halting=True)
    transport = Fake(*[halt] * 5)
    through(monkeypatch, transport)
    await fill(platform, 50)
    async with delivering(platform):
        found = await until(platform, lambda found: sum(r.state == "sent" for r in found) >= 45)
    assert transport.closed
    assert sorted(row.state for row in found) == ["deferred"] * 5 + ["sent"] * 45
    assert {(row.reason, row.attempts) for row in found if row.state == "deferred"} == {
        ("unreachable", 1)
    }


async def test_the_database_goes_away_and_comes_back(tmp_path: Path, server: SmtpServer) -> None:
    with private_postgres({"fsync": "off"}) as own:
        migrate(own.url())
        async with serving(own.url(), tmp_path, smtp_url=server.url) as house:
            platform = house.platform
            await fill(platform, 400)
            async with delivering(platform):
                await server.mailbox.holds(40)
                own.stop()
                await asyncio.sleep(0.3)  # a while without it, in which nothing must break
                own.start()
                house.clock.ahead = LEASE + timedelta(seconds=1)
                await until(platform, settled)
    counts = server.mailbox.ids()
    assert len(counts) == 400
    # What had been sent was settled once the database was back: nobody got it again, except what
    # a transaction that was under way left unsaid.
    assert sum(counts.values()) <= 400 + delivery.GROUP


async def test_a_settlement_is_tried_until_it_stands(
    platform: Platform, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [unavailable()] * 3

    async def hindered(*arguments: Any) -> list[str]:
        if failures:
            raise failures.pop()
        return await settle(*arguments)

    monkeypatch.setattr(delivery, "settle", hindered)
    await fill(platform, 5)
    async with delivering(platform):
        await until(platform, settled)
    assert failures == []
    assert set(server.mailbox.ids().values()) == {1}


@pytest.mark.parametrize("damage", ["template", "params", "sealed", "recipient"])
async def test_what_can_never_be_sent_is_abandoned_and_holds_up_no_other(
    platform: Platform,
    server: SmtpServer,
    monkeypatch: pytest.MonkeyPatch,
    damage: str,
) -> None:
    logged: list[dict[str, Any]] = []

    class Log:
        def error(self, event: str, **values: Any) -> None:
            logged.append({"event": event, **values})

        def warning(self, event: str, **values: Any) -> None:
            raise AssertionError(event)

    monkeypatch.setattr(telemetry, "logger", Log())
    await post(platform, mail(platform, f"ana@{HOST}"), mail(platform, f"bia@{HOST}"))
    values = {
        "template": "gone",
        "params": {"password": "segredo"},
        "sealed": b"\x01" + bytes(60),
        "recipient": "ana@x.test\r\nBcc: eu",
    }
    async with platform.database.transaction() as connection:
        await connection.execute(
            update(OutboxMessage)
            .where(OutboxMessage.recipient == f"ana@{HOST}")
            .values({damage: values[damage]})
        )
    async with delivering(platform):
        await until(platform, settled)
    first, second = await mails(platform)
    assert (first.state, first.reason, first.sealed) == ("abandoned", "not_composed", None)
    assert second.state == "sent"
    [line] = logged
    assert line["event"] == "message_not_composed"
    assert line.keys() >= {"template", "error", "where"}
    assert "segredo" not in str(line)
    assert "x.test" not in str(line)


async def test_a_worker_that_is_stopped_finishes_its_letters_and_gives_back_the_rest(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Fake):
        async def send(self, letter: Letter, _objection: object = None) -> Outcome:
            if len(self.sent) == 1:
                begun.set()
            outcome = await super().send(letter)
            await go_on.wait()
            return outcome

    transport = Slow()
    through(monkeypatch, transport)
    await fill(platform, 10)
    task = asyncio.create_task(delivery.run(platform))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert transport.closed
    found = await mails(platform)
    assert sorted(row.state for row in found) == ["queued"] * 8 + ["sent"] * 2
    assert {row.attempts for row in found if row.state == "queued"} == {0}
    assert {row.lease for row in found} == {None}


async def test_a_letter_that_takes_too_long_does_not_keep_a_worker_from_stopping(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "GRACE", 0.1)
    begun = asyncio.Event()

    class Endless(Fake):
        async def send(self, letter: Letter, _objection: object = None) -> Outcome:
            begun.set()
            await asyncio.sleep(3600)
            return SENT

    transport = Endless()
    through(monkeypatch, transport)
    await fill(platform, 1)
    task = asyncio.create_task(delivery.run(platform))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert transport.closed
    assert await states(platform) == {f"a0@{HOST}": "sending"}  # its lease will end


async def test_letters_are_not_begun_when_the_lease_is_nearly_over(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BEGIN_WITHIN", -1.0)
    transport = Fake()
    through(monkeypatch, transport)
    await fill(platform, 3)
    async with delivering(platform):
        await asyncio.sleep(0.2)
    assert transport.sent == []
    assert set((await states(platform)).values()) == {"queued"}
    assert {row.attempts for row in await mails(platform)} == {0}


async def test_without_a_server_mails_are_files(database_url: str, tmp_path: Path) -> None:
    async with serving(database_url, tmp_path) as house:
        await fill(house.platform, 3)
        async with delivering(house.platform):
            found = await until(house.platform, settled)
    files = {file.name for file in (tmp_path / "mail").iterdir()}
    assert files == {f"{row.id}.eml" for row in found}


async def test_unfit_settings_stop_it_at_once(platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"smtp_url": "nonsense"})
    object.__setattr__(platform, "settings", settings)
    with pytest.raises(ValueError, match="SMTP_URL"):
        await delivery.run(platform)


async def test_the_embedded_worker_sends_within_a_moment(
    database_url: str, tmp_path: Path, server: SmtpServer
) -> None:
    async with serving(database_url, tmp_path, smtp_url=server.url, worker="embedded") as house:
        await fill(house.platform, 1)
        await server.mailbox.holds(1)
    # It is stopped with the service, having written down what it did.
    async with serving(database_url, tmp_path) as house:
        assert await states(house.platform) == {f"a0@{HOST}": "sent"}


async def test_it_comes_back_after_its_own_failure(
    platform: Platform, server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`worker/loop.py` begins it again."""
    from app.worker import loop

    failures = [RuntimeError("a mistake of ours")]

    async def mistaken(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return await claim(*arguments)

    monkeypatch.setattr(delivery, "claim", mistaken)
    [duty] = [each for each in loop.DUTIES if each.do is delivery.run]
    monkeypatch.setattr(loop, "DUTIES", (loop.Duty(duty.name, 0.01, duty.do, duty.endless),))
    await fill(platform, 1)
    task = asyncio.create_task(loop.run(platform))
    await until(platform, settled)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert len(server.mailbox.arrived) == 1
