"""Why a viewer looks (LGPD art. 6, I): a closed list per viewer, the first being the usual one.

A read is on record with its purpose. One that is not listed for a viewer does not exist for them.
"""

from collections.abc import Mapping

from app.access.viewers import Viewer

PURPOSES: Mapping[Viewer, tuple[str, ...]] = {
    Viewer.SELF: ("own_account",),
    Viewer.DIRECTOR: ("management", "legal_obligation", "incident_response"),
    Viewer.SYSTEMS_ENGINEER: ("system_operation", "incident_response"),
    Viewer.PRIVACY_OFFICER: ("data_protection", "legal_obligation", "incident_response"),
    Viewer.SUPPORT: ("customer_support",),
    Viewer.BILLING: ("billing", "legal_obligation"),
    Viewer.PRODUCTION: ("service_delivery",),
    Viewer.MARKETING: ("marketing",),
    Viewer.PARTNER: ("consented_sharing",),
    Viewer.AUTHORITY: ("legal_request",),
    Viewer.PUBLIC: ("publication",),
}

EVERY_PURPOSE: frozenset[str] = frozenset().union(*PURPOSES.values())
"""All of them. Only these may stand on the audit log, even when one is refused."""
