"""Telling people by mail that somebody signed in as them, from where they had not been before."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from app.access.actors import Actor
from app.core.columns import UtcDateTime
from app.core.language import negotiate
from app.core.statements import bound
from app.models import Session
from app.services import outbox
from app.services.owners import PEOPLE, Kind, Owner, holder, language_of
from app.services.password_mails import recovery_link
from app.services.platform import Platform

KNOWN_FOR: Final = timedelta(days=180)
"""For how long a device is remembered after its last use."""
TEMPLATE: Final = "sign_in_new_device"
_SESSIONS_PAGE: Final = "sessions"


async def tell(
    platform: Platform, connection: AsyncConnection, owner: Owner, caller: Actor
) -> None:
    """Queue a mail to who is signing in just now, unless they did so before with the same kind of
    device, in the same network, within half a year.

    To be called before the session is opened, and after the holder's row was changed: it is locked
    then, so that of two sign-ins at once only the first is news.
    """
    now = platform.clock()
    asked = {
        "holder": owner.id,
        "device": caller.device,
        "network": caller.network,
        "since": now - KNOWN_FOR,
    }
    found = (await connection.execute(_HOLDERS[owner.kind], asked)).one()
    if found.known:
        return
    customer = owner.kind == "login"
    sessions_link = f"{platform.settings.area_url}/{_SESSIONS_PAGE}"
    message = outbox.Message(
        TEMPLATE,
        found.email,
        negotiate(found.language),
        params={
            "happened_at": now.isoformat(),
            "device": caller.device,
            "network": caller.network,
            "sessions_link": sessions_link if customer else None,
            "recovery_link": recovery_link(platform) if customer else None,
        },
        **owner.columns,
    )
    await outbox.queue(platform, connection, message)


def _known(column: InstrumentedAttribute[UUID | None]) -> Any:
    """Whether a session of the holder speaks for this device and network.

    One that was cut short does not: it may have been somebody else's.
    """
    return exists().where(
        column == bound("holder", column.type),
        Session.device.is_not_distinct_from(bound("device", Session.device.type)),
        Session.network.is_not_distinct_from(bound("network", Session.network.type)),
        func.coalesce(Session.last_used_at, Session.created_at) > bound("since", UtcDateTime()),
        or_(Session.ended_at.is_(None), Session.end_reason == "logged_out"),
    )


# Made once: making a statement costs as much as running it.
_HOLDERS: Final[Mapping[Kind, Any]] = {
    kind: select(
        table.email,
        language_of(kind),
        _known(holder(kind, Session)).label("known"),
    ).where(table.id == bound("holder", table.id.type))
    for kind, table in PEOPLE.items()
}
