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
    AuditSubject,
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
from app.services.system import operator
from tests.support.mails import delivering, settled, until
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_member,
    add_staff,
    change_columns,
    open_customer_session,
)
from tests.support.people import add_customer as add_person
from tests.support.policies import approved, nothing_to_come, prove_presence, published, step
from tests.support.records import rows
from tests.support.service import Service
from tests.support.turns import until_it_waits
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
        # Those before are told nothing.
        await connection.execute(delete(Membership))
        await connection.execute(update(Customer).values(status="closed", closed_at=house.clock()))
    await nothing_to_come(house)


async def add_customer(house: Service, **columns: Any) -> CustomerPerson:
    """Somebody whose account is written to where they sign in, unless `columns` say otherwise."""
    address = f"pessoa-{new_id()}@exemplo.com.br"
    return await add_person(house.platform, **{"email": address, "login_email": address, **columns})


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
    maria, closed = await add_customer(house), await add_customer(house)
    member = await add_member(house.platform, maria.id, "invoices")
    await open_customer_session(house.platform, member.login_id, closed.id)  # two places, one mail
    gone = await add_member(house.platform, maria.id, "profile")
    erased = await add_customer(house, status="erased")
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
    maria, john = await add_customer(house), await add_customer(house)
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
    people = [await add_customer(house) for _ in range(4)]
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
    await change_columns(house.platform, mended.id, email=new, email_key=new)
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


async def test_the_registered_address_of_an_account_is_told_where_nobody_signs_in_with_it(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    own = f"Contato-{new_id()}@empresa.com.br"
    english = f"office-{new_id()}@empresa.com.br"
    company = await add_customer(house, email=own, preferences={})
    await store(house, company.login_id, language="en")
    branch = await add_customer(house, email=own.lower(), login_email=company.email + ".br")
    office = await add_customer(house, email=english, preferences={"language": "en"})
    suspended = await add_customer(house, email=f"s-{new_id()}@empresa.com.br", status="suspended")
    mine = await add_customer(house, email=office.email.upper())  # where somebody else signs in
    gone = [
        await add_customer(house, email=f"{status}-{new_id()}@empresa.com.br", status=status)
        for status in ("closed", "erased")
    ]
    version = await published(house, director, officer)

    found = await mails_of(house, version)
    told = {mail.recipient: mail for mail in found if mail.login_id is None}
    first = min(company, branch, key=lambda each: each.id)
    address = first.row["email"]
    assert set(told) == {address, english, suspended.row["email"]}
    assert len(found) == 3 + 6, "and the logins, but for who had a place in what was erased"
    assert (told[english].customer_id, told[english].language) == (office.id, "en")
    spoken = "en" if first is company else "pt-BR"
    assert (told[address].customer_id, told[address].language) == (first.id, spoken)
    written = str(office.id) if house.platform.database.is_postgresql else office.id.hex
    assert told[english].key == f"policy:{version}:customer:{written}"
    assert not {each.id for each in (mine, *gone)} & {mail.customer_id for mail in found}

    figures = (await report(house, director, version))["news"]
    assert (figures["told"], figures["mails"]) == (9, NOBODY | {"queued": 9})
    place = f"/v1/staff/policies/{version}/deliveries?customer_id={office.id}"
    listed = await house.client.get(place, headers=director.headers)
    [item] = listed.json()["items"]
    assert (item["recipient"], item["login_id"]) == (english, None)
    looks = select(AuditSubject.event_id).where(AuditSubject.subject_id == office.id)
    look = select(AuditEvent.action).where(AuditEvent.id.in_(looks))
    assert "staff:outbox_message:list" in {row.action for row in await rows(house.platform, look)}


async def test_an_accounts_address_that_bounced_is_not_written_to_until_it_is_another(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    bounced, mended, moved = [
        await add_customer(house, email=f"conta-{new_id()}@empresa.com.br") for _ in range(3)
    ]
    lost = moved.email
    first = await published(house, director, officer)
    claimed = {each.recipient: each for each in await claim(house.platform, 9)}
    refused = Outcome("bounced", "refused", 550)
    fates = [
        Settlement(each, refused if each.recipient in (*_of(bounced, mended), lost) else SENT)
        for each in claimed.values()
    ]
    await settle(house.platform, fates)
    mails = (await report(house, director, first))["news"]["mails"]
    assert mails == NOBODY | {"sent": 3, "bounced": 3}

    new = f"nova-{new_id()}@empresa.com.br"
    await change_columns(house.platform, mended.id, email=new, email_key=new)
    # They sign in with another address from now on; the account keeps the one that refused them.
    await store(house, moved.login_id, email=moved.email + ".br", email_key=moved.email + ".br")
    await change_columns(house.platform, moved.id, email=lost, email_key=lost)
    second = await published(house, director, officer)
    found = await mails_of(house, second)
    assert {mail.customer_id: mail.state for mail in found if mail.login_id is None} == {
        bounced.id: "suppressed",
        mended.id: "queued",
        moved.id: "suppressed",
    }
    figures = (await report(house, director, second))["news"]
    assert (figures["told"], figures["settled"]) == (6, 2)
    async with house.platform.database.transaction() as connection:
        mine = update(OutboxMessage).where(OutboxMessage.customer_id == bounced.id)
        await connection.execute(
            mine.where(OutboxMessage.state == "bounced").values(
                settled_at=house.clock() - timedelta(days=2)
            )
        )
        await connection.execute(
            mine.where(OutboxMessage.state == "suppressed").values(state="sent")
        )
    third = await published(house, director, officer)
    states = {mail.customer_id: mail.state for mail in await mails_of(house, third)}
    assert states[bounced.id] == "queued", "it has taken a mail since"


def _of(*people: CustomerPerson) -> list[str]:
    """The registered addresses of their accounts."""
    return [person.row["email"] for person in people]


async def test_a_second_run_adds_the_accounts_that_are_missing_alone(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    lost, moving, agreed, steady = [
        await add_customer(house, email=f"conta-{new_id()}@empresa.com.br") for _ in range(4)
    ]
    plain, apart = [await add_customer(house) for _ in range(2)]
    version = await published(house, director, officer, soon(house))
    assert len(await mails_of(house, version)) == 10
    missing = OutboxMessage.customer_id.in_([lost.id, agreed.id])
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(OutboxMessage).where(missing))
        accepted = {"login_id": agreed.login_id, "version": version, "hash": "0" * 64}
        await connection.execute(
            insert(PolicyAcceptance).values(**accepted, accepted_at=house.clock(), channel="web")
        )
    new = f"nova-{new_id()}@empresa.com.br"
    await change_columns(house.platform, plain.id, email=new, email_key=new)
    await change_columns(house.platform, moving.id, email="x" + new, email_key="x" + new)
    # Who signs in with another address now leaves the account where they were told themselves.
    other = apart.email + ".br"
    await store(house, apart.login_id, email=other, email_key=other)
    # Another account at an address that was told already; its own people are told, of course.
    beside = {"email": steady.row["email"], "login_email": f"outra-{new_id()}@empresa.com.br"}
    await add_customer(house, id=UUID(int=steady.id.int - 1), **beside)
    address = f"/v1/staff/policies/{version}/delivery"
    answers = await asyncio.gather(
        *(house.client.post(address, headers=director.headers) for _ in range(3))
    )
    assert [answer.json()["news"]["told"] for answer in answers].count(13) == 3, answers[0].text
    found = Counter(mail.customer_id for mail in await mails_of(house, version))
    del found[None]
    assert found == {lost.id: 1, moving.id: 1, steady.id: 1, plain.id: 1}
    late = await add_customer(house, email=f"conta-{new_id()}@empresa.com.br")
    await policy_notices.keep_up(house.platform)
    assert late.row["email"] in {mail.recipient for mail in await mails_of(house, version)}
    await withdraw(house, director, version)


async def test_a_second_run_adds_who_is_missing_and_nobody_twice(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    people = [await add_customer(house) for _ in range(3)]
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
    await add_customer(house)
    version = await published(house, director, officer, soon(house, 1))
    current = (await house.client.get("/v1/public/policies/current")).json()["version"]
    body = registration(accepted_policy_version=current)
    between = await house.client.post("/v1/public/registrations", json=body)
    assert between.status_code == 201, between.text
    imported = await add_customer(house)
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
    people = [await add_customer(house) for _ in range(4)]
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


async def test_of_a_withdrawal_those_accounts_hear_that_heard_of_the_version(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    heard, unheard, erased = [
        await add_customer(house, email=f"conta-{new_id()}@empresa.com.br") for _ in range(3)
    ]
    version = await published(house, director, officer, soon(house))
    claimed = {each.recipient: each for each in await claim(house.platform, 9)}
    later = Outcome("deferred", "refused_for_now")
    [kept] = _of(unheard)
    fates = [Settlement(each, later if at == kept else SENT) for at, each in claimed.items()]
    await settle(house.platform, fates)
    now = house.clock()
    await change_columns(house.platform, erased.id, status="erased", closed_at=now)
    await withdraw(house, director, version)
    states = {mail.recipient: mail.state for mail in await mails_of(house, version)}
    assert (states[kept], Counter(states.values())["sent"]) == ("suppressed", 5)
    batch = policy_notices.recall_batch_of(version)
    recalled = await mails_of(house, version, batch)
    logins = {person.email for person in (heard, unheard, erased)}
    assert {mail.recipient for mail in recalled} == logins | set(_of(heard))
    assert {mail.customer_id for mail in recalled} == {None, heard.id}
    figures = (await report(house, director, version))["withdrawal"]
    assert (figures["told"], figures["mails"]) == (4, NOBODY | {"queued": 4})


async def test_a_withdrawal_comes_before_a_late_telling_or_after(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    missing = await add_customer(house)
    version = await published(house, director, officer, soon(house))
    async with house.platform.database.transaction() as connection:
        await connection.execute(delete(OutboxMessage))
    await prove_presence(house, director)
    async with house.platform.database.transaction() as connection:
        await house.platform.database.take_turns(connection, policy_notices.batch_of(version))
        told = await policy_notices.tell(house.platform, connection, operator(), version)
        address = f"/v1/staff/policies/{version}/withdraw"
        withdrawing = asyncio.create_task(house.client.post(address, headers=director.headers))
        await until_it_waits(house.platform, withdrawing)
    assert (told, (await withdrawing).status_code) == (1, 200)
    [mail] = await mails_of(house, version)
    assert (mail.recipient, mail.state) == (missing.email, "suppressed")


async def test_nothing_is_told_where_nothing_is_published(
    house: Service, director: StaffPerson, officer: StaffPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_customer(house)
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
    people = [await add_customer(house) for _ in range(3)]
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
