"""A staff member who lost password or second factor gets new ones, on the server itself.

There is no link and no door for it: whoever can run this could read the database anyway. It is on
record, and the member is told by mail.
"""

from sqlalchemy import select, update

from app.core.emails import email_key, normalise_email
from app.core.errors import Failure
from app.models import StaffMember
from app.security import totp
from app.security.personal_data import Person
from app.services import owners
from app.services.audit_log import Deed
from app.services.factor_replacement import replace_all
from app.services.owners import Owner
from app.services.passwords import require_acceptable
from app.services.platform import Platform
from app.services.staff import AddedStaff
from app.services.system import operator


async def recover(platform: Platform, *, email: str, password: str) -> AddedStaff:
    """Replace the password and every second factor of an active member by a new one of each.

    Sessions end, recovery codes die. Raises `FieldRefused` for what is no address, `Failure` with
    ``not_found`` for nobody's, ``validation_failed`` for a weak password.
    """
    address = normalise_email(email)
    async with platform.database.transaction() as connection:
        found = select(StaffMember.id, StaffMember.name).where(
            StaffMember.email_key == email_key(address), StaffMember.status == "active"
        )
        member = (await connection.execute(found)).first()
    if member is None:
        raise Failure("not_found")
    await require_acceptable(platform, password, Person.of(name=member.name, email=address))
    password_hash = await platform.hashing.hash(password)
    owner = Owner("staff", member.id)
    async with platform.database.transaction() as connection:
        contact = await owners.lock(connection, owner)
        await connection.execute(
            update(StaffMember)
            .where(StaffMember.id == member.id)
            .values(password_hash=password_hash)
        )
        secret, _ = await replace_all(
            platform, connection, operator(), owner, contact, "recovered_by_operator"
        )
        await platform.audit.add(
            connection,
            operator(),
            Deed(
                "system:staff_member:recover",
                subject_type="staff_member",
                subject_id=member.id,
                rows=1,
            ),
        )
    return AddedStaff(member.id, secret, totp.provisioning_uri(secret, contact.email))
