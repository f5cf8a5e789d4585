"""Tokens that work once and not for long: the links in mails."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.statements import among
from app.models import OneTimeToken, table_of
from app.security.opaque import digest, new_opaque_token
from app.services.platform import Platform

_ISSUE = insert(table_of(OneTimeToken))
KEPT = timedelta(days=30)
"""How long an expired or spent token is remembered."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a token was good for: its purpose, whose it was, and what it was about."""

    purpose: str
    login_id: UUID | None
    subject_id: UUID | None


async def issue(
    platform: Platform,
    connection: AsyncConnection,
    purpose: str,
    *,
    lifetime: timedelta,
    login_id: UUID | None = None,
    subject_id: UUID | None = None,
) -> str:
    """A fresh token (43 characters). It is told this once: only its SHA-256 is kept."""
    token, row = _fresh(platform, purpose, lifetime, login_id, subject_id)
    await connection.execute(_ISSUE, row)
    return token


async def issue_each(
    platform: Platform,
    connection: AsyncConnection,
    purpose: str,
    *,
    lifetime: timedelta,
    login_ids: Iterable[UUID],
) -> dict[UUID, str]:
    """A fresh token for each login, in one statement; see `issue`."""
    made = {login: _fresh(platform, purpose, lifetime, login, None) for login in login_ids}
    if made:
        await connection.execute(_ISSUE, [row for _, row in made.values()])
    return {login: token for login, (token, _) in made.items()}


async def look(
    platform: Platform, connection: AsyncConnection, token: str, *purposes: str
) -> Spent | None:
    """What a good token would be spent on, without spending it; None for any other."""
    statement = select(OneTimeToken.purpose, OneTimeToken.login_id, OneTimeToken.subject_id).where(
        OneTimeToken.digest == digest(token),
        OneTimeToken.purpose.in_(purposes),
        OneTimeToken.spent_at.is_(None),
        OneTimeToken.expires_at > platform.clock(),
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else Spent(*row)


async def spend(
    platform: Platform, connection: AsyncConnection, token: str, *purposes: str
) -> Spent | None:
    """Spend a token of one of the purposes; None if it never was, is spent, or has expired.

    Of two at once only one gets it. It stays spent only if the transaction does.
    """
    now = platform.clock()
    statement = (
        update(OneTimeToken)
        .where(
            OneTimeToken.digest == digest(token),
            OneTimeToken.purpose.in_(purposes),
            OneTimeToken.spent_at.is_(None),
            OneTimeToken.expires_at > now,
        )
        .values(spent_at=now)
        .returning(OneTimeToken.purpose, OneTimeToken.login_id, OneTimeToken.subject_id)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else Spent(*row)


async def void(
    platform: Platform,
    connection: AsyncConnection,
    *purposes: str,
    login_id: UUID | None = None,
    subject_id: UUID | None = None,
) -> None:
    """Make the open tokens of a login, or about a subject, good for nothing: of these purposes,
    or of all when none is named."""
    chosen = update(OneTimeToken).where(OneTimeToken.spent_at.is_(None))
    chosen = chosen.where(
        OneTimeToken.login_id == login_id
        if login_id is not None
        else OneTimeToken.subject_id == subject_id
    )
    if purposes:
        chosen = chosen.where(OneTimeToken.purpose.in_(purposes))
    await connection.execute(chosen.values(spent_at=platform.clock()))


async def void_each(
    platform: Platform, connection: AsyncConnection, login_ids: Sequence[UUID]
) -> None:
    """Make every open token of these logins good for nothing."""
    await connection.execute(
        update(OneTimeToken)
        .where(
            among(OneTimeToken.login_id, login_ids, connection.dialect),
            OneTimeToken.spent_at.is_(None),
        )
        .values(spent_at=platform.clock())
    )


async def purge(platform: Platform) -> None:
    """Forget the tokens that expired a month ago."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            delete(OneTimeToken).where(OneTimeToken.expires_at < platform.clock() - KEPT)
        )


def _fresh(
    platform: Platform,
    purpose: str,
    lifetime: timedelta,
    login_id: UUID | None,
    subject_id: UUID | None,
) -> tuple[str, dict[str, Any]]:
    token, mark = new_opaque_token()
    now = platform.clock()
    return token, {
        "digest": mark,
        "purpose": purpose,
        "login_id": login_id,
        "subject_id": subject_id,
        "created_at": now,
        "expires_at": now + lifetime,
    }
