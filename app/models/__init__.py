"""The tables. Importing this package maps them all."""

from app.models.access_records import AccessRecord
from app.models.agencies import Agency
from app.models.analytics_events import AnalyticsEvent
from app.models.audit import AuditEvent, AuditSeal, AuditSubject
from app.models.authenticators import Authenticator, Challenge, RecoveryCode
from app.models.base import Base, table_of
from app.models.consents import ConsentEvent, ConsentState, ConsentSubject
from app.models.contact_requests import ContactForm, ContactRequest
from app.models.customer_changes import CustomerChange
from app.models.customers import Customer, CustomerWord, LegacyCustomer
from app.models.disclosures import Disclosure
from app.models.email_changes import EmailChange
from app.models.idempotency import IdempotencyKey
from app.models.interventions import Incident, IncidentTarget, Intervention
from app.models.invitations import Invitation
from app.models.invoices import Invoice
from app.models.legal_documents import LegalDocument
from app.models.legal_holds import HeldCopy, LegalHold
from app.models.legal_notices import LegalNotice
from app.models.legal_packages import LegalPackage
from app.models.legal_requests import LegalColleague, LegalRequest, LegalStep, LegalTarget
from app.models.legal_secrecy import LegalSecrecyOrder
from app.models.logins import Login, Membership
from app.models.officers import Officer
from app.models.one_time_tokens import OneTimeToken
from app.models.outbox import OutboxBatch, OutboxMessage
from app.models.policies import Policy, PolicyAcceptance, PolicyDraft
from app.models.purposes import Purpose
from app.models.recipients import Recipient
from app.models.registrations import PendingRegistration
from app.models.sessions import RefreshToken, Session
from app.models.staff import StaffMember
from app.models.stored_files import StoredFile, StoredFileChunk
from app.models.transparency_reports import TransparencyReport

__all__ = [
    "AccessRecord",
    "Agency",
    "AnalyticsEvent",
    "AuditEvent",
    "AuditSeal",
    "AuditSubject",
    "Authenticator",
    "Base",
    "Challenge",
    "ConsentEvent",
    "ConsentState",
    "ConsentSubject",
    "ContactForm",
    "ContactRequest",
    "Customer",
    "CustomerChange",
    "CustomerWord",
    "Disclosure",
    "EmailChange",
    "HeldCopy",
    "IdempotencyKey",
    "Incident",
    "IncidentTarget",
    "Intervention",
    "Invitation",
    "Invoice",
    "LegacyCustomer",
    "LegalColleague",
    "LegalDocument",
    "LegalHold",
    "LegalNotice",
    "LegalPackage",
    "LegalRequest",
    "LegalSecrecyOrder",
    "LegalStep",
    "LegalTarget",
    "Login",
    "Membership",
    "Officer",
    "OneTimeToken",
    "OutboxBatch",
    "OutboxMessage",
    "PendingRegistration",
    "Policy",
    "PolicyAcceptance",
    "PolicyDraft",
    "Purpose",
    "Recipient",
    "RecoveryCode",
    "RefreshToken",
    "Session",
    "StaffMember",
    "StoredFile",
    "StoredFileChunk",
    "TransparencyReport",
    "table_of",
]
