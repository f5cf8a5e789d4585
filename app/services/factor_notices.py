"""Telling people by mail what became of their second factors."""

from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.models import Session
from app.services import outbox
from app.services.owners import Contact, Owner
from app.services.platform import Platform

TEMPLATE: Final = "second_factor_changed"
PAGE: Final = "authenticators"

Change = Literal[
    "totp_added",
    "passkey_added",
    "removed",
    "last_removed",
    "all_removed",
    "recovered_by_operator",
    "recovered_by_call",
    "codes_renewed",
    "code_used",
]


async def tell(
    platform: Platform,
    connection: AsyncConnection,
    owner: Owner,
    contact: Contact,
    caller: Actor,
    change: Change,
    *,
    factor: str = "",
    left: int = 0,
) -> None:
    """Queue a mail to the owner: what happened just now, to the factor that they call so.

    `left` is how many recovery codes still work, where one was used.
    """
    customer = owner.kind == "login"
    device = caller.device or await _device_of(connection, caller)
    message = outbox.Message(
        TEMPLATE,
        contact.email,
        contact.language,
        params={
            "name": contact.name,
            "change": change,
            "factor": factor,
            "left": left,
            "happened_at": platform.clock().isoformat(),
            "device": device,
            "page_link": f"{platform.settings.area_url}/{PAGE}" if customer else None,
        },
        customer_id=caller.customer_id,
        **owner.columns,
    )
    await outbox.queue(platform, connection, message)


async def _device_of(connection: AsyncConnection, caller: Actor) -> str | None:
    """What the caller signed in with."""
    chosen = select(Session.device).where(Session.id == caller.session_id)
    return (await connection.execute(chosen)).scalar_one_or_none()
