"""Row scopes in SQL. A scope that is not written here, for a resource, admits no row.

Values that change from call to call are bound by name (``scope_…``) and come from `scope_values`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.access.actors import Actor
from app.access.matrix import Sight
from app.access.permissions import OWNER
from app.access.processing import MARKETING, OURSELVES
from app.access.scopes import Scope, row_scope
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.core.columns import UtcDateTime
from app.core.statements import bound
from app.models import (
    AccessRecord,
    Agency,
    AnalyticsEvent,
    AuditEvent,
    AuditSubject,
    Authenticator,
    ConsentEvent,
    ConsentState,
    ContactRequest,
    Customer,
    CustomerChange,
    Disclosure,
    Intervention,
    Invitation,
    Invoice,
    LegalColleague,
    LegalDocument,
    LegalNotice,
    LegalPackage,
    LegalRequest,
    LegalSecrecyOrder,
    LegalStep,
    Login,
    Membership,
    Officer,
    PolicyAcceptance,
    Purpose,
    Recipient,
    Session,
)


def _own_customer() -> ColumnElement[bool]:
    return Customer.id == bound("scope_customer", Customer.id.type)


def _open_customers() -> ColumnElement[bool]:
    return Customer.status.in_(("active", "suspended"))


def _open_or_fiscal_customers() -> ColumnElement[bool]:
    kept = Customer.closed_at > bound("scope_fiscal_since", UtcDateTime())
    return or_(_open_customers(), kept)


def _consenting_customers() -> ColumnElement[bool]:
    """`consents.allows`, for marketing by the agency itself, as a condition."""
    agency = ConsentState.recipient_id == OURSELVES
    return and_(_open_customers(), _stands(ConsentState.purpose == MARKETING, agency))


def _customers_of_partner() -> ColumnElement[bool]:
    """The same for the third party that asks, for any purpose; which fields, the consent says."""
    partner = bound("scope_recipient", ConsentState.recipient_id.type)
    active = exists().where(Recipient.id == partner, Recipient.status == "active")
    return and_(_open_customers(), active, _stands(ConsentState.recipient_id == partner))


def _stands(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The customer's yes, to words that still count, has not ended."""
    now = bound("scope_now", UtcDateTime())
    kept_from = (
        select(Purpose.consent_kept_from)
        .where(Purpose.key == ConsentState.purpose, Purpose.published_at <= now)
        .order_by(Purpose.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    return exists().where(
        ConsentState.subject_id == Customer.id,
        *conditions,
        ConsentState.state == "granted",
        ConsentState.purpose_version >= kept_from,
        or_(ConsentState.expires_at.is_(None), ConsentState.expires_at > now),
    )


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


def _own_login() -> ColumnElement[bool]:
    return Login.id == bound("scope_login", Login.id.type)


def _own_memberships() -> ColumnElement[bool]:
    own = Membership.customer_id == bound("scope_customer", Membership.customer_id.type)
    return and_(own, Membership.revoked_at.is_(None))


def _own_invitations() -> ColumnElement[bool]:
    return Invitation.customer_id == bound("scope_customer", Invitation.customer_id.type)


def _own_sessions() -> ColumnElement[bool]:
    """Those that live, of the caller in person: a login's on each of its accounts."""
    return and_(
        _in_person(Session.login_id, Session.staff_id, Session.officer_id),
        Session.ended_at.is_(None),
        Session.expires_at > bound("scope_now", UtcDateTime()),
    )


def _own_authenticators() -> ColumnElement[bool]:
    return _in_person(Authenticator.login_id, Authenticator.staff_id, Authenticator.officer_id)


def _in_person(*holders: InstrumentedAttribute[UUID | None]) -> ColumnElement[bool]:
    """Ids are unique across all who sign in: whoever calls matches one of the columns."""
    return or_(*(holder == bound("scope_login", holder.type) for holder in holders))


def _own_interventions() -> ColumnElement[bool]:
    return Intervention.login_id == bound("scope_login", Intervention.login_id.type)


def _own_invoices() -> ColumnElement[bool]:
    return Invoice.customer_id == bound("scope_customer", Invoice.customer_id.type)


def _own_contact_requests() -> ColumnElement[bool]:
    """Those of the caller in person, in this account: what others ask there is their own."""
    return and_(
        ContactRequest.customer_id == bound("scope_customer", ContactRequest.customer_id.type),
        ContactRequest.login_id == bound("scope_login", ContactRequest.login_id.type),
    )


def _contact_requests_about(topic: str) -> Callable[[], ColumnElement[bool]]:
    return lambda: ContactRequest.topic == topic


def _of(
    owner: InstrumentedAttribute[UUID], customers: Callable[[], ColumnElement[bool]]
) -> Callable[[], ColumnElement[bool]]:
    """What belongs to the customers of another condition."""
    return lambda: owner.in_(select(Customer.id).where(customers()))


def _changes_in_sight(viewer: Viewer) -> ColumnElement[bool]:
    """What the viewer sees in the clear of a customer, they may see the past of; no more."""
    cells = {row.field: row.cell(viewer).sight for row in RESOURCES["customer"].rows}
    clear = [field for field, sight in cells.items() if sight is Sight.CLEAR]
    customers = condition("customer", row_scope("customer", viewer), viewer)
    return and_(
        CustomerChange.field.in_(clear),
        CustomerChange.customer_id.in_(select(Customer.id).where(customers)),
    )


def _own_consent_events() -> ColumnElement[bool]:
    return ConsentEvent.subject_id == bound("scope_customer", ConsentEvent.subject_id.type)


def _own_consent_states() -> ColumnElement[bool]:
    return ConsentState.subject_id == bound("scope_customer", ConsentState.subject_id.type)


def _marketing_consents() -> ColumnElement[bool]:
    theirs = _of(ConsentState.subject_id, _consenting_customers)()
    agency = ConsentState.recipient_id == OURSELVES
    return and_(theirs, agency, ConsentState.purpose == MARKETING)


def _own_analytics_events() -> ColumnElement[bool]:
    return AnalyticsEvent.customer_id == bound("scope_customer", AnalyticsEvent.customer_id.type)


def _own_disclosures() -> ColumnElement[bool]:
    return Disclosure.customer_id == bound("scope_customer", Disclosure.customer_id.type)


def _own_access_records() -> ColumnElement[bool]:
    """Those of the caller in person, on all its accounts: from where others came is theirs."""
    return AccessRecord.login_id == bound("scope_login", AccessRecord.login_id.type)


def _access_records_of_target() -> ColumnElement[bool]:
    """All uses of the account, whoever's: what is recorded of it is what a court asks for."""
    return AccessRecord.customer_id == bound("scope_customer", AccessRecord.customer_id.type)


def _owners_of_target() -> Select[UUID]:
    return select(Membership.login_id).where(
        Membership.customer_id == bound("scope_customer", Membership.customer_id.type),
        Membership.permissions == (OWNER,),
        Membership.revoked_at.is_(None),
    )


def _logins_of_target() -> ColumnElement[bool]:
    """Those that own the account. Whom its owners let in besides is somebody else."""
    return Login.id.in_(_owners_of_target())


def _contact_requests_of_target() -> ColumnElement[bool]:
    """What the account's owners wrote from within it: others who may enter it are other people."""
    return and_(
        ContactRequest.customer_id == bound("scope_customer", ContactRequest.customer_id.type),
        ContactRequest.login_id.in_(_owners_of_target()),
    )


def _published_purposes() -> ColumnElement[bool]:
    return Purpose.published_at <= bound("scope_now", UtcDateTime())


def _own_acceptances() -> ColumnElement[bool]:
    return PolicyAcceptance.login_id == bound("scope_login", PolicyAcceptance.login_id.type)


def _own_agency() -> ColumnElement[bool]:
    caller = Officer.id == bound("scope_login", Officer.id.type)
    return Agency.id.in_(select(Officer.agency_id).where(caller))


def _active_agencies() -> ColumnElement[bool]:
    return Agency.counts()


def _own_officer() -> ColumnElement[bool]:
    return Officer.id == bound("scope_login", Officer.id.type)


def _own_legal_requests() -> ColumnElement[bool]:
    """What the officer sent, and what a colleague had them act for."""
    officer = bound("scope_login", LegalColleague.officer_id.type)
    shared = select(LegalColleague.request_id).where(LegalColleague.officer_id == officer)
    return or_(LegalRequest.officer_id == officer, LegalRequest.id.in_(shared))


def _received_legal_requests() -> ColumnElement[bool]:
    """A draft is its sender's alone; what came on paper is the desk's from the first word."""
    return or_(LegalRequest.channel != "authority", LegalRequest.submitted_at.is_not(None))


def _received_legal_steps() -> ColumnElement[bool]:
    received = select(LegalRequest.id).where(_received_legal_requests())
    return LegalStep.request_id.in_(received)


def _own_legal_colleagues() -> ColumnElement[bool]:
    return LegalColleague.request_id.in_(select(LegalRequest.id).where(_own_legal_requests()))


def _own_legal_steps() -> ColumnElement[bool]:
    return LegalStep.request_id.in_(select(LegalRequest.id).where(_own_legal_requests()))


def _told_legal_notices() -> ColumnElement[bool]:
    own = LegalNotice.customer_id == bound("scope_customer", LegalNotice.customer_id.type)
    return and_(own, LegalNotice.state == "sent")


def _own_legal_packages() -> ColumnElement[bool]:
    """Nothing is known of a package before it was released."""
    own = select(LegalRequest.id).where(_own_legal_requests())
    return and_(LegalPackage.released_at.is_not(None), LegalPackage.request_id.in_(own))


def _received_legal_documents() -> ColumnElement[bool]:
    received = select(LegalRequest.id).where(_received_legal_requests())
    return LegalDocument.request_id.in_(received)


def _received_secrecy_orders() -> ColumnElement[bool]:
    received = select(LegalRequest.id).where(_received_legal_requests())
    return LegalSecrecyOrder.request_id.in_(received)


def _own_legal_documents() -> ColumnElement[bool]:
    return LegalDocument.request_id.in_(select(LegalRequest.id).where(_own_legal_requests()))


CONDITIONS: Mapping[tuple[str, Scope], Callable[[], ColumnElement[bool]]] = {
    ("customer", Scope.ALL): true,
    ("customer", Scope.OWN): _own_customer,
    ("customer", Scope.OPEN): _open_customers,
    ("customer", Scope.OPEN_OR_FISCAL): _open_or_fiscal_customers,
    ("customer", Scope.MARKETING_CONSENT): _consenting_customers,
    ("customer", Scope.PARTNER_CONSENT): _customers_of_partner,
    ("customer", Scope.TARGET): _own_customer,
    ("login", Scope.ALL): true,
    ("login", Scope.OWN): _own_login,
    ("login", Scope.TARGET): _logins_of_target,
    ("membership", Scope.ALL): true,
    ("membership", Scope.OWN): _own_memberships,
    ("membership", Scope.OF_OPEN): _of(Membership.customer_id, _open_customers),
    ("invitation", Scope.ALL): true,
    ("invitation", Scope.OWN): _own_invitations,
    ("session", Scope.OWN): _own_sessions,
    ("authenticator", Scope.OWN): _own_authenticators,
    ("intervention", Scope.ALL): true,
    ("intervention", Scope.OWN): _own_interventions,
    ("incident", Scope.ALL): true,
    ("outbox_message", Scope.ALL): true,
    ("invoice", Scope.ALL): true,
    ("invoice", Scope.OWN): _own_invoices,
    ("invoice", Scope.OF_OPEN_OR_FISCAL): _of(Invoice.customer_id, _open_or_fiscal_customers),
    ("contact_request", Scope.ALL): true,
    ("contact_request", Scope.OWN): _own_contact_requests,
    ("contact_request", Scope.TARGET): _contact_requests_of_target,
    ("contact_request", Scope.CONTACT_TOPIC): _contact_requests_about("contact"),
    ("contact_request", Scope.QUOTE_TOPIC): _contact_requests_about("quote"),
    ("audit_event", Scope.ALL): true,
    ("audit_event", Scope.OWN): _own_events,
    ("purpose", Scope.PUBLISHED): _published_purposes,
    ("consent_event", Scope.ALL): true,
    ("consent_event", Scope.OWN): _own_consent_events,
    ("consent_event", Scope.TARGET): _own_consent_events,
    ("consent_state", Scope.ALL): true,
    ("consent_state", Scope.OWN): _own_consent_states,
    ("consent_state", Scope.TARGET): _own_consent_states,
    ("consent_state", Scope.OF_OPEN): _of(ConsentState.subject_id, _open_customers),
    ("consent_state", Scope.OF_CONSENTING): _marketing_consents,
    ("recipient", Scope.ALL): true,
    ("policy", Scope.ALL): true,
    ("policy_draft", Scope.ALL): true,
    ("policy_acceptance", Scope.OWN): _own_acceptances,
    ("analytics_event", Scope.OWN): _own_analytics_events,
    ("agency", Scope.ALL): true,
    ("agency", Scope.OWN): _own_agency,
    ("agency", Scope.ACTIVE): _active_agencies,
    ("officer", Scope.ALL): true,
    ("officer", Scope.OWN): _own_officer,
    ("disclosure", Scope.ALL): true,
    ("disclosure", Scope.OWN): _own_disclosures,
    ("disclosure", Scope.TARGET): _own_disclosures,
    ("access_record", Scope.OWN): _own_access_records,
    ("access_record", Scope.TARGET): _access_records_of_target,
    ("legal_request", Scope.RECEIVED): _received_legal_requests,
    ("legal_request", Scope.OWN): _own_legal_requests,
    ("legal_step", Scope.RECEIVED): _received_legal_steps,
    ("legal_step", Scope.OWN): _own_legal_steps,
    ("legal_document", Scope.RECEIVED): _received_legal_documents,
    ("legal_document", Scope.OWN): _own_legal_documents,
    ("legal_secrecy_order", Scope.RECEIVED): _received_secrecy_orders,
    ("legal_target", Scope.ALL): true,
    ("legal_hold", Scope.ALL): true,
    ("legal_notice", Scope.ALL): true,
    ("legal_notice", Scope.TOLD): _told_legal_notices,
    ("legal_colleague", Scope.OWN): _own_legal_colleagues,
    ("audit_seal", Scope.ALL): true,
    ("legal_package", Scope.ALL): true,
    ("legal_package", Scope.OWN): _own_legal_packages,
}


def condition(resource: str, scope: Scope, viewer: Viewer) -> ColumnElement[bool]:
    """The scope as a condition on the resource's table; false when it is written nowhere."""
    if (resource, scope) == ("customer_change", Scope.CHANGES_IN_SIGHT):
        return _changes_in_sight(viewer)
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
        "scope_recipient": actor.id,
        "scope_fiscal_since": since,
        "scope_now": now,
    }
