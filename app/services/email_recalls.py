"""Addresses of logins that were moved lately, taken back before anything is mailed to them.

Whoever holds a stolen session may have moved the address a minute before the agency intervenes: a
link that went to the new one would hand over the login. It goes to the anchor of the chain.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.emails import email_key
from app.core.statements import among
from app.models import Customer, EmailChange
from app.services import email_chains, email_moves
from app.services.platform import Platform
from app.services.system import operator

Accounts = Mapping[UUID, Any]


async def lock_accounts(
    platform: Platform, connection: AsyncConnection, login_ids: Sequence[UUID]
) -> Accounts:
    """The accounts whose own address moved with these logins', locked, by id.

    They come before the logins, as everywhere (`email_change_links.py`).
    """
    moved = email_chains.moved_with(
        platform, among(EmailChange.login_id, login_ids, connection.dialect)
    )
    statement = (
        select(Customer.id, Customer.email, Customer.pending_email, Customer.status)
        .where(Customer.id.in_(moved))
        .order_by(Customer.id)
        .with_for_update()
    )
    return {account.id: account for account in await connection.execute(statement)}


async def recall(
    platform: Platform,
    connection: AsyncConnection,
    logins: Mapping[UUID, str],
    accounts: Accounts,
) -> dict[UUID, str]:
    """Move the logins (locked; their addresses by id) back to the anchors of their chains.

    Returns the anchors by login, also of a login whose anchor is another one's by now: it keeps its
    address. Every link to undo dies but the anchor's. One query finds the few that are concerned.
    """
    chains = await email_chains.of_logins(platform, connection, list(logins))
    anchors: dict[UUID, str] = {}
    for login_id, (first, *later) in sorted(chains.items()):
        anchors[login_id] = first.old_email
        if email_key(logins[login_id]) != email_key(first.old_email):
            await email_moves.move_login(platform, connection, login_id, first.old_email)
        account = accounts.get(first.customer_id) if first.moves_contact else None
        if account is not None and account.status not in ("closed", "erased"):
            author = operator()
            await email_moves.move_contact(platform, connection, author, account, first.old_email)
        await email_chains.let_go(platform, connection, later, first)
    return anchors
