"""The way out for mails: a mail server where one is set, files otherwise."""

from typing import Protocol

from app.core.emails import normalise_email
from app.core.settings import Settings
from app.core.text import FieldRefused
from app.services.mail_files import FileTransport
from app.services.mail_message import Letter, Objection, Outcome, Sender
from app.services.mail_smtp import SmtpServer, SmtpTransport

_IN_DEVELOPMENT = "no-reply@salvaguarda.test"


class Transport(Protocol):
    """Sends letters, `connections` of them at once."""

    connections: int

    async def send(self, letter: Letter, objection: Objection | None = None) -> Outcome:
        """Try once; whatever comes of it is an outcome, not an error.

        An `objection` is asked right before the letter would be out of our hands; raises what that
        raises.
        """

    async def close(self) -> None:
        """Let go of what is open."""


def open_transport(settings: Settings) -> Transport:
    """What the settings ask for; connects at the first letter. Raises `ValueError`."""
    who = sender(settings)
    if not settings.smtp_url:
        return FileTransport(settings.var_dir / "mail")
    server = SmtpServer.parse(settings.smtp_url, production=settings.production)
    return SmtpTransport(server, who, settings.smtp_connections)


def sender(settings: Settings) -> Sender:
    """Who mails come from. Raises `ValueError` when production does not say, or says it wrongly."""
    if not settings.mail_from and settings.production:
        raise ValueError("MAIL_FROM must name the address that mails come from")
    try:
        address = normalise_email(settings.mail_from or _IN_DEVELOPMENT)
    except FieldRefused:
        raise ValueError("MAIL_FROM is not an e-mail address") from None
    return Sender(settings.agency_name, address)
