"""The mails about trusted people: an invitation, and what became of a member."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.holdings import Holding
from app.access.permission_sets import LABELS, in_order
from app.core.language import Language
from app.core.links import without_links
from app.models import Login
from app.security.asking import asks_for_secret
from app.services import account_access, outbox
from app.services.account_access import Account, Person
from app.services.outbox import Message
from app.services.platform import Platform

INVITATION_PAGE = "invitation"
"""The page of the customer area that an invitation's link opens."""

WITHHELD: Mapping[Language, str] = {"pt-BR": "(nome omitido)", "en": "(name withheld)"}
"""In place of a name that is a message: it would speak in our name."""

Change = Literal["joined", "changed", "suspended", "resumed", "revoked", "left"]


async def invite(
    platform: Platform,
    connection: AsyncConnection,
    account: Account,
    inviter: Person,
    invitation: Mapping[str, Any],
    token: str,
) -> None:
    """Send an invitation (its columns) with its link, in the invited person's language if known.

    The mail goes to an address that nobody has proved: what others typed is repeated only as far
    as it leads nowhere and asks for nothing.
    """
    known = select(Login.language).where(Login.email_key == invitation["email_key"])
    found = (await connection.execute(known)).scalar_one_or_none()
    language = cast(Language, found) if found else inviter.language
    params = {
        "inviter_name": _name(inviter.name, language),
        "account_name": _name(account.name, language),
        "permissions": _labels(invitation["permissions"], language),
        "note": invitation["note"],
        "expires_at": _text(invitation["expires_at"]),
        "ends_at": _text(invitation["membership_expires_at"]),
    }
    message = Message(
        "invitation",
        invitation["email"],
        language,
        params,
        secret={"link": outbox.link(platform, INVITATION_PAGE, token)},
        customer_id=account.id,
    )
    await outbox.queue(platform, connection, message)


async def tell(
    platform: Platform,
    connection: AsyncConnection,
    account: Account,
    member_id: UUID,
    change: Change,
    holding: Holding,
    *,
    by: str | None,
) -> None:
    """Tell a member (a login's id) and every owner what became of the member's place.

    `holding` is what they hold now, or held last; `by` the name of who did it, None for themselves.
    """
    statement = select(Login.id, Login.name, Login.email, Login.language)
    member = (await connection.execute(statement.where(Login.id == member_id))).one()
    told = {
        owner.login_id: (owner.email, owner.language)
        for owner in await account_access.owners(platform, connection, account.id)
    }
    told[member_id] = (member.email, cast(Language, member.language))
    happened_at = _text(platform.clock())
    messages = [
        Message(
            "member_changed",
            email,
            language,
            {
                "change": change,
                "to_member": login_id == member_id,
                "member_name": _name(member.name, language),
                "account_name": _name(account.name, language),
                "by_name": _name(by, language) if by is not None else None,
                "permissions": _labels(holding.permissions, language),
                "ends_at": _text(holding.until),
                "happened_at": happened_at,
            },
            login_id=login_id,
            customer_id=account.id,
        )
        for login_id, (email, language) in told.items()
    ]
    await outbox.queue(platform, connection, *messages)


def _name(name: str, language: Language) -> str:
    plain = without_links(name)
    return WITHHELD[language] if asks_for_secret(plain) else plain


def _labels(permissions: Collection[str], language: Language) -> list[str]:
    return [LABELS[name][language] for name in in_order(permissions)]


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
