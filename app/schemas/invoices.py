"""Invoices: what billing writes, and what is shown of them. Money is integer cents of ``BRL``."""

from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.body import Body
from app.schemas.fields import WHOLE, Day, line
from app.schemas.view import View
from app.schemas.views import Cursor, Moment

MOST_CENTS: Final = 10**11
"""A billion reais: what is more was mistyped."""

_INVOICE: Final[dict[str, Any]] = {
    "id": "01a20280-f331-724e-b623-f6755339f77b",
    "customer_id": "01a19467-e800-79ad-b8eb-e568ab252afb",
    "number": "2026-000123",
    "description": "Hospedagem, dezembro de 2026",
    "amount_cents": 14990,
    "currency": "BRL",
    "due_on": "2026-12-10",
    "status": "paid",
    "issued_at": "2026-11-22T12:00:00Z",
    "paid_at": "2026-12-08T14:30:00Z",
}


class NewInvoice(Body):
    """An invoice to be issued. No two have the same number."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "2026-000123",
                    "description": "Hospedagem, dezembro de 2026",
                    "amount_cents": 14990,
                    "due_on": "2026-12-10",
                }
            ]
        }
    )

    number: Annotated[str, line(40, "2026-000123")]
    description: Annotated[str, line(200, "Hospedagem, dezembro de 2026")]
    amount_cents: Annotated[int, Field(ge=1, le=MOST_CENTS, description="Centavos."), WHOLE]
    due_on: Day


class InvoicePatch(Body):
    """What became of an open invoice."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "paid"}]})

    status: Literal["paid", "cancelled"]


class InvoiceView(View):
    """An invoice."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INVOICE]})
    resource: ClassVar[str] = "invoice"

    id: UUID
    customer_id: UUID
    number: str
    description: str
    amount_cents: int
    currency: Literal["BRL"]
    due_on: date
    status: Literal["open", "paid", "cancelled"]
    issued_at: Moment
    paid_at: Moment | None


class InvoicePage(BaseModel):
    """A page of invoices, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_INVOICE], "next_cursor": "bWFpcw"}]}
    )

    items: list[InvoiceView]
    next_cursor: Cursor
