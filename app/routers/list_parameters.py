"""The parameters of guarded lists, for the OpenAPI document only: the guard decides by viewer."""

from collections.abc import Mapping
from typing import Any

from app.access.matrix import Use
from app.access.visibility import RESOURCES
from app.projection.guard import MAX_PAGE, PAGE


def list_parameters(resource: str) -> Mapping[str, Any]:
    """``openapi_extra`` for a list of the resource: every parameter that some viewer may use."""
    rows = RESOURCES[resource].rows
    filters = [row.column for row in rows if Use.FILTER in row.uses]
    sorts = [row.column for row in rows if Use.SORT in row.uses]
    described = [
        _parameter(name, f"Only where the caller may read `{name}` unmasked.") for name in filters
    ]
    if sorts:
        values = [direction + name for name in sorts for direction in ("", "-")]
        described.append(_parameter("sort", "Descending with `-`.", enum=values))
    if any(Use.SEARCH in row.uses for row in rows):
        described.append(
            _parameter(
                "q", "A whole e-mail, CPF, CNPJ or phone, or beginnings of the name's words."
            )
        )
    if any(Use.PERIOD in row.uses for row in rows):
        for name, meaning in (("since", "From this moment on."), ("until", "Before this moment.")):
            described.append(_parameter(name, meaning, format="date-time"))
    described.append(
        {
            "name": "limit",
            "in": "query",
            "required": False,
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": PAGE},
        }
    )
    described.append(_parameter("cursor", "`next_cursor` of the page before."))
    return {"x-parameters": described}


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }
