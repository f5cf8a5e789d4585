"""Partial bodies: validated only after the guard has let their names pass, documented by viewer."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.schemas.agencies import AgencyPatch
from app.schemas.body import Body
from app.schemas.contact_requests import ContactRequestPatch
from app.schemas.customers import AddressPatch, CustomerPatch, changes
from app.schemas.incidents import IncidentPatch
from app.schemas.invoices import InvoicePatch
from app.schemas.members import MemberPatch
from app.schemas.policy_drafts import PolicyDraftPatch
from app.schemas.recipients import RecipientPatch

Patch = TypeVar("Patch", bound=Body)

STAFF_PATCH: Final = CustomerPatch.__name__
OWN_PATCH: Final = "ProfilePatch"
"""The document's names of the same body, as staff may send it and as customers may."""


def customer_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values to store, by dotted field. Raises `RequestValidationError` for unfit ones."""
    return changes(validated(CustomerPatch, body))


def member_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for a membership, by member of the body."""
    return validated(MemberPatch, body).model_dump(exclude_unset=True)


def invoice_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for an invoice."""
    return validated(InvoicePatch, body).model_dump()


def recipient_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for a third party."""
    return validated(RecipientPatch, body).model_dump(exclude_unset=True)


def agency_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for an agency."""
    return validated(AgencyPatch, body).model_dump(exclude_unset=True)


def incident_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for an incident; `form` is a patch of its own."""
    return validated(IncidentPatch, body).model_dump(exclude_unset=True)


def contact_request_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for what somebody wrote to the agency."""
    return validated(ContactRequestPatch, body).model_dump(exclude_unset=True)


def policy_draft_changes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same for a draft of the policy."""
    return validated(PolicyDraftPatch, body).model_dump(exclude_unset=True)


def validated(model: type[Patch], body: Mapping[str, Any]) -> Patch:
    """The body as its model has it. Raises `RequestValidationError`."""
    try:
        return model.model_validate(dict(body))
    except ValidationError as error:
        details = error.errors(include_url=False)
        located = [{**detail, "loc": ("body", *detail["loc"])} for detail in details]
        raise RequestValidationError(located, body=dict(body)) from None


def patch_schemas() -> dict[str, Any]:
    """The schemas of the bodies, and what they refer to, by component name.

    Staff's says of each member in ``x-writable-by`` which roles may send it; the customers' own
    has only what they may.
    """
    staff = CustomerPatch.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = staff.pop("$defs")
    writers = _writers("customer")
    for name, member in staff["properties"].items():
        member["x-writable-by"] = writers[name]
    for name, member in schemas[AddressPatch.__name__]["properties"].items():
        member["x-writable-by"] = writers[f"address.{name}"]
    own = {name for name, viewers in writers.items() if Viewer.SELF in viewers}
    schemas[STAFF_PATCH] = staff
    schemas[OWN_PATCH] = staff | {
        "title": OWN_PATCH,
        "properties": {name: of for name, of in staff["properties"].items() if name in own},
        "examples": [example for example in staff["examples"] if example.keys() <= own],
    }
    others: tuple[tuple[type[Body], str], ...] = (
        (MemberPatch, "membership"),
        (InvoicePatch, "invoice"),
        (IncidentPatch, "incident"),
        (RecipientPatch, "recipient"),
        (ContactRequestPatch, "contact_request"),
        (PolicyDraftPatch, "policy_draft"),
        (AgencyPatch, "agency"),
    )
    for model, resource in others:
        schemas |= _plain(model, resource)
    return schemas


def _plain(model: type[Body], resource: str) -> dict[str, Any]:
    """The schemas of a body; what it switches on or off is kept as a time."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = schema.pop("$defs", {})
    writers = _writers(resource)
    for name, member in schema["properties"].items():
        member["x-writable-by"] = writers[name if name in writers else f"{name}_at"]
    return schemas | {model.__name__: schema}


def _writers(resource: str) -> dict[str, list[str]]:
    """Who may write each field, and each object of which they may write a member."""
    writers: dict[str, list[str]] = {}
    for row in RESOURCES[resource].rows:
        able = [viewer.value for viewer in Viewer if row.cell(viewer).write]
        writers[row.field] = able
        outer = row.field.partition(".")[0]
        writers[outer] = writers.get(outer, []) + [
            one for one in able if one not in writers.get(outer, [])
        ]
    return writers
