"""The mails that wait in the outbox, opened as the worker would open them."""

from typing import Any

import orjson
from sqlalchemy import select

from app.models import OutboxMessage
from app.services.platform import Platform
from tests.support.records import rows


async def mails(platform: Platform, **columns: Any) -> list[Any]:
    """The messages whose columns have these values, oldest first."""
    wanted = [getattr(OutboxMessage, name) == value for name, value in columns.items()]
    return await rows(platform, select(OutboxMessage).where(*wanted).order_by(OutboxMessage.id))


def secret(platform: Platform, mail: Any) -> dict[str, str]:
    """What the mail keeps sealed: links, with their tokens."""
    opened: dict[str, str] = orjson.loads(platform.mail_sealer.open(mail.sealed, mail.id.bytes))
    return opened


async def token_sent_to(platform: Platform, address: str, template: str) -> str:
    """The one-time token in the newest mail of the template to the address."""
    newest = (await mails(platform, recipient=address, template=template))[-1]
    return secret(platform, newest)["link"].partition("#token=")[2]
