"""Asking trusted people in, and changing what they may do, over HTTP."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update

from app.models import Membership
from tests.support.people import PASSWORD, CustomerPerson, MemberPerson
from tests.support.post import token_sent_to
from tests.support.service import Service

INVITATIONS = "/v1/customer/invitations"
MEMBERS, OWN = "/v1/customer/members", "/v1/customer/membership"
Person = CustomerPerson | MemberPerson


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]


async def invite(
    house: Service, headers: dict[str, str], email: str, *permissions: str, **more: Any
) -> httpx.Response:
    """An invitation to a list of permissions, or to what `more` says."""
    body = {"email": email} | ({"permissions": list(permissions)} if permissions else {}) | more
    return await house.client.post(INVITATIONS, json=body, headers=headers)


async def token_of(house: Service, email: str) -> str:
    """The token in the newest invitation to the address."""
    return await token_sent_to(house.platform, email, "invitation")


async def accept_as_new(house: Service, token: str, **more: Any) -> httpx.Response:
    """The token's bearer takes a new login."""
    body = {
        "token": token,
        "name": "Carlos Convidado",
        "password": PASSWORD,
        "accepted_policy_version": 1,
    }
    return await house.client.post("/v1/public/invitations/accept", json=body | more)


async def accept(house: Service, headers: dict[str, str], token: str) -> httpx.Response:
    """The token's bearer accepts, signed in."""
    return await house.client.post(f"{INVITATIONS}/accept", json={"token": token}, headers=headers)


async def patch(house: Service, who: Person, member_id: UUID, **body: Any) -> httpx.Response:
    """A change of a member, whatever its state."""
    headers = who.headers | {"If-Match": "*"}
    return await house.client.patch(f"{MEMBERS}/{member_id}", json=body, headers=headers)


async def revoke(house: Service, who: Person, member_id: UUID) -> httpx.Response:
    """A member's place is taken away."""
    return await house.client.delete(f"{MEMBERS}/{member_id}", headers=who.headers)


async def leave(house: Service, who: Person) -> httpx.Response:
    """One's own place is given up."""
    return await house.client.delete(OWN, headers=who.headers)


async def own_id(house: Service, who: Person) -> UUID:
    """The id of one's own membership."""
    answer = await house.client.get(OWN, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return UUID(answer.json()["id"])


async def store(house: Service, member_id: UUID, **columns: Any) -> None:
    """Change a membership behind the service's back."""
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Membership).where(Membership.id == member_id).values(**columns)
        )
