"""A released package leaves: once, to somebody who just proved to be there, and on record.

What came at the authorities' door is fetched there. What came on paper or by mail is fetched by a
director, who says why, and carries it on: one who had no hand in where its key goes, by typing the
request in (with its `answer_email` or `age_recipient`) or by saying what the agency's domains are.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure
from app.models import Agency, LegalPackage, LegalRequest
from app.services import legal_packages, records, stored_files
from app.services.audit_log import Deed
from app.services.authorization import require_grounds, require_reason
from app.services.legal_packages import REQUEST, refused
from app.services.platform import Platform
from app.services.presence import require_presence
from app.services.stored_files import Stored

DOWNLOAD: Final[Mapping[str, str]] = {
    "officer": "authority:legal_package:download",
    "staff": "staff:legal_package:download",
}
KEY_FILE: Final = "key.age"


async def content(platform: Platform, actor: Actor, request_id: UUID) -> Stored:
    """The package's file, which is downloaded from this moment on: to be read by
    `stored_files.read`.

    Raises `Refusal` without permission, grounds or (of staff) a reason, ``not_found``,
    ``forbidden`` for what the sender fetches, ``second_person_required`` for who had a hand in
    where its key goes, ``legal_package_state`` for one that was downloaded, or is over;
    `Failure("step_up_required")`.
    """
    action = await _admit(platform, actor, request_id)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        await _require_other_hands(connection, actor, action, request_id)
        taken = (
            update(LegalPackage)
            .where(
                LegalPackage.request_id == request_id,
                LegalPackage.state == "released",
                LegalPackage.expires_at > platform.clock(),
            )
            .values(
                state="downloaded",
                downloaded_at=platform.clock(),
                downloads=LegalPackage.downloads + 1,
            )
            .returning(LegalPackage.file_id)
        )
        row = (await connection.execute(taken)).first()
        if row is None:
            raise refused("legal_package_state", action, request_id)
        await platform.audit.add(connection, actor, _deed(action, request_id, "content"))
    file = await stored_files.find(platform, row.file_id)
    if file is None:  # deleted in this very moment
        raise Failure("legal_package_state")
    return file


async def key_file(platform: Platform, actor: Actor, request_id: UUID) -> bytes:
    """The package's key behind its passphrase, as `age -d -i` takes it. Raises as `content` does,
    ``legal_package_state`` too for what is encrypted to the sender's own key."""
    action = await _admit(platform, actor, request_id)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        await _require_other_hands(connection, actor, action, request_id)
        chosen = select(LegalPackage.id, LegalPackage.key_file).where(
            LegalPackage.request_id == request_id,
            LegalPackage.state.in_(("released", "downloaded")),
            LegalPackage.expires_at > platform.clock(),
            LegalPackage.key_file.is_not(None),
        )
        row: Any = (await connection.execute(chosen)).first()
        if row is None:
            raise refused("legal_package_state", action, request_id)
        await platform.audit.add(connection, actor, _deed(action, request_id, "key_file"))
    return legal_packages.unseal(platform, "key_file", row.id, row.key_file)


async def _admit(platform: Platform, actor: Actor, request_id: UUID) -> str:
    action = DOWNLOAD[actor.kind]
    require_grounds(actor, action)
    if actor.kind == "staff":
        require_reason(actor, action)
    await records.require_in_rows(platform, actor, action, REQUEST, request_id)
    return action


async def _require_other_hands(
    connection: AsyncConnection, actor: Actor, action: str, request_id: UUID
) -> None:
    """Nobody at the agency fetches what an officer fetches, or holds package and key at once."""
    if actor.kind == "officer":
        return
    chosen = (
        select(LegalRequest.channel, LegalRequest.entered_by, Agency.domains_set_by)
        .join(Agency, Agency.id == LegalRequest.agency_id)
        .where(LegalRequest.id == request_id)
    )
    request = (await connection.execute(chosen)).one()
    if request.channel == "authority":
        raise refused("forbidden", action, request_id)
    if actor.id in (request.entered_by, request.domains_set_by):
        raise refused("second_person_required", action, request_id)


def _deed(action: str, request_id: UUID, what: str) -> Deed:
    return Deed(action, subject_type=REQUEST, subject_id=request_id, fields=(what,), rows=1)
