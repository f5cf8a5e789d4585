"""The keys that filters, sorts and searches compare: how a named value becomes one.

The same functions make the ``_key`` columns when a record is written, so that they always agree.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from app.access.legal_workflow import State
from app.core.addresses import normalise_state
from app.core.documents import normalise_tax_id
from app.core.emails import email_key, normalise_email
from app.core.folding import fold, words
from app.core.phones import normalise_phone
from app.core.process_numbers import normalise_process_number
from app.core.text import FieldRefused, clean_line

KEY_LENGTH = 200
MAX_WORDS = 8


def name_key(name: str) -> str:
    """The form in which names are sorted."""
    return fold(name)[:KEY_LENGTH]


def city_key(city: str | None) -> str:
    """The form in which cities are compared; empty when there is none."""
    return fold(city or "")[:100]


def name_words(name: str) -> tuple[str, ...]:
    """The words that a name is found by."""
    return tuple(dict.fromkeys(word[:KEY_LENGTH] for word in words(name)))


def search_words(text: str) -> tuple[str, ...]:
    """The word prefixes asked for. Raises `FieldRefused` for none, or for more than eight."""
    found = name_words(clean_line(text, KEY_LENGTH))
    if not found:
        raise FieldRefused("text_empty")
    if len(found) > MAX_WORDS:
        raise FieldRefused("text_too_long", max=MAX_WORDS)
    return found


def address_key(email: str) -> str:
    """An e-mail address as it is compared. Raises `FieldRefused`."""
    return email_key(normalise_email(email))


def _tax_id(text: str) -> str:
    return normalise_tax_id(text).digits


def _city(text: str) -> str:
    return city_key(clean_line(text, 100))


def _line(text: str) -> str:
    return clean_line(text, 64)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise FieldRefused("invalid_uuid") from None


def _legal_states(text: str) -> tuple[str, ...]:
    """One state or several, separated by commas: whoever works a queue works it in all of them."""
    states = tuple(dict.fromkeys(text.split(",")))
    if not {*states} <= {*State}:
        raise FieldRefused("invalid_value")
    return states


Normaliser = Callable[[str], Any]
"""From the text to what the column must be; a tuple is several values, of which it must be one."""

FILTER_KEYS: Mapping[tuple[str, str], tuple[str, Normaliser]] = {
    ("customer", "status"): ("status", _line),
    ("customer", "email"): ("email_key", address_key),
    ("customer", "phone"): ("phone", normalise_phone),
    ("customer", "tax_id"): ("tax_id", _tax_id),
    ("customer", "address.city"): ("city_key", _city),
    ("customer", "address.state"): ("state", normalise_state),
    ("customer_change", "field"): ("field", _line),
    ("intervention", "login_id"): ("login_id", _uuid),
    ("intervention", "incident_id"): ("incident_id", _uuid),
    ("intervention", "reason_code"): ("reason_code", _line),
    ("incident", "status"): ("status", _line),
    ("outbox_message", "batch"): ("batch", _line),
    ("outbox_message", "template"): ("template", _line),
    ("outbox_message", "login_id"): ("login_id", _uuid),
    ("outbox_message", "customer_id"): ("customer_id", _uuid),
    ("outbox_message", "state"): ("state", _line),
    ("invoice", "status"): ("status", _line),
    ("consent_event", "purpose"): ("purpose", _line),
    ("consent_event", "state"): ("state", _line),
    ("consent_event", "recipient_id"): ("recipient_id", _uuid),
    ("consent_event", "channel"): ("channel", _line),
    ("recipient", "status"): ("status", _line),
    ("contact_request", "reference"): ("reference", _line),
    ("contact_request", "topic"): ("topic", _line),
    ("contact_request", "status"): ("status", _line),
    ("contact_request", "email"): ("email_key", address_key),
    ("contact_request", "customer_id"): ("customer_id", _uuid),
    ("contact_request", "assigned_to"): ("assigned_to", _uuid),
    ("policy_draft", "status"): ("status", _line),
    ("disclosure", "customer_id"): ("customer_id", _uuid),
    ("disclosure", "recipient_id"): ("recipient_id", _uuid),
    ("disclosure", "purpose"): ("purpose", _line),
    ("agency", "kind"): ("kind", _line),
    ("agency", "jurisdiction"): ("jurisdiction", _line),
    ("agency", "status"): ("status", _line),
    ("officer", "agency_id"): ("agency_id", _uuid),
    ("officer", "email"): ("email_key", address_key),
    ("officer", "status"): ("status", _line),
    ("legal_request", "reference"): ("reference", _line),
    ("legal_request", "agency_id"): ("agency_id", _uuid),
    ("legal_request", "kind"): ("kind", _line),
    ("legal_request", "process_number"): ("process_number", normalise_process_number),
    ("legal_request", "status"): ("status", _legal_states),
    ("audit_event", "actor_id"): ("actor_id", _uuid),
    ("audit_event", "role"): ("role", _line),
    ("audit_event", "session_id"): ("session_id", _uuid),
    ("audit_event", "request_id"): ("request_id", _line),
    ("audit_event", "action"): ("action", _line),
    ("audit_event", "subject_id"): ("subject_id", _uuid),
    ("audit_event", "purpose"): ("purpose", _line),
    ("audit_event", "outcome"): ("outcome", _line),
}
"""(resource, field) → the column compared for equality, and how the value asked for is made one."""

WORD_FILTERS: frozenset[tuple[str, str]] = frozenset({("customer", "name")})
"""Fields found by word prefix."""

SORT_KEYS: Mapping[tuple[str, str], tuple[str, Callable[[Any], Any]]] = {
    ("customer", "name"): ("name_key", name_key),
    ("customer", "created_at"): ("created_at", lambda value: value),
    ("customer", "address.city"): ("city_key", city_key),
    ("legal_request", "legal_due_at"): ("legal_due_at", lambda value: value),
}
"""(resource, field) → the column that orders, and its value made from the visible one."""

DEFAULT_SORTS: Mapping[str, tuple[str, ...]] = {"customer": ("-created_at", "name")}
"""The first that the viewer may use; without any, newest first by id."""
