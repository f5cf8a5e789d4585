"""The tables. Importing this package maps them all."""

from app.models.audit import AuditEvent, AuditSeal, AuditSubject
from app.models.base import Base, table_of
from app.models.consents import Consent
from app.models.customers import Customer, CustomerWord, LegacyCustomer
from app.models.idempotency import IdempotencyKey
from app.models.logins import Login, Membership
from app.models.policies import Policy, PolicyAcceptance
from app.models.sessions import RefreshToken, Session
from app.models.staff import StaffMember

__all__ = [
    "AuditEvent",
    "AuditSeal",
    "AuditSubject",
    "Base",
    "Consent",
    "Customer",
    "CustomerWord",
    "IdempotencyKey",
    "LegacyCustomer",
    "Login",
    "Membership",
    "Policy",
    "PolicyAcceptance",
    "RefreshToken",
    "Session",
    "StaffMember",
    "table_of",
]
