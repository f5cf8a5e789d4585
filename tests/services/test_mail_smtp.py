"""`app/services/mail_smtp.py` against a real server on the loopback."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ssl import SSLContext
from uuid import uuid4

import pytest

from app.schemas.deliveries import Reason
from app.services import mail_smtp
from app.services.mail_message import SENT, Letter, Outcome, Sender
from app.services.mail_smtp import SmtpServer, SmtpTransport
from tests.support.certificates import Certified, certified
from tests.support.smtp import SmtpServer as RunningServer
from tests.support.smtp import smtp_server

SENDER = Sender("Agência Exemplo", "no-reply@exemplo.com.br")


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return certified(tmp_path_factory.mktemp("certificate"))


def letter(recipient: str = "ana@exemplo.com.br") -> Letter:
    name = uuid4()
    return Letter(name, recipient, f"Message-ID: <{name}@x>\r\n\r\noi\r\n".encode())


@asynccontextmanager
async def sending(
    url: str, connections: int = 1, tls: SSLContext | None = None
) -> AsyncIterator[SmtpTransport]:
    where = SmtpServer.parse(url, production=False)
    transport = SmtpTransport(where, SENDER, connections, tls)
    try:
        yield transport
    finally:
        await transport.close()


async def test_letters_arrive_over_one_connection_kept_open(server: RunningServer) -> None:
    letters = [letter(f"a{n}@exemplo.com.br") for n in range(5)]
    async with sending(server.url) as transport:
        assert [await transport.send(each) for each in letters] == [SENT] * 5
    assert [each.recipient for each in server.mailbox.arrived] == [e.recipient for e in letters]
    assert [each.id for each in server.mailbox.arrived] == [f"<{each.id}@x>" for each in letters]
    assert server.mailbox.connections == 1


async def test_as_many_connections_as_were_asked_for_and_no_more(server: RunningServer) -> None:
    async with sending(server.url, connections=3) as transport:
        outcomes = await asyncio.gather(*(transport.send(letter()) for _ in range(20)))
    assert outcomes == [SENT] * 20
    assert server.mailbox.connections == 3


@pytest.mark.parametrize(
    ("recipient", "outcome"),
    [
        ("bounce@exemplo.com.br", Outcome("bounced", "refused", 550)),
        ("bounce-data@exemplo.com.br", Outcome("bounced", "refused", 554)),
        ("defer@exemplo.com.br", Outcome("deferred", "refused_for_now", 451)),
        ("defer-data@exemplo.com.br", Outcome("deferred", "refused_for_now", 452)),
        ("busy@exemplo.com.br", Outcome("deferred", "server_busy", 421, halting=True)),
        ("drop@exemplo.com.br", Outcome("deferred", "connection_lost")),
    ],
)
async def test_what_the_server_says_is_told_apart_and_the_next_letter_is_unharmed(
    server: RunningServer, recipient: str, outcome: Outcome
) -> None:
    async with sending(server.url) as transport:
        assert await transport.send(letter()) == SENT
        assert await transport.send(letter(recipient)) == outcome
        assert await transport.send(letter("bia@exemplo.com.br")) == SENT
    assert len(server.mailbox.to("ana@exemplo.com.br")) == 1
    assert len(server.mailbox.to("bia@exemplo.com.br")) == 1
    assert len(server.mailbox.to(recipient)) == (recipient.startswith("drop"))


async def test_an_objection_is_heard_when_only_the_letter_itself_is_left(
    server: RunningServer,
) -> None:
    reasons: list[Reason | None] = ["consent_withdrawn", None]

    async def objection() -> Reason | None:
        assert server.mailbox.asked_for == ["ana@exemplo.com.br"] * (3 - len(reasons))
        return reasons.pop(0)

    async with sending(server.url) as transport:
        told = await transport.send(letter(), objection)
        assert (told.state, told.reason) == ("suppressed", "consent_withdrawn")
        assert server.mailbox.arrived == []
        assert await transport.send(letter(), objection) == SENT
    assert len(server.mailbox.arrived) == 1
    assert server.mailbox.connections == 1


@pytest.mark.parametrize("answer", ["550 5.7.1 not you", "451 4.7.1 not now", "530 5.7.0 sign in"])
async def test_a_refused_sender_is_our_fault_and_nobody_s_bounce(
    server: RunningServer, answer: str
) -> None:
    server.mailbox.refuse_senders = answer
    async with sending(server.url) as transport:
        outcome = await transport.send(letter())
        assert outcome == Outcome("deferred", "sender_refused", int(answer[:3]), halting=True)
        server.mailbox.refuse_senders = None
        assert await transport.send(letter()) == SENT


async def test_a_server_that_is_away_and_comes_back(server: RunningServer) -> None:
    async with sending(server.url) as transport:
        assert await transport.send(letter()) == SENT
        server.stop()
        assert await transport.send(letter()) == Outcome("deferred", "unreachable", halting=True)
        server.start()
        assert await transport.send(letter()) == SENT


async def test_a_server_that_restarted_while_we_rested_costs_no_letter(
    server: RunningServer,
) -> None:
    async with sending(server.url, connections=2) as transport:
        await asyncio.gather(*(transport.send(letter()) for _ in range(4)))
        server.stop()
        server.start()
        assert await transport.send(letter()) == SENT
        assert await transport.send(letter()) == SENT
    assert len(server.mailbox.arrived) == 6


async def test_a_connection_that_rested_too_long_is_not_trusted(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(server.url) as transport:
        assert await transport.send(letter()) == SENT
        monkeypatch.setattr(mail_smtp, "_LONGEST_REST", 0.0)
        assert await transport.send(letter()) == SENT
    assert server.mailbox.connections == 2


async def test_a_server_that_falls_silent_is_given_up(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(server.url) as transport:
        assert await transport.send(letter()) == SENT
        monkeypatch.setattr(mail_smtp, "LONGEST_SEND", 0.2)
        assert await transport.send(letter("silent@exemplo.com.br")) == Outcome(
            "deferred", "timeout"
        )
        monkeypatch.setattr(mail_smtp, "LONGEST_SEND", 60.0)
        assert await transport.send(letter()) == SENT
    assert server.mailbox.connections == 2


async def test_a_send_that_was_interrupted_leaves_no_half_used_connection(
    server: RunningServer,
) -> None:
    async with sending(server.url) as transport:
        halfway = asyncio.create_task(transport.send(letter("silent@exemplo.com.br")))
        assert await asyncio.to_thread(server.mailbox.hung.wait, 30)
        halfway.cancel()
        with pytest.raises(asyncio.CancelledError):
            await halfway
        assert await transport.send(letter()) == SENT
    assert len(server.mailbox.arrived) == 1


async def test_it_signs_in(certificate: Certified) -> None:
    with smtp_server(starttls=certificate.server, login=("agencia", "p@ss:wörd")) as server:
        url = f"smtp://agencia:p%40ss%3Aw%C3%B6rd@127.0.0.1:{server.port}?starttls=required"
        async with sending(url, tls=certificate.client) as transport:
            assert await transport.send(letter()) == SENT
        wrong = f"smtp://agencia:outra@127.0.0.1:{server.port}?starttls=required"
        async with sending(wrong, tls=certificate.client) as transport:
            assert await transport.send(letter()) == Outcome(
                "deferred", "sign_in_refused", 535, halting=True
            )
        [arrived] = server.mailbox.arrived
        assert arrived.encrypted


async def test_tls_from_the_first_byte(certificate: Certified) -> None:
    with smtp_server(tls=certificate.server) as server:
        url = f"smtps://127.0.0.1:{server.port}"
        async with sending(url, tls=certificate.client) as transport:
            assert await transport.send(letter()) == SENT
        assert len(server.mailbox.arrived) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Certified, scheme: str
) -> None:
    from_the_start = certificate.server if scheme == "smtps" else None
    later = certificate.server if scheme == "smtp" else None
    with smtp_server(tls=from_the_start, starttls=later) as server:
        async with sending(f"{scheme}://127.0.0.1:{server.port}?starttls=required") as transport:
            assert await transport.send(letter()) == Outcome(
                "deferred", "not_trusted", halting=True
            )
        assert server.mailbox.arrived == []


async def test_a_server_without_starttls_gets_nothing_where_it_is_required(
    server: RunningServer,
) -> None:
    async with sending(f"{server.url}?starttls=required") as transport:
        outcome = await transport.send(letter())
    assert outcome == Outcome("deferred", "not_offered", halting=True)
    assert server.mailbox.arrived == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1", SmtpServer("127.0.0.1", 25, "none")),
        ("smtp://[::1]:2525", SmtpServer("::1", 2525, "none")),
        ("smtp://localhost:25/", SmtpServer("localhost", 25, "none")),
        ("smtp://localhost?starttls=required", SmtpServer("localhost", 587, "starttls")),
        ("smtp://mail.exemplo.com.br", SmtpServer("mail.exemplo.com.br", 587, "starttls")),
        ("smtps://mail.exemplo.com.br", SmtpServer("mail.exemplo.com.br", 465, "tls")),
        (
            "smtps://u:p%2F@mail.exemplo.com.br:1",
            SmtpServer("mail.exemplo.com.br", 1, "tls", "u", "p/"),
        ),
    ],
)
@pytest.mark.parametrize("production", [True, False])
def test_addresses_of_servers(url: str, expected: SmtpServer, production: bool) -> None:
    assert SmtpServer.parse(url, production=production) == expected


def test_encryption_is_turned_off_for_other_machines_in_development_only() -> None:
    url = "smtp://mailpit:1025?starttls=none"
    assert SmtpServer.parse(url, production=False) == SmtpServer("mailpit", 1025, "none")
    with pytest.raises(ValueError, match="must not turn encryption off"):
        SmtpServer.parse(url, production=True)


@pytest.mark.parametrize(
    "url",
    [
        "mail.exemplo.com.br:25",
        "http://user:hunter2@mail.exemplo.com.br",
        "smtp://user:hunter2@",
        "smtp://user:hunter2@mail:99999",
        "smtp://user:hunter2@mail/path",
        "smtp://user:hunter2@mail?starttls=maybe",
        "smtp://user:hunter2@mail?starttls",
        "smtp://user:hunter2@mail?verify=no",
        "smtp://user:hunter2@[mail",
    ],
)
def test_an_unfit_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^SMTP_URL ") as refused:
        SmtpServer.parse(url, production=False)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_no_printed_server_shows_its_password() -> None:
    shown = repr(SmtpServer.parse("smtps://user:hunter2@mail", production=True))
    assert "hunter2" not in shown
    assert "user" not in shown
