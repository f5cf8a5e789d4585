"""Which rows a viewer sees: none, unless a line says so."""

import pytest

from app.access.scopes import ROW_SCOPES, Scope, row_scope
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES

ALL, NONE, OPEN, TARGET = Scope.ALL, Scope.NONE, Scope.OPEN, Scope.TARGET

# Said once more by hand, in the order of the viewers.
SIGNED = {
    "customer": (
        *(Scope.OWN, ALL, ALL, ALL, OPEN, Scope.OPEN_OR_FISCAL, OPEN, Scope.MARKETING_CONSENT),
        *(Scope.PARTNER_CONSENT, TARGET, NONE),
    ),
    "login": (Scope.OWN, ALL, ALL, ALL, ALL, NONE, NONE, NONE, NONE, TARGET, NONE),
    "membership": (
        *(Scope.OWN, ALL, ALL, ALL, Scope.OF_OPEN, NONE, NONE, NONE),
        *(NONE, NONE, NONE),
    ),
    "invitation": (Scope.OWN, ALL, ALL, ALL, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    "session": (*(Scope.OWN,) * 8, NONE, Scope.OWN, NONE),
    "authenticator": (*(Scope.OWN,) * 8, NONE, Scope.OWN, NONE),
    "agency": (NONE, ALL, ALL, ALL, *(NONE,) * 5, Scope.OWN, Scope.ACTIVE),
    "officer": (NONE, ALL, ALL, ALL, *(NONE,) * 5, Scope.OWN, NONE),
    "customer_change": (*(Scope.CHANGES_IN_SIGHT,) * 6, NONE, NONE, NONE, NONE, NONE),
    "intervention": (Scope.OWN, ALL, ALL, ALL, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    "incident": (NONE, ALL, ALL, ALL, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    "outbox_message": (NONE, ALL, ALL, ALL, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    "invoice": (
        *(Scope.OWN, ALL, ALL, NONE, NONE, Scope.OF_OPEN_OR_FISCAL, NONE, NONE),
        *(NONE, NONE, NONE),
    ),
    "contact_request": (
        *(Scope.OWN, ALL, ALL, ALL, Scope.CONTACT_TOPIC, NONE, NONE, Scope.QUOTE_TOPIC),
        *(NONE, TARGET, NONE),
    ),
    "audit_event": (Scope.OWN, ALL, ALL, ALL, NONE, NONE, NONE, NONE, NONE, NONE, NONE),
    "policy": (Scope.ALL,) * len(Viewer),
    "policy_draft": (NONE, ALL, NONE, ALL, *(NONE,) * 7),
    "policy_acceptance": (Scope.OWN, *(NONE,) * 10),
    "purpose": (Scope.PUBLISHED,) * len(Viewer),
    "consent_event": (Scope.OWN, ALL, ALL, ALL, NONE, NONE, NONE, NONE, NONE, TARGET, NONE),
    "consent_state": (
        *(Scope.OWN, ALL, ALL, ALL, Scope.OF_OPEN, NONE, NONE, Scope.OF_CONSENTING),
        *(NONE, TARGET, NONE),
    ),
    "disclosure": (Scope.OWN, ALL, ALL, ALL, NONE, NONE, NONE, NONE, NONE, TARGET, NONE),
    "access_record": (Scope.OWN, *(NONE,) * 8, TARGET, NONE),
    "recipient": (ALL, ALL, ALL, ALL, ALL, NONE, NONE, ALL, NONE, NONE, NONE),
    "legal_request": (NONE, *(Scope.RECEIVED,) * 3, *(NONE,) * 5, Scope.OWN, NONE),
    "legal_step": (NONE, *(Scope.RECEIVED,) * 3, *(NONE,) * 5, Scope.OWN, NONE),
    "legal_secrecy_order": (NONE, *(Scope.RECEIVED,) * 3, *(NONE,) * 7),
    "legal_hold": (NONE, ALL, NONE, ALL, *(NONE,) * 7),
    "legal_notice": (Scope.TOLD, ALL, NONE, ALL, *(NONE,) * 7),
    "legal_package": (NONE, ALL, NONE, ALL, *(NONE,) * 5, Scope.OWN, NONE),
    "legal_document": (NONE, *(Scope.RECEIVED,) * 3, *(NONE,) * 5, Scope.OWN, NONE),
    "legal_target": (NONE, ALL, NONE, ALL, *(NONE,) * 7),
    "legal_colleague": (*(NONE,) * 9, Scope.OWN, NONE),
    "audit_seal": (NONE, *(ALL,) * 3, *(NONE,) * 7),
    "analytics_event": (Scope.OWN, *(NONE,) * 10),
}


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_viewer_by_every_resource(resource: str) -> None:
    expected = SIGNED.get(resource, (NONE,) * len(Viewer))
    assert tuple(row_scope(resource, viewer) for viewer in Viewer) == expected


def test_each_line_is_about_a_resource() -> None:
    assert set(ROW_SCOPES) <= set(RESOURCES)


def test_what_is_not_written_admits_nothing() -> None:
    for viewer in Viewer:
        assert row_scope("nothing", viewer) is Scope.NONE
