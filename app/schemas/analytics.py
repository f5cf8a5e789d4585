"""Figures about visits, for staff: of groups, never of anybody."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

By = Literal["day", "path", "referrer", "device", "kind", "campaign"]

_GROUP: Final[dict[str, Any]] = {"value": "/hospedagem/planos", "events": 120, "visitors": 40}

Stepped = Annotated[int, Field(description="Rounded down to a multiple of `step`.")]


class Figures(BaseModel):
    """How much, and of how many browsers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"events": 60, "visitors": 20}]})

    events: Annotated[
        int, Field(description="As `visitors`; of one visitor at most `step` are counted.")
    ]
    visitors: Stepped


class Group(Figures):
    """The figures of one value."""

    model_config = ConfigDict(json_schema_extra={"examples": [_GROUP]})

    value: Annotated[
        str | None, Field(description="The path, host, …; null: none was told. Days: ISO 8601.")
    ]


class Analytics(BaseModel):
    """Groups of at least ten visitors, the largest first; days in their order.

    `other` sums up the rest, null if there are none, or fewer than ten in all. There is no total.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from": "2026-11-01",
                    "to": "2026-11-07",
                    "by": "path",
                    "groups": [_GROUP],
                    "other": {"events": 60, "visitors": 20},
                    "step": 10,
                }
            ]
        }
    )

    since: Annotated[date, Field(alias="from")]
    until: Annotated[date, Field(alias="to", description="The last day; it is counted.")]
    by: By
    groups: list[Group]
    other: Figures | None
    step: int
