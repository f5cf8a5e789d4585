"""Everybody is told that the policy changes: each once, in their language, accounted for."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select, update

from app.core.ids import id_at, new_id
from app.models import (
    AuditEvent,
    Customer,
    Login,
    Membership,
    OutboxBatch,
    OutboxMessage,
    PolicyAcceptance,
)
from app.services import outbox, policy_notices
from app.services.mail_message import SENT, Outcome
from app.services.outbox_leases import LEASE, Settlement, claim, settle
from tests.support.mails import delivering, settled, until
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_customer,
    add_member,
    add_staff,
    open_customer_session,
)
from tests.support.policies import approved, nothing_to_come, prove_presence, published, step
from tests.support.records import rows
from tests.support.service import Service
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = dict.fromkeys(
    ("queued", "sending", "deferred", "sent", "bounced", "abandoned", "suppressed", "forgotten"), 0
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def on_a_quiet_day(house: Service) -> None:
    """No mail waits, and no version is to come."""
    house.clock.ahead = timedelta()
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(OutboxMessage))
        await connection.execute(delete(Membership))  # of those before: they are told nothing
    await nothing_to_come(house)


def soon(house: Service, days: int = 7) -> str:
    return (house.clock() + timedelta(days=days)).isoformat()


async def mails_of(house: Service, version: int, batch: str | None = None) -> list[Any]:
    chosen = select(OutboxMessage.__table__).where(
        OutboxMessage.batch == (batch or policy_notices.batch_of(version))
    )
    return list(await rows(house.platform, chosen.order_by(OutboxMessage.recipient)))


async def report(house: Service, who: StaffPerson, version: int) -> Any:
    address = f"/v1/staff/policies/{version}/delivery"
    answer = await house.client.get(address, headers=who.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def withdraw(house: Service, who: StaffPerson, version: int) -> None:
    await prove_presence(house, who)
    answer = await house.client.post(f"/v1/staff/policies/{version}/withdraw", headers=who.headers)
    assert answer.status_code == 200, answer.text


async def store(house: Service, login_id: UUID, **columns: Any) -> None:
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(Login).where(Login.id == login_id).values(**columns))


async def test_each_login_that_has_a_place_is_told_once_in_its_language(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    maria, closed = await add_customer(house.platform), await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    await open_customer_session(house.platform, member.login_id, closed.id)  # two places, one mail
    gone = await add_member(house.platform, maria.id, "profile")
    erased = await add_customer(house.platform, status="erased")
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Membership).where(Membership.id == gone.id).values(revoked_at=house.clock())
        )
        await connection.execute(
            update(Customer)
            .where(Customer.id == closed.id)
            .values(status="closed", closed_at=house.clock())
        )
    await store(house, member.login_id, language="en")
    version = await published(house, director, officer)

    found = await mails_of(house, version)
    told = {mail.recipient: mail for mail in found}
    assert set(told) == {maria.email, closed.email, member.email}
    assert erased.email not in told
    assert {mail.state for mail in found} == {"queued"}
    assert told[member.email].language == "en"
    assert (told[maria.email].language, told[maria.email].params) == ("pt-BR", {})
    assert told[maria.email].key == f"policy:{version}:{_as_text(house, maria)}"
    ids = [mail.id for mail in found]
    assert len(set(ids)) == 3
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
    assert id_at(house.clock() - timedelta(minutes=1)) < min(ids), "made just now"
    figures = (await report(house, director, version))["news"]
    assert (figures["told"], figures["settled"], figures["under_way"]) == (3, 0, 3)
    assert figures["mails"] == NOBODY | {"queued": 3}
    deeds = select(AuditEvent.rows).where(AuditEvent.action == "staff:policy_delivery:create")
    assert 3 in {row.rows for row in await rows(house.platform, deeds)}


def _as_text(house: Service, person: CustomerPerson) -> str:
    """An id as the database keeps it."""
    postgres = house.platform.database.is_postgresql
    return str(person.login_id) if postgres else person.login_id.hex


async def test_what_everybody_reads(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    maria, john = await add_customer(house.platform), await add_customer(house.platform)
    await store(house, john.login_id, language="en")
    version = await published(house, director, officer, soon(house))
    async with delivering(house.platform):
        await until(house.platform, settled)
    folder = house.platform.settings.var_dir / "mail"
    letters = [file.read_text() for file in folder.glob("*.eml")]
    [portuguese] = [text for text in letters if maria.email in text]
    [english] = [text for text in letters if john.email in text]
    assert "por quanto tempo guardamos cada dado" in portuguese.replace("=\n", "")
    assert "novo aceite" in portuguese.replace("=\n", "")
    assert f"/policies/{version}" in english.replace("=\n", "")
    assert (await report(house, director, version))["news"]["mails"] == NOBODY | {"sent": 2}
    await withdraw(house, director, version)


async def test_whom_nothing_reaches_is_accounted_for_and_not_written_to(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    people = [await add_customer(house.platform) for _ in range(4)]
    disabled, bounced, mended, fine = people
    await store(house, disabled.login_id, status="disabled")
    first = await published(house, director, officer)
    claimed = {each.recipient: each for each in await claim(house.platform, 9)}
    refused = Outcome("bounced", "refused", 550)
    await settle(
        house.platform,
        [
            Settlement(claimed[fine.email], SENT),
            *(Settlement(claimed[one.email], refused) for one in (bounced, mended)),
        ],
    )
    assert (await report(house, director, first))["news"]["mails"] == NOBODY | {
        "sent": 1,
        "bounced": 2,
        "suppressed": 1,
    }
    new = "novo@exemplo.com.br"
    await store(house, mended.login_id, email=new, email_key=new)
    second = await published(house, director, officer)
    states = {mail.login_id: mail.state for mail in await mails_of(house, second)}
    assert states == {
        disabled.login_id: "suppressed",
        bounced.login_id: "suppressed",
        mended.login_id: "queued",
        fine.login_id: "queued",
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(OutboxMessage)
            .where(OutboxMessage.batch == policy_notices.batch_of(first))
            .where(OutboxMessage.state == "bounced")
            .values(settled_at=house.clock() - timedelta(days=2))
        )
        again = update(OutboxMessage).where(OutboxMessage.login_id == bounced.login_id)
        await connection.execute(
            again.where(OutboxMessage.state == "suppressed").values(state="sent")
        )
    third = await published(house, director, officer)
    states = {mail.login_id: mail.state for mail in await mails_of(house, third)}
    assert states[bounced.login_id] == "queued", "it has taken a mail since"
    house.clock.ahead = timedelta(days=3)
    await outbox.purge(house.platform)
    house.clock.ahead = timedelta()
    assert (await report(house, director, second))["news"]["mails"]["suppressed"] == 1
    assert (await report(house, director, second))["news"]["told"] == 4
    house.clock.ahead = timedelta(days=401)
    await outbox.purge(house.platform)
    house.clock.ahead = timedelta()
    figures = (await report(house, director, first))["news"]
    assert (figures["told"], figures["mails"]["forgotten"]) == (4, 4)


async def test_a_second_run_adds_who_is_missing_and_nobody_twice(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    people = [await add_customer(house.platform) for _ in range(3)]
    version = await published(house, director, officer)
    lost = people[0]
    async with house.platform.database.transaction() as connection:
        mine = delete(OutboxMessage).where(OutboxMessage.login_id == lost.login_id)
        await connection.execute(mine)
    address = f"/v1/staff/policies/{version}/delivery"
    answers = await asyncio.gather(
        *(house.client.post(address, headers=director.headers) for _ in range(3))
    )
    assert [answer.status_code for answer in answers] == [200] * 3, answers[0].text
    found = await mails_of(house, version)
    assert Counter(mail.login_id for mail in found) == {one.login_id: 1 for one in people}
    first = await house.client.post("/v1/staff/policies/1/delivery", headers=director.headers)
    assert (first.status_code, first.json()["code"]) == (409, "conflict")
    assert await report(house, director, 1) == {"version": 1, "news": None, "withdrawal": None}
    unknown = await house.client.get("/v1/staff/policies/999/delivery", headers=director.headers)
    assert unknown.status_code == 404


async def test_who_registers_is_told_of_what_they_have_not_accepted_alone(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    await add_customer(house.platform)
    version = await published(house, director, officer, soon(house, 1))
    current = (await house.client.get("/v1/public/policies/current")).json()["version"]
    body = registration(accepted_policy_version=current)
    between = await house.client.post("/v1/public/registrations", json=body)
    assert between.status_code == 201, between.text
    imported = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            delete(PolicyAcceptance).where(PolicyAcceptance.login_id == imported.login_id)
        )
    house.clock.ahead = timedelta(days=1, minutes=1)
    late = registration(accepted_policy_version=version)
    assert (await house.client.post("/v1/public/registrations", json=late)).status_code == 201
    await policy_notices.keep_up(house.platform)
    await policy_notices.keep_up(house.platform)
    told = {mail.recipient for mail in await mails_of(house, version)}
    assert body["email"] in told
    assert imported.email in told, "it was there before the moment"
    assert late["email"] not in told
    house.clock.ahead = timedelta(days=3)
    body = registration(accepted_policy_version=version)
    await policy_notices.keep_up(house.platform)
    assert {mail.recipient for mail in await mails_of(house, version)} == told


async def test_what_is_withdrawn_is_told_to_those_alone_who_heard_of_it(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    people = [await add_customer(house.platform) for _ in range(4)]
    version = await published(house, director, officer, soon(house))
    claimed = await claim(house.platform, 3)
    later = Outcome("deferred", "refused_for_now")
    tried = [Settlement(claimed[0], SENT), Settlement(claimed[1], later)]
    await settle(house.platform, tried)
    await withdraw(house, director, version)
    states = {mail.recipient: mail.state for mail in await mails_of(house, version)}
    assert Counter(states.values()) == {"sent": 1, "suppressed": 2, "sending": 1}
    batch = policy_notices.recall_batch_of(version)
    told = {mail.recipient for mail in await mails_of(house, version, batch)}
    assert told == {claimed[0].recipient, claimed[2].recipient}
    await settle(house.platform, [Settlement(claimed[2], later)])
    await policy_notices.keep_up(house.platform)
    figures = await report(house, director, version)
    assert figures["news"]["mails"] == NOBODY | {"sent": 1, "suppressed": 3}
    assert figures["withdrawal"]["told"] == 2
    assert len({person.email for person in people} - told) == 2


async def test_nothing_is_told_where_nothing_is_published(
    house: Service, director: StaffPerson, officer: StaffPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_customer(house.platform)
    draft = await approved(house, director, officer)
    before = await rows(house.platform, select(OutboxBatch.batch))

    async def broken(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("app.services.policy_drafts.decided", broken)
        failed = await step(house, director, draft, "publish", {})
    assert failed.status_code == 500
    assert await rows(house.platform, select(OutboxBatch.batch)) == before
    assert await rows(house.platform, select(OutboxMessage)) == []


async def test_the_mails_are_listed_by_state_as_each_may_see_them(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    people = [await add_customer(house.platform) for _ in range(3)]
    version = await published(house, director, officer)
    await claim(house.platform, 1)
    address = f"/v1/staff/policies/{version}/deliveries"
    first = (await house.client.get(f"{address}?limit=2", headers=director.headers)).json()
    rest = await house.client.get(
        f"{address}?limit=2&cursor={first['next_cursor']}", headers=director.headers
    )
    listed = [*first["items"], *rest.json()["items"]]
    assert {item["recipient"] for item in listed} == {person.email for person in people}
    sending = (await house.client.get(f"{address}?state=sending", headers=officer.headers)).json()
    assert [item["recipient"][1:4] for item in sending["items"]] == ["***"]
    support = await add_staff(house.platform, "support")
    for place in (address, f"/v1/staff/policies/{version}/delivery"):
        assert (await house.client.get(place, headers=support.headers)).status_code == 403
    engineer = await add_staff(house.platform, "systems_engineer")
    assert (await report(house, engineer, version))["news"]["told"] == 3
    resumed = await house.client.post(
        f"/v1/staff/policies/{version}/delivery", headers=engineer.headers
    )
    assert resumed.status_code == 403


async def test_a_hundred_at_a_time_know_nothing_of_each_other(house: Service) -> None:
    """The words of a batch are looked up once for all that are claimed together."""
    async with house.platform.database.transaction() as connection:
        now = house.clock()
        for name in ("um", "dois"):
            await connection.execute(
                insert(OutboxBatch).values(
                    batch=name,
                    template="policy_withdrawn",
                    contents={"pt-BR": {"version": name}, "en": {"version": name.upper()}},
                    recipients=0,
                    created_at=now,
                    queued_at=now,
                )
            )
            for language in ("pt-BR", "en"):
                await connection.execute(
                    insert(OutboxMessage).values(
                        id=new_id(),
                        batch=name,
                        template="policy_withdrawn",
                        language=language,
                        recipient="a@exemplo.com.br",
                        params={"own": language},
                        state="queued",
                        attempts=0,
                        created_at=now,
                        due_at=now,
                    )
                )
    claimed = await claim(house.platform, 10)
    assert [each.params for each in claimed] == [
        {"version": "um", "own": "pt-BR"},
        {"version": "UM", "own": "en"},
        {"version": "dois", "own": "pt-BR"},
        {"version": "DOIS", "own": "en"},
    ]
    house.clock.ahead = LEASE + timedelta(seconds=1)
    again = await claim(house.platform, 10)
    assert [each.params for each in again] == [each.params for each in claimed]
