"""Questions, messages and requests for quotes: what people send, and what is shown of it."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field, StrictBool

from app.schemas.body import Body
from app.schemas.fields import Email, Language, PersonName, Phone, SentId, line, multiline
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

LONGEST_MESSAGE: Final = 5000
LONGEST_ANSWER: Final = 10_000
LONGEST_TOKEN: Final = 512
LONGEST_WORK: Final = 64
LONGEST_BAIT: Final = 2000

Topic = Literal["privacy", "contact", "quote"]
Status = Literal["suspected_spam", "open", "answered", "closed"]
ClosedReason = Literal[
    "answered", "withdrawn", "duplicate", "not_identified", "not_ours", "no_reply", "spam"
]

_QUESTION: Final = "Quais dados meus vocês guardam, e por quanto tempo?"
_ANSWER: Final[dict[str, Any]] = {
    "id": "01a2ac1c-2d00-7a11-8c4e-0d6f6a1b2c3d",
    "text": "Guardamos o seu cadastro e as suas faturas; o arquivo completo segue na sua área.",
    "role": "privacy_officer",
    "interim": False,
    "answered_at": "2026-12-01T14:00:00Z",
}
_REQUEST: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "reference": "4821-0937-5562",
    "topic": "privacy",
    "status": "closed",
    "name": "Maria D'Ávila",
    "email": "maria@exemplo.com.br",
    "phone": "+5511912345678",
    "company": "Padaria Brandão Ltda",
    "subject": "Meus dados",
    "message": _QUESTION,
    "language": "pt-BR",
    "customer_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "assigned_to": "01a19467-e800-7e96-9097-3b43b5d82b45",
    "answers": [_ANSWER],
    "spam_score": 15,
    "spam_signs": {"links": 15},
    "received_at": "2026-11-22T12:00:00Z",
    "acknowledged_at": "2026-11-22T12:00:00Z",
    "due_at": "2026-12-08T02:59:59Z",
    "answered_at": "2026-12-01T14:00:00Z",
    "closed_at": "2026-12-02T09:00:00Z",
    "closed_reason": "answered",
    "kept_until": "2031-12-01T14:00:00Z",
    "overdue": False,
}
_OWN: Final = {
    name: value
    for name, value in _REQUEST.items()
    if name not in {"assigned_to", "spam_score", "spam_signs"}
}

Subject = Annotated[str, line(200, "Meus dados")]
Company = Annotated[str, line(150, "Padaria Brandão Ltda")]
Message = Annotated[str, multiline(LONGEST_MESSAGE, _QUESTION)]


class NewContactRequest(Body):
    """What anybody may send. The form's token and its work are from `GET …/form`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "topic": "privacy",
                    "name": "Maria D'Ávila",
                    "email": "maria@exemplo.com.br",
                    "subject": "Meus dados",
                    "message": _QUESTION,
                    "language": "pt-BR",
                    "form_token": "AQ",
                    "work": "5120",
                }
            ]
        }
    )

    topic: Annotated[
        Topic,
        Field(
            description="`privacy`: the privacy officer, with the law's deadline (LGPD art. 19); "
            "`contact`: support; `quote`: a request for a quote."
        ),
    ]
    name: PersonName
    email: Email
    phone: Phone | MISSING | None = MISSING
    company: Company | MISSING | None = MISSING
    subject: Subject | MISSING | None = MISSING
    message: Annotated[
        Message, Field(description="Plain text. Passwords are taken out before it is stored.")
    ]
    language: Annotated[
        Language | MISSING | None,
        Field(description="In which to answer; without it, what `Accept-Language` likes best."),
    ] = MISSING
    form_token: Annotated[
        str | MISSING | None,
        Field(max_length=LONGEST_TOKEN, description="Of `GET …/form`; good once."),
    ] = MISSING
    work: Annotated[
        str | MISSING | None,
        Field(
            max_length=LONGEST_WORK,
            description='Visible ASCII for which SHA-256 of `form_token + ":" + work` begins '
            "with as many zero bits as the form asked for.",
        ),
    ] = MISSING
    website: Annotated[
        str | MISSING | None,
        Field(
            max_length=LONGEST_BAIT,
            description="Stays empty: pages hide this field from people, programs fill it in.",
        ),
    ] = MISSING


class OwnContactRequest(Body):
    """What a signed-in customer sends: who they are is known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"topic": "privacy", "subject": "Meus dados", "message": _QUESTION}]
        }
    )

    topic: Topic
    phone: Phone | MISSING | None = MISSING
    company: Company | MISSING | None = MISSING
    subject: Subject | MISSING | None = MISSING
    message: Annotated[
        Message, Field(description="Plain text. Passwords are taken out before it is stored.")
    ]


class ContactForm(BaseModel):
    """A form to be sent once: its token, and the work that sending it costs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "form_token": "AQ",
                    "algorithm": "SHA-256",
                    "bits": 12,
                    "not_before": "2026-11-22T12:00:03Z",
                    "expires_at": "2026-11-22T14:00:00Z",
                }
            ]
        }
    )

    form_token: str
    algorithm: Literal["SHA-256"]
    bits: Annotated[
        int,
        Field(description="Leading zero bits wanted: 2^bits hashes on average, 12 unless busy."),
    ]
    not_before: Annotated[Moment, Field(description="Sent before, it is taken for a program's.")]
    expires_at: Moment


class ContactReceived(BaseModel):
    """Received. Everybody is told this much, whatever becomes of it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reference": _REQUEST["reference"]}]}
    )

    reference: Annotated[str, Field(description="To name it by; random, and tells nothing.")]


class NewAnswer(Body):
    """An answer, mailed to whoever asked and kept."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": _ANSWER["text"], "interim": False}]}
    )

    text: Annotated[
        str,
        multiline(LONGEST_ANSWER, _ANSWER["text"]),
        Field(description="Plain text; web addresses are taken apart in the mail."),
    ]
    interim: Annotated[
        StrictBool,
        Field(description="Whether more is to come: then the law's clock goes on running."),
    ] = False


class ContactRequestPatch(Body):
    """What becomes of a request; what is not named stays.

    `closed` needs a `closed_reason`; `answered`, and for `privacy` what tells whoever asked nothing
    by itself (`no_reply`, `not_identified`, `not_ours`), an answer before. `open` releases what
    was kept apart as spam, and takes up again what was closed.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "closed", "closed_reason": "answered"},
                {"status": "open"},
                {"topic": "privacy"},
            ]
        }
    )

    topic: Annotated[
        Topic | MISSING,
        Field(
            description="`privacy`, when it is a question about personal data after all: its "
            "deadline counts from when it came. Another topic only by who sees them all."
        ),
    ] = MISSING
    status: Literal["open", "closed"] | MISSING = MISSING
    closed_reason: ClosedReason | MISSING = MISSING
    assigned_to: Annotated[
        SentId | MISSING | None,
        Field(description="An active colleague who sees the topic; null for nobody."),
    ] = MISSING


class AnswerView(BaseModel):
    """One answer. `role` is that of its author, who is on record."""

    id: UUID
    text: str
    role: str
    interim: bool
    answered_at: Moment


class ContactRequestView(View):
    """A request, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REQUEST, _OWN]})
    resource: ClassVar[str] = "contact_request"

    id: UUID
    reference: str
    topic: Topic
    status: Status
    name: str
    email: str
    phone: str | None
    company: str | None
    subject: str | None
    message: str
    language: Language
    customer_id: UUID | None
    login_id: UUID | MISSING | None = MISSING
    assigned_to: UUID | MISSING | None = MISSING
    answers: list[AnswerView]
    spam_score: Annotated[
        int | MISSING,
        Field(description="The sum of its signs; from 100 on it was kept apart."),
    ] = MISSING
    spam_signs: Annotated[
        dict[str, int] | MISSING,
        Field(description="What spoke against it, and what each sign weighed at the time."),
    ] = MISSING
    received_at: Moment
    acknowledged_at: Moment | None
    due_at: Annotated[
        Moment | None,
        Field(description="The law's deadline for a full answer (LGPD art. 19, II), for privacy."),
    ]
    answered_at: Annotated[Moment | None, Field(description="In full; interim ones do not count.")]
    closed_at: Moment | None
    closed_reason: ClosedReason | None
    kept_until: Moment
    overdue: Annotated[bool, Field(description="Whether `due_at` passed without a full answer.")]


class ContactRequestPage(BaseModel):
    """A page of requests, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_REQUEST], "next_cursor": "bWFpcw"}]}
    )

    items: list[ContactRequestView]
    next_cursor: Cursor
