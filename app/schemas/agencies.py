"""Agencies: what staff enter of them, and what is shown."""

import re
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.core.mail_domains import DOMAIN_SHAPE, LONGEST_DOMAIN, normalise_domain
from app.core.text import FieldRefused
from app.schemas.body import Body
from app.schemas.fields import Checked, Phone, line
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

AgencyKind = Literal[
    "police",
    "prosecution",
    "court",
    "data_protection",
    "treasury",
    "financial_intelligence",
    "other",
]
AgencyStatus = Literal["active", "suspended"]

_NEW: Final[dict[str, Any]] = {
    "name": "Promotoria de Justiça do Exemplo",
    "kind": "prosecution",
    "jurisdiction": "BR-SP",
    "domains": ["promotoria.exemplo.gov.br"],
    "callback_phone": "+551132345678",
    "phone_source": "Portal do órgão, página de contatos, vista em 28/11/2026",
}
_AGENCY: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    **_NEW,
    "status": "active",
    "created_at": "2026-11-22T12:00:00Z",
    "created_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "kind_set_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "phone_set_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "domains_set_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "confirmed_at": "2026-11-22T15:00:00Z",
    "confirmed_by": "01a19467-e800-7e96-9097-3b43b5d82b45",
}

_JURISDICTION_SHAPE: Final = r"[A-Z]{2}(?:-[0-9A-Z]{1,3})?"
_JURISDICTION: Final = re.compile(_JURISDICTION_SHAPE)


def _jurisdiction(text: str) -> str:
    if not _JURISDICTION.fullmatch(text):
        raise FieldRefused("text_pattern")
    return text


Jurisdiction = Annotated[
    str,
    Checked(
        _jurisdiction,
        {
            "pattern": f"^{_JURISDICTION_SHAPE}$",
            "description": "ISO 3166: a country, or a part of one.",
            "examples": ["BR", "BR-SP"],
        },
    ),
]
Domain = Annotated[
    str,
    Checked(
        normalise_domain,
        {
            "format": "mail-domain",
            "pattern": f"^{DOMAIN_SHAPE}$",
            "maxLength": LONGEST_DOMAIN,
            "description": (
                "In ASCII; names under it count too. Refused: free mail, suffixes that many "
                "bodies share, international names."
            ),
            "examples": ["promotoria.exemplo.gov.br"],
        },
    ),
]
AgencyName = Annotated[str, line(160, "Promotoria de Justiça do Exemplo")]
PhoneSource = Annotated[str, line(300, "Portal do órgão, página de contatos")]


def _each_once(domains: list[str]) -> list[str]:
    """In one order, so that the same set is the same value."""
    if len(set(domains)) < len(domains):
        raise PydanticCustomError("duplicate_item", "duplicate_item")
    return sorted(domains)


Domains = Annotated[
    list[Domain],
    Field(min_length=1, max_length=20, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_each_once),
]


class NewAgency(Body):
    """An agency to be entered, out of public sources. No two have the same name."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NEW]})

    name: AgencyName
    kind: AgencyKind
    jurisdiction: Jurisdiction
    domains: Domains
    callback_phone: Phone
    phone_source: PhoneSource


class AgencyPatch(Body):
    """What is corrected of an agency, or that it is suspended: then none of its officers acts."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone_source": "Diário Oficial"}]})

    name: AgencyName | MISSING = MISSING
    kind: AgencyKind | MISSING = MISSING
    jurisdiction: Jurisdiction | MISSING = MISSING
    domains: Domains | MISSING = MISSING
    callback_phone: Phone | MISSING = MISSING
    phone_source: PhoneSource | MISSING = MISSING
    status: AgencyStatus | MISSING = MISSING


class AgencyView(View):
    """An agency, as far as the caller sees it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_AGENCY]})
    resource: ClassVar[str] = "agency"

    id: UUID
    name: str
    kind: AgencyKind
    jurisdiction: str
    domains: Annotated[list[str], Field(description="Its official mail domains.")]
    callback_phone: Annotated[
        str | MISSING, Field(description="Where officers are asked after; from a public source.")
    ] = MISSING
    phone_source: str | MISSING = MISSING
    status: AgencyStatus | MISSING = MISSING
    created_at: Moment | MISSING = MISSING
    created_by: UUID | MISSING = MISSING
    kind_set_by: Annotated[
        UUID | MISSING, Field(description="Who is behind the kind, and so does not confirm it.")
    ] = MISSING
    phone_set_by: Annotated[
        UUID | MISSING,
        Field(description="Who is behind the phone, and so neither confirms nor vets here."),
    ] = MISSING
    domains_set_by: Annotated[UUID | MISSING, Field(description="The same for the domains.")] = (
        MISSING
    )
    confirmed_at: Moment | MISSING | None = MISSING
    confirmed_by: Annotated[
        UUID | MISSING | None,
        Field(
            description="The second person, who found kind, phone and domains in the public "
            "source. Without one, nobody registers with it, is vetted or acts for it."
        ),
    ] = MISSING


class AgencyPage(BaseModel):
    """A page of agencies, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_AGENCY], "next_cursor": "bWFpcw"}]}
    )

    items: list[AgencyView]
    next_cursor: Cursor
