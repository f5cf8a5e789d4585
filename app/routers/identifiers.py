"""Ids in paths: whatever is not one names nothing."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from app.core.errors import Failure

CustomerId = Annotated[
    str, Path(description="The customer's id (UUID).", json_schema_extra={"format": "uuid"})
]


def read_id(text: str) -> UUID:
    """The id. A malformed one is answered like an unknown one: `Failure("not_found")`."""
    try:
        return UUID(text)
    except ValueError:
        raise Failure("not_found") from None
