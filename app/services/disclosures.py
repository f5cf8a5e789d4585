"""What leaves for third parties: never without a consent, never without an entry (promise P20)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.errors import Refusal
from app.core.ids import new_id
from app.models import ConsentState, Disclosure, OutboxMessage
from app.projection.plans import View
from app.projection.projection import Page, to_json
from app.services import consent_ledger, consents, disclosure_deliveries, recipients
from app.services.audit_log import Deed
from app.services.listings import find_page
from app.services.platform import Platform
from app.services.recipients import Contact

RESOURCE: Final = "disclosure"
CREATE: Final = "staff:disclosure:create"
STAFF_LIST: Final = "staff:disclosure:list"
CONTENT_TYPE: Final = "application/json"
_OF_CUSTOMERS: Final = "customer."


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A document that may leave now, for `contact`, and only with its entry: `id` is that of the
    ledger."""

    id: UUID
    body: bytes
    sha256: str
    contact: Contact


@dataclass(frozen=True, slots=True)
class Received:
    """What a third party got of a customer, and at which address; None where it was not kept."""

    fields: frozenset[str]
    sent_to: str | None


def reference(platform: Platform, customer_id: UUID, recipient_id: UUID) -> str:
    """How a third party and we speak of a customer: 32 hexadecimal digits.

    Another one for each third party, so that no two can put together what they got.
    """
    pair = customer_id.bytes + recipient_id.bytes
    key = platform.keyring.secret("disclosure-references")
    return hashlib.blake2b(pair, key=key, digest_size=16).hexdigest()


async def disclose(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    customer_id: UUID,
    recipient_id: UUID,
    purpose: str,
    fields: Sequence[str],
    *,
    message_id: UUID | None = None,
) -> Disclosed:
    """The document with just these fields of the customer, for one third party.

    Its entry and its audit event stand in the caller's transaction. `fields` are as the matrix
    names them (``customer.email``), `message_id` is the mail that will carry it. It may go nowhere
    but to the contact address of this moment, which the entry names. A withdrawal comes before all
    of it, or after. Raises `Refusal` with ``consent_missing`` unless the customer consented to this
    purpose for this third party, to each of these fields, and still does.
    """
    named = tuple(dict.fromkeys(fields))
    await consent_ledger.lock(connection, customer_id)
    allowed = await consents.allows(
        platform,
        customer_id,
        purpose,
        recipient_id=recipient_id,
        fields=named,
        connection=connection,
    )
    shown = None
    if allowed and named:
        shown = await _seen(platform, connection, actor, customer_id, recipient_id, named)
    if shown is None:
        raise Refusal(
            "consent_missing", action=CREATE, subject_type="customer", subject_id=customer_id
        )
    contact = await recipients.contact(connection, recipient_id)
    entry = await _entry(platform, connection, actor, customer_id, recipient_id, purpose)
    body = to_json(
        {
            "disclosure_id": entry["id"],
            "reference": reference(platform, customer_id, recipient_id),
            "purpose": purpose,
            "consent_event_id": entry["consent_event_id"],
            "at": entry["at"],
            "fields": named,
            "customer": shown,
        }
    )
    digest = hashlib.sha256(body).hexdigest()
    entry |= {"fields": named, "bytes": len(body), "sha256": digest}
    entry |= {"message_id": message_id, "sent_to": contact.email}
    await connection.execute(insert(Disclosure).values(**entry))
    deed = Deed(
        CREATE,
        subject_type=RESOURCE,
        subject_id=entry["id"],
        fields=named,
        rows=1,
        subjects=[customer_id],
    )
    await platform.audit.add(connection, actor, deed)
    return Disclosed(entry["id"], body, digest, contact)


async def received(
    connection: AsyncConnection, customer_id: UUID, recipient_id: UUID, purpose: str
) -> list[Received]:
    """What of the customer's left for the third party, or may be leaving right now.

    What is alike stands there once: it does not grow with the number of disclosures.
    """
    held_back = exists().where(
        OutboxMessage.id == Disclosure.message_id, OutboxMessage.state == "suppressed"
    )
    left = (
        select(Disclosure.fields, Disclosure.sent_to)
        .where(
            Disclosure.customer_id == customer_id,
            Disclosure.recipient_id == recipient_id,
            Disclosure.purpose == purpose,
            ~held_back,
        )
        .distinct()
    )
    found = await connection.execute(left)
    return [Received(frozenset(row.fields), row.sent_to) for row in found]


async def list_own(platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]) -> Page:
    """A page of what was made of the caller's account, newest first; on record."""
    page, deed = await find_page(platform, actor, "customer:disclosure:list", RESOURCE, parameters)
    await platform.audit.write(actor, deed)
    return await disclosure_deliveries.all_told(platform, page)


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of all that was made, newest first; on record, with the customers that it is about."""
    page, deed = await find_page(platform, actor, STAFF_LIST, RESOURCE, parameters)
    concerned = sorted({item["customer_id"] for item in page.items})
    await platform.audit.write(actor, replace(deed, subjects=concerned))
    return await disclosure_deliveries.all_told(platform, page)


async def _seen(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    customer_id: UUID,
    recipient_id: UUID,
    named: tuple[str, ...],
) -> View | None:
    """Just these fields, if the third party may see them of this customer.

    Nothing more is selected: the projection of partners decides it once more, by itself.
    """
    partner = Actor(
        kind="partner",
        viewer=Viewer.PARTNER,
        purpose=PURPOSES[Viewer.PARTNER][0],
        request_id=actor.request_id,
        id=recipient_id,
    )
    plan = platform.projection.plan(partner, "customer")
    wanted = tuple(name.removeprefix(_OF_CUSTOMERS) for name in named)
    if not {f"{_OF_CUSTOMERS}{field}" for field in plan.visible} >= set(named):
        return None
    columns, view = platform.projection.excerpt(plan, wanted)
    statement = platform.projection.one(plan).with_only_columns(*columns)
    values = platform.projection.scope(partner, platform.clock()) | {"id": customer_id}
    row = (await connection.execute(statement, values)).first()
    return None if row is None else view(row)


async def _entry(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    customer_id: UUID,
    recipient_id: UUID,
    purpose: str,
) -> dict[str, Any]:
    ground = select(ConsentState.id).where(
        ConsentState.subject_id == customer_id,
        ConsentState.purpose == purpose,
        ConsentState.recipient_id == recipient_id,
    )
    return {
        "id": new_id(),
        "customer_id": customer_id,
        "recipient_id": recipient_id,
        "consent_event_id": (await connection.execute(ground)).scalar_one(),
        "purpose": purpose,
        "content_type": CONTENT_TYPE,
        "at": platform.clock(),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "role": actor.viewer.value if actor.kind == "staff" else None,
        "request_id": actor.request_id,
    }
