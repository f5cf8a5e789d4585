"""A real SMTP server (aiosmtpd) on the loopback, in a thread of its own, that misbehaves to order.

What it does with a letter is told by the recipient's local part, up to its first ``+``:
``bounce`` 550 and ``bounce-data`` 554; ``defer`` 451, ``defer-data`` 452 and ``busy`` 421;
``drop`` takes the letter and hangs up before it says so; ``silent`` never answers. Anybody else's
is taken. `Mailbox.once` makes a recipient misbehave a number of times and then no more.
"""

import asyncio
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ssl import SSLContext
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

SAYS = {
    "bounce": "550 5.1.1 no such mailbox",
    "bounce-data": "554 5.7.1 not wanted",
    "defer": "451 4.3.0 come back later",
    "defer-data": "452 4.2.2 mailbox full",
    "busy": "421 4.3.2 closing",
}
_LONGEST_WAIT = 30.0
_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)\r?$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A letter that the server took."""

    recipient: str
    message: EmailMessage
    content: bytes
    encrypted: bool

    @property
    def id(self) -> str:
        """Its ``Message-ID``, brackets and all."""
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        """The plain form's words."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def html(self) -> str:
        """The HTML form."""
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())


@dataclass(slots=True)
class Mailbox:
    """What arrived, and how to behave. Shared by the test and the server's thread."""

    arrived: list[Arrived] = field(default_factory=list)
    counts_only: bool = False
    """Letters are not kept, only (recipient, ``Message-ID``): there may be a hundred thousand."""
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked_for: list[str] = field(default_factory=list)
    """Whom somebody wanted to write to, in order, whether a letter came or not."""
    connections: int = 0
    refuse_senders: str | None = None
    """What to answer to every MAIL, if anything."""
    hung: threading.Event = field(default_factory=threading.Event)
    """Somebody waits for an answer that will not come."""
    on_arrival: Callable[[], object] | None = None
    """Called when a letter has been taken, before the server says so."""
    _only: Counter[str] = field(default_factory=Counter)

    def once(self, recipient: str, times: int = 1) -> None:
        """From now on `recipient`, whose address asks for it, misbehaves so many times only."""
        self._only[recipient] = times

    def ids(self) -> Counter[str]:
        """How often each ``Message-ID`` arrived."""
        return Counter(each.id for each in list(self.arrived))

    def to(self, recipient: str) -> list[Arrived]:
        """What arrived for one recipient, in order."""
        return [each for each in list(self.arrived) if each.recipient == recipient]

    async def holds(self, letters: int) -> list[Arrived]:
        """Wait until at least so many arrived."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while len(self.arrived) < letters:
            assert time.monotonic() < deadline, f"{len(self.arrived)} of {letters} letters came"
            await asyncio.sleep(0.01)
        return list(self.arrived)

    def behaviour(self, recipient: str) -> str:
        """The misbehaviour that the recipient's address asks for this time, or ``""``."""
        kind = recipient.partition("@")[0].partition("+")[0]
        if kind not in SAYS and kind not in ("drop", "silent"):
            return ""
        if recipient in self._only:
            if self._only[recipient] == 0:
                return ""
            self._only[recipient] -= 1
        return kind


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._kind = ""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self._mailbox.refuse_senders is not None:
            return self._mailbox.refuse_senders
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        self._mailbox.asked_for.append(address)
        self._kind = self._mailbox.behaviour(address)
        if self._kind == "silent":
            self._mailbox.hung.set()
            await asyncio.sleep(3600)
        if self._kind in ("bounce", "defer", "busy"):
            return SAYS[self._kind]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self._kind in SAYS:
            return SAYS[self._kind]
        content = envelope.content
        assert isinstance(content, bytes)
        [recipient] = envelope.rcpt_tos
        if self._mailbox.counts_only:
            found = _MESSAGE_ID.search(content)
            assert found is not None
            self._mailbox.taken[recipient, found[1].decode()] += 1
        else:
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            arrived = Arrived(recipient, message, content, session.ssl is not None)
            self._mailbox.arrived.append(arrived)
        if self._mailbox.on_arrival is not None:
            self._mailbox.on_arrival()
        if self._kind == "drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"


@dataclass(slots=True)
class SmtpServer:
    """The running server. It can be stopped and started again, on the same port."""

    port: int
    mailbox: Mailbox
    make: Callable[[], SMTP]
    tls: SSLContext | None = None
    """Encrypted from the first byte with this; STARTTLS is a matter of `make`."""
    _thread: threading.Thread | None = None
    _stopping: Callable[[], object] = lambda: None

    @property
    def url(self) -> str:
        """For `SALVAGUARDA_SMTP_URL`."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen; returns once connections are taken."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        assert ready.wait(_LONGEST_WAIT), "the SMTP server did not start"

    def stop(self) -> None:
        """Hang up on everybody and listen no more."""
        if self._thread is not None:
            self._stopping()
            self._thread.join(_LONGEST_WAIT)
            assert not self._thread.is_alive()
            self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        self._stopping = lambda: loop.call_soon_threadsafe(stopped.set)
        open_: list[SMTP] = []

        def connected() -> SMTP:
            self.mailbox.connections += 1
            open_.append(self.make())
            return open_[-1]

        server = await loop.create_server(
            connected, "127.0.0.1", self.port, ssl=self.tls, reuse_address=True
        )
        ready.set()
        await stopped.wait()
        server.close()
        for protocol in open_:
            if isinstance(protocol.transport, asyncio.WriteTransport):
                protocol.transport.abort()
        # asyncio.run cancels what is left; it may have been in the middle of a letter.
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)


@contextmanager
def smtp_server(
    *,
    tls: SSLContext | None = None,
    starttls: SSLContext | None = None,
    login: tuple[str, str] | None = None,
) -> Iterator[SmtpServer]:
    """A started server, stopped afterwards."""
    mailbox = Mailbox()

    def authenticate(*arguments: Any) -> AuthResult:
        given = arguments[-1]
        known = (given.login.decode(), given.password.decode()) == login
        return AuthResult(success=known, handled=False)

    def make() -> SMTP:
        return SMTP(
            _Handler(mailbox),
            hostname="localhost",
            ident="test",
            enable_SMTPUTF8=False,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=login is not None,
            auth_require_tls=login is not None and tls is None,
            authenticator=authenticate if login is not None else None,
        )

    server = SmtpServer(_free_port(), mailbox, make, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
