"""The judgement that every new password must pass, wherever one is set."""

from app.core.errors import Failure, FieldError
from app.core.passwords import PASSWORD_LIMITS
from app.security.password_strength import Strength
from app.security.personal_data import Person
from app.services.platform import Platform


async def judge(platform: Platform, password: str, person: Person) -> Strength:
    """What a password is worth for `person`; asks for leaks only where nothing else is wrong.

    Raises `Failure("hashing_busy")` when too many passwords wait.
    """
    strength = await platform.hashing.run(platform.judge.judge, password, person)
    if strength.acceptable and await platform.breached.contains(password):
        return strength.with_breach()
    return strength


async def require_acceptable(
    platform: Platform, password: str, person: Person, pointer: str = "/password"
) -> None:
    """Refuse a password that is weak for `person`; not for use inside a transaction.

    Raises `Failure("validation_failed")` with an error at `pointer` for each reason (see
    `Strength`), or `Failure("hashing_busy")`.
    """
    strength = await judge(platform, password, person)
    if not strength.acceptable:
        errors = [FieldError(pointer, reason, PASSWORD_LIMITS) for reason in strength.reasons]
        raise Failure("validation_failed", errors=errors)
