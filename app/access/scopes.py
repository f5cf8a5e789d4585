"""Which rows of a resource a viewer sees at all. Whoever is not listed sees none."""

from collections.abc import Mapping
from enum import StrEnum

from app.access.viewers import Viewer


class Scope(StrEnum):
    """A set of rows, named. `projection/scopes.py` says it in SQL."""

    NONE = "none"
    ALL = "all"
    OWN = "own"
    """What belongs to the account that the caller acts for."""
    OPEN = "open"
    """Accounts that are neither closed nor erased."""
    OPEN_OR_FISCAL = "open_or_fiscal"
    """Open accounts, and closed ones while the law wants their fiscal records kept."""
    MARKETING_CONSENT = "marketing_consent"
    """Open accounts whose consent to marketing stands at this moment."""
    PUBLISHED = "published"


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
    },
    "audit_event": {
        Viewer.SELF: Scope.OWN,
        Viewer.DIRECTOR: Scope.ALL,
        Viewer.SYSTEMS_ENGINEER: Scope.ALL,
        Viewer.PRIVACY_OFFICER: Scope.ALL,
    },
    "policy": dict.fromkeys(Viewer, Scope.PUBLISHED),
}


def row_scope(resource: str, viewer: Viewer) -> Scope:
    """The rows that the viewer sees of the resource: none, unless listed."""
    return ROW_SCOPES.get(resource, {}).get(viewer, Scope.NONE)
