"""Row scopes in SQL. A scope that is not written here, for a resource, admits no row.

Values that change from call to call are bound by name (``scope_…``) and come from `scope_values`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true, union_all

from app.access.actors import Actor
from app.access.scopes import Scope
from app.core.columns import UtcDateTime
from app.core.statements import bound
from app.models import AuditEvent, AuditSubject, Consent, Customer, Policy


def _own_customer() -> ColumnElement[bool]:
    return Customer.id == bound("scope_customer", Customer.id.type)


def _open_customers() -> ColumnElement[bool]:
    return Customer.status.in_(("active", "suspended"))


def _open_or_fiscal_customers() -> ColumnElement[bool]:
    kept = Customer.closed_at > bound("scope_fiscal_since", UtcDateTime())
    return or_(_open_customers(), kept)


def _consenting_customers() -> ColumnElement[bool]:
    latest = (
        select(Consent.granted)
        .where(Consent.customer_id == Customer.id, Consent.purpose == "marketing")
        .order_by(Consent.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    return and_(_open_customers(), latest.is_(true()))


def _own_events() -> ColumnElement[bool]:
    """What others did with the caller's account, seen singly or in a list.

    Others are staff, the service itself, and the account's other logins.
    """
    customer = bound("scope_customer", AuditEvent.subject_id.type)
    login = bound("scope_login", AuditEvent.actor_id.type)
    about = union_all(
        select(AuditEvent.id).where(AuditEvent.subject_id == customer),
        select(AuditSubject.event_id).where(AuditSubject.subject_id == customer),
    )
    return and_(
        AuditEvent.id.in_(about),
        or_(AuditEvent.actor_id.is_(None), AuditEvent.actor_id != login),
        AuditEvent.outcome == "allowed",
    )


def _published_policies() -> ColumnElement[bool]:
    return Policy.published_at <= bound("scope_now", UtcDateTime())


CONDITIONS: Mapping[tuple[str, Scope], Callable[[], ColumnElement[bool]]] = {
    ("customer", Scope.ALL): true,
    ("customer", Scope.OWN): _own_customer,
    ("customer", Scope.OPEN): _open_customers,
    ("customer", Scope.OPEN_OR_FISCAL): _open_or_fiscal_customers,
    ("customer", Scope.MARKETING_CONSENT): _consenting_customers,
    ("audit_event", Scope.ALL): true,
    ("audit_event", Scope.OWN): _own_events,
    ("policy", Scope.PUBLISHED): _published_policies,
}


def condition(resource: str, scope: Scope) -> ColumnElement[bool]:
    """The scope as a condition on the resource's table; false when it is written nowhere."""
    return CONDITIONS.get((resource, scope), false)()


def scope_values(actor: Actor, now: datetime, fiscal_years: int) -> dict[str, Any]:
    """What the conditions bind for this caller at this moment."""
    try:
        since = now.replace(year=now.year - fiscal_years)
    except ValueError:  # 29 February
        since = now.replace(year=now.year - fiscal_years, day=28)
    return {
        "scope_customer": actor.customer_id,
        "scope_login": actor.id,
        "scope_fiscal_since": since,
        "scope_now": now,
    }
