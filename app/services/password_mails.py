"""The mails about passwords: the link to choose one, and the news that it was changed."""

from datetime import datetime, timedelta
from typing import Final

from app.access.actors import Actor
from app.core.language import negotiate
from app.services.outbox import Message, link
from app.services.owners import NOBODYS, Owner
from app.services.platform import Platform

NEW_PASSWORD_PAGE: Final = "new-password"  # noqa: S105 - a page
"""Where in the customer area a link to choose a password leads."""
RECOVERY_PAGE: Final = "recover"
"""Where in the customer area one asks for such a link."""
OFFICERS_RECOVERY_PAGE: Final = "authority-recover"


def recovery_link(platform: Platform) -> str:
    """The address at which a customer asks for a new password."""
    return f"{platform.settings.area_url}/{RECOVERY_PAGE}"


def officers_recovery_link(platform: Platform) -> str:
    """The same for an officer of an authority."""
    return f"{platform.settings.area_url}/{OFFICERS_RECOVERY_PAGE}"


def choose(
    platform: Platform,
    actor: Actor,
    token: str,
    lifetime: timedelta,
    owner: Owner | None,
    *,
    recipient: str,
    language: str | None,
) -> Message:
    """The link to choose a new password, as `actor` asked for it.

    Without an `owner` it is written down like any other and never sent.
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
        suppressed=owner is None,
        **(owner.columns if owner else NOBODYS),
    )


def changed(
    platform: Platform,
    actor: Actor,
    owner: Owner,
    *,
    recipient: str,
    language: str,
    by_link: bool,
) -> Message:
    """The news that `actor` has just changed the owner's password."""
    links = {"login": recovery_link, "officer": officers_recovery_link}
    recover = links.get(owner.kind)
    return Message(
        "password_changed",
        recipient,
        negotiate(language),
        params={
            "changed_at": _written(platform.clock()),
            "device": actor.device,
            "by_link": by_link,
            "recovery_link": recover and recover(platform),
        },
        **owner.columns,
    )


def _written(moment: datetime) -> str:
    return moment.isoformat()
