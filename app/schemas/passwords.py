"""Request bodies and answers about passwords: choosing, changing, recovering one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import Email, OneTimeToken, Password, TriedPassword, line

Known = Annotated[str, line(320, "Maria D'Ávila")]
"""What a form knows of its user so far, finished or not."""

_NEW = "viola-em-3-cacos!"


class PasswordToAssess(Body):
    """A password, and what is known of whoever chooses it; null stands for "not known".

    Half-typed values are welcome: nothing but the password is checked for its form.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"password": _NEW, "name": "Maria D'Ávila"}]}
    )

    password: TriedPassword
    name: Known | None = None
    email: Known | None = None
    phone: Known | None = None
    tax_id: Known | None = None
    company: Known | None = None


class Advice(BaseModel):
    """A sentence for whoever chooses the password, and its stable code."""

    code: str
    message: Annotated[str, Field(description="In the caller's language.")]


class PasswordStrength(BaseModel):
    """What the password is worth."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"score": 4, "acceptable": True, "reasons": [], "suggestions": []},
                {
                    "score": 1,
                    "acceptable": False,
                    "reasons": [
                        {
                            "code": "password_common",
                            "message": "Muita gente usa esta senha. Escolha uma só sua.",
                        }
                    ],
                    "suggestions": [
                        {
                            "code": "add_words",
                            "message": (
                                "Junte mais duas ou três palavras que não combinam entre si."
                            ),
                        }
                    ],
                },
            ]
        }
    )

    score: Annotated[int, Field(ge=0, le=4, description="3 and 4 are acceptable.")]
    acceptable: Annotated[bool, Field(description="Whether it may be set.")]
    reasons: Annotated[list[Advice], Field(description="What is against it; the codes of errors.")]
    suggestions: Annotated[list[Advice], Field(description="What would make it stronger.")]


class PasswordChange(Body):
    """The password as it is, and as it is to be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"current_password": "quatro-gatos-7-telhados", "new_password": _NEW}]
        }
    )

    current_password: TriedPassword
    new_password: Password


class PasswordResetRequest(Body):
    """Who forgot a password."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "maria@exemplo.com.br"}]})

    email: Email
    door: Annotated[
        Literal["customer", "authority"],
        Field(description="Where they sign in: customers, or officers of authorities."),
    ] = "customer"


class PasswordReset(Body):
    """The token of the link, and the password that is to be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"token": "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ", "new_password": _NEW}
            ]
        }
    )

    token: OneTimeToken
    new_password: Password
    remove_second_factors: Annotated[
        bool,
        Field(
            description=(
                "Remove every second factor and all recovery codes of the login, too. Only with "
                "the link that came when the agency disabled the password."
            ),
        ),
    ] = False
