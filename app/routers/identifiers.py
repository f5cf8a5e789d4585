"""Ids in paths: whatever is not one names nothing."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from starlette.convertors import Convertor, register_url_convertor

from app.core.errors import Failure


class IdConvertor(Convertor[str]):
    """``{name:id}`` in a path: text shaped like an id, which shadows no fixed path beside it."""

    regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def convert(self, value: str) -> str:
        """As it stands: `read_id` reads it."""
        return value

    def to_string(self, value: str) -> str:
        """The same."""
        return value


register_url_convertor("id", IdConvertor())


class VersionConvertor(Convertor[str]):
    """``{name:version}`` in a path: a number of at most nine digits, as `read_version` reads it."""

    regex = "[1-9][0-9]{0,8}"

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """The same."""
        return value


register_url_convertor("version", VersionConvertor())


def _id_of(what: str) -> Any:
    return Path(description=f"The {what}'s id (UUID).", json_schema_extra={"format": "uuid"})


AgencyId = Annotated[str, _id_of("agency")]
AuthenticatorId = Annotated[str, _id_of("second factor")]
ContactRequestId = Annotated[str, _id_of("request")]
ConsentEventId = Annotated[str, _id_of("event")]
CustomerId = Annotated[str, _id_of("customer")]
IncidentId = Annotated[str, _id_of("incident")]
PolicyDraftId = Annotated[str, _id_of("draft")]
PolicyVersion = Annotated[
    str,
    Path(
        description="The version's number.",
        json_schema_extra={"pattern": f"^{VersionConvertor.regex}$", "examples": ["1"]},
    ),
]
InterventionId = Annotated[str, _id_of("intervention")]
OfficerId = Annotated[str, _id_of("officer")]
LegalDocumentId = Annotated[str, _id_of("document")]
LegalRequestId = Annotated[str, _id_of("legal request")]
LegalSecrecyOrderId = Annotated[str, _id_of("proposal")]
LegalTargetId = Annotated[str, _id_of("person whom a legal request names")]
RecipientId = Annotated[str, _id_of("third party")]


def read_version(text: str) -> int:
    """The number of a version; the path has let nothing else pass."""
    return int(text)


def read_id(text: str) -> UUID:
    """The id. A malformed one is answered like an unknown one: `Failure("not_found")`."""
    try:
        return UUID(text)
    except ValueError:
        raise Failure("not_found") from None
