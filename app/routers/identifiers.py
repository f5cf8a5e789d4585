"""Ids in paths: whatever is not one names nothing."""

from uuid import UUID

from app.core.errors import Failure


def read_id(text: str) -> UUID:
    """The id. A malformed one is answered like an unknown one: `Failure("not_found")`."""
    try:
        return UUID(text)
    except ValueError:
        raise Failure("not_found") from None
