"""Putting an address in its place: a login's, or an account's own."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.models import Customer, Login
from app.services import customer_changes, email_chains
from app.services.platform import Platform


class _Kept(Exception):
    """The address may yet go back to another login."""


async def move_login(
    platform: Platform, connection: AsyncConnection, login_id: UUID, email: str
) -> bool:
    """Have a login sign in with an address that its human has shown to read.

    False, and nothing is done, when it is another login's, or may go back to one.
    """
    key = email_key(email)
    statement = (
        update(Login)
        .where(Login.id == login_id)
        .values(email=email, email_key=key, email_verified_at=platform.clock())
    )
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
            if await email_chains.is_kept(platform, connection, key, login_id):
                raise _Kept
    except (IntegrityError, _Kept):
        return False
    return True


async def move_contact(
    platform: Platform, connection: AsyncConnection, author: Actor, account: Any, email: str
) -> None:
    """Have an account, a locked row of it, written to at an address; noted in its history."""
    await connection.execute(
        update(Customer)
        .where(Customer.id == account.id)
        .values(email=email, email_key=email_key(email), pending_email=None)
    )
    differences = {"email": (account.email, email), "pending_email": (account.pending_email, None)}
    await customer_changes.note(platform, connection, author, account.id, differences)
