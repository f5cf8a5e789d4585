"""The package that answers a legal request: shown to who checks it, given anew, deleted.

It is made by `legal_collection.py`, released by `legal_delivery.py`, and leaves by
`legal_downloads.py`. Of everything that was ever made the manifest, the sizes and the hashes stay.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, Refusal
from app.models import LegalPackage
from app.projection.plans import View
from app.projection.projection import Shown
from app.schemas.legal_packages import Reissue
from app.services import legal_requests, records, stored_files
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.platform import Platform
from app.services.presence import require_presence
from app.services.system import operator

RESOURCE: Final = "legal_package"
REQUEST: Final = legal_requests.RESOURCE
"""Whose id an event names where something was collected, left, or was not given."""
READ: Final[Mapping[str, str]] = {
    "officer": "authority:legal_package:read",
    "staff": "staff:legal_package:read",
}
REISSUE: Final = "staff:legal_package:reissue"
DELETE: Final = "system:legal_package:delete"
ENDED_BY: Final = frozenset({"acknowledge", "lapse", "withdraw", "return", "appeal"})
"""Deeds after which there is no package any more: it was received, or is not to be."""
Half = Literal["identity", "key_file"]


def seal(platform: Platform, what: Half, package_id: UUID, content: bytes | None) -> bytes | None:
    """The private half of a package's key, for its row and column alone."""
    if content is None:
        return None
    return platform.package_sealer.seal(content, _place(what, package_id))


def unseal(platform: Platform, what: Half, package_id: UUID, sealed: bytes) -> bytes:
    """What `seal` was given. Raises `SealBroken`."""
    return platform.package_sealer.open(sealed, _place(what, package_id))


async def follow(
    platform: Platform,
    connection: AsyncConnection,
    request: Mapping[str, Any],
    step: Mapping[str, Any],
) -> None:
    """Have the package of a request follow one step of it, in the step's own transaction."""
    if step["deed"] in ENDED_BY:
        await delete(platform, connection, request["id"])


async def read(platform: Platform, actor: Actor, request_id: UUID) -> Shown:
    """The request's newest package, as the caller may see it; on record.

    Raises `Refusal` without permission or grounds, `Failure("not_found")` for a request out of the
    caller's rows and while there is no package that they may know of.
    """
    action = READ[actor.kind]
    await records.require_in_rows(platform, actor, action, REQUEST, request_id)
    async with platform.database.snapshot() as connection:
        view = await newest(platform, connection, actor, request_id)
    if view is None:
        missed = Deed(action, "not_found", subject_type=REQUEST, subject_id=request_id)
        await platform.audit.write(actor, missed)
        raise Failure("not_found")
    await platform.audit.write(actor, _reveal(platform, actor, action, view["id"]))
    return platform.projection.show(platform.projection.plan(actor, RESOURCE), view)


async def newest(
    platform: Platform, connection: AsyncConnection, actor: Actor, request_id: UUID
) -> View | None:
    """The newest package of a request in the caller's rows; the caller puts it on record."""
    plan = platform.projection.plan(actor, RESOURCE)
    statement = (
        platform.projection.selection(plan)
        .where(LegalPackage.request_id == request_id)
        .order_by(LegalPackage.id.desc())
        .limit(1)
    )
    values = platform.projection.scope(actor, platform.clock())
    row = (await connection.execute(statement, values)).first()
    return None if row is None else platform.projection.view(plan, row)


async def reissue(platform: Platform, actor: Actor, request_id: UUID, form: Reissue) -> Shown:
    """Let the package be downloaded once more; the package after.

    Raises `Refusal` without permission or grounds, ``not_found``, and ``legal_package_state`` for
    one that was not downloaded, or is over; `Failure("step_up_required")`.
    """
    require_grounds(actor, REISSUE)
    await records.require_in_rows(platform, actor, REISSUE, REQUEST, request_id)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        given = select(LegalPackage.id, LegalPackage.reissues).where(
            LegalPackage.request_id == request_id,
            LegalPackage.state == "downloaded",
            LegalPackage.expires_at > platform.clock(),
        )
        row = (await connection.execute(given.with_for_update())).first()
        if row is None:
            raise refused("legal_package_state", REISSUE, request_id)
        said = {"at": platform.clock().isoformat(), "by": str(actor.id), "reason": form.reason}
        await connection.execute(
            update(LegalPackage)
            .where(LegalPackage.id == row.id)
            .values(state="released", reissues=[*row.reissues, said])
        )
        view = await newest(platform, connection, actor, request_id)
        if view is None:
            raise Failure("not_found")
        done = Deed(
            REISSUE,
            subject_type=RESOURCE,
            subject_id=row.id,
            fields=("reissues", "state"),
            rows=1,
        )
        await platform.audit.add(connection, actor, done, _reveal(platform, actor, REISSUE, row.id))
    return platform.projection.show(platform.projection.plan(actor, RESOURCE), view)


async def delete(platform: Platform, connection: AsyncConnection, request_id: UUID) -> None:
    """Delete what there is of the request's package, in the caller's transaction, on record as the
    service's own deed: whoever's step it follows from stands on record before it. Hashes stay.

    A worker who is still at it finds that nobody wants it.
    """
    statement = (
        update(LegalPackage)
        .where(LegalPackage.request_id == request_id, LegalPackage.state != "deleted")
        .values(
            state="deleted",
            identity=None,
            key_file=None,
            leased_until=None,
            deleted_at=platform.clock(),
        )
        .returning(LegalPackage.id, LegalPackage.file_id)
    )
    for row in (await connection.execute(statement)).all():
        if row.file_id is not None:
            await stored_files.forget(platform, connection, row.file_id)
            gone = Deed(
                DELETE, subject_type=RESOURCE, subject_id=row.id, fields=("content",), rows=1
            )
            await platform.audit.add(connection, operator(), gone)


def refused(code: str, action: str, request_id: UUID) -> Refusal:
    """What is put on record when a package is not given."""
    return Refusal(code, action=action, subject_type=REQUEST, subject_id=request_id)


def _reveal(platform: Platform, actor: Actor, action: str, package_id: UUID) -> Deed:
    fields = platform.projection.plan(actor, RESOURCE).visible
    return Deed(action, subject_type=RESOURCE, subject_id=package_id, fields=fields, rows=1)


def _place(what: Half, package_id: UUID) -> bytes:
    return f"legal_packages.{what}:".encode() + package_id.bytes
