"""Which rows of a resource a viewer sees at all. Whoever is not listed sees none."""

from collections.abc import Mapping
from enum import StrEnum

from app.access.viewers import STAFF_ROLES, Viewer


class Scope(StrEnum):
    """A set of rows, named. `projection/scopes.py` says it in SQL."""

    NONE = "none"
    ALL = "all"
    OWN = "own"
    """What belongs to the account that the caller acts for, or to the caller in person.

    An officer's own agency is the one that they are of, their own requests what they sent or act
    for, their own packages what was released in answer to these.
    """
    OPEN = "open"
    """Accounts that are neither closed nor erased."""
    OPEN_OR_FISCAL = "open_or_fiscal"
    """Open accounts, and closed ones while the law wants their fiscal records kept."""
    OF_OPEN = "of_open"
    """What belongs to accounts that are neither closed nor erased."""
    OF_OPEN_OR_FISCAL = "of_open_or_fiscal"
    """What belongs to the accounts of `OPEN_OR_FISCAL`."""
    CHANGES_IN_SIGHT = "changes_in_sight"
    """Changes of those fields that the viewer sees in the clear, of customers in their rows."""
    MARKETING_CONSENT = "marketing_consent"
    """Open accounts whose consent to marketing stands at this moment."""
    OF_CONSENTING = "of_consenting"
    """The consent to marketing of the accounts of `MARKETING_CONSENT`."""
    PARTNER_CONSENT = "partner_consent"
    """Open accounts whose consent to the third party that asks stands at this moment."""
    TARGET = "target"
    """What is about the one customer whom an approved target of a legal request names."""
    RECEIVED = "received"
    """Legal requests that were sent, and what hangs on them: no draft of an officer's."""
    TOLD = "told"
    """Notices of legal requests that the account was given: never one that is held back."""
    PUBLISHED = "published"
    ACTIVE = "active"
    """Agencies that are not suspended."""
    CONTACT_TOPIC = "contact_topic"
    """What people write to the agency with topic ``contact``."""
    QUOTE_TOPIC = "quote_topic"
    """The same, with topic ``quote``."""


ROW_SCOPES: Mapping[str, Mapping[Viewer, Scope]] = {
    "customer": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.SUPPORT: Scope.OPEN,
        Viewer.BILLING: Scope.OPEN_OR_FISCAL,
        Viewer.PRODUCTION: Scope.OPEN,
        Viewer.MARKETING: Scope.MARKETING_CONSENT,
        Viewer.PARTNER: Scope.PARTNER_CONSENT,
        Viewer.AUTHORITY: Scope.TARGET,
    },
    "login": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.SUPPORT: Scope.ALL,
        Viewer.AUTHORITY: Scope.TARGET,
    },
    "membership": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.SUPPORT: Scope.OF_OPEN,
    },
    "invitation": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "session": dict.fromkeys((Viewer.SELF, *STAFF_ROLES, Viewer.AUTHORITY), Scope.OWN),
    "authenticator": dict.fromkeys((Viewer.SELF, *STAFF_ROLES, Viewer.AUTHORITY), Scope.OWN),
    "customer_change": dict.fromkeys(
        (
            Viewer.SELF,
            Viewer.DIRECTOR,
            Viewer.SYSTEMS_ENGINEER,
            Viewer.PRIVACY_OFFICER,
            Viewer.SUPPORT,
            Viewer.BILLING,
        ),
        Scope.CHANGES_IN_SIGHT,
    ),
    "intervention": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "incident": {
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "outbox_message": {
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "invoice": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.BILLING: Scope.OF_OPEN_OR_FISCAL,
    },
    "contact_request": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.SUPPORT: Scope.CONTACT_TOPIC,
        Viewer.MARKETING: Scope.QUOTE_TOPIC,
        Viewer.AUTHORITY: Scope.TARGET,
    },
    "audit_event": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "purpose": dict.fromkeys(Viewer, Scope.PUBLISHED),
    "consent_event": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.AUTHORITY: Scope.TARGET,
    },
    "consent_state": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.SUPPORT: Scope.OF_OPEN,
        Viewer.MARKETING: Scope.OF_CONSENTING,
        Viewer.AUTHORITY: Scope.TARGET,
    },
    "analytics_event": {Viewer.SELF: Scope.OWN},
    "access_record": {Viewer.SELF: Scope.OWN, Viewer.AUTHORITY: Scope.TARGET},
    "disclosure": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.AUTHORITY: Scope.TARGET,
    },
    "recipient": dict.fromkeys(
        (
            Viewer.SELF,
            Viewer.DIRECTOR,
            Viewer.SYSTEMS_ENGINEER,
            Viewer.PRIVACY_OFFICER,
            Viewer.SUPPORT,
            Viewer.MARKETING,
        ),
        Scope.ALL,
    ),
    "agency": {
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.AUTHORITY: Scope.OWN,
        Viewer.PUBLIC: Scope.ACTIVE,
    },
    "officer": {
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.AUTHORITY: Scope.OWN,
    },
    "legal_secrecy_order": {
        Viewer.DIRECTOR: Scope.RECEIVED,
        Viewer.SYSTEMS_ENGINEER: Scope.RECEIVED,
        Viewer.PRIVACY_OFFICER: Scope.RECEIVED,
    },
    "legal_request": {
        Viewer.DIRECTOR: Scope.RECEIVED,
        Viewer.SYSTEMS_ENGINEER: Scope.RECEIVED,
        Viewer.PRIVACY_OFFICER: Scope.RECEIVED,
        Viewer.AUTHORITY: Scope.OWN,
    },
    "legal_step": {
        Viewer.DIRECTOR: Scope.RECEIVED,
        Viewer.SYSTEMS_ENGINEER: Scope.RECEIVED,
        Viewer.PRIVACY_OFFICER: Scope.RECEIVED,
        Viewer.AUTHORITY: Scope.OWN,
    },
    "legal_hold": {Viewer.DIRECTOR: Scope.ALL, Viewer.PRIVACY_OFFICER: Scope.ALL},
    "legal_notice": {
        Viewer.SELF: Scope.TOLD,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "legal_colleague": {Viewer.AUTHORITY: Scope.OWN},
    "audit_seal": {
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "legal_package": {
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
        Viewer.AUTHORITY: Scope.OWN,
    },
    "legal_document": {
        Viewer.DIRECTOR: Scope.RECEIVED,
        Viewer.SYSTEMS_ENGINEER: Scope.RECEIVED,
        Viewer.PRIVACY_OFFICER: Scope.RECEIVED,
        Viewer.AUTHORITY: Scope.OWN,
    },
    "legal_target": {Viewer.DIRECTOR: Scope.ALL, Viewer.PRIVACY_OFFICER: Scope.ALL},
    "policy": dict.fromkeys(Viewer, Scope.ALL),
    "policy_draft": {Viewer.DIRECTOR: Scope.ALL, Viewer.PRIVACY_OFFICER: Scope.ALL},
    "policy_acceptance": {Viewer.SELF: Scope.OWN},
}


def row_scope(resource: str, viewer: Viewer) -> Scope:
    """The rows that the viewer sees of the resource: none, unless listed."""
    return ROW_SCOPES.get(resource, {}).get(viewer, Scope.NONE)
