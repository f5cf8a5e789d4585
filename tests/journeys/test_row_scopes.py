"""Which customers each caller sees at all: by role, consent, fiscal retention, and account."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from app.access.viewers import STAFF_ROLES, Viewer
from tests.support.people import CustomerPerson, add_customer, change_columns, say_consent
from tests.support.stage import Stage, comparable, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALWAYS = {Viewer.DIRECTOR, Viewer.SYSTEMS_ENGINEER, Viewer.PRIVACY_OFFICER}
FISCAL = ALWAYS | {Viewer.BILLING}
WITHOUT_MARKETING = set(STAFF_ROLES) - {Viewer.MARKETING}
EXPECTED = {
    ("active", None): WITHOUT_MARKETING,
    ("active", False): WITHOUT_MARKETING,
    ("active", True): set(STAFF_ROLES),
    ("suspended", True): set(STAFF_ROLES),
    ("suspended", None): WITHOUT_MARKETING,
    ("closed", True): FISCAL,
    ("closed", None): FISCAL,
    ("erased", True): FISCAL,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    async with staged(shared_database_url, tmp_path_factory.mktemp("stage")) as it:
        yield it


async def sees(stage: Stage, viewer: Viewer, person: CustomerPerson) -> bool:
    """Whether the viewer finds the customer: by id, name, list and change, all or none."""
    headers = stage.headers(viewer)
    address = f"/v1/staff/customers/{person.id}"
    word = person.row["name"].split()[-1]
    found = {(await stage.client.get(address, headers=headers)).status_code == 200}
    for query in (f"q={word}", f"name={word}&limit=200", "limit=200"):
        page = await stage.client.get(f"/v1/staff/customers?{query}", headers=headers)
        assert page.status_code == 200
        found.add(str(person.id) in {item["id"] for item in page.json()["items"]})
    if viewer in (Viewer.SUPPORT, Viewer.BILLING, Viewer.DIRECTOR):
        body = (
            {"phone": person.row["phone"]}
            if viewer is Viewer.SUPPORT
            else {"tax_id": person.row["tax_id"]}
        )
        written = await stage.client.patch(address, json=body, headers={**headers, "If-Match": "*"})
        # An erased account is there for those who see it, and is changed by nobody.
        assert written.status_code in (404, 409 if person.row["status"] == "erased" else 200)
        found.add(written.status_code != 404)
    assert len(found) == 1, f"{viewer} finds {person.row['status']} by one way and not by another"
    return found.pop()


@pytest.mark.parametrize(("status", "marketing"), EXPECTED)
async def test_every_role_by_every_status(
    stage: Stage, status: str, marketing: bool | None
) -> None:
    person = await add_customer(
        stage.platform, name=f"Pessoa {status}{marketing}x", status=status, marketing=marketing
    )
    for viewer in STAFF_ROLES:
        assert await sees(stage, viewer, person) == (viewer in EXPECTED[status, marketing]), viewer


async def test_marketing_sees_while_the_latest_word_is_yes(stage: Stage) -> None:
    person = await add_customer(stage.platform, name="Indecisa Consentimento")
    assert not await sees(stage, Viewer.MARKETING, person)
    for granted in (True, False, True, True, False):
        await say_consent(stage.platform, person.id, granted=granted)
        assert await sees(stage, Viewer.MARKETING, person) == granted


async def test_consent_to_something_else_is_no_consent(stage: Stage) -> None:
    person = await add_customer(stage.platform, name="Outra Finalidade", marketing=False)
    await say_consent(stage.platform, person.id, granted=True, purpose="analytics")
    assert not await sees(stage, Viewer.MARKETING, person)
    # And a no to something else takes no consent away.
    await say_consent(stage.platform, person.id, granted=True)
    await say_consent(stage.platform, person.id, granted=False, purpose="analytics")
    assert await sees(stage, Viewer.MARKETING, person)


async def test_anothers_consent_is_not_ones_own(stage: Stage) -> None:
    await add_customer(stage.platform, name="Generosa Vizinha", marketing=True)
    person = await add_customer(stage.platform, name="Reservada Vizinha")
    assert not await sees(stage, Viewer.MARKETING, person)


@pytest.mark.parametrize("status", ["closed", "erased"])
async def test_billing_sees_until_the_fiscal_retention_ends(stage: Stage, status: str) -> None:
    platform = stage.platform
    five_years_ago = platform.clock().replace(year=platform.clock().year - 5)
    for margin, expected in ((timedelta(minutes=1), True), (-timedelta(minutes=1), False)):
        person = await add_customer(
            platform,
            name=f"Fiscal {status}{expected}x",
            status=status,
            closed_at=five_years_ago + margin,
        )
        assert await sees(stage, Viewer.BILLING, person) == expected
        for viewer in ALWAYS:
            assert await sees(stage, viewer, person)
    # The same account, as time goes by.
    person = await add_customer(
        platform,
        name=f"Passagem {status}x",
        status=status,
        closed_at=five_years_ago + timedelta(minutes=10),
    )
    assert await sees(stage, Viewer.BILLING, person)
    stage.service.clock.ahead = timedelta(minutes=11)
    try:
        assert not await sees(stage, Viewer.BILLING, person)
    finally:
        stage.service.clock.ahead = timedelta()


async def test_a_customer_outside_ones_rows_is_no_customer_at_all(stage: Stage) -> None:
    closed = await add_customer(stage.platform, status="closed")
    nobody = "01a19467-e800-7e96-9097-3b43b5d82b45"
    for viewer in set(STAFF_ROLES) - FISCAL:
        headers = stage.headers(viewer)
        answers = [
            await stage.client.get(f"/v1/staff/customers/{text}", headers=headers)
            for text in (closed.id, nobody, "x", "../audit-events", "%00")
        ]
        assert answers[0].status_code == 404
        for answer in (answers[1], answers[2], answers[4]):
            assert comparable(answer) == comparable(answers[0])
    headers = stage.headers(Viewer.SUPPORT) | {"If-Match": "*"}
    changes = [
        await stage.client.patch(
            f"/v1/staff/customers/{text}", json={"attention_note": "x"}, headers=headers
        )
        for text in (closed.id, nobody)
    ]
    assert changes[0].status_code == 404
    assert comparable(changes[0]) == comparable(changes[1])


async def test_a_customer_sees_their_own_account_and_what_was_done_with_it(stage: Stage) -> None:
    maria = await add_customer(stage.platform, name="Maria Propria")
    joana = await add_customer(stage.platform, name="Joana Propria")
    for person in (maria, joana):
        seen = await stage.client.get("/v1/customer/profile", headers=person.headers)
        assert seen.json()["id"] == str(person.id)
    support = stage.headers(Viewer.SUPPORT)
    await stage.client.get(f"/v1/staff/customers/{maria.id}", headers=support)
    await stage.client.get("/v1/staff/customers?q=propria", headers=support)
    await stage.client.get("/v1/staff/customers?closed_at=1", headers=support)
    logs = {
        person.id: (
            await stage.client.get("/v1/customer/access-log", headers=person.headers)
        ).json()
        for person in (maria, joana)
    }
    actions = {person: [item["action"] for item in log["items"]] for person, log in logs.items()}
    assert actions[maria.id] == ["staff:customer:list", "staff:customer:read"]
    assert actions[joana.id] == ["staff:customer:list"]
    for item in logs[maria.id]["items"]:
        assert (item["role"], item["purpose"]) == ("support", "customer_support")
        assert set(item) == {"id", "at", "role", "action", "fields", "purpose"}


async def test_an_account_that_changes_hands_changes_what_is_seen(stage: Stage) -> None:
    person = await add_customer(stage.platform, name="Fecha Depois")
    assert await sees(stage, Viewer.SUPPORT, person)
    await change_columns(
        stage.platform, person.id, status="closed", closed_at=stage.platform.clock()
    )
    assert not await sees(stage, Viewer.SUPPORT, person)
    await change_columns(stage.platform, person.id, status="active", closed_at=None)
    assert await sees(stage, Viewer.SUPPORT, person)
