"""An officer who lost every second factor is let back: by two people, a call, a mail, the password.

Never a mail alone, and never what somebody says who calls in. One member of staff calls the agency
by the phone that it publishes and writes down that it confirmed the loss (`officer_vettings.py`).
Within a day another one has a link sent to the official address: vetting takes one person, for a
new officer has nothing yet; packages may lie ready for this one. The link works once, for a day,
with the password, and one call is good for one link. Who forgot the password too chooses a new one
first (`password_resets.py`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError
from app.models import Agency, Officer
from app.projection.projection import Shown, to_json
from app.security import totp
from app.services import (
    factor_replacement,
    link_tries,
    officer_mails,
    officers,
    one_time_tokens,
    outbox,
    owners,
    privacy_desk,
    sessions,
)
from app.services.audit_log import Deed
from app.services.authorization import require, require_grounds, require_reason
from app.services.officer_mails import Addressee, Recovery
from app.services.officer_vettings import callable_at
from app.services.owners import Owner
from app.services.platform import Platform
from app.services.presence import require_presence
from app.services.session_watch import officers_in_office

PERMIT: Final = "staff:officer:recover"
CONFIRM: Final = "public:officer:recover"
PURPOSE: Final = "officer_recovery"
LOST: Final = "lost_factors"
"""What the call must have been about."""
FRESH: Final = timedelta(days=1)
"""How long a call is good for."""
LIFETIME: Final = timedelta(days=1)


async def permit(platform: Platform, actor: Actor, officer_id: UUID) -> Shown:
    """Send an officer the link to a new second factor, after a call that another person made.

    Their sessions end; they and the desk are told by mail. Raises `Failure("step_up_required")`,
    and `Refusal` with ``reason_required``, ``not_found``; ``officer_state`` for who is not in
    office; ``callback_missing`` without a call of the last day, to the phone as it is now, that
    confirmed the loss and was good for no link yet; ``second_person_required`` for who made it, or
    set the agency's phone or domains.
    """
    require_grounds(actor, PERMIT)
    require_reason(actor, PERMIT)
    now = platform.clock()
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        before = await officers.locked(connection, officer_id, PERMIT)
        if before.status != "active" or before.valid_until <= now:
            raise officers.refused("officer_state", PERMIT, officer_id)
        phone = await callable_at(connection, actor, before, PERMIT)
        calls = before.vettings
        call = calls[-1] if calls else {}
        if not _is_good(call, phone, now):
            raise officers.refused("callback_missing", PERMIT, officer_id)
        if call["by"] == str(actor.id):
            raise officers.refused("second_person_required", PERMIT, officer_id)
        spent = call | {"recovered_at": now.isoformat(), "recovered_by": str(actor.id)}
        await officers.store(connection, officer_id, {"vettings": [*calls[:-1], spent]})
        owner = Owner("officer", officer_id)
        ended = await sessions.end_all(platform, connection, factor_replacement.END_REASON, owner)
        await _send_link(platform, connection, before)
        await _tell_desk(platform, connection, before.name, before.agency_id, "sent")
        fields = ("vettings",)
        shown = await officers.decided(platform, connection, actor, officer_id, PERMIT, fields)
    platform.sessions.forget(*ended)
    return shown


async def confirm(platform: Platform, actor: Actor, token: str, password: str) -> bytes:
    """Enrol a new authenticator with the link and the password; the JSON of its secret.

    It is told this once, and takes the place of every factor and code of before. Sessions end; the
    officer and the desk are told by mail. Raises `Failure` with ``one_time_token_invalid`` for a
    link that is used, expired or unknown, or of who is not in office; ``validation_failed``, which
    leaves it good, for another password; ``too_many_requests``, ``hashing_busy``.
    """
    require(actor, CONFIRM)
    await link_tries.admit(platform, actor, token, PURPOSE)
    async with platform.database.snapshot() as connection:
        link = await one_time_tokens.look(platform, connection, token, PURPOSE)
        known = None if link is None else await _in_office(platform, connection, link.subject_id)
    if known is None:
        raise Failure("one_time_token_invalid")
    # Counted as a sign-in: whoever has the link guesses no faster than whoever has not.
    attempt = {"network": actor.network, "account": known.email_key}
    await platform.throttle.attempt("authority_sign_in", **attempt)
    if not (await platform.hashing.verify(password, known.password_hash)).ok:
        await platform.audit.write(actor, _deed(known.id, "refused"))
        wrong = FieldError("/password", "password_incorrect")
        raise Failure("validation_failed", errors=[wrong])
    async with platform.database.transaction() as connection:
        if await one_time_tokens.spend(platform, connection, token, PURPOSE) is None:
            raise Failure("one_time_token_invalid")
        owner = Owner("officer", known.id)
        contact = await owners.lock(connection, owner)
        standing = await _in_office(platform, connection, known.id)
        if standing is None or standing.password_hash != known.password_hash:
            raise Failure("one_time_token_invalid")  # changed or shut out in this very moment
        secret, ended = await factor_replacement.replace_all(
            platform, connection, actor, owner, contact, "recovered_by_call"
        )
        await _tell_desk(platform, connection, contact.name, known.agency_id, "used")
        await platform.audit.add(connection, actor, _deed(known.id, "allowed"))
    platform.sessions.forget(*ended)
    await platform.throttle.forgive("authority_sign_in", **attempt)
    return to_json(
        {"totp_secret": secret, "otpauth_uri": totp.provisioning_uri(secret, contact.email)}
    )


def _is_good(call: Mapping[str, Any], phone: str, now: datetime) -> bool:
    """Whether a call-back, as it was recorded, carries a recovery."""
    return (
        call.get("about") == LOST
        and call["outcome"] == "confirmed"
        and call["phone"] == phone
        and "recovered_at" not in call
        and now - FRESH <= datetime.fromisoformat(call["at"])
    )


async def _send_link(platform: Platform, connection: AsyncConnection, officer: Any) -> None:
    """The one link that is good: those of before are not any more."""
    await one_time_tokens.void(platform, connection, PURPOSE, subject_id=officer.id)
    token = await one_time_tokens.issue(
        platform, connection, PURPOSE, lifetime=LIFETIME, subject_id=officer.id
    )
    addressee = Addressee(officer.id, officer.email, officer.name, officer.language)
    expires_at = platform.clock() + LIFETIME
    message = officer_mails.recovery(platform, addressee, token, expires_at=expires_at)
    await outbox.queue(platform, connection, message)


async def _tell_desk(
    platform: Platform, connection: AsyncConnection, name: str, agency_id: UUID, change: Recovery
) -> None:
    office = await connection.execute(select(Agency.name).where(Agency.id == agency_id))
    staff = await privacy_desk.addressees(connection)
    messages = officer_mails.recovery_told(
        platform, change, officer=name, office=office.scalar_one(), staff=staff
    )
    await outbox.queue(platform, connection, *messages)


async def _in_office(
    platform: Platform, connection: AsyncConnection, officer_id: UUID | None
) -> Any:
    """Who may sign in with a second factor; None for anybody else."""
    chosen = (
        select(Officer.id, Officer.agency_id, Officer.email_key, Officer.password_hash)
        .join(Agency, Agency.id == Officer.agency_id)
        .where(Officer.id == officer_id, *officers_in_office())
    )
    return (await connection.execute(chosen, {"now": platform.clock()})).first()


def _deed(officer_id: UUID, outcome: str) -> Deed:
    rows = 1 if outcome == "allowed" else 0
    return Deed(CONFIRM, outcome, subject_type=officers.RESOURCE, subject_id=officer_id, rows=rows)
