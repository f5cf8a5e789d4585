"""Third parties in tests: registered, consented to, and handed data, over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update

from app.access.processing import THIRD_PARTY_SHARING
from app.models import Session
from app.services import outbox_leases
from app.services.mail_message import SENT
from app.services.outbox_leases import Settlement
from tests.support.party_exercisers import FIELDS, STAFF, new_recipient
from tests.support.people import REASON, CustomerPerson, MemberPerson, StaffPerson, add_staff
from tests.support.service import Service

CONSENTS = "/v1/customer/consents"
OWN = "/v1/customer/disclosures"
ALL = "/v1/staff/disclosures"


async def present(house: Service, role: str) -> StaffPerson:
    """A member of staff who has just proved to be there."""
    person = await add_staff(house.platform, role)
    await proved_at(house, person, timedelta())
    return person


async def proved_at(house: Service, person: StaffPerson, ago: timedelta) -> None:
    """The member of staff proved to be there some time ago."""
    proof = update(Session).where(Session.id == person.session_id)
    async with house.platform.database.transaction() as connection:
        await connection.execute(proof.values(proved_at=house.clock() - ago))


async def register(house: Service, who: StaffPerson, /, **members: Any) -> httpx.Response:
    """A new third party, abroad unless `members` say otherwise."""
    return await house.client.post(STAFF, json=new_recipient(**members), headers=who.headers)


async def registered(house: Service, who: StaffPerson, /, **members: Any) -> UUID:
    """The same: its id."""
    answer = await register(house, who, **members)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def patch(
    house: Service, who: StaffPerson, recipient_id: UUID | str, /, **body: Any
) -> httpx.Response:
    """A change of a third party, whatever its state."""
    headers = who.headers | {"If-Match": "*"}
    return await house.client.patch(f"{STAFF}/{recipient_id}", json=body, headers=headers)


def yes(house: Service, recipient_id: UUID, /, *fields: str, days: float = 30) -> dict[str, Any]:
    """The body of a yes to a third party."""
    return {
        "purpose": THIRD_PARTY_SHARING,
        "granted": True,
        "version": 1,
        "recipient_id": str(recipient_id),
        "fields": list(fields or FIELDS),
        "expires_at": (house.clock() + timedelta(days=days)).isoformat(),
    }


def no(recipient_id: UUID) -> dict[str, Any]:
    """The body of a no, or a no longer."""
    return {
        "purpose": THIRD_PARTY_SHARING,
        "granted": False,
        "recipient_id": str(recipient_id),
    }


async def say(
    house: Service, who: CustomerPerson | MemberPerson, body: dict[str, Any]
) -> httpx.Response:
    """What a customer says."""
    return await house.client.post(CONSENTS, json=body, headers=who.headers)


async def said(
    house: Service, who: CustomerPerson | MemberPerson, body: dict[str, Any]
) -> dict[str, Any]:
    """The same, taken: the event."""
    answer = await say(house, who, body)
    assert answer.status_code == 201, answer.text
    event: dict[str, Any] = answer.json()
    return event


async def disclose(
    house: Service,
    who: StaffPerson,
    customer_id: UUID,
    recipient_id: UUID,
    /,
    *fields: str,
    **headers: str,
) -> httpx.Response:
    """An order to hand these fields of the customer to the third party."""
    body = {
        "recipient_id": str(recipient_id),
        "purpose": THIRD_PARTY_SHARING,
        "fields": list(fields or FIELDS),
    }
    return await house.client.post(
        f"/v1/staff/customers/{customer_id}/disclosures",
        json=body,
        headers={"X-Reason": REASON} | who.headers | headers,
    )


async def settle_all(house: Service) -> None:
    """Whatever waits in the outbox was sent."""
    while claimed := await outbox_leases.claim(house.platform, 100):
        await outbox_leases.settle(house.platform, [Settlement(each, SENT) for each in claimed])
