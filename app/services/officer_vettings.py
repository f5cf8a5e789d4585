"""Vetting officers: the agency is called back, by the phone that it publishes itself.

Never by a phone that came with the registration, and never by whoever entered the phone or the
domains that the officer is recognised by: one alone could make an officer up. And never at an
agency that no second person confirmed, nor for an address that is in none of its domains.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.emails import email_key
from app.core.errors import Failure, FieldError
from app.core.mail_domains import domain_of, lies_in
from app.models import Agency
from app.projection.projection import Shown
from app.schemas.officers import Vetting
from app.services import officers
from app.services.authorization import require_grounds
from app.services.officer_mails import Change
from app.services.platform import Platform
from app.services.presence import require_presence

ACTION: Final = "staff:officer:vet"
REFUSED: Final = "callback_refused"
"""Why an officer is suspended whom their agency did not confirm."""
_VETTING: Final = ("status", "vettings", "vetted_at", "vetted_by", "valid_until")


async def record(platform: Platform, actor: Actor, officer_id: UUID, form: Vetting) -> Shown:
    """Write down a call-back: a confirmed officer is in office for a year from now, one whom the
    agency refused is suspended. They are told by mail.

    The same renews an officer's year, before it ends or after. Raises `Failure` with
    ``step_up_required``, ``validation_failed`` for another phone than the directory's; `Refusal`
    with ``not_found``, ``officer_state`` for a suspended officer, an agency that does not count,
    or an address that is not one of its own,
    ``second_person_required`` for who set the agency's phone or domains.
    """
    require_grounds(actor, ACTION)
    now = platform.clock()
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        before = await officers.locked(connection, officer_id, ACTION)
        phone = await callable_at(connection, actor, before, ACTION)
        if form.phone != phone:
            wrong = FieldError("/phone", "phone_not_of_directory")
            raise Failure("validation_failed", errors=[wrong])
        if before.status == "suspended":
            raise officers.refused("officer_state", ACTION, officer_id)
        entry = {"at": now.isoformat(), "by": str(actor.id), **form.model_dump()}
        values: dict[str, Any] = {"vettings": [*before.vettings, entry]}
        ended: list[UUID] = []
        change: Change = "refused"
        until = None
        if form.outcome == "confirmed":
            change = "vetted" if before.status == "confirmed" else "renewed"
            until = _a_year_after(now)
            values |= {
                "status": "active",
                "vetted_at": now,
                "vetted_by": actor.id,
                "valid_until": until,
            }
            await officers.store(connection, officer_id, values)
        else:
            await officers.store(connection, officer_id, values)
            ended = await officers.shut_out(platform, connection, officer_id, REFUSED)
        await officers.tell(platform, connection, before, change, valid_until=until)
        shown = await officers.decided(platform, connection, actor, officer_id, ACTION, _VETTING)
    platform.sessions.forget(*ended)
    return shown


async def callable_at(connection: AsyncConnection, actor: Actor, officer: Any, action: str) -> str:
    """The phone by which the agency vouches for an officer (as `officers.locked` has them); it
    stands so until the commit.

    Raises `Refusal` with ``officer_state`` for an agency that does not count, or an address that is
    in none of its domains; ``second_person_required`` for who set its phone or its domains.
    """
    statement = (
        select(
            Agency.counts().label("counts"),
            Agency.domains,
            Agency.callback_phone,
            Agency.phone_set_by,
            Agency.domains_set_by,
        )
        .where(Agency.id == officer.agency_id)
        .with_for_update(read=True)
    )
    agency = (await connection.execute(statement)).one()
    official = lies_in(domain_of(email_key(officer.email)), agency.domains)
    if not (agency.counts and official):
        raise officers.refused("officer_state", action, officer.id)
    if actor.id in (agency.phone_set_by, agency.domains_set_by):
        raise officers.refused("second_person_required", action, officer.id)
    phone: str = agency.callback_phone
    return phone


def _a_year_after(moment: datetime) -> datetime:
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + 1, day=28)
