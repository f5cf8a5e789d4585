"""Officers of authorities: how they register, how they are vetted, and what is shown of them."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.schemas.agencies import AgencyKind, AgencyStatus
from app.schemas.body import Body
from app.schemas.fields import (
    Cpf,
    Email,
    Language,
    OneTimeToken,
    Password,
    PersonName,
    Phone,
    SentId,
    TriedPassword,
    line,
    multiline,
)
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

Office = Literal["police_chief", "prosecutor", "judge", "clerk", "authority"]
OfficerStatus = Literal["confirmed", "active", "suspended", "expired"]
Outcome = Literal["confirmed", "refused"]
About = Literal["office", "lost_factors"]

_AGENCY: Final = "01a20280-f331-724e-b623-f6755339f77b"
_VETTING: Final[dict[str, Any]] = {
    "phone": "+551132345678",
    "answered_by": "Secretaria da Promotoria, Sra. Lúcia",
    "note": "Confirmou nome, cargo e matrícula.",
    "outcome": "confirmed",
}
_OFFICER: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77c",
    "agency_id": _AGENCY,
    "name": "Beatriz Nunes",
    "email": "beatriz.nunes@promotoria.exemplo.gov.br",
    "tax_id": "52998224725",
    "office": "prosecutor",
    "registration_number": "MP-12345",
    "language": "pt-BR",
    "status": "active",
    "created_at": "2026-11-22T12:00:00Z",
    "email_confirmed_at": "2026-11-22T12:00:00Z",
    "vettings": [
        {
            "at": "2026-11-23T12:00:00Z",
            "by": "01a19467-e800-79ad-b8eb-e568ab252afb",
            **_VETTING,
        }
    ],
    "vetted_at": "2026-11-23T12:00:00Z",
    "vetted_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "valid_until": "2027-11-23T12:00:00Z",
    "suspended_at": None,
    "suspended_reason": None,
    "last_login_at": None,
    "agency": {
        "name": "Promotoria de Justiça do Exemplo",
        "kind": "prosecution",
        "jurisdiction": "BR-SP",
        "status": "active",
    },
}

RegistrationNumber = Annotated[str, line(40, "MP-12345")]
AnsweredBy = Annotated[str, line(150, "Secretaria da Promotoria, Sra. Lúcia")]
VettingNote = Annotated[str, multiline(2000, "Confirmou nome, cargo e matrícula.")]


class OfficerRegistration(Body):
    """An officer's registration. The address must lie in one of the agency's official domains."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "agency_id": _AGENCY,
                    "name": "Beatriz Nunes",
                    "email": "beatriz.nunes@promotoria.exemplo.gov.br",
                    "tax_id": "529.982.247-25",
                    "office": "prosecutor",
                    "registration_number": "MP-12345",
                    "password": "quatro-gatos-7-telhados",
                    "language": "pt-BR",
                }
            ]
        }
    )

    agency_id: SentId
    name: PersonName
    email: Email
    tax_id: Cpf
    office: Office
    registration_number: RegistrationNumber
    password: Password
    language: Language = "pt-BR"


_SECRET: Final[dict[str, Any]] = {
    "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    "otpauth_uri": "otpauth://totp/Salvaguarda:beatriz?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
}


class OfficerFactor(BaseModel):
    """The secret of an officer's new authenticator app. It is told this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SECRET]})

    totp_secret: str
    otpauth_uri: Annotated[str, Field(description="The same as an address, for a QR code.")]


class OfficerConfirmed(OfficerFactor):
    """The address is confirmed. The secret is for an authenticator app, and is told this once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"status": "awaiting_vetting", **_SECRET}]}
    )

    status: Annotated[
        Literal["awaiting_vetting"],
        Field(description="The agency is called back, by its published phone, before you sign in."),
    ]


class OfficerRecovery(Body):
    """The token of the link that came after the call-back, and the officer's password."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ",
                    "password": "quatro-gatos-7-telhados",
                }
            ]
        }
    )

    token: OneTimeToken
    password: TriedPassword


class Vetting(Body):
    """A call-back: which phone was called, who answered, and what they said."""

    model_config = ConfigDict(json_schema_extra={"examples": [_VETTING]})

    phone: Annotated[Phone, Field(description="The agency's in the directory; no other counts.")]
    answered_by: AnsweredBy
    note: VettingNote
    outcome: Outcome
    about: Annotated[
        About,
        Field(
            description=(
                "What the agency was asked: who the officer is, or (`lost_factors`) whether they "
                "lost every second factor too: then somebody else may let them enrol a new one."
            )
        ),
    ] = "office"


class RecordedVetting(BaseModel):
    """A call-back, as it was recorded."""

    at: Moment
    by: UUID
    phone: str
    answered_by: str
    note: str
    outcome: Outcome
    about: Annotated[
        About | MISSING, Field(description="Absent: who they are; nothing else was asked then.")
    ] = MISSING
    recovered_at: Annotated[
        Moment | MISSING, Field(description="When a link to a new second factor left for it.")
    ] = MISSING
    recovered_by: UUID | MISSING = MISSING


class AgencyOfOfficer(View):
    """The officer's agency, as it is now."""

    resource: ClassVar[str] = "agency"

    name: str
    kind: AgencyKind
    jurisdiction: str
    status: AgencyStatus


class OfficerView(View):
    """An officer, as far as the caller sees them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OFFICER]})
    resource: ClassVar[str] = "officer"

    id: UUID
    agency_id: UUID
    name: str
    email: str
    tax_id: str
    office: Office
    registration_number: str
    language: Literal["pt-BR", "en"]
    status: OfficerStatus
    created_at: Moment
    email_confirmed_at: Moment
    vettings: Annotated[
        list[RecordedVetting] | MISSING, Field(description="Every call-back, oldest first.")
    ] = MISSING
    vetted_at: Moment | MISSING | None = MISSING
    vetted_by: UUID | MISSING | None = MISSING
    valid_until: Annotated[
        Moment | MISSING | None,
        Field(description="A year after the call-back; another one renews it."),
    ] = MISSING
    suspended_at: Moment | MISSING | None = MISSING
    suspended_reason: str | MISSING | None = MISSING
    last_login_at: Moment | MISSING | None = MISSING
    agency: AgencyOfOfficer


class OfficerPage(BaseModel):
    """A page of officers, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_OFFICER], "next_cursor": "bWFpcw"}]}
    )

    items: list[OfficerView]
    next_cursor: Cursor
