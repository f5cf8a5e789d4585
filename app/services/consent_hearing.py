"""What a statement is held against as it is taken in: the words in force, what stands so far."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.access.processing import OURSELVES
from app.core.errors import Failure
from app.core.transactions import Transaction, run
from app.services import consent_writes
from app.services.consent_narrowing import Yes
from app.services.platform import Platform
from app.services.purposes import Words

State = Literal["granted", "denied", "withdrawn", "expired"]


@dataclass(frozen=True, slots=True)
class Heard:
    """`before` is what stands, None for nothing, and `yes` how far that goes where it is one.

    `closed_at` is when the subject's account was closed, None for an open one and for visitors.
    """

    words: Words
    before: State | None
    yes: Yes
    closed_at: datetime | None


async def hear(
    platform: Platform,
    transaction: Transaction,
    subject_id: UUID,
    purpose: str,
    recipient_id: UUID | None,
    at: datetime,
) -> Heard:
    """All of it, in one look-up. Raises `Failure("unknown_purpose")` where none is in force."""
    asked = {
        "subject": subject_id,
        "purpose": purpose,
        "recipient": recipient_id or OURSELVES,
        "at": at,
    }
    found = await run(transaction, consent_writes.heard(platform.database.dialect), asked)
    if not found:
        raise Failure("unknown_purpose")
    *words, before, fields, expires_at, closed_at = found[0]
    return Heard(Words(*words), before, Yes(fields, expires_at), closed_at)
