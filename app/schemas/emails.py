"""E-mail addresses that wait for a link in a mail to be opened."""

from typing import Annotated, Literal

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import Email

Seconds = Annotated[int, Field(description="Seconds that the link is good for.")]


class AwaitingConfirmation(BaseModel):
    """A mail is on its way; nothing happens before its link is opened.

    Whoever asks is told the same, whether the address is known or not.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "awaiting_confirmation", "expires_in": 86400}]}
    )

    status: Literal["awaiting_confirmation"]
    expires_in: Seconds


class EmailChange(Body):
    """The new address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "maria@exemplo.com.br"}]})

    email: Email


class EmailChangeAsked(BaseModel):
    """What becomes of the wish: a mail is on its way, or the address is the login's already.

    The first is what everybody is told of any other address, known or not.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "awaiting_confirmation", "expires_in": 86400},
                {"status": "unchanged"},
            ]
        }
    )

    status: Literal["awaiting_confirmation", "unchanged"]
    expires_in: Seconds | MISSING = MISSING


class EmailVerification(BaseModel):
    """What was done: a link was mailed, or there is nothing left to verify."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "mailed"}, {"status": "verified"}]}
    )

    status: Literal["mailed", "verified"]
