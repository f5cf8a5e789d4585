"""What a customer is told about a password that was disabled: the facts, and the report of them.

The words stand in `texts/mail/intervention.*.j2`: the mail holds the whole report, and its block
`report` alone is what is kept and shown in the customer area.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.access.viewers import Viewer
from app.core.language import DEFAULT, LANGUAGES, Language
from app.core.messages.interventions import REASONS, ROLES
from app.services.platform import Platform
from app.services.second_factor_removal import RECENT

TEMPLATE: Final = "intervention"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why passwords are disabled and who decided it: the same for all logins of one deed.

    `reason_text` is what staff wrote for the customer, by language; `known_at` is when the agency
    learnt of the incident that the deed belongs to.
    """

    staff_id: UUID
    role: Viewer
    reason_code: str
    reason_text: Mapping[Language, str]
    known_at: datetime | None = None
    incident_id: UUID | None = None


def language_of(stored: str) -> Language:
    """A login's language; Portuguese for one that we do not speak."""
    return next((language for language in LANGUAGES if language == stored), DEFAULT)


def facts(cause: Cause, language: Language, done_at: datetime, sessions: int) -> dict[str, Any]:
    """The report's placeholders: plain JSON values, and nothing secret among them."""
    return {
        "done_at": done_at.isoformat(),
        "decided_by": ROLES[cause.role][language],
        "reason": REASONS[cause.reason_code][language],
        "reason_text": cause.reason_text[language],
        "known_at": cause.known_at and cause.known_at.isoformat(),
        "sessions": sessions,
        "factor_days": RECENT.days,
    }


def render(platform: Platform, language: Language, told: Mapping[str, Any]) -> str:
    """The report as text of several lines."""
    return platform.mail_templates.part(TEMPLATE, language, "report", told)
