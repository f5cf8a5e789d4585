"""Changing one's own password: by whoever is there, and knows the one of now."""

import unicodedata
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, FieldError
from app.models import Login, StaffMember
from app.services import access_records, login_passwords, outbox, password_mails, sessions
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.passwords import owner_of_login, owner_of_staff, require_acceptable
from app.services.platform import Platform
from app.services.presence import require_presence

SUBJECTS: Final = {"login": "login", "staff": "staff_member"}


async def change(platform: Platform, actor: Actor, current: str, new: str) -> None:
    """Give the caller's login, or the caller as a member of staff, another password.

    Every other session of theirs ends, links to recover a login die, a mail tells them; the
    caller's own session goes on. Raises `Failure` with ``step_up_required``, ``validation_failed``
    (at ``/current_password`` if that is not the password, at ``/new_password`` for each reason
    against it), ``conflict`` when it was changed meanwhile, ``too_many_requests`` or
    ``hashing_busy``.
    """
    action = f"{'customer' if actor.kind == 'login' else 'staff'}:password:update"
    require_grounds(actor, action)
    holder = _id_of(actor)
    async with platform.database.snapshot() as connection:
        await require_presence(platform, connection, actor)
        if actor.kind == "login":
            known = select(Login.password_hash).where(Login.id == holder)
            person = await owner_of_login(connection, holder)
        else:
            known = select(StaffMember.password_hash).where(StaffMember.id == holder)
            person = await owner_of_staff(connection, holder)
        stored = (await connection.execute(known)).scalar_one()
    await platform.throttle.attempt("own_password", network=actor.network, account=str(holder))
    if not (await platform.hashing.verify(current, stored)).ok:
        await platform.audit.write(actor, _deed(actor, action, "refused"))
        raise _refused("/current_password", "password_incorrect")
    await platform.throttle.forgive("own_password", network=actor.network, account=str(holder))
    if unicodedata.normalize("NFKC", current) == unicodedata.normalize("NFKC", new):
        raise _refused("/new_password", "password_unchanged")
    await require_acceptable(platform, new, person, "/new_password")
    fresh = await platform.hashing.hash(new)
    async with platform.database.transaction() as connection:
        replace = login_passwords.replace if actor.kind == "login" else _replace_of_staff
        ended = await replace(platform, connection, actor, fresh, stored)
        if ended is None:
            raise Failure("conflict")
        await platform.audit.add(connection, actor, _deed(actor, action, "allowed"))
        await access_records.note(platform, connection, actor, "password_changed")
    platform.sessions.forget(*ended)


async def _replace_of_staff(
    platform: Platform, connection: AsyncConnection, actor: Actor, fresh: str, stored: str | None
) -> list[UUID] | None:
    """As `login_passwords.replace`, for a member of staff, who has no links to recover by."""
    statement = (
        update(StaffMember)
        .where(StaffMember.id == actor.id, StaffMember.password_hash == stored)
        .values(password_hash=fresh)
        .returning(StaffMember.id, StaffMember.email)
    )
    member = (await connection.execute(statement)).first()
    if member is None:
        return None
    message = password_mails.changed(platform, actor, recipient=member.email, staff_id=member.id)
    await outbox.queue(platform, connection, message)
    return await sessions.end_all(
        platform,
        connection,
        login_passwords.END_REASON,
        staff_id=member.id,
        but=actor.session_id,
    )


def _id_of(actor: Actor) -> UUID:
    if actor.id is None:
        raise Failure("unauthenticated")
    return actor.id


def _refused(pointer: str, code: str) -> Failure:
    return Failure("validation_failed", errors=[FieldError(pointer, code)])


def _deed(actor: Actor, action: str, outcome: str) -> Deed:
    return Deed(
        action,
        outcome=outcome,
        subject_type=SUBJECTS[actor.kind],
        subject_id=actor.id,
        rows=1 if outcome == "allowed" else 0,
    )
