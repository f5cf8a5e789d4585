"""A member holds some permissions and gets just the doors that these open: every route, every set.

Nothing is listed by hand: routes come from the document, and which verb a route needs is what the
audit log says when somebody without any permission is turned away.
"""

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from app.access.permission_sets import LABELS, SETS
from app.access.permissions import ANY, MEMBER_PERMISSIONS, NEEDED_OF_MEMBERS, may, member_may
from app.access.viewers import Viewer
from app.routers.customer_verbs import VERBS
from app.services import authorization
from tests.support.document import DOCUMENT
from tests.support.people import CustomerPerson, MemberPerson, add_customer, add_member
from tests.support.policies import add_unaccepting
from tests.support.records import events
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUTES = sorted(
    (method, path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if path.startswith("/v1/customer/")
)
HELD: dict[str, tuple[str, ...]] = {
    "nothing": (),
    **{name: (name,) for name in LABELS},
    **{name: found.permissions for name, found in SETS.items()},
    "everything but owner": MEMBER_PERMISSIONS,
}
NOBODY = "01a19467-e800-7e96-9097-3b43b5d82b45"


@dataclass(frozen=True, slots=True)
class Doors:
    """The verb that each route asks for; None where it asks for none that a member can lack."""

    account: CustomerPerson
    verbs: dict[tuple[str, str], str | None]


async def ask(
    house: Service, route: tuple[str, str], who: MemberPerson | CustomerPerson
) -> httpx.Response:
    """The document's own example of the request."""
    method, path = route
    content = DOCUMENT["paths"][path][method].get("requestBody", {}).get("content", {})
    body: Any = None
    if content:
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        body = copy.deepcopy(DOCUMENT["components"]["schemas"][name]["examples"][0])
    parts = [NOBODY if part.startswith("{") else part for part in path.split("/")]
    headers = who.headers | {"If-Match": "*"}
    return await house.client.request(method, "/".join(parts), json=body, headers=headers)


def is_shut(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and answer.json()["code"] == "forbidden"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(house: Service) -> AsyncIterator[Doors]:
    account = await add_customer(house.platform)
    verbs: dict[tuple[str, str], str | None] = {}
    for route in ROUTES:
        answer = await ask(house, route, await add_member(house.platform, account.id))
        verbs[route] = None
        if is_shut(answer):
            [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
            verbs[route] = event.action
    yield Doors(account, verbs)


async def test_whoever_holds_nothing_is_shut_out_of_everything_but_their_own(
    doors: Doors,
) -> None:
    asked = {verb for verb in doors.verbs.values() if verb is not None}
    assert asked == {verb for verb, needed in NEEDED_OF_MEMBERS.items() if needed != ANY}


@pytest.mark.parametrize("name", HELD)
async def test_a_member_gets_exactly_the_doors_that_their_permissions_open(
    house: Service, doors: Doors, name: str
) -> None:
    held = HELD[name]
    for route, verb in doors.verbs.items():
        member = await add_member(house.platform, doors.account.id, *held)
        answer = await ask(house, route, member)
        assert answer.status_code != 500, route
        assert is_shut(answer) == (verb is not None and not member_may(held, verb)), route
        if is_shut(answer):
            for column in ("name", "email", "phone", "tax_id", "street"):
                assert doors.account.row[column] not in answer.text


async def test_the_document_says_what_waits_for_the_policy_to_be_accepted(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noted(viewer: Viewer, verb: str) -> bool:
        asked.append(verb)
        return may(viewer, verb)

    monkeypatch.setattr(authorization, "may", noted)
    for route in ROUTES:
        operation = DOCUMENT["paths"][route[1]][route[0]]
        asked.clear()
        answer = await ask(house, route, await add_unaccepting(house))
        assert VERBS[operation["operationId"]] == asked[0], route
        told = "policy_acceptance_required" in operation["responses"]["403"]["description"]
        assert ("policy_acceptance_required" in answer.text) == told, route


async def test_whoever_may_not_is_sent_to_an_owner(house: Service, doors: Doors) -> None:
    member = await add_member(house.platform, doors.account.id)
    for language, owner in (("pt-BR", "titular da conta"), ("en", "owner of the account")):
        member.headers["Accept-Language"] = language
        answer = await ask(house, ("get", "/v1/customer/profile"), member)
        assert is_shut(answer)
        assert owner in answer.json()["detail"]


@pytest.mark.parametrize("name", HELD)
async def test_a_permission_opens_one_account_alone(
    house: Service, doors: Doors, name: str
) -> None:
    member = await add_member(house.platform, doors.account.id, *HELD[name])
    stranger = await add_customer(house.platform)
    for route in ROUTES:
        if route[0] == "get" and "{" not in route[1]:
            answer = await ask(house, route, member)
            assert str(stranger.id) not in answer.text
            assert stranger.row["name"] not in answer.text
    listed = await house.client.get("/v1/customer/accounts", headers=member.headers)
    assert [UUID(item["id"]) for item in listed.json()["items"]] == [doors.account.id]


async def test_an_end_shuts_every_door(house: Service, doors: Doors) -> None:
    ends = house.clock() + timedelta(minutes=2)
    try:
        for route in ROUTES:
            member = await add_member(
                house.platform, doors.account.id, *MEMBER_PERMISSIONS, expires_at=ends
            )
            house.clock.ahead = timedelta(minutes=2, seconds=1)
            answer = await ask(house, route, member)
            assert (answer.status_code, answer.json()["code"]) == (401, "session_ended"), route
            house.clock.ahead = timedelta()
    finally:
        house.clock.ahead = timedelta()
