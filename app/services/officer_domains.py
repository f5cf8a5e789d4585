"""Officers whose address lies in no domain of their agency any more: out of office until vetted."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.mail_domains import domain_of, lies_in
from app.models import Officer
from app.services import officers, one_time_tokens, sessions
from app.services.audit_log import Deed
from app.services.owners import Owner
from app.services.platform import Platform

ACTION: Final = "staff:agency:update"
END_REASON: Final = "officer_domain_removed"
VETTED: Final = ("status", "vetted_at", "vetted_by", "valid_until")


async def lock(connection: AsyncConnection, agency_id: UUID) -> None:
    """Nobody changes an officer of the agency before the caller's transaction ends.

    Before the agency itself is locked: a call-back goes the same way.
    """
    theirs = select(Officer.id).where(Officer.agency_id == agency_id).order_by(Officer.id)
    await connection.execute(theirs.with_for_update())


async def leave(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    agency_id: UUID,
    domains: Sequence[str],
) -> list[UUID]:
    """Have whoever's address lies in none of the domains be vetted anew; whoever is suspended
    stays so. The sessions that ended are to be forgotten after the commit.
    """
    chosen = select(
        Officer.id, Officer.email, Officer.email_key, Officer.name, Officer.language, Officer.status
    ).where(Officer.agency_id == agency_id, Officer.valid_until.is_not(None))
    ended: list[UUID] = []
    for officer in (await connection.execute(chosen.order_by(Officer.id))).all():
        if lies_in(domain_of(officer.email_key), domains):
            continue
        status = "suspended" if officer.status == "suspended" else "confirmed"
        await officers.store(connection, officer.id, {**dict.fromkeys(VETTED), "status": status})
        await one_time_tokens.void(platform, connection, subject_id=officer.id)
        owner = Owner("officer", officer.id)
        ended += await sessions.end_all(platform, connection, END_REASON, owner)
        if officer.status != "suspended":
            await officers.tell(platform, connection, officer, "domain_removed")
        deed = Deed(ACTION, subject_type="officer", subject_id=officer.id, fields=VETTED, rows=1)
        await platform.audit.add(connection, actor, deed)
    return ended
