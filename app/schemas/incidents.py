"""Incidents: whom a break-in touches, what is told of it, and how far it has been dealt with."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import (
    MISSING,
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.core.networks import LONGEST_NETWORK, networks_within
from app.core.text import trim
from app.schemas import anpd_form
from app.schemas.anpd_form import AnpdForm
from app.schemas.body import Body
from app.schemas.fields import WHOLE, Checked, Instant, SentId, line
from app.schemas.interventions import ReasonCode, ReasonText
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

MOST_LOGINS: Final = 1000
"""Logins that can be named one by one."""

_REASON_TEXT: Final[dict[str, Any]] = {
    "pt-BR": "Na noite de 21 de novembro alguém entrou em contas com senhas vazadas de outro site.",
    "en": "On the night of 21 November somebody entered accounts with passwords leaked elsewhere.",
}
_SELECTION: Final[dict[str, Any]] = {"last_sign_in": {"since": "2026-11-15T00:00:00Z"}}
_ID: Final = "01a19467-e800-79ad-b8eb-e568ab252afb"
_OTHER_ID: Final = "01a20280-f331-724e-b623-f6755339f77b"
_INCIDENT: Final[dict[str, Any]] = {
    "id": _ID,
    "title": "Senhas vazadas, novembro de 2026",
    "status": "running",
    "reason_code": "confirmed_breach",
    "reason_text": _REASON_TEXT,
    "selection": _SELECTION,
    "form": anpd_form.EXAMPLE,
    "occurred_at": "2026-11-21T23:00:00Z",
    "known_at": "2026-11-22T11:00:00Z",
    "anpd_due_at": "2026-11-26T02:59:59Z",
    "subjects_due_at": "2026-11-26T02:59:59Z",
    "supplement_due_at": "2026-12-22T02:59:59Z",
    "kept_until": "2031-11-22T12:00:00Z",
    "created_at": "2026-11-22T12:00:00Z",
    "created_by": _OTHER_ID,
    "confirmed_at": "2026-11-22T12:10:00Z",
    "confirmed_by": "01a20280-f331-724e-b623-f6755339f77c",
    "confirmed_role": "director",
    "finished_at": None,
    "expected": 1200,
}
_MAILS: Final[dict[str, Any]] = {
    "unqueued": 700,
    "queued": 380,
    "sending": 4,
    "deferred": 1,
    "sent": 114,
    "bounced": 1,
    "abandoned": 0,
    "suppressed": 0,
    "forgotten": 0,
}


def _network(text: str) -> str:
    networks_within(text)
    return trim(text)


def _true(value: bool) -> bool:
    if not value:
        raise PydanticCustomError("invalid_value", "invalid_value")
    return value


class Period(Body):
    """From `since` on and before `until`; without `until`, up to now."""

    since: Instant
    until: Instant | None = None

    @model_validator(mode="after")
    def _forward(self) -> "Period":
        if self.until is not None and self.until <= self.since:
            raise PydanticCustomError("period_empty", "period_empty")
        return self


class Selection(Body):
    """Which logins, by one of four ways."""

    model_config = ConfigDict(
        json_schema_extra={
            "minProperties": 1,
            "maxProperties": 1,
            "examples": [
                _SELECTION,
                {"network": "203.0.113.0/24"},
                {"logins": [_ID]},
                {"all": True},
            ],
        }
    )

    logins: Annotated[
        list[SentId] | MISSING,
        Field(min_length=1, max_length=MOST_LOGINS, description="These. Each must exist."),
    ] = MISSING
    last_sign_in: Annotated[
        Period | MISSING,
        Field(description="Those that signed in within: any sign-in that is still known counts."),
    ] = MISSING
    network: (
        Annotated[
            str,
            Checked(
                _network,
                {
                    "format": "ip-network",
                    "maxLength": LONGEST_NETWORK,
                    "description": (
                        "Those with a session from there, in the last months. Networks are known "
                        "to /24 (IPv6: /48) only; up to 256 of those can be named at once."
                    ),
                    "examples": ["203.0.113.0/24"],
                },
            ),
        ]
        | MISSING
    ) = MISSING
    all: (
        Annotated[
            StrictBool,
            AfterValidator(_true),
            WithJsonSchema({"const": True, "type": "boolean", "description": "Every login."}),
        ]
        | MISSING
    ) = MISSING

    @model_validator(mode="after")
    def _one_way(self) -> "Selection":
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("exactly_one", "exactly_one")
        return self


class BothLanguages(Body):
    """One text in each language: customers are told in theirs."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REASON_TEXT]})

    pt: Annotated[ReasonText, Field(alias="pt-BR")]
    en: ReasonText


Title = Annotated[str, line(200, "Senhas vazadas, novembro de 2026")]


class IncidentDraft(Body):
    """An incident as it is entered. Nothing is done to anybody before a second person confirms it.

    `reason_text` is what the report tells each customer beside what was done: in plain words, the
    kind of data, the risks, and what the agency does about it (Res. CD/ANPD 15/2024, art. 9).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Senhas vazadas, novembro de 2026",
                    "reason_code": "confirmed_breach",
                    "reason_text": _REASON_TEXT,
                    "known_at": "2026-11-22T11:00:00Z",
                    "occurred_at": "2026-11-21T23:00:00Z",
                    "form": anpd_form.EXAMPLE,
                    "selection": _SELECTION,
                }
            ]
        }
    )

    title: Title
    reason_code: ReasonCode
    reason_text: BothLanguages
    known_at: Annotated[Instant, Field(description="When the agency learnt of it.")]
    occurred_at: Annotated[Instant | None, Field(description="When it happened, if known.")] = None
    form: AnpdForm | MISSING = MISSING
    selection: Selection


class IncidentPreview(Body):
    """Which logins an incident would touch. Nothing is entered."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"selection": _SELECTION}]})

    selection: Selection


class IncidentSize(BaseModel):
    """How many logins an incident would touch if it were entered now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expected": 1200}]})

    expected: int


class IncidentPatch(Body):
    """A merge patch: what is not named stays, and so it is within `form`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"form": {"measures_after": "Todas as senhas tocadas foram desativadas."}}]
        }
    )

    title: Title | MISSING = MISSING
    occurred_at: Instant | MISSING | None = MISSING
    form: AnpdForm | MISSING = MISSING


class Confirmation(Body):
    """The count that the second person saw, so that nobody confirms what has changed since."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expected_count": 1200}]})

    expected_count: Annotated[int, Field(ge=0, le=2**31 - 1), WHOLE]


class IncidentView(View):
    """An entry of the register (Res. CD/ANPD 15/2024, art. 10)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INCIDENT]})
    resource: ClassVar[str] = "incident"

    id: UUID
    title: str
    status: Literal["draft", "running", "done", "cancelled"]
    reason_code: str
    reason_text: dict[str, str]
    selection: dict[str, Any]
    form: dict[str, Any]
    occurred_at: Moment | MISSING | None = MISSING
    known_at: Moment
    anpd_due_at: Moment
    subjects_due_at: Moment
    supplement_due_at: Moment
    kept_until: Moment
    created_at: Moment
    created_by: UUID
    confirmed_at: Moment | MISSING | None = MISSING
    confirmed_by: UUID | MISSING | None = MISSING
    confirmed_role: Literal["director", "systems_engineer"] | MISSING | None = MISSING
    finished_at: Moment | MISSING | None = MISSING
    expected: Annotated[int, Field(description="Logins: as counted, and once confirmed, as fixed.")]


class IncidentPage(BaseModel):
    """A page of the register, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_INCIDENT], "next_cursor": "bWFpcw"}]}
    )

    items: list[IncidentView]
    next_cursor: Cursor


class MailStates(BaseModel):
    """How many logins' mails are in each state; together they are all of the logins."""

    unqueued: Annotated[int, Field(description="The login was not dealt with yet.")]
    queued: int
    sending: int
    deferred: int
    sent: int
    bounced: int
    abandoned: int
    suppressed: int
    forgotten: Annotated[int, Field(description="Settled, and deleted some time after.")]


class Progress(BaseModel):
    """How far an incident has been dealt with."""

    logins: int
    done: int
    failed: Annotated[int, Field(description="Could not be dealt with; see `retry`.")]
    mails: MailStates


class IncidentDetail(IncidentView):
    """An incident and how far it has been dealt with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _INCIDENT
                | {"progress": {"logins": 1200, "done": 500, "failed": 0, "mails": _MAILS}}
            ]
        }
    )

    progress: Progress
