"""What staff write and customers read never asks for a password (promise P5)."""

from app.core.errors import Failure, FieldError
from app.security.asking import asks_for_secret


def require_no_ask(text: str, pointer: str) -> None:
    """Raise `Failure("validation_failed")` if the text at `pointer` asks for a secret.

    Every text of a staff member's that reaches a customer passes here before it is stored.
    """
    if asks_for_secret(text):
        raise Failure("validation_failed", errors=[FieldError(pointer, "asks_for_secret")])
