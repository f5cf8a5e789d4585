"""Forgotten passwords: a link by mail, the same answer for everybody, and what the link opens.

Whether the address is one that we know changes neither the answer nor the work: the same statements
run, with a token that nobody is sent and a mail that is never sent.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.errors import Failure, FieldError
from app.models import Login, Officer
from app.services import (
    access_records,
    link_tries,
    new_passwords,
    one_time_tokens,
    outbox,
    password_mails,
    second_factor_removal,
)
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.owners import SUBJECTS, Kind, Owner
from app.services.passwords import person_of, require_acceptable
from app.services.platform import Platform

LIFETIME: Final = timedelta(minutes=30)
ASK: Final = "public:password:recover"
CONFIRM: Final = "public:password:reset"
NOBODY: Final = "-"
"""Stands for the recipient of a mail that is never sent: what a stranger typed is not kept."""


async def ask(
    platform: Platform, actor: Actor, email: str, kind: Literal["login", "officer"] = "login"
) -> None:
    """Mail a link with which to choose a new password, if somebody of the kind signs in with the
    address, and is not shut out.

    `email` is a valid address. Raises `Failure("too_many_requests")`, whoever is asked about.
    """
    require(actor, ASK)
    key = email_key(email)
    await platform.throttle.attempt("recovery", network=actor.network, account=key)
    async with platform.database.transaction() as connection:
        found = (await connection.execute(_KNOWN[kind].where(_KEYS[kind] == key))).first()
        owner = None if found is None else Owner(kind, found.id)
        token = await _issue(platform, connection, kind, owner)
        message = password_mails.choose(
            platform,
            actor,
            token,
            LIFETIME,
            owner,
            recipient=NOBODY if found is None else found.email,
            language=None if found is None else found.language,
        )
        await outbox.queue(platform, connection, message)
        await platform.audit.add(connection, actor, _deed(ASK, kind, owner))


async def confirm(
    platform: Platform,
    actor: Actor,
    token: str,
    new: str,
    *,
    remove_second_factors: bool = False,
) -> None:
    """Set the password of the login or officer that a link was mailed to, forgotten or disabled.

    Every session of theirs ends, their other links die, a login's address counts as verified, and a
    mail tells of it. `remove_second_factors` removes every second factor and recovery code, too, by
    the link of an intervention alone. Raises `Failure` with ``one_time_token_invalid`` for a link
    that is used, expired, unknown or of who is shut out, ``validation_failed``, which leaves it
    good, at ``/new_password`` for a weak password and at ``/remove_second_factors`` for another
    link, ``too_many_requests`` or ``hashing_busy``.
    """
    require(actor, CONFIRM)
    await link_tries.admit(platform, actor, token, *_PURPOSES)
    async with platform.database.snapshot() as connection:
        found = await one_time_tokens.look(platform, connection, token, *_PURPOSES)
        owner = _owner_of(found)
        if found is None or owner is None:
            raise Failure("one_time_token_invalid")
        person = await person_of(connection, owner)
    if remove_second_factors and found.purpose not in new_passwords.CLEARING:
        error = FieldError("/remove_second_factors", "not_by_this_link")
        raise Failure("validation_failed", errors=[error])
    await require_acceptable(platform, new, person, "/new_password")
    fresh = await platform.hashing.hash(new)
    async with platform.database.transaction() as connection:
        spent = await one_time_tokens.spend(platform, connection, token, *_PURPOSES)
        if spent is None:
            raise Failure("one_time_token_invalid")
        ended = await new_passwords.restore(platform, connection, actor, fresh, owner)
        if ended is None:
            raise Failure("one_time_token_invalid")
        await platform.audit.add(connection, actor, _deed(CONFIRM, owner.kind, owner))
        if owner.kind == "login":
            await access_records.note_of_login(
                platform, connection, actor, "password_changed", owner.id
            )
        else:
            await access_records.note_of_officer(
                platform, connection, actor, "password_changed", owner.id
            )
        if remove_second_factors:
            removed = await second_factor_removal.remove_all(platform, connection, actor, owner.id)
            deed = Deed(CONFIRM, subject_type="authenticator", rows=removed, subjects=[owner.id])
            await platform.audit.add(connection, actor, deed)
    platform.sessions.forget(*ended)
    own = email_key(person.emails[0])
    await platform.throttle.forgive("recovery", network=actor.network, account=own)


_PURPOSES: Final = (*new_passwords.RECOVERY, new_passwords.OFFICER_RESET)
_KEYS: Final = {"login": Login.email_key, "officer": Officer.email_key}
_KNOWN: Final[Mapping[Kind, Any]] = {
    "login": select(Login.id, Login.email, Login.language).where(Login.status == "active"),
    "officer": select(Officer.id, Officer.email, Officer.language).where(
        Officer.status != "suspended"
    ),
}


async def _issue(
    platform: Platform, connection: AsyncConnection, kind: Kind, owner: Owner | None
) -> str:
    """A token for whom it opens: an officer is what their token is about."""
    found = None if owner is None else owner.id
    if kind == "login":
        return await one_time_tokens.issue(
            platform, connection, new_passwords.RESET, lifetime=LIFETIME, login_id=found
        )
    return await one_time_tokens.issue(
        platform, connection, new_passwords.OFFICER_RESET, lifetime=LIFETIME, subject_id=found
    )


def _owner_of(token: one_time_tokens.Spent | None) -> Owner | None:
    """Whom a good token was issued for; None for nobody's, and for what is no good token."""
    if token is None:
        return None
    officers = token.purpose == new_passwords.OFFICER_RESET
    found = token.subject_id if officers else token.login_id
    return None if found is None else Owner("officer" if officers else "login", found)


def _deed(action: str, kind: Kind, owner: Owner | None) -> Deed:
    return Deed(
        action,
        subject_type=SUBJECTS[kind],
        subject_id=None if owner is None else owner.id,
        rows=1 if action == CONFIRM else 0,
    )
