"""What a statement about a third party must say: to whom, which fields, until when (P20)."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import ASKED_FOR_RECIPIENTS
from app.core.errors import Failure, FieldError
from app.models import Recipient
from app.schemas.consents import ConsentStatement
from app.services.platform import Platform

LONGEST_YEARS: Final = 5
LONGEST: Final = timedelta(days=LONGEST_YEARS * 365 + 2)
"""No yes to a third party stands for longer: whoever said it would no longer know."""


def demand_whole(platform: Platform, form: ConsentStatement) -> None:
    """Raise `Failure("validation_failed")` unless the statement fits its purpose.

    A purpose that is asked for third parties wants one, and a yes to it wants the fields and an end
    to come; any other purpose, and a no, has no use for them.
    """
    asked = form.purpose in ASKED_FOR_RECIPIENTS
    wanted = {"recipient_id"} if asked else set()
    if asked and form.granted:
        wanted |= {"fields", "expires_at"}
    errors = []
    for name in ("recipient_id", "fields", "expires_at"):
        given = getattr(form, name) is not None
        if given is not (name in wanted):
            errors.append(FieldError(f"/{name}", "not_for_this" if given else "recipient_missing"))
    if not errors and form.expires_at is not None:
        errors = [
            FieldError("/expires_at", code, {"years": LONGEST_YEARS})
            for code, wrong in (
                ("date_not_future", form.expires_at <= platform.clock()),
                ("date_too_far", form.expires_at > platform.clock() + LONGEST),
            )
            if wrong
        ]
    if errors:
        raise Failure("validation_failed", errors=errors)


async def name_of(
    connection: AsyncConnection, recipient_id: UUID | None, *, granted: bool
) -> str | None:
    """The third party's name, locked as it is; None where the statement is about none.

    Raises `Failure("validation_failed")` for one that is not known, or, for a yes, is retired.
    """
    if recipient_id is None:
        return None
    # A retirement or another name waits for us, or we for it.
    statement = (
        select(Recipient.name, Recipient.status)
        .where(Recipient.id == recipient_id)
        .with_for_update(read=True, key_share=True)
    )
    row = (await connection.execute(statement)).first()
    if row is None or (granted and row.status != "active"):
        unknown = FieldError("/recipient_id", "unknown_recipient")
        raise Failure("validation_failed", errors=[unknown])
    name: str = row.name
    return name
