"""New versions of the policy for tests, as staff make them over HTTP."""

from typing import Any

import httpx
from sqlalchemy import delete, update

from app.models import Policy, PolicyAcceptance, Session
from tests.support.people import CustomerPerson, StaffPerson, add_customer
from tests.support.service import Service

DRAFTS = "/v1/staff/policies/drafts"
TEXT = "# Política\n\nGuardamos o cadastro por cinco anos."
CONTENT: dict[str, Any] = {
    "text": TEXT,
    "text_en": "# Policy\n\nWe keep the registration for five years.",
    "summary": "Agora dizemos por quanto tempo guardamos cada dado.",
    "summary_en": "We now say for how long we keep each datum.",
    "requires_acceptance": True,
}


async def drafted(house: Service, author: StaffPerson, **content: Any) -> dict[str, Any]:
    """A new draft of the author's."""
    answer = await house.client.post(DRAFTS, json=CONTENT | content, headers=author.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def step(
    house: Service,
    who: StaffPerson,
    draft: dict[str, Any],
    verb: str,
    body: dict[str, Any] | None = None,
    tag: str | None = None,
) -> httpx.Response:
    """One deed about a draft, of somebody who has read it and has just proved to be there."""
    await prove_presence(house, who)
    if tag is None:
        read = await house.client.get(f"{DRAFTS}/{draft['id']}", headers=who.headers)
        tag = read.headers["etag"]
    return await house.client.post(
        f"{DRAFTS}/{draft['id']}/{verb}", json=body, headers={**who.headers, "If-Match": tag}
    )


async def approved(
    house: Service, author: StaffPerson, reviewer: StaffPerson, **content: Any
) -> dict[str, Any]:
    """A draft that was written by one and approved by another."""
    draft = await drafted(house, author, **content)
    await step(house, author, draft, "submit")
    answer = await step(house, reviewer, draft, "review", {"decision": "approve"})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def published(
    house: Service,
    author: StaffPerson,
    reviewer: StaffPerson,
    published_at: str | None = None,
    **content: Any,
) -> int:
    """The number of a version that was just published."""
    draft = await approved(house, author, reviewer, **content)
    body = {} if published_at is None else {"published_at": published_at}
    answer = await step(house, author, draft, "publish", body)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["version"])


async def add_unaccepting(house: Service) -> CustomerPerson:
    """A customer who accepted no version of the policy."""
    legacy = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        mine = PolicyAcceptance.login_id == legacy.login_id
        await connection.execute(delete(PolicyAcceptance).where(mine))
    house.platform.sessions.forget(legacy.session_id)
    return legacy


async def nothing_to_come(house: Service) -> None:
    """Withdraw, behind the service's back, what was announced: the next may be published."""
    now = house.clock()
    to_come = (Policy.published_at > now, Policy.withdrawn_at.is_(None))
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(Policy).where(*to_come).values(withdrawn_at=now))


async def prove_presence(house: Service, who: StaffPerson) -> None:
    """Behind the service's back: the step-up has tests of its own."""
    async with house.platform.database.transaction() as connection:
        proof = update(Session).where(Session.id == who.session_id)
        await connection.execute(proof.values(proved_at=house.clock()))
