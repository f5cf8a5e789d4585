"""`Idempotency-Key`: the same key and request gets the same answer; nothing is done twice.

The key is claimed in the transaction of the deed itself: it stands exactly if the deed does.
Answers are kept sealed, for a day.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.database import insert_unless_there
from app.core.errors import Failure
from app.models import IdempotencyKey
from app.services.platform import Platform

KEPT = timedelta(days=1)
FORM = re.compile(r"[\x21-\x7e]{8,128}")


@dataclass(frozen=True, slots=True)
class Claim:
    """A key as it is kept: digests only, so that neither key nor request stands in the database."""

    key: bytes
    request: bytes


def require_form(key: str) -> None:
    """Raise `Failure("idempotency_key_invalid")` for what cannot be a key."""
    if not FORM.fullmatch(key):
        raise Failure("idempotency_key_invalid")


def claim_of(platform: Platform, door: str, key: str, request: bytes) -> Claim:
    """The claim of a key at a door. Raises `Failure("idempotency_key_invalid")`."""
    require_form(key)
    secret = platform.keyring.secret("idempotency")
    return Claim(
        hashlib.blake2b(f"{door} {key}".encode(), key=secret, digest_size=32).digest(),
        hashlib.blake2b(request, key=secret, digest_size=32).digest(),
    )


async def answered(platform: Platform, connection: AsyncConnection, claim: Claim) -> bytes | None:
    """Claim the key; the answer, if it was given before.

    Of two requests at once the second waits for the first one's transaction.
    Raises `Failure("idempotency_key_reused")` when the key came with another request.
    """
    row = {"key": claim.key, "request_digest": claim.request, "created_at": platform.clock()}
    if await insert_unless_there(connection, IdempotencyKey, row):
        return None
    statement = select(IdempotencyKey.request_digest, IdempotencyKey.answer).where(
        IdempotencyKey.key == claim.key
    )
    known = (await connection.execute(statement)).one()
    if known.request_digest != claim.request:
        raise Failure("idempotency_key_reused")
    return platform.answer_sealer.open(known.answer, claim.key)


async def keep(
    platform: Platform, connection: AsyncConnection, claim: Claim, answer: bytes
) -> None:
    """Keep the answer for the next time."""
    await connection.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.key == claim.key)
        .values(answer=platform.answer_sealer.seal(answer, claim.key))
    )


async def purge(platform: Platform) -> None:
    """Forget the keys that are older than a day."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            delete(IdempotencyKey).where(IdempotencyKey.created_at < platform.clock() - KEPT)
        )
