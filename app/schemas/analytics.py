"""Figures about visits, for staff: of groups, never of anybody."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

By = Literal["day", "path", "referrer", "device", "kind", "campaign"]

_GROUP: Final[dict[str, Any]] = {"value": "/hospedagem/planos", "events": 120, "visitors": 40}

Stepped = Annotated[
    int, Field(description="Blurred, and rounded down to a multiple of `step`.", ge=0)
]


class Group(BaseModel):
    """The figures of one value: how much, and of how many browsers."""

    model_config = ConfigDict(json_schema_extra={"examples": [_GROUP]})

    value: Annotated[
        str | None, Field(description="The path, host, …; null: none was told. Days: ISO 8601.")
    ]
    events: Annotated[
        int, Field(description="As `visitors`; of one visitor at most five are counted.", ge=0)
    ]
    visitors: Stepped


class Analytics(BaseModel):
    """Groups of at least ten visitors, the largest first; days in their order.

    Figures are approximate: each is blurred by itself, so they do not sum up. Groups of fewer than
    some thirty visitors are mostly left out.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "month": "2026-11",
                    "by": "path",
                    "visitors": 130,
                    "groups": [_GROUP],
                    "step": 10,
                }
            ]
        }
    )

    month: Annotated[str, Field(description="ISO 8601.")]
    by: By
    visitors: Annotated[
        Stepped | None, Field(description="Of the whole month; null: too few to be shown.")
    ]
    groups: list[Group]
    step: int
