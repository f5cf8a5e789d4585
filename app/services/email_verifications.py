"""Whether the address that a login signs in with is read by its human: proved by a mailed link."""

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure
from app.models import Login
from app.services import link_tries, one_time_tokens, outbox
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.outbox import Message
from app.services.platform import Platform

SEND: Final = "customer:email:verify"
CONFIRM: Final = "public:email:verify"
PURPOSE: Final = "email_verification"
PAGE: Final = "confirm-email"
LIFETIME: Final = timedelta(hours=24)


async def queue(platform: Platform, connection: AsyncConnection, login_id: UUID) -> bool:
    """Mail a login its link, in the caller's transaction; the links of before open nothing.

    False, and nothing is done, when the address is verified.
    """
    statement = select(Login.email, Login.language, Login.email_verified_at)
    login = (await connection.execute(statement.where(Login.id == login_id))).one()
    if login.email_verified_at is not None:
        return False
    await one_time_tokens.void(platform, connection, PURPOSE, login_id=login_id)
    token = await one_time_tokens.issue(
        platform, connection, PURPOSE, lifetime=LIFETIME, login_id=login_id
    )
    message = Message(
        "email_verify",
        login.email,
        login.language,
        params={"expires_at": (platform.clock() + LIFETIME).isoformat()},
        secret={"link": outbox.link(platform, PAGE, token)},
        login_id=login_id,
    )
    await outbox.queue(platform, connection, message)
    return True


async def send(platform: Platform, actor: Actor) -> Literal["mailed", "verified"]:
    """Mail the caller's login another link, unless its address is verified.

    Raises `Failure("too_many_requests")`.
    """
    require(actor, SEND)
    assert actor.id is not None  # noqa: S101 - a login is somebody
    await platform.throttle.attempt("email_change", network=actor.network, account=str(actor.id))
    async with platform.database.transaction() as connection:
        mailed = await queue(platform, connection, actor.id)
        deed = Deed(SEND, subject_type="login", subject_id=actor.id)
        await platform.audit.add(connection, actor, deed)
    return "mailed" if mailed else "verified"


async def confirm(platform: Platform, actor: Actor, token: str) -> None:
    """Note that the address of a link's login is read.

    Raises `Failure` with ``one_time_token_invalid`` or ``too_many_requests``.
    """
    require(actor, CONFIRM)
    await link_tries.admit(platform, actor, token, PURPOSE)
    async with platform.database.transaction() as connection:
        spent = await one_time_tokens.spend(platform, connection, token, PURPOSE)
        if spent is None or spent.login_id is None:
            raise Failure("one_time_token_invalid")
        verified = func.coalesce(Login.email_verified_at, platform.clock())
        await connection.execute(
            update(Login).where(Login.id == spent.login_id).values(email_verified_at=verified)
        )
        deed = Deed(CONFIRM, subject_type="login", subject_id=spent.login_id, rows=1)
        await platform.audit.add(connection, actor, deed)
