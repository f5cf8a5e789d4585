"""The worker releases packages that were checked, and deletes those whose time is over.

The passphrase is made at this moment, goes to the authority by mail, sealed in the outbox until it
has left, and is kept nowhere: to the officer who sent the request, or to the official address that
came with a paper. Nobody at the agency ever gets one. The package itself is fetched apart
(`legal_downloads.py`), so that no hand but the recipient's holds both.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_workflow import State
from app.core.emails import email_key
from app.core.language import Language
from app.core.links import without_links
from app.core.mail_domains import domain_of, lies_in
from app.core.telemetry import describe, logger
from app.models import Agency, LegalPackage, LegalRequest
from app.security import age_files
from app.services import legal_letters, legal_packages, legal_steps, outbox
from app.services.outbox import Message
from app.services.platform import Platform
from app.services.system import operator

TEMPLATE: Final = "legal_package_passphrase"
KEPT: Final = timedelta(days=30)
"""How long a package can be fetched."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets the passphrase. `email` is None where nobody needs one: they gave us their key."""

    name: str
    email: str | None
    language: Language
    reference: str
    officer_id: UUID | None = None


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

    Nobody gets a passphrase who could not sign in now, or whose agency stands no more behind the
    address: meanwhile it waits. Of two workers at once the second finds it done, and its passphrase
    opens nothing.
    """
    chosen = select(LegalPackage.id, LegalPackage.recipient, LegalPackage.identity).where(
        LegalPackage.request_id == request_id, LegalPackage.state == "made"
    )
    async with platform.database.snapshot() as connection:
        package = (await connection.execute(chosen)).first()
        receiver = await _receiver(platform, connection, request_id)
    if package is None or receiver is None:
        return False
    locked = None
    if package.identity is not None:
        if receiver.email is None:
            return False
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
    if locked is not None and receiver.email is not None:
        message = Message(
            TEMPLATE,
            receiver.email,
            receiver.language,
            params={
                "name": receiver.name,
                "reference": receiver.reference,
                "expires_at": (now + KEPT).isoformat(),
                "at_door": receiver.officer_id is not None,
            },
            secret={"passphrase": locked.passphrase},
            key=f"{TEMPLATE}:{package_id}",
            officer_id=receiver.officer_id,
        )
        await outbox.queue(platform, connection, message)


async def _receiver(
    platform: Platform, connection: AsyncConnection, request_id: UUID
) -> Receiver | None:
    """The officer who sent it, else a colleague on it; of a paper, the agency's own address."""
    chosen = (
        select(
            LegalRequest.id,
            LegalRequest.channel,
            LegalRequest.officer_id,
            LegalRequest.reference,
            LegalRequest.signer_name,
            LegalRequest.answer_email,
            LegalRequest.age_recipient,
            LegalRequest.language,
            Agency.domains,
            Agency.counts().label("agency_counts"),
        )
        .join(Agency, Agency.id == LegalRequest.agency_id)
        .where(LegalRequest.id == request_id)
    )
    request: dict[str, Any] = dict((await connection.execute(chosen)).mappings().one())
    reference = request["reference"]
    if request["channel"] == "authority":
        for row in await legal_letters.senders(platform, connection, request):
            return Receiver(row.name, row.email, row.language, reference, row.id)
        return None
    if not request["agency_counts"]:
        return None
    email = request["answer_email"]
    official = email is not None and lies_in(domain_of(email_key(email)), request["domains"])
    if not official and request["age_recipient"] is None:
        return None
    name = without_links(request["signer_name"])
    return Receiver(name, email if official else None, request["language"], reference)
