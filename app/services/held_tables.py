"""Which tables hang on a customer, and what a hold does about each: every one is judged here.

``COPIED`` can be edited, erased or expire: their rows are copied when a hold is placed.
``ENDURING`` cannot: they are append-only, and nothing deletes them (access records expire, and wait
for the hold: `holds.py`). ``LEFT_OUT`` are secrets by which somebody gets in, and what is derived
from other tables. A test fails for a table that is in none.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, or_, select

from app.models import (
    AnalyticsEvent,
    ContactRequest,
    Customer,
    EmailChange,
    Intervention,
    Invitation,
    Invoice,
    Login,
    Membership,
    OutboxMessage,
    Session,
    table_of,
)

Condition = Callable[[UUID], ColumnElement[bool]]

WITHHELD: Final = frozenset({("logins", "password_hash"), ("outbox_messages", "sealed")})
"""Columns of copied tables that hold secrets: no copy has them."""


def _of(column: Any) -> Condition:
    return lambda customer_id: column == customer_id


def _of_logins(column: Any) -> Condition:
    """Of whoever has, or had, a place in the account."""

    def condition(customer_id: UUID) -> ColumnElement[bool]:
        theirs = select(Membership.login_id).where(Membership.customer_id == customer_id)
        found: ColumnElement[bool] = column.in_(theirs)
        return found

    return condition


def _mails(customer_id: UUID) -> ColumnElement[bool]:
    """About the account, and those to its people that are about no account."""
    to_people = _of_logins(OutboxMessage.login_id)(customer_id)
    return or_(
        OutboxMessage.customer_id == customer_id,
        and_(OutboxMessage.customer_id.is_(None), to_people),
    )


COPIED: Final[tuple[tuple[Table, Condition], ...]] = (
    (table_of(Customer), _of(Customer.id)),
    (table_of(Login), _of_logins(Login.id)),
    (table_of(Membership), _of(Membership.customer_id)),
    (table_of(Invitation), _of(Invitation.customer_id)),
    (table_of(EmailChange), _of(EmailChange.customer_id)),
    (table_of(Invoice), _of(Invoice.customer_id)),
    (table_of(ContactRequest), _of(ContactRequest.customer_id)),
    (table_of(AnalyticsEvent), _of(AnalyticsEvent.customer_id)),
    (table_of(Session), _of(Session.customer_id)),
    (table_of(Intervention), _of_logins(Intervention.login_id)),
    (table_of(OutboxMessage), _mails),
)
"""Each table with its rows of one customer; all have an ``id``."""

ENDURING: Final[Mapping[str, str]] = {
    "customer_changes": "what the fields were before: only ever added to",
    "consent_events": "the ledger: append-only",
    "disclosures": "only ever added to",
    "policy_acceptances": "only ever added to",
    "audit_events": "append-only",
    "audit_subjects": "goes with the audit log",
    "legacy_customers": "written once, by the import",
    "access_records": "expire, and wait for the hold",
    "legal_targets": "the desk's own",
    "legal_notices": "the desk's own",
    "legal_holds": "the desk's own",
}
"""By table, why its rows stay by themselves."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "customer_words": "derived from the name",
    "consent_states": "derived from the ledger",
    "authenticators": "secrets that open the account",
    "recovery_codes": "secrets that open the account",
    "challenges": "secrets that open the account",
    "one_time_tokens": "secrets that open the account",
    "incident_targets": "the work list of an incident, whose interventions are copied",
}
"""By table, why a hold does not copy it."""
