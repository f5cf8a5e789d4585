"""Third parties that data may go to by a customer's consent: the register of them (promise P20).

Who a third party is stays while anybody consents to it; where it is written to may change. The
register keeps no former address: each disclosure names the one that it went to, for good, and the
audit log says who changed the contact and when. What waits for a former address does not leave.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.countries import BRAZIL
from app.core.database import insert_unless_there
from app.core.documents import normalise_tax_id
from app.core.errors import Failure, FieldError, Refusal
from app.core.ids import new_id
from app.core.language import Language
from app.core.text import FieldRefused
from app.models import ConsentState, Recipient
from app.projection.guard import read_changes
from app.projection.plans import Plan, View
from app.projection.projection import Page, Shown, to_json
from app.schemas.recipients import NewRecipient
from app.services import idempotency, outbox_grounds, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask_in
from app.services.platform import Platform
from app.services.presence import require_presence

RESOURCE: Final = "recipient"
CREATE: Final = "staff:recipient:create"
UPDATE: Final = "staff:recipient:update"
READ: Final = "staff:recipient:read"
IDENTITY: Final = frozenset({"name", "tax_id", "country"})
"""Who it is. Whoever said yes to one third party did not say it to another."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a third party is written to, and in which language."""

    id: UUID
    name: str
    email: str
    language: Language


Validate = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From a guarded partial body to the values to store."""


async def register(
    platform: Platform, actor: Actor, form: NewRecipient, claim: idempotency.Claim | None
) -> bytes:
    """A new third party, to which customers can consent from now on; it as JSON.

    Raises `Refusal` without permission or grounds and with ``recipient_name_taken``, `Failure` with
    ``step_up_required``, ``validation_failed`` for a tax id that is none in Brazil or a text that
    asks for a secret, or as `idempotency` does.
    """
    require_grounds(actor, CREATE)
    values = form.model_dump()
    require_no_ask_in(values)
    _demand_tax_id(values)
    plan = platform.projection.plan(actor, RESOURCE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await platform.audit.add(connection, actor, _deed(plan, CREATE, shown))
                return before
        row = {
            "id": new_id(),
            "status": "active",
            "created_at": platform.clock(),
            "created_by": actor.id,
            **values,
        }
        if not await insert_unless_there(connection, Recipient, row):
            raise _refused("recipient_name_taken", CREATE, None)
        answer = to_json(await _locked(platform, connection, actor, plan, row["id"], CREATE))
        await platform.audit.add(connection, actor, _deed(plan, CREATE, row["id"]))
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def change(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    recipient_id: UUID,
    body: Mapping[str, Any],
    validate: Validate,
    if_match: Sequence[str],
) -> Shown:
    """Correct a third party, or retire it for good: then it gets nothing more.

    What waits for its former contact address does not leave: it was released for that one.
    Raises `Refusal` for a member that the caller may not write, and with ``not_found``,
    ``precondition_failed``, ``recipient_retired``, ``recipient_name_taken``, and
    ``recipient_consented`` for another name, tax id or country while somebody's yes to it stands;
    `Failure` as `register` does.
    """
    require_grounds(actor, UPDATE)
    plan = platform.projection.plan(actor, RESOURCE)
    named = read_changes(plan, body, UPDATE)
    changes = {field: value for field, value in validate(body).items() if field in named}
    require_no_ask_in(changes)
    await require_presence(platform, connection, actor)
    before = await _locked(platform, connection, actor, plan, recipient_id, UPDATE)
    if "*" not in if_match and platform.projection.show(plan, before).etag not in if_match:
        raise _refused("precondition_failed", UPDATE, recipient_id)
    if before["status"] == "retired":
        raise _refused("recipient_retired", UPDATE, recipient_id)
    values = {field: value for field, value in changes.items() if before[field] != value}
    if values.keys() & {"tax_id", "country"}:
        _demand_tax_id({**before, **values})
    if values.keys() & IDENTITY and await _is_consented(connection, recipient_id):
        raise _refused("recipient_consented", UPDATE, recipient_id)
    await _store(platform, connection, recipient_id, values)
    after = await _locked(platform, connection, actor, plan, recipient_id, UPDATE)
    changed = Deed(
        UPDATE,
        subject_type=RESOURCE,
        subject_id=recipient_id,
        fields=tuple(sorted(changes)),
        rows=1,
    )
    await platform.audit.add(connection, actor, changed, _deed(plan, READ, recipient_id))
    return platform.projection.show(plan, after)


async def read(platform: Platform, actor: Actor, recipient_id: UUID) -> Shown:
    """One of the register; on record. Raises `Refusal`, `Failure("not_found")`."""
    return await records.read(platform, actor, READ, RESOURCE, recipient_id)


async def contact(connection: AsyncConnection, recipient_id: UUID) -> Contact:
    """Where to write to; held as it is until the transaction ends."""
    statement = (
        select(Recipient.name, Recipient.contact_email, Recipient.country)
        .where(Recipient.id == recipient_id)
        .with_for_update(read=True, key_share=True)
    )
    row = (await connection.execute(statement)).one()
    language: Language = "pt-BR" if row.country == BRAZIL else "en"
    return Contact(recipient_id, row.name, row.contact_email, language)


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the register, newest first; on record. Raises as `find_page` does."""
    page, deed = await find_page(platform, actor, "staff:recipient:list", RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return page


async def list_offered(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of those that a customer can consent to, newest first; on record."""
    page, deed = await find_page(
        platform,
        actor,
        "customer:recipient:list",
        RESOURCE,
        parameters,
        fixed=(("status", "active"),),
    )
    await platform.audit.write(actor, deed)
    return page


def _demand_tax_id(values: Mapping[str, Any]) -> None:
    """In Brazil a valid CPF or CNPJ; elsewhere there is no knowing, and it may be missing."""
    if values["country"] != BRAZIL:
        return
    try:
        normalise_tax_id(values["tax_id"] or "")
    except FieldRefused:
        wrong = FieldError("/tax_id", "tax_id_not_of_country")
        raise Failure("validation_failed", errors=[wrong]) from None


async def _is_consented(connection: AsyncConnection, recipient_id: UUID) -> bool:
    """Whether somebody's yes to it stands. Who says yes meanwhile waits for our lock."""
    stands = exists().where(
        ConsentState.recipient_id == recipient_id, ConsentState.state == "granted"
    )
    return bool((await connection.execute(select(stands))).scalar_one())


async def _store(
    platform: Platform, connection: AsyncConnection, recipient_id: UUID, values: Mapping[str, Any]
) -> None:
    if not values:
        return
    kept = dict(values)
    if kept.get("status") == "retired":
        kept["retired_at"] = platform.clock()
        await outbox_grounds.cancel_to(connection, kept["retired_at"], recipient_id)
    if "contact_email" in kept:
        moved_at, address = platform.clock(), kept["contact_email"]
        await outbox_grounds.cancel_elsewhere(connection, moved_at, recipient_id, address)
    statement = update(Recipient).where(Recipient.id == recipient_id).values(**kept)
    try:
        async with connection.begin_nested():
            await connection.execute(statement)
    except IntegrityError:
        raise _refused("recipient_name_taken", UPDATE, recipient_id) from None


async def _locked(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    plan: Plan,
    recipient_id: UUID,
    action: str,
) -> View:
    """The record as the caller sees it, locked until the transaction ends."""
    values = platform.projection.scope(actor, platform.clock()) | {"id": recipient_id}
    statement = platform.projection.one(plan).with_for_update()
    row = (await connection.execute(statement, values)).first()
    if row is None:
        raise _refused("not_found", action, recipient_id)
    return platform.projection.view(plan, row)


def _deed(plan: Plan, action: str, recipient_id: UUID) -> Deed:
    return Deed(action, subject_type=RESOURCE, subject_id=recipient_id, fields=plan.visible, rows=1)


def _refused(code: str, action: str, recipient_id: UUID | None) -> Refusal:
    return Refusal(code, action=action, subject_type=RESOURCE, subject_id=recipient_id)
