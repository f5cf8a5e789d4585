"""Requests of authorities: what is sent, what is decided, and what each side is shown."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.access.legal_bases import MOST_TARGETS
from app.schemas.body import Body
from app.schemas.fields import (
    AgeRecipient,
    Cpf,
    Email,
    Instant,
    Language,
    PersonName,
    Phone,
    ProcessNumber,
    SentId,
    TaxIdText,
    line,
    multiline,
)
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

LONGEST_MOTIVATION: Final = 10_000
LONGEST_NOTE: Final = 5000

# As the tables of `app/access/legal_*.py` have them; a test holds the two together.
Kind = Literal[
    "registration_data",
    "registration_data_24h",
    "access_records",
    "communications",
    "preservation",
    "emergency",
]
Basis = Literal[
    "mci_10_3",
    "lei_12850_15",
    "lei_9613_17b",
    "cpp_13a",
    "mci_15_3",
    "mci_10_1",
    "mci_10_2",
    "mci_13_2",
    "mci_15_2",
    "lgpd_7_vii",
]
ItemName = Literal[
    "name",
    "filiation",
    "qualification",
    "address",
    "tax_id",
    "email",
    "phone",
    "account",
    "last_login",
    "access_records",
    "consents",
    "disclosures",
    "communications",
]
Office = Literal["police_chief", "prosecutor", "judge", "authority"]
Status = Literal[
    "draft",
    "received",
    "identity_check",
    "information_requested",
    "legal_review",
    "narrowed",
    "approval",
    "collecting",
    "second_check",
    "packaged",
    "delivered",
    "acknowledged",
    "closed",
    "rejected",
    "withdrawn",
    "expired",
    "appealed",
]
SenderDeed = Literal["submit", "discard", "inform", "acknowledge", "withdraw", "appeal"]
DeskDeed = Literal[
    "begin",
    "confirm",
    "ask",
    "narrow",
    "forward",
    "return",
    "approve",
    "check",
    "close",
    "reject",
    "contest",
    "resume",
    "dismiss",
]
ReasonCode = Literal[
    "not_identified",
    "signature_unsound",
    "no_competence",
    "no_motivation",
    "generic_or_collective",
    "beyond_basis",
    "period_missing",
    "period_too_long",
    "not_necessary",
    "duplicate",
    "incomplete",
    "order_ended",
    "not_addressed_to_us",
    "original_seen",
    "unlawful_order",
    "upheld",
    "overruled",
    "scope_differs",
]

_MOTIVATION: Final = "Apuração de furto em que o investigado usou o site hospedado nesta agência."
_TARGET: Final[dict[str, Any]] = {"name": "Maria D'Ávila", "tax_id": "529.982.247-25"}
_SENT: Final[dict[str, Any]] = {
    "kind": "registration_data",
    "basis": "mci_10_3",
    "process_number": "0001234-03.2026.8.26.0100",
    "issuing_body": "2ª Promotoria de Justiça Criminal da Capital",
    "signer_name": "Ana Promotora",
    "signer_tax_id": "111.444.777-35",
    "signer_office": "prosecutor",
    "motivation": _MOTIVATION,
    "items": ["name", "address", "email"],
    "targets": [_TARGET],
    "language": "pt-BR",
}
_DECISION: Final[dict[str, Any]] = {
    "item": "email",
    "decision": "refused",
    "reason": "beyond_basis",
    "article": "Lei 12.965/2014, art. 10, § 1º",
}
_REQUEST: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "reference": "SG-4821-0937-5562",
    "channel": "authority",
    "agency_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "officer_id": "01a19467-e800-7e96-9097-3b43b5d82b45",
    "kind": "registration_data",
    "basis": "mci_10_3",
    "process_number": "0001234-03.2026.8.26.0100",
    "inquiry_number": None,
    "issuing_body": "2ª Promotoria de Justiça Criminal da Capital",
    "signer_name": "Ana Promotora",
    "signer_tax_id": "11144477735",
    "signer_office": "prosecutor",
    "motivation": _MOTIVATION,
    "risk_statement": None,
    "items": ["name", "address", "email"],
    "targets": [{"name": "Maria D'Ávila", "tax_id": "52998224725"}],
    "period_from": None,
    "period_to": None,
    "period_zone": None,
    "due_at": None,
    "legal_due_at": "2026-12-15T02:59:59Z",
    "age_recipient": None,
    "secrecy_basis": None,
    "secrecy_until": None,
    "language": "pt-BR",
    "status": "narrowed",
    "status_at": "2026-12-01T14:00:00Z",
    "documents_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "decisions": [_DECISION],
    "created_at": "2026-11-30T12:00:00Z",
    "submitted_at": "2026-11-30T12:10:00Z",
    "closed_at": None,
    "overdue": False,
    "next": ["withdraw", "appeal"],
}
_DESK: Final[dict[str, Any]] = _REQUEST | {
    "entered_by": None,
    "answer_email": None,
    "clock_stopped_at": None,
    "findings": [{"code": "signer_differs"}],
    "reviewed_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "approved_by": None,
    "approved_again_by": None,
    "checked_by": None,
    "next": ["forward", "reject"],
}
_STEP: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77c",
    "request_id": "01a20280-f331-724e-b623-f6755339f77b",
    "at": "2026-12-01T14:00:00Z",
    "deed": "narrow",
    "origin": "legal_review",
    "to": "narrowed",
    "actor_kind": "staff",
    "role": "privacy_officer",
    "actor_name": "Paula Privacidade",
    "reason": "beyond_basis",
    "article": "Lei 12.965/2014, art. 10",
    "message": "O e-mail depende de ordem judicial.",
    "documents_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class SentTarget(Body):
    """One person as the request names them: at least two of these, which must point to one."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 2, "examples": [_TARGET]})

    name: PersonName | MISSING = MISSING
    tax_id: TaxIdText | MISSING = MISSING
    email: Email | MISSING = MISSING
    phone: Phone | MISSING = MISSING


Items = Annotated[
    list[ItemName],
    Field(min_length=1, max_length=13, json_schema_extra={"uniqueItems": True}),
]
Targets = Annotated[list[SentTarget], Field(min_length=1, max_length=MOST_TARGETS)]
Motivation = Annotated[
    str,
    multiline(LONGEST_MOTIVATION, _MOTIVATION),
]
Zone = Annotated[
    str,
    line(64, "America/Sao_Paulo"),
    Field(description="The IANA name of the time zone that the period is meant in."),
]


class NewLegalRequest(Body):
    """A request as its sender makes it. What the basis does not reach is refused item by item."""

    model_config = _shown(_SENT)

    kind: Kind
    basis: Annotated[Basis, Field(description="The code of the legal basis.")]
    process_number: ProcessNumber | MISSING | None = MISSING
    inquiry_number: Annotated[str, line(64, "IP 123/2026")] | MISSING | None = MISSING
    issuing_body: Annotated[str, line(200, "2ª Promotoria de Justiça Criminal da Capital")]
    signer_name: PersonName
    signer_tax_id: Annotated[Cpf, Field(description="Compared with the signing certificate's.")]
    signer_office: Office
    motivation: Motivation
    risk_statement: Annotated[
        Annotated[str, multiline(LONGEST_NOTE)] | MISSING | None,
        Field(description="Of an emergency: whose life or body is in danger, and why now."),
    ] = MISSING
    items: Items
    targets: Targets
    period_from: Instant | MISSING | None = MISSING
    period_to: Instant | MISSING | None = MISSING
    period_zone: Zone | MISSING | None = MISSING
    due_at: Instant | MISSING | None = MISSING
    age_recipient: Annotated[
        AgeRecipient | MISSING | None,
        Field(description="The key that the answer is encrypted to; else a passphrase is mailed."),
    ] = MISSING
    secrecy_basis: Annotated[
        Annotated[str, line(300, "CPP, art. 20")] | MISSING | None,
        Field(description="Why the person may not be told, with the law or the order."),
    ] = MISSING
    secrecy_until: Annotated[
        Instant | MISSING | None,
        Field(description="Until when; then the person is told. Without it, two years at most."),
    ] = MISSING
    language: Language = "pt-BR"


class EnteredLegalRequest(NewLegalRequest):
    """A request that came on paper or by mail, as staff enter it."""

    model_config = _shown(
        {
            **_SENT,
            "channel": "paper",
            "agency_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
            "answer_email": "2pj-criminal@promotoria.exemplo.gov.br",
        }
    )

    channel: Literal["paper", "email"]
    agency_id: SentId
    answer_email: Annotated[
        Email | MISSING | None,
        Field(
            description="In one of the agency's official domains: the passphrase is mailed there, "
            "never to anybody here. Required without an `age_recipient`."
        ),
    ] = MISSING


class SenderStep(Body):
    """What the sender does next."""

    model_config = _shown(
        {"deed": "submit"},
        {"deed": "inform", "message": "Segue o número do inquérito: IP 123/2026."},
    )

    deed: SenderDeed
    message: Annotated[
        Annotated[str, multiline(LONGEST_NOTE)] | MISSING | None,
        Field(description="For the desk to read; required to `inform` and to `appeal`."),
    ] = MISSING


class RefusedItem(Body):
    """An item that the reviewer refuses beyond what the basis leaves out anyway."""

    item: ItemName
    reason: ReasonCode


class DeskStep(Body):
    """What the desk does next. For what came on paper or by mail, the sender's deeds too."""

    model_config = _shown(
        {"deed": "begin"},
        {
            "deed": "narrow",
            "reason": "beyond_basis",
            "message": "O e-mail depende de ordem judicial.",
        },
    )

    deed: DeskDeed | SenderDeed
    reason: Annotated[
        ReasonCode | MISSING | None,
        Field(description="Why; the law that it rests on is put beside it."),
    ] = MISSING
    message: Annotated[
        Annotated[str, multiline(LONGEST_NOTE)] | MISSING | None,
        Field(description="For the sender to read."),
    ] = MISSING
    note: Annotated[
        Annotated[str, multiline(LONGEST_NOTE)] | MISSING | None,
        Field(description="For the desk alone."),
    ] = MISSING
    refused: Annotated[
        list[RefusedItem] | MISSING,
        Field(max_length=13, description="With `narrow`: items refused beyond the basis."),
    ] = MISSING


class DeclaredTarget(BaseModel):
    """One person as the request names them."""

    name: str | MISSING = MISSING
    tax_id: str | MISSING = MISSING
    email: str | MISSING = MISSING
    phone: str | MISSING = MISSING


class DecisionView(BaseModel):
    """What was decided of one item."""

    item: ItemName
    decision: Annotated[
        Literal["granted", "refused", "not_held", "preserved"],
        Field(
            description="`not_held`: the agency never asks anybody for it. `preserved`: frozen as "
            "it is, and not disclosed."
        ),
    ]
    reason: ReasonCode | MISSING | None = MISSING
    article: str | MISSING | None = MISSING


class FindingView(BaseModel):
    """Something that speaks against a request, found by the service."""

    code: str
    reference: Annotated[str | MISSING, Field(description="Of the other request.")] = MISSING
    document_id: Annotated[UUID | MISSING, Field(description="Of the document.")] = MISSING


class LegalRequestView(View):
    """A request, as it was sent and as it stands."""

    model_config = _shown(_REQUEST, _DESK)
    resource: ClassVar[str] = "legal_request"

    id: UUID
    reference: str
    channel: Literal["authority", "paper", "email"]
    agency_id: UUID
    officer_id: UUID | MISSING | None = MISSING
    entered_by: UUID | MISSING | None = MISSING
    kind: Kind
    basis: Basis
    process_number: str | MISSING | None = MISSING
    inquiry_number: str | MISSING | None = MISSING
    issuing_body: str
    signer_name: str
    signer_tax_id: str
    signer_office: Office
    motivation: str
    risk_statement: str | MISSING | None = MISSING
    items: list[ItemName]
    targets: list[DeclaredTarget]
    period_from: Moment | MISSING | None = MISSING
    period_to: Moment | MISSING | None = MISSING
    period_zone: str | MISSING | None = MISSING
    due_at: Annotated[
        Moment | MISSING | None, Field(description="By when the sender asks for it.")
    ] = MISSING
    legal_due_at: Annotated[
        Moment, Field(description="By when an answer is due: by law, or sooner by the order.")
    ]
    clock_stopped_at: Moment | MISSING | None = MISSING
    age_recipient: str | MISSING | None = MISSING
    answer_email: Annotated[
        str | MISSING | None,
        Field(description="Where the passphrase of what came on paper or by mail goes."),
    ] = MISSING
    secrecy_basis: str | MISSING | None = MISSING
    secrecy_until: Moment | MISSING | None = MISSING
    language: Language
    status: Status
    status_at: Moment
    documents_sha256: Annotated[
        str | MISSING | None,
        Field(description="SHA-256 (hex) over its files and what was found of them."),
    ] = MISSING
    findings: list[FindingView] | MISSING = MISSING
    decisions: list[DecisionView]
    reviewed_by: UUID | MISSING | None = MISSING
    approved_by: UUID | MISSING | None = MISSING
    approved_again_by: UUID | MISSING | None = MISSING
    checked_by: UUID | MISSING | None = MISSING
    created_at: Moment
    submitted_at: Moment | MISSING | None = MISSING
    closed_at: Moment | MISSING | None = MISSING
    overdue: Annotated[
        bool, Field(description="Whether the agency owes an answer and `legal_due_at` is past.")
    ]
    next: Annotated[list[str], Field(description="What can be done with it now, at this door.")]


class LegalRequestPage(BaseModel):
    """A page of requests."""

    model_config = _shown({"items": [_REQUEST], "next_cursor": "bWFpcw"})

    items: list[LegalRequestView]
    next_cursor: Cursor


class LegalStepView(View):
    """A step of a request's life."""

    model_config = _shown(_STEP)
    resource: ClassVar[str] = "legal_step"

    id: UUID
    request_id: UUID
    at: Moment
    deed: str
    origin: Status
    to: Status
    actor_kind: str
    actor_id: UUID | MISSING | None = MISSING
    role: str | MISSING | None = MISSING
    actor_name: str | MISSING | None = MISSING
    reason: ReasonCode | MISSING | None = MISSING
    article: str | MISSING | None = MISSING
    message: str | MISSING | None = MISSING
    note: str | MISSING | None = MISSING
    documents_sha256: Annotated[
        str | MISSING | None,
        Field(description="The request's when it was done: which files lay there then."),
    ] = MISSING


class LegalStepPage(BaseModel):
    """A page of a request's steps, newest first."""

    model_config = _shown({"items": [_STEP], "next_cursor": "bWFpcw"})

    items: list[LegalStepView]
    next_cursor: Cursor
