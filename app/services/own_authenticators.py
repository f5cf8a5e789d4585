"""One's own second factors: seeing, naming and removing them. Whoever signs in.

Adding one is in `enrolments.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Failure, Refusal
from app.models import Authenticator
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown
from app.services import factor_notices, owners, pasted_secrets, records, recovery_codes
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.owners import Owner, door_of, owner_of
from app.services.platform import Platform
from app.services.presence import require_presence

RESOURCE: Final = "authenticator"


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """The caller's second factors, newest first. Raises as `find_page` does."""
    action = f"{door_of(actor)}:authenticator:list"
    page, deed = await find_page(platform, actor, action, RESOURCE, parameters)
    shown = [item["id"] for item in page.items]
    await platform.audit.write(actor, replace(deed, subjects=shown))
    return page


async def read(platform: Platform, actor: Actor, authenticator_id: UUID) -> Shown:
    """One of the caller's second factors. Raises as `records.read` does."""
    action = f"{door_of(actor)}:authenticator:read"
    return await records.read(platform, actor, action, RESOURCE, authenticator_id)


async def rename(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    authenticator_id: UUID,
    name: str,
    if_match: Sequence[str],
) -> Shown:
    """Give a second factor of the caller's another name; returns it as it is then.

    Raises `Refusal` with ``not_found`` for one that is not theirs, ``precondition_failed`` for one
    that changed since it had one of the tags; `Failure("validation_failed")` for a name that holds
    a secret.
    """
    action = f"{door_of(actor)}:authenticator:update"
    require_grounds(actor, action)
    plan = platform.projection.plan(actor, RESOURCE)
    read_changes(plan, {"name": name}, action)
    pasted_secrets.require_no_secret({"name": name})
    await owners.lock(connection, owner_of(actor))
    before = await _view(platform, connection, actor, plan, authenticator_id)
    if before is None:
        raise _refused("not_found", action, authenticator_id)
    if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
        raise _refused("precondition_failed", action, authenticator_id)
    await connection.execute(
        update(Authenticator).where(Authenticator.id == authenticator_id).values(name=name)
    )
    after = await _view(platform, connection, actor, plan, authenticator_id) or before
    await platform.audit.add(
        connection,
        actor,
        Deed(action, subject_type=RESOURCE, subject_id=authenticator_id, fields=("name",), rows=1),
        Deed(
            f"{door_of(actor)}:authenticator:read",
            subject_type=RESOURCE,
            subject_id=authenticator_id,
            fields=plan.visible,
            rows=1,
        ),
    )
    return platform.projection.show(plan, after)


async def remove(
    platform: Platform, connection: AsyncConnection, actor: Actor, authenticator_id: UUID
) -> None:
    """Take a second factor of the caller's away; the last one takes the recovery codes along.

    Raises `Failure` with ``step_up_required``, and ``last_authenticator`` for the only one that a
    member of staff or an officer has; `Refusal("not_found")` for one that is not theirs.
    """
    action = f"{door_of(actor)}:authenticator:remove"
    require_grounds(actor, action)
    await require_presence(platform, connection, actor)
    owner = owner_of(actor)
    contact = await owners.lock(connection, owner)
    removed = (
        await connection.execute(
            delete(Authenticator)
            .where(Authenticator.id == authenticator_id, owner.owns(Authenticator))
            .returning(Authenticator.name, Authenticator.confirmed_at)
        )
    ).first()
    if removed is None:
        raise _refused("not_found", action, authenticator_id)
    if removed.confirmed_at is not None:  # one that was never in use is nobody's loss
        last = await confirmed(connection, owner) == 0
        if last and owner.kind != "login":
            raise Failure("last_authenticator")
        if last:
            await recovery_codes.drop(connection, owner)
        change: factor_notices.Change = "last_removed" if last else "removed"
        await factor_notices.tell(
            platform, connection, owner, contact, actor, change, factor=removed.name
        )
    deed = Deed(action, subject_type=RESOURCE, subject_id=authenticator_id, rows=1)
    await platform.audit.add(connection, actor, deed)


async def renew_codes(
    platform: Platform, connection: AsyncConnection, actor: Actor
) -> tuple[str, ...]:
    """Ten recovery codes in place of the old ones, told this once.

    Raises `Failure` with ``step_up_required``, and ``no_second_factor`` for who has none that the
    codes could stand in for.
    """
    action = f"{door_of(actor)}:recovery_code:renew"
    require_grounds(actor, action)
    await require_presence(platform, connection, actor)
    owner = owner_of(actor)
    contact = await owners.lock(connection, owner)
    if await confirmed(connection, owner) == 0:
        raise Failure("no_second_factor")
    codes = await recovery_codes.replace(platform, connection, owner)
    await factor_notices.tell(platform, connection, owner, contact, actor, "codes_renewed")
    deed = Deed(action, subject_type="recovery_code", rows=len(codes))
    await platform.audit.add(connection, actor, deed)
    return codes


async def confirmed(connection: AsyncConnection, owner: Owner) -> int:
    """How many second factors the owner has in use."""
    statement = select(func.count()).where(
        owner.owns(Authenticator), Authenticator.confirmed_at.is_not(None)
    )
    return (await connection.execute(statement)).scalar_one()


async def _view(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    authenticator_id: UUID,
) -> View | None:
    """A second factor of the caller's as they may see it; None for one that is not theirs."""
    values: dict[str, Any] = platform.projection.scope(actor, platform.clock())
    statement = platform.projection.one(plan)
    row = (await connection.execute(statement, {**values, "id": authenticator_id})).first()
    return None if row is None else platform.projection.view(plan, row)


def _refused(code: str, action: str, authenticator_id: UUID) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=authenticator_id)
