"""What staff write, to customers or about them, never asks for a password (promise P5)."""

from collections.abc import Mapping

from app.core.errors import Failure, FieldError
from app.security.asking import asks_for_secret


def require_no_ask(text: str, pointer: str) -> None:
    """Raise `Failure("validation_failed")` if the text at `pointer` asks for a secret.

    Every text of a staff member's that reaches a customer passes here before it is stored, and the
    note that tells colleagues how to treat one. Which ones those are is listed in
    `tests/support/free_texts.py`, where a test misses what is not.
    """
    _refuse([pointer] if asks_for_secret(text) else [])


def require_no_ask_in(changes: Mapping[str, object]) -> None:
    """`require_no_ask` for each text among `changes`, by dotted field."""
    _refuse(
        [
            "/" + field.replace(".", "/")
            for field, value in changes.items()
            if isinstance(value, str) and asks_for_secret(value)
        ]
    )


def _refuse(pointers: list[str]) -> None:
    if pointers:
        errors = [FieldError(pointer, "asks_for_secret") for pointer in pointers]
        raise Failure("validation_failed", errors=errors)
