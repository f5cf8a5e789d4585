"""What came on paper: the order itself is there, and nobody here holds its answer and the key."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pyrage
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.models import Agency, LegalRequest, OutboxMessage, StaffMember
from app.services import legal_collection, legal_delivery
from tests.support.answers import passphrase_to, problem, read_zip, status_of
from tests.support.legal import (
    ANSWERED_AT,
    DESK,
    ORIGINAL_SEEN,
    brought,
    entered,
    naming,
    on_paper,
    step,
    uploaded,
    verify,
)
from tests.support.officers import AgencyMade, add_agency
from tests.support.people import CustomerPerson, StaffPerson, add_staff
from tests.support.policies import prove_presence
from tests.support.records import rows
from tests.support.service import Service
from tests.support.signed_documents import pdf

pytestmark = pytest.mark.asyncio(loop_scope="module")

REASON = {"X-Reason": "Entrega ao juizo, por oficio"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def checker(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def typist(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "director")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, checker: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=checker.id)


@pytest.fixture
def checked(
    house: Service,
    privacy: StaffPerson,
    director: StaffPerson,
    checker: StaffPerson,
    typist: StaffPerson,
    agency: AgencyMade,
) -> Callable[..., Any]:
    """A paper that a director typed in, collected for and checked; its id."""

    async def check(at: AgencyMade = agency, **members: Any) -> str:
        request_id = str((await entered(house, typist, at.id, **members))["id"])
        await brought(house, privacy, request_id, "submit", "begin", "confirm", "forward")
        await brought(house, director, request_id, "approve")
        await legal_collection.work(house.platform)
        await brought(house, checker, request_id, "check")
        return request_id

    return check


async def fetch(
    house: Service, who: StaffPerson, request_id: str, part: str = "content", **headers: str
) -> httpx.Response:
    await prove_presence(house, who)
    address = f"{DESK}/{request_id}/package/{part}"
    return await house.client.get(address, headers=who.headers | (headers or REASON))


async def test_the_key_goes_to_the_agency_and_the_package_to_a_director_apart(
    house: Service,
    checked: Callable[..., Any],
    director: StaffPerson,
    typist: StaffPerson,
    privacy: StaffPerson,
    maria: CustomerPerson,
) -> None:
    request_id = await checked(targets=naming(maria))
    await legal_delivery.work(house.platform)
    assert await status_of(house, request_id) == "delivered"
    mails = await rows(
        house.platform,
        select(OutboxMessage.recipient, OutboxMessage.staff_id).where(
            OutboxMessage.template == legal_delivery.TEMPLATE
        ),
    )
    assert {(mail.recipient, mail.staff_id) for mail in mails} == {(ANSWERED_AT, None)}
    for part in ("content", "key"):
        typed = await fetch(house, typist, request_id, part)
        assert problem(typed) == (403, "second_person_required")
        other = await fetch(house, privacy, request_id, part)
        assert problem(other) == (403, "forbidden")
        mute = await fetch(house, director, request_id, part, Accept="*/*")
        assert problem(mute) == (422, "reason_required")
    answer = await fetch(house, director, request_id)
    assert answer.status_code == 200, answer.text
    key = await fetch(house, director, request_id, "key")
    passphrase = await passphrase_to(house, ANSWERED_AT)
    identity = pyrage.passphrase.decrypt(key.content, passphrase).decode().strip()
    plain = pyrage.decrypt(answer.content, [pyrage.x25519.Identity.from_str(identity)])
    assert "manifest.json" in read_zip(plain)
    again = await fetch(house, director, request_id)
    assert problem(again) == (409, "legal_package_state")


async def test_whoever_said_which_domains_are_the_agencys_fetches_nothing_for_it(
    house: Service, checked: Callable[..., Any], director: StaffPerson
) -> None:
    own = await add_agency(house.platform, by=director.id)
    request_id = await checked(own)
    await legal_delivery.work(house.platform)
    for part in ("content", "key"):
        answer = await fetch(house, director, request_id, part)
        assert problem(answer) == (403, "second_person_required")
    apart = await add_staff(house.platform, "director")
    assert (await fetch(house, apart, request_id)).status_code == 200


async def test_who_typed_it_in_may_have_left(
    house: Service, checked: Callable[..., Any], typist: StaffPerson
) -> None:
    request_id = await checked()
    who = update(StaffMember).where(StaffMember.id == typist.id)
    async with house.platform.database.transaction() as connection:
        await connection.execute(who.values(status="disabled"))
    try:
        await legal_delivery.work(house.platform)
        assert await status_of(house, request_id) == "delivered"
    finally:
        async with house.platform.database.transaction() as connection:
            await connection.execute(who.values(status="active"))


@pytest.mark.parametrize("with_key", [False, True])
async def test_nothing_is_released_to_an_agency_that_is_suspended(
    house: Service, checked: Callable[..., Any], checker: StaffPerson, with_key: bool
) -> None:
    members: dict[str, Any] = {}
    if with_key:
        key = pyrage.x25519.Identity.generate().to_public()
        members = {"age_recipient": str(key), "answer_email": None}
    own = await add_agency(house.platform, by=checker.id)
    request_id = await checked(own, **members)
    for values, status in (
        ({"status": "suspended"}, "packaged"),
        ({"status": "active", "domains": ("outra.exemplo.gov.br",)}, None),
        ({"domains": ("exemplo.jus.br",)}, "delivered"),
    ):
        async with house.platform.database.transaction() as connection:
            await connection.execute(update(Agency).where(Agency.id == own.id).values(**values))
        await legal_delivery.work(house.platform)
        expected = status or ("delivered" if with_key else "packaged")
        assert await status_of(house, request_id) == expected, values
    mails = select(OutboxMessage.id).where(
        OutboxMessage.template == legal_delivery.TEMPLATE,
        OutboxMessage.created_at >= house.clock() - timedelta(minutes=1),
        OutboxMessage.params["reference"].as_string() == await reference_of(house, request_id),
    )
    assert len(await rows(house.platform, mails)) == (0 if with_key else 1)


async def reference_of(house: Service, request_id: str) -> str:
    chosen = select(LegalRequest.reference).where(LegalRequest.id == UUID(request_id))
    return str((await rows(house.platform, chosen))[0].reference)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"answer_email": None}, "needed_for_answer"),
        ({"answer_email": "promotora@gmail.com"}, "email_not_official"),
        ({"answer_email": "cartorio@exemplo.jus.br.golpe.com"}, "email_not_official"),
    ],
)
async def test_the_key_must_have_somewhere_official_to_go(
    house: Service, privacy: StaffPerson, agency: AgencyMade, members: dict[str, Any], code: str
) -> None:
    body = on_paper(agency.id, **members)
    answer = await house.client.post(DESK, json=body, headers=privacy.headers)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "/answer_email", code)


async def test_no_officer_says_where_a_key_goes(house: Service, officer: Any) -> None:
    body = {**on_paper(officer.agency_id)}
    del body["channel"], body["agency_id"]
    answer = await house.client.post(
        "/v1/authority/legal-requests", json=body, headers=officer.headers
    )
    assert problem(answer) == (422, "unknown_member")


async def test_nobody_confirms_a_paper_that_is_not_there(
    house: Service, privacy: StaffPerson, agency: AgencyMade
) -> None:
    draft = await entered(house, privacy, agency.id)
    await brought(house, privacy, draft["id"], "submit", "begin")
    bare = await step(house, privacy, draft["id"], "confirm", **ORIGINAL_SEEN)
    assert problem(bare) == (409, "document_missing")
    await uploaded(house, privacy, draft["id"], pdf(), kind="annex")
    annexed = await step(house, privacy, draft["id"], "confirm", **ORIGINAL_SEEN)
    assert problem(annexed) == (409, "document_missing")
    await uploaded(house, privacy, draft["id"], pdf())
    await verify(house)
    done = await step(house, privacy, draft["id"], "confirm", **ORIGINAL_SEEN)
    assert done.json()["status"] == "legal_review", done.text


async def test_that_nobody_verified_a_signature_is_said_to_whoever_approves(
    house: Service, privacy: StaffPerson, agency: AgencyMade
) -> None:
    for content, by_sight in ((pdf(), True), (None, False)):
        draft = await entered(house, privacy, agency.id)
        await brought(house, privacy, draft["id"], "submit", "begin")
        if content is not None:
            await uploaded(house, privacy, draft["id"], content)
        seen = await brought(house, privacy, draft["id"], "confirm", "forward")
        codes = [each["code"] for each in seen["findings"]]
        assert ("confirmed_by_sight" in codes) is by_sight
        assert ("signature_rejected" in codes) is by_sight
