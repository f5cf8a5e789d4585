"""The members of ANPD's communication of an incident (Res. CD/ANPD 15/2024, art. 6, §2).

They are filled in bit by bit, before and after the incident is dealt with. Deadlines, days and the
number of logins are the incident's own and stand beside them.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    MISSING,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.schemas.body import Body
from app.schemas.fields import WHOLE, Instant, line, multiline
from app.schemas.views import Moment

Text = Annotated[str, multiline(4000)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1), WHOLE]
Nature = Literal["confidentiality", "integrity", "availability", "authenticity"]
DataCategory = Literal[
    "identification",
    "contact",
    "address",
    "authentication",
    "financial",
    "usage",
    "communications",
    "sensitive",
    "children_and_adolescents",
    "elderly",
    "under_secrecy",
    "large_scale",
]
"""What data it is about; most of the latter make telling compulsory (art. 5)."""

EXAMPLE: Final[dict[str, Any]] = {
    "description": "Credenciais vazadas de outro serviço foram tentadas contra a área do cliente.",
    "nature": ["confidentiality"],
    "data_categories": ["authentication", "contact"],
    "subjects_total": 1200,
    "measures_before": "Senhas guardadas com Argon2id; tentativas limitadas por rede.",
    "risks": "Acesso indevido à conta e aos contatos cadastrados.",
}


@dataclass(frozen=True, slots=True)
class _Once:
    """Annotates a list in which nothing may stand twice, also for those who read the schema."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._validate, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "uniqueItems": True}

    @staticmethod
    def _validate(chosen: list[str]) -> list[str]:
        if len(set(chosen)) != len(chosen):
            raise PydanticCustomError("duplicate_item", "duplicate_item")
        return chosen


ONCE: Final = _Once()


class AnpdForm(Body):
    """What is known of the incident so far. As a patch, null clears a member."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    description: Text | MISSING | None = MISSING
    root_cause: Text | MISSING | None = MISSING
    nature: Annotated[list[Nature], Field(max_length=4), ONCE] | MISSING | None = MISSING
    data_categories: Annotated[list[DataCategory], Field(max_length=12), ONCE] | MISSING | None = (
        MISSING
    )
    data_description: Text | MISSING | None = MISSING
    subjects_total: Count | MISSING | None = MISSING
    subjects_children: Count | MISSING | None = MISSING
    subjects_adolescents: Count | MISSING | None = MISSING
    subjects_elderly: Count | MISSING | None = MISSING
    treated_subjects_total: Count | MISSING | None = MISSING
    measures_before: Text | MISSING | None = MISSING
    measures_after: Text | MISSING | None = MISSING
    risks: Text | MISSING | None = MISSING
    mitigation: Text | MISSING | None = MISSING
    delay_reasons: Text | MISSING | None = MISSING
    controller: Annotated[str, line(300)] | MISSING | None = MISSING
    privacy_officer: Annotated[str, line(300)] | MISSING | None = MISSING
    operator: Annotated[str, line(300)] | MISSING | None = MISSING
    anpd_communicated_at: Instant | MISSING | None = MISSING
    anpd_protocol: Annotated[str, line(100)] | MISSING | None = MISSING
    not_communicated_because: Text | MISSING | None = MISSING


REQUIRED: Final = (
    "description",
    "nature",
    "data_categories",
    "data_description",
    "subjects_total",
    "treated_subjects_total",
    "measures_before",
    "measures_after",
    "risks",
    "mitigation",
    "controller",
    "privacy_officer",
)
"""What the communication cannot do without; `delay_reasons` too, once it is late."""


class AnpdFormState(BaseModel):
    """The communication as far as it is filled in, and what it still lacks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "incident_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
                    "small_agent": False,
                    "occurred_at": "2026-11-21T23:00:00Z",
                    "known_at": "2026-11-22T11:00:00Z",
                    "due_at": "2026-11-26T02:59:59Z",
                    "communicated_at": None,
                    "late": False,
                    "supplement_due_at": "2026-12-22T02:59:59Z",
                    "logins": 1200,
                    "form": EXAMPLE | {"controller": "Agência Alainer"},
                    "missing": ["data_description", "measures_after", "privacy_officer"],
                }
            ]
        }
    )

    incident_id: UUID
    small_agent: bool
    occurred_at: Moment | MISSING | None = MISSING
    known_at: Moment
    due_at: Moment
    communicated_at: Moment | MISSING | None = MISSING
    late: Annotated[bool, Field(description="Told after `due_at`, or not told and past it.")]
    supplement_due_at: Moment
    logins: Annotated[int, Field(description="That the incident touches.")]
    form: dict[str, Any]
    missing: list[str]
