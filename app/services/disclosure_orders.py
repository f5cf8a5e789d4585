"""Handing a customer's data to a third party, by order of a person who answers for it."""

from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.ids import new_id
from app.projection.projection import to_json
from app.schemas.disclosures import DisclosureOrder
from app.services import disclosure_deliveries, disclosures, idempotency, outbox, records
from app.services.audit_log import Deed
from app.services.authorization import require_reason
from app.services.disclosures import CREATE, RESOURCE, STAFF_LIST
from app.services.outbox import Message, Reliance
from app.services.platform import Platform
from app.services.presence import require_presence

TEMPLATE: Final = "disclosure"


async def order(
    platform: Platform,
    actor: Actor,
    customer_id: UUID,
    form: DisclosureOrder,
    claim: idempotency.Claim | None,
) -> bytes:
    """Mail the consented fields to the third party; the entry in the ledger, as JSON.

    The mail goes to the contact address of this moment, which the entry names, and leaves only
    while the consent and that address stand. Raises `Refusal` without permission, grounds or a
    reason, and with ``not_found`` for a customer out of the caller's rows, ``consent_missing``;
    `Failure` with ``step_up_required``, or as `idempotency` does.
    """
    await records.require_in_rows(platform, actor, CREATE, "customer", customer_id)
    require_reason(actor, CREATE)
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await platform.audit.add(
                    connection, actor, _shown(platform, actor, shown, customer_id)
                )
                return before
        disclosure_id = await _send(platform, connection, actor, customer_id, form)
        plan = platform.projection.plan(actor, RESOURCE)
        values = platform.projection.scope(actor, platform.clock()) | {"id": disclosure_id}
        row = (await connection.execute(platform.projection.one(plan), values)).one()
        view = platform.projection.view(plan, row)
        answer = to_json(await disclosure_deliveries.told(connection, view))
        deed = _shown(platform, actor, disclosure_id, customer_id)
        await platform.audit.add(connection, actor, deed)
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    return answer


async def _send(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    customer_id: UUID,
    form: DisclosureOrder,
) -> UUID:
    message_id, fields = new_id(), tuple(form.fields)
    made = await disclosures.disclose(
        platform,
        connection,
        actor,
        customer_id,
        form.recipient_id,
        form.purpose,
        fields,
        message_id=message_id,
    )
    message = Message(
        TEMPLATE,
        made.contact.email,
        made.contact.language,
        params={
            "recipient_name": made.contact.name,
            "reference": disclosures.reference(platform, customer_id, form.recipient_id),
            "sha256": made.sha256,
        },
        secret={"document": made.body.decode()},  # erased from the outbox once it has left
        customer_id=customer_id,
        relies_on=Reliance(form.purpose, form.recipient_id, fields),
        id=message_id,
    )
    await outbox.queue(platform, connection, message)
    return made.id


def _shown(platform: Platform, actor: Actor, disclosure_id: UUID, customer_id: UUID) -> Deed:
    """Whoever is answered is shown the entry, the second time too."""
    return Deed(
        STAFF_LIST,
        subject_type=RESOURCE,
        subject_id=disclosure_id,
        fields=platform.projection.plan(actor, RESOURCE).visible,
        rows=1,
        subjects=[customer_id],
    )
