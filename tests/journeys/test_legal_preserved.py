"""What a hold preserved is given to the order that it was preserved for, and to nobody else."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pyrage
import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from app.core.ids import fresh_id_at, new_id
from app.models import AccessRecord, ContactRequest, Customer, HeldCopy, LegalHold, LegalTarget
from app.services import (
    access_records,
    contact_retention,
    held_copies,
    legal_collection,
    legal_delivery,
    legal_holds,
)
from tests.support.answers import Desk, answered_with_key, decrypted, lines, package_of, read_zip
from tests.support.legal import DESK, asked, brought, naming, sent, step
from tests.support.officers import AgencyMade, OfficerPerson, add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_member, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRESERVATION = {"kind": "preservation", "basis": "mci_13_2"}
PROCESS = asked()["process_number"]
ELSEWHERE = "0001235-85.2026.8.26.0100"
INQUIRY = {"process_number": None, "inquiry_number": "IP 9/2026"}
LIVE = {"source": "live", "kept_at": None, "because": None}

Hold = Callable[..., Awaitable[str]]
Package = dict[str, bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beatriz(house: Service, agency: AgencyMade) -> OfficerPerson:
    return await add_officer(house.platform, agency)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stranger(house: Service, director: StaffPerson) -> OfficerPerson:
    """An officer of another agency."""
    return await add_officer(house.platform, await add_agency(house.platform, by=director.id))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def judge(house: Service, director: StaffPerson) -> OfficerPerson:
    court = await add_agency(house.platform, by=director.id, kind="court")
    return await add_officer(house.platform, court, office="judge")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(house: Service, director: StaffPerson) -> Desk:
    reviewer, checker = [await add_staff(house.platform, "privacy_officer") for _ in range(2)]
    return Desk(reviewer, director, checker)


@pytest_asyncio.fixture(loop_scope="module")
async def ana(house: Service) -> CustomerPerson:
    return await add_customer(house.platform, city="Santos")


@pytest.fixture
def hold(house: Service, desk: Desk, beatriz: OfficerPerson) -> Hold:
    async def placed(who: CustomerPerson, by: OfficerPerson | None = None, **members: Any) -> str:
        """The request of a hold on a customer, Beatriz's unless somebody else asks for it."""
        body = {**PRESERVATION, "targets": naming(who), **members}
        request = await sent(house, by or beatriz, **body)
        await desk.approve(house, request["id"])
        found: str = request["id"]
        return found

    return placed


async def edit(house: Service, who: CustomerPerson, **changes: Any) -> None:
    answer = await house.client.patch(
        "/v1/customer/profile", json=changes, headers={**who.headers, "If-Match": "*"}
    )
    assert answer.status_code == 200, answer.text


async def answered(
    house: Service, desk: Desk, by: OfficerPerson, **members: Any
) -> tuple[Package, dict[str, Any]]:
    """What the officer gets: the files, and the manifest's only category."""
    _, files = await answered_with_key(house, desk, by, **members)
    [category] = json.loads(files["manifest.json"])["categories"]
    return files, category


async def hold_of(house: Service, request_id: str) -> Any:
    chosen = select(LegalHold.__table__).where(LegalHold.request_id == UUID(request_id))
    [found] = await rows(house.platform, chosen)
    return found


async def erase(house: Service, who: CustomerPerson) -> None:
    """As an erasure leaves an account: a row that says so, and nothing of the person."""
    nothing = dict.fromkeys(
        ("phone", "tax_id", "street", "number", "complement", "district", "city", "postal_code")
    )
    empty = dict.fromkeys(("name", "name_key", "email", "email_key", "city_key"), "")
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Customer)
            .where(Customer.id == who.id)
            .values(**nothing, **empty, status="erased", closed_at=house.clock())
        )


async def age(house: Service, request_id: str, **by: float) -> None:
    """Have a hold be so much older."""
    hold = await hold_of(house, request_id)
    placed = hold.placed_at - timedelta(**by)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(LegalHold).where(LegalHold.id == hold.id).values(placed_at=placed)
        )
        copies = update(HeldCopy).where(HeldCopy.hold_id == hold.id)
        await connection.execute(copies.values(taken_at=placed))


async def post(house: Service, by: StaffPerson, request_id: str, what: str, **body: str) -> None:
    answer = await house.client.post(f"{DESK}/{request_id}/{what}", json=body, headers=by.headers)
    assert answer.status_code == 200, answer.text


# What was edited.


async def test_an_order_gets_the_name_of_today_and_the_one_that_was_preserved(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    """And nothing that its basis does not reach, of either."""
    placed = await hold_of(house, await hold(ana))
    await edit(house, ana, name="Outra Pessoa", phone="(11) 91234-5678")
    new = [{"name": "Outra Pessoa", "email": ana.row["email"]}]
    files, category = await answered(house, desk, beatriz, items=["name"], targets=new)
    today, before = lines(files, "person_1_customer")
    assert today == {"name": "Outra Pessoa", "provenance": LIVE}
    assert set(before) == {"name", "provenance"}
    assert before["name"] == ana.row["name"]
    kept_at = datetime.fromisoformat(before["provenance"].pop("kept_at"))
    assert kept_at == placed.placed_at
    assert before["provenance"] == {"source": "preserved", "because": "edited"}
    assert (category["holding"], category["rows"], category["preserved"]) == ("held", 2, 1)
    assert [told["hold_id"] for told in category["query"]["preserved"]] == [str(placed.id)]
    table = files["person_1_customer.csv"].decode("utf-8-sig").splitlines()
    assert table[0] == "name,provenance.source,provenance.kept_at,provenance.because"
    assert (table[1], table[2].split(",")[1]) == ("Outra Pessoa,live,,", "preserved")
    assert ana.row["email"] not in files["person_1_customer.jsonl"].decode()


async def test_what_is_as_it_was_is_given_once(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    """As far as the basis sees: that the telephone was edited tells who may not see it nothing."""
    await hold(ana)
    await edit(house, ana, phone="(11) 91234-5679")
    files, category = await answered(house, desk, beatriz, targets=naming(ana))
    [row] = lines(files, "person_1_customer")
    assert (row["name"], row["provenance"]) == (ana.row["name"], LIVE)
    assert (category["rows"], category["preserved"]) == (1, 0)
    assert len(category["query"]["preserved"]) == 1


async def test_each_form_that_several_holds_kept_is_given_once(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    names = [ana.row["name"], "Ana Segunda", "Ana Terceira"]
    await hold(ana)
    await edit(house, ana, name=names[1])
    second = [{"name": names[1], "email": ana.row["email"]}]
    for _ in range(2):
        await hold(ana, targets=second)
    await edit(house, ana, name=names[2])
    files, category = await answered(
        house,
        desk,
        beatriz,
        items=["name"],
        targets=[{"name": names[2], "email": ana.row["email"]}],
    )
    assert [row["name"] for row in lines(files, "person_1_customer")] == [
        *(names[2], names[0], names[1])
    ]
    assert len(category["query"]["preserved"]) == 3


async def test_what_the_first_hold_kept_is_given_for_the_one_that_renewed_it(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    first = await hold(ana)
    await edit(house, ana, name="Ana Renovada")
    target = [{"name": "Ana Renovada", "email": ana.row["email"]}]
    await hold(ana, targets=target)
    await post(house, desk.reviewer, first, "releases", reason="Renovado.")
    await legal_holds.work(house.platform)
    files, _ = await answered(house, desk, beatriz, items=["name"], targets=target)
    assert [row["name"] for row in lines(files, "person_1_customer")] == [
        *("Ana Renovada", ana.row["name"])
    ]


# What was erased.


async def test_who_was_erased_is_found_and_told_as_they_were(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    await hold(ana)
    await erase(house, ana)
    files, category = await answered(
        house, desk, beatriz, items=["name", "address"], targets=naming(ana)
    )
    today, before = lines(files, "person_1_customer")
    assert (today["name"], today["address"]["city"]) == ("", None)
    assert (before["name"], before["address"]["city"]) == (ana.row["name"], "Santos")
    assert before["provenance"]["because"] == "erased"
    assert (category["holding"], category["preserved"]) == ("held", 1)


async def test_without_a_hold_who_was_erased_is_unknown(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    released = await hold(ana)
    await post(house, desk.reviewer, released, "releases", reason="Indeferido.")
    await erase(house, ana)
    _, category = await answered(house, desk, beatriz, targets=naming(ana))
    assert (category["holding"], category["rows"]) == ("nobody_identified", 0)
    assert category["query"]["preserved"] == []


async def test_two_who_had_the_same_address_in_turn_are_not_mistaken_for_each_other(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    """Who is asked for by what one has today and the other had is nobody until the desk says so."""
    await hold(ana)
    await erase(house, ana)
    other = await add_customer(house.platform)
    mixed = [{"name": ana.row["name"], "tax_id": ana.row["tax_id"], "email": other.row["email"]}]
    request = await sent(house, beatriz, targets=mixed)
    await brought(house, desk.reviewer, request["id"], "begin", "confirm")
    found = select(LegalTarget.customer_id, LegalTarget.outcome).where(
        LegalTarget.request_id == UUID(request["id"])
    )
    assert [tuple(row) for row in await rows(house.platform, found)] == [(None, "ambiguous")]
    early = await step(house, desk.reviewer, request["id"], "forward")
    assert early.json()["code"] == "target_ambiguous"


async def test_who_might_be_held_is_not_called_unknown_where_a_copy_was_altered(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, stranger: OfficerPerson
) -> None:
    """Whoever is found without it is answered."""
    placed = await hold_of(house, await hold(ana, by=stranger))
    async with house.platform.database.transaction() as connection:
        copies = update(HeldCopy).where(HeldCopy.hold_id == placed.id)
        await connection.execute(copies.values(content=b"altered"))
    nobody = {"name": "Ninguém Daqui", "email": "ninguem@exemplo.com.br"}
    known = await sent(house, stranger, targets=naming(ana))
    await brought(house, desk.reviewer, known["id"], "begin")
    unknown = await sent(house, stranger, targets=[nobody])
    answer = await step(house, desk.reviewer, unknown["id"], "begin")
    assert answer.status_code == 500
    await post(house, desk.reviewer, str(placed.request_id), "releases", reason="Adulterado.")
    await legal_holds.work(house.platform)


# What expired.


def of_a_day(at: datetime, **members: Any) -> dict[str, Any]:
    """A judge's order for the access records around a moment."""
    return {
        "kind": "access_records",
        "basis": "mci_15_3",
        "signer_office": "judge",
        "items": ["access_records"],
        "period_from": (at - timedelta(days=1)).isoformat(),
        "period_to": (at + timedelta(days=1)).isoformat(),
        "period_zone": "America/Sao_Paulo",
        **members,
    }


async def used(house: Service, who: CustomerPerson, at: datetime) -> str:
    """An access record of that moment; its id."""
    row = {"id": fresh_id_at(at), "at": at, "event": "sign_in", "login_id": who.login_id}
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(AccessRecord).values(**row, customer_id=who.id))
    return str(row["id"])


async def test_a_judge_in_the_process_gets_the_access_records_that_a_hold_kept(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, judge: OfficerPerson
) -> None:
    """A court is another agency than whoever had them preserved: its process is what they share."""
    request_id = await hold(ana, **INQUIRY)
    await age(house, request_id, days=20)
    await post(house, desk.reviewer, request_id, "filings", filing_number=PROCESS)
    at = access_records.kept_since(house.clock()) - timedelta(days=2)
    kept = await used(house, ana, at)
    await used(house, ana, at - timedelta(days=60))  # its time was over before
    await access_records.purge(house.platform)
    recent = await used(house, ana, at + timedelta(days=2, minutes=1))
    order = of_a_day(at, period_to=(at + timedelta(days=3)).isoformat())
    files, category = await answered(house, desk, judge, **order, targets=naming(ana))
    found = {row["id"]: row["provenance"] for row in lines(files, "person_1_access_record")}
    assert set(found) == {kept, recent}
    assert (found[kept]["source"], found[kept]["because"]) == ("preserved", "expired")
    assert found[recent] == LIVE
    assert (category["rows"], category["preserved"]) == (2, 1)
    placed = await hold_of(house, request_id)
    assert datetime.fromisoformat(found[kept]["kept_at"]) == placed.placed_at


@pytest.mark.parametrize("how", ["another process", "no hold", "lapsed"])
async def test_beyond_six_months_nothing_is_given_without_a_hold_of_the_matter(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, judge: OfficerPerson, how: str
) -> None:
    """Though the records are there: another's hold keeps them, or the worker did not come by."""
    if how != "no hold":
        await age(house, await hold(ana, **({} if how == "lapsed" else INQUIRY)), days=20)
    if how == "lapsed":
        async with house.platform.database.transaction() as connection:
            lapsed = update(LegalHold).where(LegalHold.customer_id == ana.id)
            await connection.execute(lapsed.values(lapses_at=house.clock()))
    at = access_records.kept_since(house.clock()) - timedelta(days=2)
    await used(house, ana, at)
    number = ELSEWHERE if how == "another process" else PROCESS
    order = of_a_day(at, process_number=number)
    _, category = await answered(house, desk, judge, **order, targets=naming(ana))
    assert (category["holding"], category["rows"]) == ("nothing_found", 0)
    assert category["query"]["preserved"] == []
    kept_since = datetime.fromisoformat(category["query"]["kept_since"])
    assert kept_since == access_records.kept_since(house.clock())


async def test_what_was_written_and_deleted_in_its_time_is_given_of_the_owners_alone(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, judge: OfficerPerson
) -> None:
    member = await add_member(house.platform, ana.id, "invoices")
    stays, goes = [await written(house, ana.login_id, ana.id) for _ in range(2)]
    foreign = await written(house, member.login_id, ana.id)
    early = await written(house, ana.login_id, ana.id, days=40)
    await hold(ana)
    async with house.platform.database.transaction() as connection:
        over = update(ContactRequest).where(ContactRequest.id.in_((goes, foreign, early)))
        await connection.execute(over.values(kept_until=house.clock() - timedelta(seconds=1)))
        answer = [{"text": "Uma resposta."}]
        edited = update(ContactRequest).where(ContactRequest.id == stays)
        await connection.execute(edited.values(answers=answer))
    await age_copies(house, ana, kept_until=house.clock() - timedelta(seconds=1), of=goes)
    await contact_retention.purge(house.platform)
    at = house.clock()
    order = of_a_day(
        at,
        kind="communications",
        basis="mci_10_2",
        items=["communications"],
        period_to=at.isoformat(),
    )
    identity = pyrage.x25519.Identity.generate()
    key = str(identity.to_public())
    request = await sent(house, judge, **order, targets=naming(ana), age_recipient=key)
    await desk.approve(house, request["id"])
    await brought(house, await add_staff(house.platform, "director"), request["id"], "approve")
    await legal_collection.work(house.platform)
    await brought(house, desk.checker, request["id"], "check")
    await legal_delivery.work(house.platform)
    files = read_zip(await decrypted(house, judge, request["id"], identity))
    found = lines(files, "person_1_contact_request")
    told = [(row["id"], row["provenance"]["because"], len(row["answers"])) for row in found]
    assert told == [(str(stays), None, 1), (str(stays), "edited", 0), (str(goes), "expired", 0)]
    assert {"name", "email", "login_id", "kept_until"}.isdisjoint(found[2])


async def written(house: Service, login_id: UUID, customer_id: UUID, days: float = 0) -> UUID:
    """A question from within an account, so many days ago; its id."""
    number = new_id()
    row = {
        "id": number,
        "reference": number.hex[-14:],
        "topic": "contact",
        "status": "open",
        **dict.fromkeys(("name", "email", "email_key", "mailbox_key"), f"{number.hex}@exemplo.com"),
        "message": f"Pergunta de {number.hex}",
        "language": "pt-BR",
        "customer_id": customer_id,
        "login_id": login_id,
        "answers": [],
        "spam_score": 0,
        "spam_signs": {},
        "received_at": house.clock() - timedelta(days=days),
        "kept_until": house.clock() + timedelta(days=365),
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(ContactRequest).values(**row))
    return number


async def age_copies(house: Service, who: CustomerPerson, of: UUID, **columns: datetime) -> None:
    """Have the copy of a record be of a time when its columns said so."""
    platform = house.platform
    chosen = select(HeldCopy.id, HeldCopy.content).where(HeldCopy.record_id == of)
    [copy] = await rows(platform, chosen)
    place = held_copies._place(copy.id)
    row = json.loads(platform.hold_sealer.open(copy.content, place))
    row |= {name: value.isoformat() for name, value in columns.items()}
    sealed = platform.hold_sealer.seal(json.dumps(row).encode(), place)
    async with platform.database.transaction() as connection:
        changed = update(HeldCopy).where(HeldCopy.id == copy.id)
        await connection.execute(changed.values(content=sealed))


# Who learns of it.


@pytest.mark.parametrize(
    ("whose", "members"),
    [
        ("stranger", {}),  # though it names the very process
        ("stranger", INQUIRY),
        ("colleague", {"process_number": ELSEWHERE}),
    ],
    ids=["another agency", "another agency's inquiry", "a colleague in another matter"],
)
async def test_nobody_else_learns_of_a_hold(
    house: Service,
    ana: CustomerPerson,
    hold: Hold,
    desk: Desk,
    agency: AgencyMade,
    stranger: OfficerPerson,
    whose: str,
    members: dict[str, Any],
) -> None:
    """The answer about somebody who is held is the one about somebody who never was."""
    by = stranger
    if whose == "colleague":
        by = await add_officer(house.platform, agency)
    never = await add_customer(house.platform, city="Santos")
    placed = await hold(ana, **INQUIRY)
    await post(house, desk.reviewer, placed, "filings", filing_number=PROCESS)
    told = []
    for who in (ana, never):
        await edit(house, who, name="Um Nome Novo", address={"city": "Campinas"})
        new = [{"name": "Um Nome Novo", "email": who.row["email"]}]
        files, category = await answered(house, desk, by, targets=new, **members)
        [row] = lines(files, "person_1_customer")
        assert (row["name"], row["provenance"]) == ("Um Nome Novo", LIVE)
        told.append((category["query"], category["rows"], category["preserved"], sorted(row)))
    assert told[0] == told[1]
    request = await sent(house, by, targets=naming(ana), **members)
    await brought(house, desk.reviewer, request["id"], "begin")
    [target] = await rows(
        house.platform,
        select(LegalTarget.customer_id).where(LegalTarget.request_id == UUID(request["id"])),
    )
    assert target.customer_id is None, "by a name that only the hold knows"


async def test_another_agencys_hold_takes_over_nothing(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, stranger: OfficerPerson
) -> None:
    first = await hold(ana)
    await edit(house, ana, name="Ana Depois")
    target = [{"name": "Ana Depois", "email": ana.row["email"]}]
    await hold(ana, by=stranger, targets=target, process_number=ELSEWHERE)
    await post(house, desk.reviewer, first, "releases", reason="Indeferido.")
    await legal_holds.work(house.platform)
    kept = select(HeldCopy.id).where(HeldCopy.hold_id == (await hold_of(house, first)).id)
    assert await rows(house.platform, kept) == []
    files, _ = await answered(
        house, desk, stranger, targets=target, process_number=ELSEWHERE, items=["name"]
    )
    assert [row["name"] for row in lines(files, "person_1_customer")] == ["Ana Depois"]


async def test_who_acts_for_the_preservation_gets_it_in_whichever_matter(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    """They know of it already."""
    await hold(ana, **INQUIRY)
    await edit(house, ana, name="Ana Outra")
    target = [{"name": "Ana Outra", "email": ana.row["email"]}]
    _, category = await answered(house, desk, beatriz, targets=target, process_number=ELSEWHERE)
    assert category["preserved"] == 1


async def test_both_requests_tell_that_what_was_preserved_was_read(
    house: Service, ana: CustomerPerson, hold: Hold, desk: Desk, beatriz: OfficerPerson
) -> None:
    preservation = await hold(ana)
    request = await sent(house, beatriz, targets=naming(ana))
    await desk.collect(house, request["id"])
    for request_id in (preservation, request["id"]):
        chain = await custody(house, desk.approver, request_id)
        read = [
            link
            for link in chain.json()["items"]
            if link["action"] == legal_collection.ACTION and link["subject_id"] == request["id"]
        ]
        assert len(read) == 1
    assert (await package_of(house, request["id"])).state == "made"


async def custody(house: Service, by: StaffPerson, request_id: str) -> httpx.Response:
    answer = await house.client.get(
        f"{DESK}/{request_id}/custody", params={"limit": 100}, headers=by.headers
    )
    assert answer.status_code == 200, answer.text
    return answer
