"""A human's login, as they see it themselves."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from app.schemas.view import View
from app.schemas.views import Moment


class LoginView(View):
    """Who signs in: the address of the login, not the contact of an account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01a19467-e800-79ad-b8eb-e568ab252afb",
                    "name": "Maria D'Ávila",
                    "email": "maria@exemplo.com.br",
                    "email_verified_at": "2026-11-22T12:00:00Z",
                    "language": "pt-BR",
                    "status": "active",
                    "created_at": "2026-11-22T12:00:00Z",
                    "last_login_at": "2026-11-24T12:00:00Z",
                    "reset_required_at": None,
                    "credential_changed_at": None,
                    "credential_flagged_at": None,
                }
            ]
        }
    )
    resource: ClassVar[str] = "login"

    id: UUID
    name: str
    email: str
    email_verified_at: Annotated[
        Moment | MISSING | None, Field(description="When a link proved that the address is theirs.")
    ] = MISSING
    language: Literal["pt-BR", "en"] | MISSING = MISSING
    status: Literal["active", "disabled"] | MISSING = MISSING
    created_at: Moment | MISSING = MISSING
    last_login_at: Moment | MISSING | None = MISSING
    reset_required_at: Annotated[
        Moment | MISSING | None,
        Field(description="Since when an intervention keeps the login out until its link is used."),
    ] = MISSING
    credential_changed_at: Annotated[
        Moment | MISSING | None, Field(description="When the password was changed last.")
    ] = MISSING
    credential_flagged_at: Annotated[
        Moment | MISSING | None,
        Field(
            description=(
                "Since when the password, fine when it was chosen, is known to be one of those "
                "that are tried first. The next change clears it."
            )
        ),
    ] = MISSING
