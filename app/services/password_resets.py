"""Forgotten passwords: a link by mail, the same answer for everybody, and what the link opens.

Whether the address is one that we know changes neither the answer nor the work: the same statements
run, with a token that nobody is sent and a mail that is never sent.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.errors import Failure, FieldError
from app.models import Login
from app.services import (
    access_records,
    link_tries,
    login_passwords,
    one_time_tokens,
    outbox,
    password_mails,
    second_factor_removal,
)
from app.services.audit_log import Deed
from app.services.authorization import require
from app.services.passwords import owner_of_login, require_acceptable
from app.services.platform import Platform

LIFETIME: Final = timedelta(minutes=30)
ASK: Final = "public:password:recover"
CONFIRM: Final = "public:password:reset"
NOBODY: Final = "-"
"""Stands for the recipient of a mail that is never sent: what a stranger typed is not kept."""


async def ask(platform: Platform, actor: Actor, email: str) -> None:
    """Mail a link with which to choose a new password, if the address is an active login's.

    `email` is a valid address. Raises `Failure("too_many_requests")`, whoever is asked about.
    """
    require(actor, ASK)
    key = email_key(email)
    await platform.throttle.attempt("recovery", network=actor.network, account=key)
    async with platform.database.transaction() as connection:
        known = select(Login.id, Login.email, Login.language).where(
            Login.email_key == key, Login.status == "active"
        )
        login = (await connection.execute(known)).first()
        login_id = None if login is None else login.id
        token = await one_time_tokens.issue(
            platform, connection, login_passwords.RESET, lifetime=LIFETIME, login_id=login_id
        )
        message = password_mails.choose(
            platform,
            actor,
            token,
            LIFETIME,
            recipient=NOBODY if login is None else login.email,
            language=None if login is None else login.language,
            login_id=login_id,
        )
        await outbox.queue(platform, connection, message)
        await platform.audit.add(connection, actor, _deed(ASK, login_id))


async def confirm(
    platform: Platform,
    actor: Actor,
    token: str,
    new: str,
    *,
    remove_second_factors: bool = False,
) -> None:
    """Set the password of the login that a link was mailed to, forgotten or disabled.

    Every session of the login ends, its other links die, its address counts as verified, and a mail
    tells of it. `remove_second_factors` removes every second factor and recovery code, too, by the
    link of an intervention alone. Raises `Failure` with ``one_time_token_invalid`` for a link that
    is used, expired, unknown or of a disabled login, ``validation_failed``, which leaves the link
    good, at ``/new_password`` for a weak password and at ``/remove_second_factors`` for another
    link, ``too_many_requests`` or ``hashing_busy``.
    """
    require(actor, CONFIRM)
    await link_tries.admit(platform, actor, token, *login_passwords.RECOVERY)
    async with platform.database.snapshot() as connection:
        found = await one_time_tokens.look(platform, connection, token, *login_passwords.RECOVERY)
        if found is None or found.login_id is None:
            raise Failure("one_time_token_invalid")
        person = await owner_of_login(connection, found.login_id)
    if remove_second_factors and found.purpose not in login_passwords.CLEARING:
        error = FieldError("/remove_second_factors", "not_by_this_link")
        raise Failure("validation_failed", errors=[error])
    await require_acceptable(platform, new, person, "/new_password")
    fresh = await platform.hashing.hash(new)
    async with platform.database.transaction() as connection:
        spent = await one_time_tokens.spend(platform, connection, token, *login_passwords.RECOVERY)
        if spent is None or spent.login_id is None:
            raise Failure("one_time_token_invalid")
        ended = await login_passwords.restore(platform, connection, actor, fresh, spent.login_id)
        if ended is None:
            raise Failure("one_time_token_invalid")
        await platform.audit.add(connection, actor, _deed(CONFIRM, spent.login_id))
        await access_records.note_of_login(
            platform, connection, actor, "password_changed", spent.login_id
        )
        if remove_second_factors:
            removed = await second_factor_removal.remove_all(
                platform, connection, actor, spent.login_id
            )
            deed = Deed(
                CONFIRM, subject_type="authenticator", rows=removed, subjects=[spent.login_id]
            )
            await platform.audit.add(connection, actor, deed)
    platform.sessions.forget(*ended)
    own = email_key(person.emails[0])
    await platform.throttle.forgive("recovery", network=actor.network, account=own)


def _deed(action: str, login_id: UUID | None) -> Deed:
    return Deed(
        action,
        subject_type="login",
        subject_id=login_id,
        rows=1 if action == CONFIRM else 0,
    )
