"""The mails about passwords: the link to choose one, and the news that it was changed."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.access.actors import Actor
from app.core.language import negotiate
from app.services.outbox import Message, link
from app.services.platform import Platform

NEW_PASSWORD_PAGE: Final = "new-password"  # noqa: S105 - a page
"""Where in the customer area a link to choose a password leads."""
RECOVERY_PAGE: Final = "recover"
"""Where in the customer area one asks for such a link."""


def recovery_link(platform: Platform) -> str:
    """The address at which a customer asks for a new password."""
    return f"{platform.settings.area_url}/{RECOVERY_PAGE}"


def choose(
    platform: Platform,
    actor: Actor,
    token: str,
    lifetime: timedelta,
    *,
    recipient: str,
    language: str | None,
    login_id: UUID | None,
) -> Message:
    """The link to choose a new password, as `actor` asked for it.

    Without a `login_id` it is written down like any other and never sent.
    """
    now = platform.clock()
    return Message(
        "password_reset",
        recipient,
        negotiate(language),
        params={
            "requested_at": _written(now),
            "expires_at": _written(now + lifetime),
            "device": actor.device,
        },
        secret={"link": link(platform, NEW_PASSWORD_PAGE, token)},
        login_id=login_id,
        suppressed=login_id is None,
    )


def changed(
    platform: Platform,
    actor: Actor,
    *,
    recipient: str,
    language: str | None = None,
    by_link: bool = False,
    login_id: UUID | None = None,
    staff_id: UUID | None = None,
) -> Message:
    """The news that `actor` has just changed the password of a login, or of a member of staff."""
    return Message(
        "password_changed",
        recipient,
        negotiate(language),
        params={
            "changed_at": _written(platform.clock()),
            "device": actor.device,
            "by_link": by_link,
            "recovery_link": None if login_id is None else recovery_link(platform),
        },
        login_id=login_id,
        staff_id=staff_id,
    )


def _written(moment: datetime) -> str:
    return moment.isoformat()
