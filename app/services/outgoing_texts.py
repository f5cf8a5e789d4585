"""What staff write and customers read never asks for a password (promise P5)."""

from collections.abc import Mapping

from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.errors import Failure, FieldError
from app.security.asking import asks_for_secret
from app.services.platform import Platform


def require_no_ask(text: str, pointer: str) -> None:
    """Raise `Failure("validation_failed")` if the text at `pointer` asks for a secret.

    Every text of a staff member's that reaches a customer passes here before it is stored; which
    ones those are is listed in `tests/support/free_texts.py`, where a test misses what is not.
    """
    _refuse([pointer] if asks_for_secret(text) else [])


def require_no_ask_in(platform: Platform, resource: str, changes: Mapping[str, object]) -> None:
    """`require_no_ask` for each text among `changes`, by dotted field, that customers are shown.

    Which fields those are, the matrix says: what staff note for themselves is their own matter.
    """
    shown = platform.projection.plans[Viewer.SELF, PURPOSES[Viewer.SELF][0], resource].visible
    _refuse(
        [
            "/" + field.replace(".", "/")
            for field, value in changes.items()
            if field in shown and isinstance(value, str) and asks_for_secret(value)
        ]
    )


def _refuse(pointers: list[str]) -> None:
    if pointers:
        errors = [FieldError(pointer, "asks_for_secret") for pointer in pointers]
        raise Failure("validation_failed", errors=errors)
