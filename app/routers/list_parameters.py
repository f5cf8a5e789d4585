"""The parameters of guarded lists, for the OpenAPI document only: the guard decides by viewer."""

from collections.abc import Mapping
from typing import Any, Final

from app.access.legal_workflow import State
from app.access.matrix import Sight, Use
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.core.addresses import STATES
from app.core.emails import LONGEST_EMAIL
from app.core.text import UNSAFE, UNSEEN
from app.projection.guard import MAX_PAGE, PAGE

_LINE: Final[dict[str, Any]] = {
    "minLength": 1,
    "maxLength": 64,
    "pattern": f"^[^{UNSAFE}]*[^{UNSAFE}{UNSEEN}][^{UNSAFE}]*$",
}
_ID: Final[dict[str, Any]] = {"format": "uuid"}
_STATE: Final = f"({'|'.join(State)})"

_VALUES: Final[Mapping[tuple[str, str], tuple[str, dict[str, Any]]]] = {
    ("customer", "name"): ("Beginnings of the name's words.", {"format": "search-words"}),
    ("customer", "email"): ("Whole.", {"format": "idn-email", "maxLength": LONGEST_EMAIL}),
    ("customer", "phone"): ("Whole, in any usual spelling.", {"format": "phone"}),
    ("customer", "tax_id"): ("Whole, with or without mask.", {"format": "cpf-or-cnpj"}),
    ("customer", "city"): ("Whole; accents and case ignored.", _LINE | {"maxLength": 100}),
    ("customer", "state"): ("UF.", {"enum": list(STATES)}),
    ("customer_change", "field"): ("Dotted, as in the answer: `address.city`.", _LINE),
    ("intervention", "login_id"): ("Whose password was disabled.", _ID),
    ("intervention", "incident_id"): ("In which incident.", _ID),
    ("outbox_message", "login_id"): ("To which login.", _ID),
    ("outbox_message", "customer_id"): ("To which customer.", _ID),
    ("contact_request", "email"): ("Whole.", {"format": "idn-email", "maxLength": LONGEST_EMAIL}),
    ("contact_request", "customer_id"): ("Of which customer, signed in.", _ID),
    ("contact_request", "assigned_to"): ("Whose task it is.", _ID),
    ("consent_event", "recipient_id"): ("To which third party.", _ID),
    ("disclosure", "customer_id"): ("Whose data left.", _ID),
    ("disclosure", "recipient_id"): ("To which third party.", _ID),
    ("officer", "agency_id"): ("Of which agency.", _ID),
    ("officer", "email"): ("Whole.", {"format": "idn-email", "maxLength": LONGEST_EMAIL}),
    ("legal_request", "agency_id"): ("Of which agency.", _ID),
    ("legal_request", "status"): (
        "One or several, separated by commas.",
        {"pattern": f"^{_STATE}(,{_STATE})*$", "example": "received,identity_check,legal_review"},
    ),
    ("legal_request", "process_number"): (
        "Whole, with or without its separators.",
        {"format": "cnj-process-number"},
    ),
    ("audit_event", "actor_id"): ("Who did it.", _ID),
    ("audit_event", "session_id"): ("In which session.", _ID),
    ("audit_event", "subject_id"): ("The one record that it was done to.", _ID),
}
"""(resource, parameter) → what its value means, and which values there are; else any line."""


def list_parameters(resource: str, viewer: Viewer | None = None) -> Mapping[str, Any]:
    """``openapi_extra`` for a list of the resource: every parameter that the viewer may use.

    Without a viewer, every one that anybody may use.
    """
    rows = [
        row
        for row in RESOURCES[resource].rows
        if viewer is None or row.cell(viewer).sight is Sight.CLEAR
    ]
    described = [_filter(resource, row.column) for row in rows if Use.FILTER in row.uses]
    if sorts := [row.column for row in rows if Use.SORT in row.uses]:
        values = [direction + name for name in sorts for direction in ("", "-")]
        described.append(_parameter("sort", "Descending with `-`.", enum=values))
    if any(Use.SEARCH in row.uses for row in rows):
        meaning = "A whole e-mail, CPF, CNPJ or phone, or beginnings of the name's words."
        described.append(_parameter("q", meaning, format="search-words"))
    if any(Use.PERIOD in row.uses for row in rows):
        for name, meaning in (("since", "From this moment on."), ("until", "Before this moment.")):
            described.append(_parameter(name, meaning, format="date-time"))
    return {"x-parameters": [*described, *_page()]}


def page_parameters() -> Mapping[str, Any]:
    """``openapi_extra`` for a list that is told page by page, and takes no other parameter."""
    return {"x-parameters": _page()}


def _page() -> list[dict[str, Any]]:
    return [
        _parameter(
            "limit",
            "The most items of a page.",
            type="integer",
            minimum=1,
            maximum=MAX_PAGE,
            default=PAGE,
        ),
        _parameter("cursor", "`next_cursor` of the page before."),
    ]


def _filter(resource: str, name: str) -> dict[str, Any]:
    meaning, schema = _VALUES.get((resource, name), ("", _LINE))
    condition = f"Only where the caller may read `{name}` unmasked."
    return _parameter(name, f"{meaning} {condition}".strip(), **schema)


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }
