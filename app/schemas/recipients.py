"""Third parties: what is registered of them, and what is shown."""

import re
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, ConfigDict, Field

from app.core.countries import COUNTRIES
from app.core.text import FieldRefused
from app.schemas.body import Body
from app.schemas.fields import Checked, Email, line, multiline
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

_RECIPIENT: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "name": "Contabilidade Exemplo Ltda",
    "tax_id": "12ABC34501DE35",
    "country": "BR",
    "contact_email": "privacidade@contabilidade.exemplo.com.br",
    "safeguards": "Contrato de operador, dados cifrados em trânsito e em repouso.",
    "status": "active",
    "created_at": "2026-11-22T12:00:00Z",
    "retired_at": None,
    "created_by": "01a19467-e800-79ad-b8eb-e568ab252afb",
}

_TAX_ID_SHAPE: Final = r"[0-9A-Za-z](?:[./-]?[0-9A-Za-z]){0,13}"
_TAX_ID: Final = re.compile(_TAX_ID_SHAPE)
_MASK: Final = str.maketrans("", "", "./-")


def _tax_id(text: str) -> str:
    if not _TAX_ID.fullmatch(text):
        raise FieldRefused("text_pattern")
    return text.translate(_MASK).upper()


def _country(text: str) -> str:
    if text not in COUNTRIES:
        raise FieldRefused("unknown_country")
    return text


RecipientTaxId = Annotated[
    str,
    Checked(
        _tax_id,
        {
            "pattern": f"^{_TAX_ID_SHAPE}$",
            "description": "Of its country. In Brazil required: a valid CPF or CNPJ.",
            "examples": ["12.ABC.345/01DE-35", "DE123456789"],
        },
    ),
]
Country = Annotated[
    str,
    Checked(
        _country,
        {"enum": sorted(COUNTRIES), "description": "ISO 3166-1 alpha-2.", "examples": ["BR"]},
    ),
]
RecipientName = Annotated[str, line(160, "Contabilidade Exemplo Ltda")]
Safeguards = Annotated[
    str,
    multiline(2000, "Contrato de operador, dados cifrados em trânsito e em repouso."),
]


class NewRecipient(Body):
    """A third party to be registered. No two have the same name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Contabilidade Exemplo Ltda",
                    "tax_id": "12.ABC.345/01DE-35",
                    "country": "BR",
                    "contact_email": "privacidade@contabilidade.exemplo.com.br",
                    "safeguards": "Contrato de operador, dados cifrados em trânsito e em repouso.",
                }
            ]
        }
    )

    name: RecipientName
    tax_id: RecipientTaxId | None = None
    country: Country
    contact_email: Email
    safeguards: Safeguards


class RecipientPatch(Body):
    """What is corrected of a third party, or that it is retired, for good."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"contact_email": "dpo@contabilidade.exemplo.com.br"}]}
    )

    name: RecipientName | MISSING = MISSING
    tax_id: RecipientTaxId | MISSING | None = MISSING
    country: Country | MISSING = MISSING
    contact_email: Email | MISSING = MISSING
    safeguards: Safeguards | MISSING = MISSING
    status: Literal["retired"] | MISSING = MISSING


class RecipientView(View):
    """A third party, as far as the caller sees it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RECIPIENT]})
    resource: ClassVar[str] = "recipient"

    id: UUID
    name: str
    tax_id: str | MISSING | None = MISSING
    country: str
    contact_email: str | MISSING = MISSING
    safeguards: Annotated[
        str, Field(description="What protects the data there (LGPD arts. 33 and 39).")
    ]
    status: Literal["active", "retired"]
    created_at: Moment | MISSING = MISSING
    retired_at: Moment | MISSING | None = MISSING
    created_by: UUID | MISSING = MISSING


class RecipientPage(BaseModel):
    """A page of third parties, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_RECIPIENT], "next_cursor": "bWFpcw"}]}
    )

    items: list[RecipientView]
    next_cursor: Cursor
