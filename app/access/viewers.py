"""Who may look: the columns of the visibility matrix.

A viewer is a capacity in which somebody calls, not a person. Nothing inherits from anything.
"""

from enum import StrEnum


class Viewer(StrEnum):
    """A column of the matrix. The value is what stands in tokens, audit rows and documents."""

    SELF = "self"
    DIRECTOR = "director"
    SYSTEMS_ENGINEER = "systems_engineer"
    PRIVACY_OFFICER = "privacy_officer"
    SUPPORT = "support"
    BILLING = "billing"
    PRODUCTION = "production"
    MARKETING = "marketing"
    PARTNER = "partner"
    AUTHORITY = "authority"
    PUBLIC = "public"
    """Anybody at the public door. Sees what is published to everyone, where a row says so."""


STAFF_ROLES: tuple[Viewer, ...] = (
    Viewer.DIRECTOR,
    Viewer.SYSTEMS_ENGINEER,
    Viewer.PRIVACY_OFFICER,
    Viewer.SUPPORT,
    Viewer.BILLING,
    Viewer.PRODUCTION,
    Viewer.MARKETING,
)
"""The roles a staff member can have."""

MUST_GIVE_REASON: frozenset[Viewer] = frozenset({Viewer.SYSTEMS_ENGINEER})
"""Roles whose every read states why (`X-Reason`): promise P12."""
