"""The agency's own people: who may sign in, with which role."""

from dataclasses import dataclass
from uuid import UUID

from app.access.viewers import STAFF_ROLES, Viewer
from app.core.database import insert_unless_there
from app.core.emails import email_key, normalise_email
from app.core.errors import Failure
from app.core.ids import new_id
from app.core.text import clean_line
from app.models import StaffMember
from app.security import totp
from app.security.personal_data import Person
from app.services import totp_codes
from app.services.audit_log import Deed
from app.services.owners import Owner
from app.services.passwords import require_acceptable
from app.services.platform import Platform
from app.services.system import operator


@dataclass(frozen=True, slots=True)
class AddedStaff:
    """A new member: the id, and the secret to put into an authenticator, shown this once."""

    id: UUID
    totp_secret: str
    totp_uri: str


async def add(platform: Platform, *, email: str, name: str, role: str, password: str) -> AddedStaff:
    """Add a staff member, from the command line only.

    Raises `FieldRefused` for an unfit value, `Failure` with ``validation_failed`` for a weak
    password or ``email_taken``, `ValueError` for an unknown role.
    """
    if role not in STAFF_ROLES:
        raise ValueError(f"unknown role; roles are: {', '.join(STAFF_ROLES)}")
    address = normalise_email(email)
    title = clean_line(name, 200)
    await require_acceptable(platform, password, Person.of(name=title, email=address))
    password_hash = await platform.hashing.hash(password)
    member_id, secret, now = new_id(), totp.new_secret(), platform.clock()
    async with platform.database.transaction() as connection:
        row = {
            "id": member_id,
            "email": address,
            "email_key": email_key(address),
            "name": title,
            "role": Viewer(role).value,
            "status": "active",
            "password_hash": password_hash,
            "created_at": now,
        }
        if not await insert_unless_there(connection, StaffMember, row):
            raise Failure("email_taken")
        owner = Owner("staff", member_id)
        await totp_codes.install(platform, connection, owner, secret)
        await platform.audit.add(
            connection,
            operator(),
            Deed(
                "system:staff_member:add",
                subject_type="staff_member",
                subject_id=member_id,
                fields=("email", "name", "role"),
                rows=1,
            ),
        )
    return AddedStaff(member_id, secret, totp.provisioning_uri(secret, address))
