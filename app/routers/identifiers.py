"""Ids in paths: whatever is not one names nothing."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from app.core.errors import Failure


def _id_of(what: str) -> Any:
    return Path(description=f"The {what}'s id (UUID).", json_schema_extra={"format": "uuid"})


CustomerId = Annotated[str, _id_of("customer")]
IncidentId = Annotated[str, _id_of("incident")]
InterventionId = Annotated[str, _id_of("intervention")]


def read_id(text: str) -> UUID:
    """The id. A malformed one is answered like an unknown one: `Failure("not_found")`."""
    try:
        return UUID(text)
    except ValueError:
        raise Failure("not_found") from None
