"""What is published about authorities' requests."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.schemas.legal_requests import Basis, Kind, ReasonCode
from app.schemas.views import Moment

_REPORT: Final[dict[str, Any]] = {
    "period": "2026-H1",
    "from": "2026-01-01",
    "to": "2026-06-30",
    "settled_at": "2026-07-31T03:00:00Z",
    "smallest_group": 10,
    "received": 57,
    "by_kind": [
        {
            "kind": "registration_data",
            "requests": 31,
            "by_basis": [{"basis": "mci_10_3", "requests": 31}],
        },
        {"kind": "other", "requests": 26, "by_basis": []},
    ],
    "outcomes": [
        {"outcome": "granted", "requests": 24},
        {"outcome": "refused", "requests": 21},
        {"outcome": "other", "requests": 12},
    ],
    "refused_by_reason": [],
    "customers_affected": 28,
    "median_hours_to_answer": 131,
}

Size = Annotated[int, Field(ge=10, description="How many requests: ten at least.")]
Figure = Annotated[int | None, Field(description="None: fewer than ten, or not to be told.")]
Other = Literal["other"]


class BasisFigures(BaseModel):
    """Requests of one kind on one legal basis."""

    basis: Basis | Other
    requests: Size


class KindFigures(BaseModel):
    """Requests of one kind."""

    kind: Kind | Other
    requests: Size
    by_basis: Annotated[list[BasisFigures], Field(description="Empty where nothing can be told.")]


class OutcomeFigures(BaseModel):
    """Requests with one outcome."""

    outcome: Annotated[
        Literal[
            "granted", "narrowed", "refused", "withdrawn", "expired", "contested", "open", "other"
        ],
        Field(
            description="When the figures were settled. `narrowed`: granted in part. `expired`: "
            "information was owed and never came. `contested`: before the courts. `open`: not "
            "decided yet."
        ),
    ]
    requests: Size


class ReasonFigures(BaseModel):
    """Requests refused for one reason."""

    reason: ReasonCode | Other
    requests: Size


class TransparencyReport(BaseModel):
    """Authorities' requests that were received in a period, and what became of them.

    `other` are groups of fewer than ten together, with as many more as it takes that nobody can
    work these out. A period with fewer than ten requests tells nothing.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT]})

    period: Annotated[str, Field(description="A year, or a half of one (America/Sao_Paulo).")]
    from_: Annotated[date, Field(alias="from", description="Its first day.")]
    to: Annotated[date, Field(description="Its last day.")]
    settled_at: Annotated[Moment, Field(description="What happened later is in no report.")]
    smallest_group: int
    received: Figure
    by_kind: list[KindFigures]
    outcomes: list[OutcomeFigures]
    refused_by_reason: list[ReasonFigures]
    customers_affected: Annotated[
        int | None, Field(description="Of whom data were disclosed; each once per half-year.")
    ]
    median_hours_to_answer: Annotated[
        int | None, Field(description="From the receipt to the first answer.")
    ]
