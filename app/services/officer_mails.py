"""What is told of officers by mail: to them of their registration and each change of their
standing, and to the desk of who was let back in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from app.core.language import DEFAULT, Language
from app.services.outbox import Message, link
from app.services.password_mails import officers_recovery_link
from app.services.platform import Platform

CONFIRM_PAGE: Final = "confirm-authority-registration"
"""Where in the customer area the link of a registration leads."""

RECOVERY_PAGE: Final = "authority-new-factor"
"""Where in the customer area the link of somebody without a second factor leads."""

Change = Literal[
    "vetted",
    "renewed",
    "refused",
    "suspended",
    "reinstated",
    "awaiting_vetting",
    "domain_removed",
    "expired",
]

Recovery = Literal["sent", "used"]
"""What became of the link to a new second factor."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """An officer, as far as mails to them need it."""

    id: UUID
    email: str
    name: str
    language: Language


def confirmation(
    platform: Platform,
    email: str,
    language: Language,
    token: str,
    *,
    expires_at: datetime,
    device: str | None,
) -> Message:
    """The link that confirms the address of a registration. It repeats nothing that was typed."""
    return Message(
        "officer_registration_confirm",
        email,
        language,
        params=_asked(platform, device) | {"expires_at": expires_at.isoformat()},
        secret={"link": link(platform, CONFIRM_PAGE, token)},
    )


def known(platform: Platform, officer: Addressee, *, device: str | None) -> Message:
    """That somebody tried to register with the address of an officer."""
    return Message(
        "officer_registration_known",
        officer.email,
        officer.language,
        params=_asked(platform, device),
        secret={"recovery_link": officers_recovery_link(platform)},
        officer_id=officer.id,
    )


def changed(
    platform: Platform, officer: Addressee, change: Change, *, valid_until: datetime | None = None
) -> Message:
    """What became of an officer's standing just now, and until when it lasts."""
    return Message(
        "officer_changed",
        officer.email,
        officer.language,
        params={
            "name": officer.name,
            "change": change,
            "happened_at": platform.clock().isoformat(),
            "ends_at": valid_until and valid_until.isoformat(),
        },
        officer_id=officer.id,
    )


def recovery(
    platform: Platform, officer: Addressee, token: str, *, expires_at: datetime
) -> Message:
    """The link with which an officer enrols a new second factor, with their password."""
    return Message(
        "officer_recovery",
        officer.email,
        officer.language,
        params={
            "name": officer.name,
            "happened_at": platform.clock().isoformat(),
            "expires_at": expires_at.isoformat(),
        },
        secret={"link": link(platform, RECOVERY_PAGE, token)},
        officer_id=officer.id,
    )


def recovery_told(
    platform: Platform,
    change: Recovery,
    *,
    officer: str,
    office: str,
    staff: Sequence[Any],
) -> list[Message]:
    """That such a link left, or was used: to each member of `staff` (id and email)."""
    params = {
        "change": change,
        "officer": officer,
        "office": office,
        "happened_at": platform.clock().isoformat(),
    }
    return [
        Message("officer_recovery_told", row.email, DEFAULT, params=params, staff_id=row.id)
        for row in staff
    ]


def expiring(officer: Addressee, valid_until: datetime, days: int) -> Message:
    """That the officer's year ends soon: one mail for each `days` before it."""
    return Message(
        "officer_expiring",
        officer.email,
        officer.language,
        params={"name": officer.name, "ends_at": valid_until.isoformat()},
        key=f"officer_expiring:{officer.id}:{valid_until:%Y%m%d%H%M%S}:{days}",
        officer_id=officer.id,
    )


def _asked(platform: Platform, device: str | None) -> dict[str, Any]:
    return {"requested_at": platform.clock().isoformat(), "device": device}
