"""The worker collects for requests that were approved: one package each, however many workers.

A worker claims the package before it makes it, and renews its lease for as long as that takes;
while the lease runs, nobody else makes it too. After a crash it runs out soon, and the next one
begins again: of what was made before nobody ever saw anything. It exists from the transaction on
that also moves the request on to its second check; if the request went elsewhere meanwhile
(withdrawn, say), what was made is given up.

The one event on record is the request's, never the customer's: their own access log would tell
them, whatever a judge ordered.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_workflow import State
from app.core.ids import new_id
from app.core.telemetry import describe, logger
from app.models import Agency, LegalPackage, LegalRequest, LegalTarget, table_of
from app.security import age_files
from app.services import legal_packages, legal_reach, legal_steps, packages, stored_files
from app.services.audit_log import Deed
from app.services.legal_orders import Approved, order_of
from app.services.package_orders import Category, PackageOrder
from app.services.packages import MadePackage
from app.services.platform import Platform
from app.services.system import operator

ACTION: Final = "system:legal_request:collect"
LEASE: Final = timedelta(seconds=90)
"""How long others leave a package to whoever claimed it and says no more. Of two who make it all
the same, the first to be done is the one who made it."""
RENEWAL: Final = 30.0
"""Seconds until a lease that is worked under is renewed: one renewal may fail."""


class Overtaken(Exception):
    """Another worker, or another deed, was faster: what was made is not wanted."""


async def work(platform: Platform) -> None:
    """Collect for every request whose turn it is, the most urgent first."""
    waiting = (
        select(LegalRequest.id)
        .where(LegalRequest.status == State.COLLECTING.value)
        .order_by(LegalRequest.legal_due_at, LegalRequest.id)
    )
    async with platform.database.snapshot() as connection:
        found = (await connection.execute(waiting)).scalars().all()
    for request_id in found:
        try:
            await collect(platform, request_id)
        except Exception as error:  # the others do not wait for it; its own turn comes again
            logger.error("legal_request_not_collected", id=str(request_id), **describe(error))


async def collect(platform: Platform, request_id: UUID) -> bool:
    """Make the package of one request; False where it is not its turn, or another's work.

    Raises as `packages.make` does; then it is tried again once the lease is over.
    """
    approved = await _claim(platform, request_id)
    if approved is None:
        return False
    async with _renewed(platform, approved):
        order = order_of(platform, approved)
        recipient, identity = approved.request["age_recipient"], None
        if recipient is None:
            fresh = age_files.new_key()
            recipient, identity = fresh.recipient, fresh.identity
        made = await packages.make(platform, order, recipient)
    try:
        async with platform.database.transaction() as connection:
            await _keep(platform, connection, order, made, identity)
    except Overtaken:
        await stored_files.abandon(platform, made.stored)
        return False
    return True


async def _claim(platform: Platform, request_id: UUID) -> Approved | None:
    request, package = table_of(LegalRequest), table_of(LegalPackage)
    chosen = (
        select(*request.columns, Agency.name.label("agency_name"))
        .join(Agency, Agency.id == request.c.agency_id)
        .where(request.c.id == request_id, request.c.status == State.COLLECTING.value)
        .with_for_update(of=request)
    )
    alive = select(package.c.id, package.c.state, package.c.leased_until).where(
        package.c.request_id == request_id, package.c.state != "deleted"
    )
    targets = (
        select(LegalTarget.customer_id)
        .where(LegalTarget.request_id == request_id)
        .order_by(LegalTarget.position)
    )
    async with platform.database.transaction() as connection:
        row = (await connection.execute(chosen)).mappings().first()
        if row is None:
            return None
        found = (await connection.execute(alive)).first()
        now = platform.clock()
        if found is None:
            package_id = await _begin(connection, row)
        elif found.state == "making" and found.leased_until <= now:
            package_id = found.id
        else:
            return None
        await connection.execute(
            update(package).where(package.c.id == package_id).values(leased_until=now + LEASE)
        )
        people = (await connection.execute(targets)).scalars().all()
        holds = await legal_reach.reached(connection, request_id, now)
    return Approved(package_id, dict(row), row["agency_name"], people, holds, now)


@asynccontextmanager
async def _renewed(platform: Platform, approved: Approved) -> AsyncGenerator[None, None]:
    """Renew the lease of a claimed package while the block runs."""
    done = asyncio.Event()
    renewing = asyncio.ensure_future(_renew(platform, approved, done))
    try:
        yield
    finally:
        done.set()  # not cancelled: cut off in the middle, a statement takes its connection along
        await renewing


async def _renew(platform: Platform, approved: Approved, done: asyncio.Event) -> None:
    """Once it is another's, it is left alone: who is done first made the package."""
    package, until = table_of(LegalPackage), approved.at + LEASE
    while not await _comes_within(done, RENEWAL):
        renewed = platform.clock() + LEASE
        ours = (
            update(package)
            .where(package.c.id == approved.package_id, package.c.state == "making")
            .where(package.c.leased_until == until)
            .values(leased_until=renewed)
            .returning(package.c.id)
        )
        try:
            async with platform.database.transaction() as connection:
                if (await connection.execute(ours)).first() is None:
                    return
        except Exception as error:  # the lease outlasts one that fails; the next may go better
            logger.warning("legal_lease_not_renewed", **describe(error))
        else:
            until = renewed


async def _comes_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


async def _begin(connection: AsyncConnection, request: Any) -> UUID:
    package_id = new_id()
    await connection.execute(
        insert(LegalPackage).values(
            id=package_id,
            request_id=request["id"],
            state="making",
            recipient="passphrase" if request["age_recipient"] is None else "key",
            manifest=None,
            reissues=[],
        )
    )
    return package_id


async def _keep(
    platform: Platform,
    connection: AsyncConnection,
    order: PackageOrder,
    made: MadePackage,
    identity: bytes | None,
) -> None:
    """All of it or nothing. Raises `Overtaken`, `stored_files.FileGone`."""
    actor = operator()
    if not await legal_steps.advance_by_system(
        platform, connection, actor, order.request_id, "collected"
    ):
        raise Overtaken
    await stored_files.complete(platform, connection, made.stored)
    manifest = orjson.loads(made.manifest)
    values: dict[str, Any] = {
        "state": "made",
        "file_id": made.stored.id,
        "manifest": manifest,
        "zip_bytes": made.bytes,
        "zip_sha256": made.sha256,
        "bytes": made.stored.bytes,
        "sha256": made.stored.sha256,
        "identity": legal_packages.seal(platform, "identity", order.package_id, identity),
        "leased_until": None,
        "made_at": platform.clock(),
    }
    kept = (
        update(LegalPackage)
        .where(LegalPackage.id == order.package_id, LegalPackage.state == "making")
        .values(**values)
        .returning(LegalPackage.id)
    )
    if (await connection.execute(kept)).first() is None:
        raise Overtaken
    collected = Deed(
        ACTION,
        subject_type="legal_request",
        subject_id=order.request_id,
        fields=_fields(order),
        rows=sum(each["rows"] for each in manifest["categories"]),
        subjects=_holds(order),
    )
    await platform.audit.add(connection, actor, collected)


def _holds(order: PackageOrder) -> tuple[UUID, ...]:
    """Whose copies were searched: each hold's own custody tells of it."""
    found = {UUID(hold["hold_id"]) for each in order.categories for hold in _preserved(each)}
    return tuple(sorted(found))


def _preserved(category: Category) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = category.query.get("preserved", ())
    return found


def _fields(order: PackageOrder) -> tuple[str, ...]:
    """As the matrix names them."""
    return tuple(
        sorted(
            {
                f"{category.query['resource']}.{field}"
                for category in order.categories
                for field in category.fields
            }
        )
    )
