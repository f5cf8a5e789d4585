"""What statements are held against as they are taken in: the words in force, what stands so far."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import Failure, FieldError
from app.core.transactions import Transaction
from app.services import consent_writes
from app.services.consent_narrowing import Yes
from app.services.consent_sayings import Key, State, Statement, key_of
from app.services.platform import Platform
from app.services.purposes import Words


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for a key, None for nothing, and `yes` how far that goes where it is one.

    Where `closed`, the subject is an account that was closed: no further yes would count.
    """

    state: State | None
    yes: Yes
    closed: bool


async def judge(
    platform: Platform, transaction: Transaction, statements: Sequence[Statement]
) -> list[Words | Failure]:
    """For each statement the words in force that it is about, or why it is refused.

    Asked before anybody waits for their turn, so that who is refused takes no number.
    """
    now, dialect = platform.clock(), platform.database.dialect
    asked = {(each.purpose, each.said_at or now) for each in statements}
    rows = [{"purpose": purpose, "at": at} for purpose, at in asked]
    found = await consent_writes.words(dialect).run(transaction, rows)
    in_force = {(purpose, at): Words(*words) for purpose, at, *words in found}
    return [_judge(each, in_force.get((each.purpose, each.said_at or now))) for each in statements]


def _judge(statement: Statement, words: Words | None) -> Words | Failure:
    if words is None:
        return Failure("unknown_purpose")
    if statement.version not in (None, words.version):
        return Failure("purpose_version_not_current")
    if not set(statement.fields or ()) <= set(words.fields):
        beyond = FieldError("/fields", "beyond_purpose")
        return Failure("validation_failed", errors=[beyond])
    return words


async def standing(
    platform: Platform, transaction: Transaction, statements: Sequence[Statement]
) -> dict[Key, Standing]:
    """What stands for whom: asked by who holds their place in the queue.

    So does whoever closes an account, until it is.
    """
    keys = {key_of(each) for each in statements}
    rows = [dict(zip(consent_writes.KEY, key, strict=True)) for key in keys]
    found = await consent_writes.standing(platform.database.dialect).run(transaction, rows)
    return {
        (subject, purpose, recipient): Standing(state, Yes(fields, expires_at), bool(closed))
        for subject, purpose, recipient, state, fields, expires_at, closed in found
    }
