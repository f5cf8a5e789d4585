"""Partial bodies: validated only after the guard has let their names pass."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.schemas.customers import CustomerPatch, changes


def customer_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values to store, by dotted field. Raises `RequestValidationError` for unfit ones."""
    try:
        patch = CustomerPatch.model_validate(dict(body))
    except ValidationError as error:
        details = error.errors(include_url=False)
        located = [{**detail, "loc": ("body", *detail["loc"])} for detail in details]
        raise RequestValidationError(located, body=dict(body)) from None
    return changes(patch)
