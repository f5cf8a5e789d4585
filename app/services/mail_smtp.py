"""Mails over SMTP: several connections, kept open, and an honest word on what became of each."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ssl import SSLContext, SSLError
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPSenderRefused,
)

from app.schemas.deliveries import Reason
from app.services.mail_message import SENT, Letter, Objection, Outcome, Sender

LONGEST_SEND: Final = 60.0
"""Seconds after which an attempt is given up, whatever the server is at."""
_ANSWER: Final = 30.0
"""Seconds that the server has for an answer while a connection is made.

Those of an open one have none of their own: a timer for each of a letter's four answers takes
longer than writing the letter down, and `LONGEST_SEND` is over before long.
"""
_LONGEST_REST: Final = 20.0
"""Seconds that an unused connection is good for: servers and firewalls drop them before long."""
_GOODBYE: Final = 2.0
_YES: Final = (250, 251)
_CLOSING: Final = 421
_PERMANENT: Final = 500
_OUR_FAULT: Final = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538})
"""Refusals that mean us, not the recipient: commands out of order, no login, no encryption."""

Refusal = type[SMTPSenderRefused] | type[SMTPRecipientRefused]
Encryption = Literal["tls", "starttls", "none"]
_PORTS: Final[dict[Encryption, int]] = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where to send, and how: encrypted from the first byte, by STARTTLS, or not at all."""

    host: str
    port: int
    encryption: Encryption
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, *, production: bool) -> "SmtpServer":
        """Read ``smtp[s]://[user:password@]host[:port][?starttls=required|none]``.

        ``smtp`` wants STARTTLS unless the host is this machine or ``none`` is said, and in
        production it wants it even then for any other machine. Raises `ValueError`, never
        with the URL: it may hold a password.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        except ValueError:
            raise ValueError("SMTP_URL is not a URL such as smtp://host:587") from None
        if parts.scheme not in ("smtp", "smtps") or not host or parts.path.strip("/"):
            raise ValueError("SMTP_URL must be smtp://host or smtps://host")
        starttls = options.pop("starttls", "none" if _is_loopback(host) else "required")
        if options or starttls not in ("required", "none"):
            raise ValueError("SMTP_URL takes ?starttls=required or ?starttls=none, nothing else")
        encryption: Encryption = "tls" if parts.scheme == "smtps" else "starttls"
        if encryption == "starttls" and starttls == "none":
            if production and not _is_loopback(host):
                raise ValueError("SMTP_URL must not turn encryption off in production")
            encryption = "none"
        return cls(
            host=host,
            port=port or _PORTS[encryption],
            encryption=encryption,
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )


class _Halted(Exception):
    """No letter would get through now."""

    def __init__(self, reason: Reason, code: int | None = None) -> None:
        super().__init__(reason)
        self.outcome = Outcome("deferred", reason, code, halting=True)


class SmtpTransport:
    """Sends over at most `connections` at once. A letter more waits until one is free."""

    def __init__(
        self,
        server: SmtpServer,
        sender: Sender,
        connections: int,
        tls_context: SSLContext | None = None,
    ) -> None:
        self.connections = connections
        self._server = server
        self._sender = sender
        self._tls_context = tls_context
        self._places = asyncio.Semaphore(connections)
        self._resting: list[tuple[SMTP, float]] = []
        """Open connections, and when each was last used (the loop's time)."""

    async def send(self, letter: Letter, objection: Objection | None = None) -> Outcome:
        """Hand one letter over. Never raises for what the server or the network does.

        The `objection` is asked when the server has taken everything but the letter: a slow one
        may have kept us waiting for long until then.

        When the connection breaks before the server's last word, nobody can know whether it
        took the letter: that is `deferred`, and the resend has the same ``Message-ID``.
        """
        async with self._places:
            try:
                async with asyncio.timeout(LONGEST_SEND), self._envelope() as client:
                    return await _hand_over(client, letter, objection)
            except _Halted as halted:
                return halted.outcome
            except TimeoutError:
                return Outcome("deferred", "timeout")
            except (SMTPException, OSError):
                return Outcome("deferred", "connection_lost")

    async def close(self) -> None:
        """Say goodbye on every open connection."""
        while self._resting:
            client, _ = self._resting.pop()
            with suppress(SMTPException, OSError):
                await client.quit(timeout=_GOODBYE)
            client.close()

    @asynccontextmanager
    async def _envelope(self) -> AsyncIterator[SMTP]:
        """A connection that has taken our sender's address. Kept for the next when all is well."""
        client = await self._reused() or await self._opened()
        try:
            yield client
        except BaseException:
            client.close()  # in the middle of something, which no other letter can go on with
            raise
        if client.is_connected:
            self._resting.append((client, asyncio.get_running_loop().time()))

    async def _reused(self) -> SMTP | None:
        """An open connection whose server still wants us; those that went meanwhile are dropped."""
        while self._resting:
            client, used_at = self._resting.pop()
            rested = asyncio.get_running_loop().time() - used_at
            try:
                if client.is_connected and rested < _LONGEST_REST:
                    await _say(client, b"MAIL FROM:", self._sender.address, SMTPSenderRefused)
                    return client
            except (SMTPException, OSError):
                pass  # a fresh connection shows whether it was this one's fault
            except asyncio.CancelledError:
                client.close()
                raise
            client.close()
        return None

    async def _opened(self) -> SMTP:
        """A fresh connection, signed in. Raises `_Halted` when there is none to be had."""
        client = self._client()
        try:
            await client.connect()
            await client.mail(self._sender.address)
        except BaseException as error:
            client.close()
            if isinstance(error, (SMTPException, OSError)):
                raise _Halted(_why(error), getattr(error, "code", None)) from error
            raise
        return client

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=self._sender.domain,  # else it asks DNS, and tells this machine's name
            timeout=_ANSWER,
            use_tls=server.encryption == "tls",
            start_tls=server.encryption == "starttls",
            tls_context=self._tls_context,
        )


async def _hand_over(client: SMTP, letter: Letter, objection: Objection | None) -> Outcome:
    try:
        await _say(client, b"RCPT TO:", letter.recipient, SMTPRecipientRefused)
        if objection is not None and (reason := await objection()) is not None:
            await client.rset()
            return Outcome("suppressed", reason)
        await client.data(letter.content, timeout=None)
    except (SMTPRecipientRefused, SMTPDataError) as refused:
        with suppress(SMTPException, OSError):  # it hung up, which the next letter will see
            await client.rset()
        return _refused(refused.code)
    return SENT


async def _say(client: SMTP, verb: bytes, address: str, refused: Refusal) -> None:
    """``MAIL FROM:`` or ``RCPT TO:`` with a plain address. Raises `refused` without a yes.

    The library's own methods parse the address for each letter, for longer than sending it takes.
    """
    command = verb + b"<" + address.encode("ascii") + b">"
    answer = await client.execute_command(command, timeout=None)
    if answer.code not in _YES:
        raise refused(answer.code, answer.message, address)


def _refused(code: int) -> Outcome:
    if code == _CLOSING:
        return Outcome("deferred", "server_busy", code, halting=True)
    if code in _OUR_FAULT:
        return Outcome("deferred", "sender_refused", code, halting=True)
    if code < _PERMANENT:
        return Outcome("deferred", "refused_for_now", code)
    return Outcome("bounced", "refused", code)


def _why(error: Exception) -> Reason:
    if isinstance(error, SMTPAuthenticationError):
        return "sign_in_refused"
    if isinstance(error, SMTPSenderRefused):
        return "sender_refused"
    if isinstance(error, SSLError) or isinstance(error.__cause__, SSLError):
        return "not_trusted"
    if type(error) is SMTPException:  # the library's word for a missing STARTTLS or AUTH
        return "not_offered"
    return "unreachable"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
