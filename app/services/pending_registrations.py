"""Registrations that wait for the link in a mail: kept sealed, opened by the link, purged."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.errors import Failure
from app.core.ids import new_id
from app.models import Login, PendingRegistration
from app.services import account_opening, email_chains, link_tries, one_time_tokens, outbox
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
LIFETIME: Final = timedelta(hours=24)


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
    pending_id, now = new_id(), platform.clock()
    sealed = platform.registration_sealer.seal(_packed(application), pending_id.bytes)
    await connection.execute(
        insert(PendingRegistration).values(
            id=pending_id,
            email_key=key,
            form=sealed,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    token = await one_time_tokens.issue(
        platform, connection, PURPOSE, lifetime=LIFETIME, subject_id=pending_id
    )
    params = {"requested_at": now.isoformat(), "device": actor.device}
    if known is None:
        message = Message(
            "registration_confirm",
            application.form["email"],
            application.language,
            params={**params, "expires_at": (now + LIFETIME).isoformat()},
            secret={"link": outbox.link(platform, PAGE, token)},
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
    deed = Deed(action, subject_type="pending_registration", subject_id=pending_id)
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
        found = await one_time_tokens.look(platform, connection, token, PURPOSE)
        forms = [] if found is None else await _locked(connection, found.subject_id)
        spent = await one_time_tokens.spend(platform, connection, token, PURPOSE)
        application = None if spent is None else await _take(platform, connection, spent.subject_id)
        if application is None:
            raise Failure("one_time_token_invalid")
        await _forget(platform, connection, forms)
        # Whoever holds the link reads the mail of that address: that is its verification.
        opened = await account_opening.open_account(
            platform, connection, actor, application, verified_at=platform.clock()
        )
        return await account_opening.show(platform, connection, actor, ACTION, opened)


async def purge(platform: Platform) -> None:
    """Forget the forms whose link has expired."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            delete(PendingRegistration).where(PendingRegistration.expires_at <= platform.clock())
        )


async def _locked(connection: AsyncConnection, pending_id: UUID | None) -> list[UUID]:
    """The forms of the address of one of them, locked in the order of their ids."""
    one = select(PendingRegistration.email_key).where(PendingRegistration.id == pending_id)
    alike = (
        select(PendingRegistration.id)
        .where(PendingRegistration.email_key.in_(one))
        .order_by(PendingRegistration.id)
    )
    return list((await connection.execute(alike.with_for_update())).scalars())


async def _forget(platform: Platform, connection: AsyncConnection, forms: list[UUID]) -> None:
    """Let go of forms and their links: whoever filled them in, another one was chosen."""
    await connection.execute(delete(PendingRegistration).where(PendingRegistration.id.in_(forms)))
    for pending_id in forms:
        await one_time_tokens.void(platform, connection, PURPOSE, subject_id=pending_id)


async def _take(
    platform: Platform, connection: AsyncConnection, pending_id: UUID | None
) -> Application | None:
    """The form out of the table, once; None when it is not there any more."""
    statement = (
        delete(PendingRegistration)
        .where(PendingRegistration.id == pending_id)
        .returning(PendingRegistration.id, PendingRegistration.form)
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    return _unpacked(platform.registration_sealer.open(row.form, row.id.bytes))


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
