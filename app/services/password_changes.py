"""Changing one's own password: by whoever is there, and knows the one of now."""

import unicodedata

from sqlalchemy import select

from app.access.actors import Actor
from app.core.errors import Failure, FieldError
from app.services import access_records, new_passwords
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.owners import PEOPLE, SUBJECTS, door_of, owner_of
from app.services.passwords import person_of, require_acceptable
from app.services.platform import Platform
from app.services.presence import require_presence


async def change(platform: Platform, actor: Actor, current: str, new: str) -> None:
    """Give whoever calls another password.

    Every other session of theirs ends, links to recover a login die, a mail tells them; the
    caller's own session goes on. Raises `Failure` with ``step_up_required``, ``validation_failed``
    (at ``/current_password`` if that is not the password, at ``/new_password`` for each reason
    against it), ``conflict`` when it was changed meanwhile, ``too_many_requests`` or
    ``hashing_busy``.
    """
    action = f"{door_of(actor)}:password:update"
    require_grounds(actor, action)
    owner = owner_of(actor)
    table, account = PEOPLE[owner.kind], str(owner.id)
    async with platform.database.snapshot() as connection:
        await require_presence(platform, connection, actor)
        person = await person_of(connection, owner)
        known = select(table.password_hash).where(table.id == owner.id)
        stored = (await connection.execute(known)).scalar_one()
    await platform.throttle.attempt("own_password", network=actor.network, account=account)
    if not (await platform.hashing.verify(current, stored)).ok:
        await platform.audit.write(actor, _deed(actor, action, "refused"))
        raise _refused("/current_password", "password_incorrect")
    await platform.throttle.forgive("own_password", network=actor.network, account=account)
    if unicodedata.normalize("NFKC", current) == unicodedata.normalize("NFKC", new):
        raise _refused("/new_password", "password_unchanged")
    await require_acceptable(platform, new, person, "/new_password")
    fresh = await platform.hashing.hash(new)
    async with platform.database.transaction() as connection:
        ended = await new_passwords.replace(platform, connection, actor, fresh, stored)
        if ended is None:
            raise Failure("conflict")
        await platform.audit.add(connection, actor, _deed(actor, action, "allowed"))
        await access_records.note(platform, connection, actor, "password_changed")
    platform.sessions.forget(*ended)


def _refused(pointer: str, code: str) -> Failure:
    return Failure("validation_failed", errors=[FieldError(pointer, code)])


def _deed(actor: Actor, action: str, outcome: str) -> Deed:
    return Deed(
        action,
        outcome=outcome,
        subject_type=SUBJECTS[owner_of(actor).kind],
        subject_id=actor.id,
        rows=1 if outcome == "allowed" else 0,
    )
