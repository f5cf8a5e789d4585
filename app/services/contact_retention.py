"""Deleting what people wrote once its time is over: five years for privacy, two for the rest."""

from typing import Final

from sqlalchemy import delete, or_, select

from app.models import ContactRequest
from app.services.audit_log import Deed
from app.services.contact_requests import RESOURCE
from app.services.platform import Platform
from app.services.system import operator

PURGE: Final = "system:contact_request:purge"
AT_ONCE: Final = 500


async def purge(platform: Platform) -> None:
    """Delete what is past its `kept_until`, in bounded transactions; how many is on record.

    A question about personal data that nobody answered is not lost that way: it stays, overdue.
    """
    over = (
        select(ContactRequest.id)
        .where(
            ContactRequest.kept_until < platform.clock(),
            or_(ContactRequest.topic != "privacy", ContactRequest.status != "open"),
        )
        .limit(AT_ONCE)
    )
    statement = (
        delete(ContactRequest).where(ContactRequest.id.in_(over)).returning(ContactRequest.id)
    )
    gone = AT_ONCE
    while gone == AT_ONCE:
        async with platform.database.transaction() as connection:
            gone = len((await connection.execute(statement)).all())
            if gone:
                deed = Deed(PURGE, subject_type=RESOURCE, rows=gone)
                await platform.audit.add(connection, operator(), deed)
