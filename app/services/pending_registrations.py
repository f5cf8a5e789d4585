"""Customers' registrations that wait for the link in a mail, and what the link opens."""

from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.errors import Failure
from app.models import Login
from app.services import account_opening, email_chains, link_tries, outbox, pending_forms
from app.services.account_opening import Application
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.outbox import Message
from app.services.password_mails import recovery_link
from app.services.platform import Platform
from app.services.policies import Version

ACTION: Final = "public:customer:confirm"
PURPOSE: Final = "registration"
PAGE: Final = "confirm-registration"
KIND: Final = pending_forms.Kind("customer", PURPOSE)


async def wait(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    action: str,
    application: Application,
) -> None:
    """Keep a registration until its link comes back, and write to its address.

    The address of a login that exists gets other words, and no link. All else is the same: the
    statements, the row, the token; that token nobody is told.
    """
    key = email_key(application.form["email"])
    statement = select(Login.id, Login.email, Login.email_key, Login.language).where(
        Login.id.in_(email_chains.holders(platform, key))
    )
    known = (await connection.execute(statement)).first()
    kept = await pending_forms.keep(platform, connection, KIND, key, _packed(application))
    params = {"requested_at": platform.clock().isoformat(), "device": actor.device}
    if known is None:
        message = Message(
            "registration_confirm",
            application.form["email"],
            application.language,
            params={**params, "expires_at": kept.expires_at.isoformat()},
            secret={"link": outbox.link(platform, PAGE, kept.token)},
        )
    else:
        # An address that was replaced is not what its login is written to now.
        holds = known.email_key == key
        message = Message(
            "registration_known",
            known.email if holds else application.form["email"],
            known.language,
            params={**params, "replaced": not holds},
            secret={"recovery_link": recovery_link(platform)},
            login_id=known.id,
        )
    await outbox.queue(platform, connection, message)
    deed = Deed(action, subject_type="pending_registration", subject_id=kept.id)
    await platform.audit.add(connection, actor, deed)


async def confirm(platform: Platform, actor: Actor, token: str) -> bytes:
    """Open the account that waits for the link; the answer is as that of an open registration.

    Raises `Failure` with ``one_time_token_invalid`` for a link that is used, expired or unknown,
    ``email_taken`` when an account with the address was opened meanwhile, ``too_many_requests``.
    Other forms that wait for the same address are forgotten, and their links good for nothing.
    """
    require(actor, ACTION)
    await link_tries.admit(platform, actor, token, PURPOSE)
    async with platform.database.transaction() as connection:
        packed = await pending_forms.take(platform, connection, KIND, token)
        if packed is None:
            raise Failure("one_time_token_invalid")
        # Whoever holds the link reads the mail of that address: that is its verification.
        opened = await account_opening.open_account(
            platform, connection, actor, _unpacked(packed), verified_at=platform.clock()
        )
        return await account_opening.show(platform, connection, actor, ACTION, opened)


def _packed(application: Application) -> bytes:
    return orjson.dumps(application)


def _unpacked(packed: bytes) -> Application:
    kept: dict[str, Any] = orjson.loads(packed)
    return Application(
        form=kept["form"],
        password_hash=kept["password_hash"],
        policy=Version(**kept["policy"]),
        made_at=datetime.fromisoformat(kept["made_at"]),
        language=kept["language"],
        network=kept.get("network"),  # forms of before this was kept wait for a few days
    )
