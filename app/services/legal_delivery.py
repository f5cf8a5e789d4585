"""The worker releases packages that were checked, and deletes those whose time is over.

The passphrase is made at this moment, goes to one officer by mail, sealed in the outbox until it
has left, and is kept nowhere. The package itself is fetched at the door, with a second factor.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_workflow import State
from app.core.language import DEFAULT, Language
from app.core.telemetry import describe, logger
from app.models import Agency, LegalColleague, LegalPackage, LegalRequest, Officer, StaffMember
from app.security import age_files
from app.services import legal_packages, legal_steps, outbox
from app.services.outbox import Message
from app.services.platform import Platform
from app.services.system import operator

TEMPLATE: Final = "legal_package_passphrase"
KEPT: Final = timedelta(days=30)
"""How long a package can be fetched."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets the passphrase."""

    name: str
    email: str
    language: Language
    reference: str
    officer_id: UUID | None = None
    staff_id: UUID | None = None


class Undone(Exception):
    """What the transaction did must not stand."""


async def work(platform: Platform) -> None:
    """Release every package that was checked."""
    checked = (
        select(LegalRequest.id)
        .join(LegalPackage, LegalPackage.request_id == LegalRequest.id)
        .where(LegalRequest.status == State.PACKAGED.value, LegalPackage.state == "made")
        .order_by(LegalRequest.legal_due_at, LegalRequest.id)
    )
    async with platform.database.snapshot() as connection:
        found = (await connection.execute(checked)).scalars().all()
    for request_id in found:
        try:
            await release(platform, request_id)
        except Exception as error:  # the others do not wait for it; its own turn comes again
            logger.error("legal_package_not_released", id=str(request_id), **describe(error))


async def release(platform: Platform, request_id: UUID) -> bool:
    """Release the package of one request; False where it is not its turn any more.

    Nobody gets a passphrase who could not sign in now: while no officer of the request can, it
    waits. Of two workers at once the second finds it done, and its passphrase opens nothing.
    """
    chosen = select(LegalPackage.id, LegalPackage.recipient, LegalPackage.identity).where(
        LegalPackage.request_id == request_id, LegalPackage.state == "made"
    )
    async with platform.database.snapshot() as connection:
        package = (await connection.execute(chosen)).first()
        receiver = await _receiver(connection, request_id, platform.clock())
    if package is None or receiver is None:
        return False
    locked = None
    if package.identity is not None:
        identity = legal_packages.unseal(platform, "identity", package.id, package.identity)
        locked = await age_files.lock(identity)
    try:
        async with platform.database.transaction() as connection:
            await _release(platform, connection, request_id, package.id, locked, receiver)
    except Undone:
        return False
    return True


async def expire(platform: Platform) -> None:
    """Delete the packages whose time is over. Their requests lapse by themselves."""
    over = select(LegalPackage.request_id).where(
        LegalPackage.expires_at <= platform.clock(), LegalPackage.state != "deleted"
    )
    async with platform.database.transaction() as connection:
        for request_id in (await connection.execute(over)).scalars().all():
            await legal_packages.delete(platform, connection, request_id)


async def _release(
    platform: Platform,
    connection: AsyncConnection,
    request_id: UUID,
    package_id: UUID,
    locked: age_files.LockedKey | None,
    receiver: Receiver,
) -> None:
    now = platform.clock()
    delivered = await legal_steps.advance_by_system(
        platform, connection, operator(), request_id, "deliver"
    )
    if not delivered:
        raise Undone
    file = None if locked is None else locked.file
    values = {
        "state": "released",
        "released_at": now,
        "expires_at": now + KEPT,
        "identity": None,
        "key_file": legal_packages.seal(platform, "key_file", package_id, file),
    }
    released = (
        update(LegalPackage)
        .where(LegalPackage.id == package_id, LegalPackage.state == "made")
        .values(**values)
        .returning(LegalPackage.id)
    )
    if (await connection.execute(released)).first() is None:
        raise Undone
    if locked is not None:
        message = Message(
            TEMPLATE,
            receiver.email,
            receiver.language,
            params={
                "name": receiver.name,
                "reference": receiver.reference,
                "expires_at": (now + KEPT).isoformat(),
            },
            secret={"passphrase": locked.passphrase},
            key=f"{TEMPLATE}:{package_id}",
            officer_id=receiver.officer_id,
            staff_id=receiver.staff_id,
        )
        await outbox.queue(platform, connection, message)


async def _receiver(
    connection: AsyncConnection, request_id: UUID, now: datetime
) -> Receiver | None:
    """The officer who sent it, else a colleague on it; of a paper, who entered it at the desk."""
    request = LegalRequest.id == request_id
    colleagues = select(LegalColleague.officer_id).where(LegalColleague.request_id == request_id)
    officers = (
        select(Officer.id, Officer.name, Officer.email, Officer.language, LegalRequest.reference)
        .join(LegalRequest, request)
        .join(Agency, Agency.id == Officer.agency_id)
        .where(
            LegalRequest.channel == "authority",
            or_(Officer.id == LegalRequest.officer_id, Officer.id.in_(colleagues)),
            Officer.status == "active",
            Officer.valid_until > now,
            Agency.status == "active",
        )
        .order_by(Officer.id != LegalRequest.officer_id, Officer.id)
        .limit(1)
    )
    desk = (
        select(StaffMember.id, StaffMember.name, StaffMember.email, LegalRequest.reference)
        .join(LegalRequest, LegalRequest.entered_by == StaffMember.id)
        .where(request, StaffMember.status == "active")
    )
    for row in await connection.execute(officers):
        return Receiver(row.name, row.email, row.language, row.reference, officer_id=row.id)
    for entry in await connection.execute(desk):
        return Receiver(entry.name, entry.email, DEFAULT, entry.reference, staff_id=entry.id)
    return None
