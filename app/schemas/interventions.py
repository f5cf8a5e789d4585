"""Interventions: a password disabled by the agency, and the report of it."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.core.messages.interventions import REASONS
from app.core.text import FieldRefused
from app.schemas.body import Body
from app.schemas.fields import Checked, Language, SentId, multiline
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_EXAMPLE: Final[dict[str, Any]] = {
    "id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "role": "director",
    "reason_code": "suspected_breach",
    "language": "pt-BR",
    "report": "RELATÓRIO DO QUE FIZEMOS\n\nQuando: 22/11/2026 às 09:00 (horário de Brasília)\n…",
    "created_at": "2026-11-22T12:00:00Z",
}


def _known_reason(code: str) -> str:
    if code not in REASONS:
        raise FieldRefused("not_one_of", allowed=", ".join(REASONS))
    return code


ReasonCode = Annotated[str, Checked(_known_reason, {"enum": list(REASONS)})]
ReasonText = Annotated[
    str,
    multiline(
        2000,
        "Na noite de 21 de novembro vimos entradas estranhas e desativamos senhas por cautela.",
    ),
]
"""What staff write for the customer."""


class InterventionOrder(Body):
    """Disable the password of one login. Nobody chooses, types or sees another."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "login_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
                    "reason_code": "shared_password",
                    "reason_text": "Você nos contou ao telefone que passou a senha a um ex-sócio.",
                }
            ]
        }
    )

    login_id: SentId
    reason_code: ReasonCode
    reason_text: Annotated[
        ReasonText, Field(description="For the customer, in their language: it is in the report.")
    ]


class InterventionView(View):
    """A password that was disabled: why, by which role, and the report that its owner got."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    resource: ClassVar[str] = "intervention"

    id: UUID
    login_id: UUID | MISSING = MISSING
    incident_id: UUID | MISSING | None = MISSING
    staff_id: UUID | MISSING = MISSING
    role: Literal["director", "systems_engineer"]
    reason_code: str
    language: Language
    report: Annotated[str, Field(description="Text of several lines, in `language`.")]
    created_at: Moment


class InterventionPage(BaseModel):
    """A page of interventions, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_EXAMPLE], "next_cursor": "bWFpcw"}]}
    )

    items: list[InterventionView]
    next_cursor: Cursor
