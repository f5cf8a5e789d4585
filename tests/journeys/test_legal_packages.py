"""What an approved request is answered with: made, checked, released, fetched once, deleted."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.models import (
    AuditEvent,
    AuditSubject,
    LegalPackage,
    Officer,
    OutboxMessage,
    Session,
    StoredFile,
)
from app.security import age_files
from app.services import (
    access_records,
    legal_collection,
    legal_delivery,
    legal_lapses,
    legal_packages,
    legal_steps,
    outbox,
    packages,
    stored_files,
)
from app.services.legal_subjects import subjects_of
from app.worker.loop import DUTIES
from tests.services.test_verify_package import verify
from tests.support.answers import (
    Desk,
    fetch,
    lines,
    opened,
    package_of,
    problem,
    read_zip,
    status_of,
)
from tests.support.legal import (
    DESK,
    DOOR,
    asked,
    brought,
    naming,
    officer_step,
    sent,
    step,
)
from tests.support.officers import AgencyMade, OfficerPerson, add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.policies import prove_presence
from tests.support.records import events, rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORTNIGHT = {"period_zone": "America/Sao_Paulo"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def beatriz(house: Service, agency: AgencyMade) -> OfficerPerson:
    return await add_officer(house.platform, agency)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def privacy(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def checker(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture
async def desk(privacy: StaffPerson, director: StaffPerson, checker: StaffPerson) -> Desk:
    return Desk(privacy, director, checker)


async def test_a_prosecutor_gets_three_fields_and_no_more(
    house: Service, beatriz: OfficerPerson, desk: Desk, maria: CustomerPerson, tmp_path: Path
) -> None:
    items = ["name", "address", "qualification", "email", "phone", "filiation"]
    received = await sent(house, beatriz, items=items, targets=naming(maria))
    hidden = await house.client.get(f"{DOOR}/{received['id']}/package", headers=beatriz.headers)
    assert problem(hidden) == (404, "not_found")
    await desk.collect(house, received["id"], narrowed=True)
    assert await status_of(house, received["id"]) == "second_check"

    seen = await house.client.get(f"{DESK}/{received['id']}/package", headers=desk.checker.headers)
    checked = seen.json()
    assert checked["state"] == "made"
    [account, unasked] = checked["manifest"]["categories"]
    assert (account["name"], account["rows"]) == ("person_1_customer", 1)
    assert account["holding"] == "held"
    assert (unasked["name"], unasked["holding"]) == ("filiation", "not_held")
    assert maria.email not in seen.text
    assert str(maria.id) not in seen.text
    hidden = await house.client.get(f"{DOOR}/{received['id']}/package", headers=beatriz.headers)
    assert problem(hidden) == (404, "not_found")

    await brought(house, desk.checker, received["id"], "check")
    early = await fetch(house, beatriz, received["id"])
    assert problem(early) == (409, "legal_package_state")
    await legal_delivery.work(house.platform)
    assert await status_of(house, received["id"]) == "delivered"
    told = await house.client.get(f"{DOOR}/{received['id']}/package", headers=beatriz.headers)
    assert told.json()["state"] == "released"
    assert {"manifest", "zip_sha256", "reissues"}.isdisjoint(told.json())

    content = await opened(house, beatriz, received["id"])
    files = read_zip(content)
    [row] = lines(files, "person_1_customer")
    assert set(row) == {"name", "kind", "address", "provenance"}
    assert row["name"] == maria.row["name"]
    assert maria.email not in files["person_1_customer.jsonl"].decode()
    manifest = json.loads(files["manifest.json"])
    assert {each["field"] for each in manifest["refused"]} == {"email", "phone"}

    (tmp_path / "package.zip").write_bytes(content)
    published = await house.client.get("/v1/public/certificate")
    (tmp_path / "published.pem").write_bytes(published.content)
    verified = verify(tmp_path / "package.zip", tmp_path / "published.pem")
    assert verified.returncode == 0, verified.stderr


async def test_what_is_downloaded_is_what_was_stored_and_it_leaves_once(
    house: Service, beatriz: OfficerPerson, desk: Desk, maria: CustomerPerson
) -> None:
    received = await sent(house, beatriz, targets=naming(maria))
    await desk.deliver(house, received["id"])
    async with house.platform.database.transaction() as connection:
        stale = update(Session).where(Session.id == beatriz.session_id)
        await connection.execute(stale.values(proved_at=None))
    for part in ("content", "key"):
        unproved = await house.client.get(
            f"{DOOR}/{received['id']}/package/{part}", headers=beatriz.headers
        )
        assert problem(unproved) == (401, "step_up_required")
    answer = await fetch(house, beatriz, received["id"])
    package = await package_of(house, received["id"])
    assert hashlib.sha256(answer.content).hexdigest() == package.sha256
    assert answer.headers["content-length"] == str(package.bytes) == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-store"
    assert received["reference"] in answer.headers["content-disposition"]
    again = await fetch(house, beatriz, received["id"])
    assert problem(again) == (409, "legal_package_state")

    await prove_presence(house, desk.checker)
    allowed = await house.client.post(
        f"{DESK}/{received['id']}/package/reissues",
        json={"reason": "O download foi interrompido."},
        headers=desk.checker.headers,
    )
    assert allowed.status_code == 200, allowed.text
    assert allowed.json()["reissues"][0]["by"] == str(desk.checker.id)
    third = await fetch(house, beatriz, received["id"])
    assert third.content == answer.content
    assert (await package_of(house, received["id"])).downloads == 2
    events = await rows(
        house.platform,
        select(AuditEvent.fields).where(
            AuditEvent.subject_id == package.request_id,
            AuditEvent.action == "authority:legal_package:download",
            AuditEvent.outcome == "allowed",
        ),
    )
    assert [event.fields for event in events] == [("content",), ("content",)]


async def test_the_desk_fetches_no_answer_of_an_officers(
    house: Service, beatriz: OfficerPerson, desk: Desk, director: StaffPerson
) -> None:
    received = await sent(house, beatriz)
    await desk.deliver(house, received["id"])
    await prove_presence(house, director)
    for part in ("content", "key"):
        answer = await house.client.get(
            f"{DESK}/{received['id']}/package/{part}",
            headers={**director.headers, "X-Reason": "Quero ver os dados"},
        )
        assert problem(answer) == (403, "forbidden")


async def test_a_judge_gets_the_access_records_of_two_weeks(
    house: Service, desk: Desk, director: StaffPerson
) -> None:
    who = await add_customer(house.platform)
    actor = Actor(
        *("login", Viewer.SELF, "own_account", "uses", who.login_id),
        customer_id=who.id,
        address="203.0.113.77",
        source_port=51544,
    )
    async with house.platform.database.transaction() as connection:
        await access_records.note(house.platform, connection, actor, "sign_in")
    court = await add_agency(house.platform, by=director.id, kind="court")
    judge = await add_officer(house.platform, court, office="judge")
    now = house.clock()
    received = await sent(
        house,
        judge,
        kind="access_records",
        basis="mci_15_3",
        signer_office="judge",
        items=["access_records"],
        targets=naming(who),
        period_from=(now - timedelta(days=14)).isoformat(),
        period_to=now.isoformat(),
        **FORTNIGHT,
    )
    await desk.deliver(house, received["id"])
    files = read_zip(await opened(house, judge, received["id"]))
    found = lines(files, "person_1_access_record")
    assert [(row["event"], row["ip"], row["source_port"]) for row in found] == [
        ("sign_in", "203.0.113.77", 51544)
    ]


async def test_a_person_who_is_unknown_is_answered_in_the_same_shape(
    house: Service, beatriz: OfficerPerson, desk: Desk, maria: CustomerPerson
) -> None:
    nobody = {"name": "Ninguém Daqui", "email": "ninguem@exemplo.com.br"}
    received = await sent(house, beatriz, targets=[nobody, *naming(maria)])
    await desk.deliver(house, received["id"])
    files = read_zip(await opened(house, beatriz, received["id"]))
    first, second = json.loads(files["manifest.json"])["categories"]
    assert (first["name"], first["holding"], first["rows"]) == (
        *("person_1_customer", "nobody_identified"),
        0,
    )
    assert (second["name"], second["holding"], second["rows"]) == ("person_2_customer", "held", 1)
    assert first["fields"] == second["fields"]
    assert first["query"] == second["query"]
    assert files["person_1_customer.jsonl"] == b""


async def test_a_preservation_says_only_that_it_was_carried_out(
    house: Service, beatriz: OfficerPerson, desk: Desk, maria: CustomerPerson
) -> None:
    nobody = {"name": "Ninguém Daqui", "email": "ninguem@exemplo.com.br"}
    told = []
    for target in (naming(maria)[0], nobody):
        received = await sent(
            house,
            beatriz,
            kind="preservation",
            basis="mci_13_2",
            items=["name", "email"],
            targets=[target],
        )
        await desk.deliver(house, received["id"])
        files = read_zip(await opened(house, beatriz, received["id"]))
        manifest = json.loads(files["manifest.json"])
        assert manifest["preserved"] == ["name", "email"]
        assert manifest["categories"] == manifest["refused"] == []
        told.append((sorted(files), {each["name"] for each in manifest["files"]}))
    assert told[0] == told[1]


async def test_an_answer_is_encrypted_to_the_key_that_was_given(
    house: Service, beatriz: OfficerPerson, desk: Desk, maria: CustomerPerson
) -> None:
    identity = pyrage.x25519.Identity.generate()
    received = await sent(
        house, beatriz, targets=naming(maria), age_recipient=str(identity.to_public())
    )
    await desk.deliver(house, received["id"])
    answer = await fetch(house, beatriz, received["id"])
    assert "manifest.json" in read_zip(pyrage.decrypt(answer.content, [identity]))
    assert problem(await fetch(house, beatriz, received["id"], "key")) == (
        409,
        "legal_package_state",
    )
    package = await package_of(house, received["id"])
    mails = select(OutboxMessage.id).where(
        OutboxMessage.key == f"{legal_delivery.TEMPLATE}:{package.id}"
    )
    assert await rows(house.platform, mails) == []


async def test_a_key_that_is_none_is_refused_with_the_request(
    house: Service, beatriz: OfficerPerson
) -> None:
    body = asked(age_recipient="age1" + "q" * 58)
    answer = await house.client.post(DOOR, json=body, headers=beatriz.headers)
    assert [each["code"] for each in answer.json()["errors"]] == ["age_key_refused"]


async def touches(house: Service, request_id: str) -> list[Any]:
    """The events that a request's custody tells of."""
    about = AuditEvent.subject_id.in_(subjects_of(UUID(request_id)))
    return await rows(house.platform, select(AuditEvent.id).where(about))


async def gone(house: Service, request_id: str) -> None:
    """Nothing but what tells of it is left, and how it went is on record."""
    package = await package_of(house, request_id)
    [deleted] = await events(house.platform, action=legal_packages.DELETE, subject_id=package.id)
    assert (deleted.actor_kind, deleted.fields, deleted.rows) == ("system", ("content",), 1)
    assert deleted.id in [link.id for link in await touches(house, request_id)]
    assert package.state == "deleted"
    assert (package.identity, package.key_file) == (None, None)
    assert all((package.sha256, package.zip_sha256, package.manifest))
    assert await stored_files.find(house.platform, package.file_id) is None
    await stored_files.purge(house.platform)
    [file] = await rows(
        house.platform, select(StoredFile.sha256).where(StoredFile.id == package.file_id)
    )
    assert file.sha256 == package.sha256


async def test_what_was_received_is_deleted_but_for_its_hashes(
    house: Service, beatriz: OfficerPerson, desk: Desk, maria: CustomerPerson
) -> None:
    received = await sent(house, beatriz, targets=naming(maria))
    await desk.deliver(house, received["id"])
    await fetch(house, beatriz, received["id"])
    done = await officer_step(house, beatriz, received["id"], "acknowledge")
    assert done.json()["status"] == "acknowledged"
    await gone(house, received["id"])
    assert problem(await fetch(house, beatriz, received["id"])) == (409, "legal_package_state")
    told = await house.client.get(f"{DOOR}/{received['id']}/package", headers=beatriz.headers)
    assert told.json()["state"] == "deleted"


async def test_after_thirty_days_it_is_deleted(
    house: Service, beatriz: OfficerPerson, desk: Desk, later: Callable[..., None]
) -> None:
    received = await sent(house, beatriz)
    await desk.deliver(house, received["id"])
    later(days=29)
    await legal_delivery.expire(house.platform)
    assert (await package_of(house, received["id"])).state == "released"
    later(days=30, minutes=1)
    await legal_delivery.expire(house.platform)
    await gone(house, received["id"])


async def test_a_request_that_lapses_takes_its_package_along(
    house: Service, beatriz: OfficerPerson, desk: Desk, later: Callable[..., None]
) -> None:
    received = await sent(house, beatriz)
    await desk.deliver(house, received["id"])
    later(days=27, minutes=1)
    await legal_lapses.work(house.platform)
    later(days=30, minutes=2)
    await legal_lapses.work(house.platform)
    assert await status_of(house, received["id"]) == "expired"
    await gone(house, received["id"])


@pytest.mark.parametrize("deed", ["withdraw", "return"])
async def test_what_is_not_to_be_delivered_is_deleted(
    house: Service, beatriz: OfficerPerson, desk: Desk, deed: str
) -> None:
    received = await sent(house, beatriz)
    await desk.collect(house, received["id"])
    if deed == "withdraw":
        answer = await officer_step(house, beatriz, received["id"], deed)
    else:
        answer = await step(house, desk.checker, received["id"], deed, reason="scope_differs")
    assert answer.status_code == 200, answer.text
    await gone(house, received["id"])
    first = (await package_of(house, received["id"])).id
    if deed == "return":
        await brought(house, desk.reviewer, received["id"], "forward")
        await brought(house, desk.approver, received["id"], "approve")
        await legal_collection.work(house.platform)
        other = await package_of(house, received["id"])
        assert (other.state, other.id == first) == ("made", False)


async def test_the_collection_is_on_record_for_the_request_and_not_for_the_customer(
    house: Service, beatriz: OfficerPerson, desk: Desk
) -> None:
    who = await add_customer(house.platform)
    received = await sent(house, beatriz, targets=naming(who))
    before = await _about(house, who)
    await desk.deliver(house, received["id"])
    await opened(house, beatriz, received["id"])
    assert await _about(house, who) == before
    package = await package_of(house, received["id"])
    [event] = await rows(
        house.platform,
        select(AuditEvent).where(
            AuditEvent.subject_id == package.request_id,
            AuditEvent.action == legal_collection.ACTION,
        ),
    )
    assert event.rows == 1
    assert {"customer.name", "customer.address.city"} <= set(event.fields)


async def _about(house: Service, who: CustomerPerson) -> int:
    direct = await rows(
        house.platform, select(AuditEvent.id).where(AuditEvent.subject_id == who.id)
    )
    listed = await rows(
        house.platform, select(AuditSubject.event_id).where(AuditSubject.subject_id == who.id)
    )
    return len(direct) + len(listed)


class Killed(BaseException):
    """As a process that is no more: no handler of the service's catches it."""


COLLECTING = {
    "ordering": (legal_collection, "order_of"),
    "making": (packages, "make"),
    "moving on": (legal_steps, "advance_by_system"),
    "completing": (stored_files, "complete"),
    "recording": (legal_collection, "_fields"),
}
RELEASING = {
    "locking": (age_files, "lock"),
    "moving on": (legal_steps, "advance_by_system"),
    "mailing": (outbox, "queue"),
}
"""The steps of either, each a place to be killed at."""


@pytest.mark.parametrize("place", COLLECTING)
async def test_a_worker_killed_while_collecting_loses_nothing_and_makes_no_two(
    house: Service,
    beatriz: OfficerPerson,
    desk: Desk,
    later: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    received = await sent(house, beatriz)
    await desk.approve(house, received["id"])
    with monkeypatch.context() as patched:
        kill(patched, *COLLECTING[place])
        with pytest.raises(Killed):
            await legal_collection.work(house.platform)
    assert await status_of(house, received["id"]) == "collecting"
    assert (await package_of(house, received["id"])).state == "making"
    await legal_collection.work(house.platform)
    assert await status_of(house, received["id"]) == "collecting"  # it may still be at it
    later(seconds=91)
    await legal_collection.work(house.platform)
    assert await status_of(house, received["id"]) == "second_check"
    mine = LegalPackage.request_id == UUID(received["id"])
    chosen = select(LegalPackage.state).where(mine)
    assert [row.state for row in await rows(house.platform, chosen)] == ["made"]
    package = await package_of(house, received["id"])
    assert await stored_files.find(house.platform, package.file_id) is not None


@pytest.mark.parametrize("place", RELEASING)
async def test_a_worker_killed_while_releasing_delivers_once(
    house: Service,
    beatriz: OfficerPerson,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    received = await sent(house, beatriz)
    await desk.collect(house, received["id"])
    await brought(house, desk.checker, received["id"], "check")
    package = await package_of(house, received["id"])
    mails = select(OutboxMessage.id).where(
        OutboxMessage.key == f"{legal_delivery.TEMPLATE}:{package.id}"
    )
    with monkeypatch.context() as patched:
        kill(patched, *RELEASING[place])
        with pytest.raises(Killed):
            await legal_delivery.work(house.platform)
    assert await status_of(house, received["id"]) == "packaged"
    assert await rows(house.platform, mails) == []
    await legal_delivery.work(house.platform)
    await legal_delivery.work(house.platform)
    assert await status_of(house, received["id"]) == "delivered"
    assert len(await rows(house.platform, mails)) == 1
    assert read_zip(await opened(house, beatriz, received["id"]))


def kill(patched: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """Have the process end where it would do this."""

    def end(*_: Any, **__: Any) -> Any:
        raise Killed

    patched.setattr(where, name, end)


async def test_a_worker_that_takes_long_keeps_its_lease(
    house: Service,
    beatriz: OfficerPerson,
    desk: Desk,
    later: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five leases long, in which others find it taken; then it is done, once."""
    received = await sent(house, beatriz)
    await desk.approve(house, received["id"])
    make, request_id = packages.make, UUID(received["id"])
    others: list[bool] = []

    async def slowly(*args: Any) -> Any:
        for turn in range(1, 11):
            later(seconds=45 * turn)
            await leased(house, received["id"], house.clock() + timedelta(seconds=80))
            others.append(await legal_collection.collect(house.platform, request_id))
        return await make(*args)

    monkeypatch.setattr(packages, "make", slowly)
    monkeypatch.setattr(legal_collection, "RENEWAL", 0.01)
    assert await legal_collection.collect(house.platform, request_id)
    assert others == [False] * 10
    assert await status_of(house, received["id"]) == "second_check"


async def leased(house: Service, request_id: str, until: datetime) -> None:
    """Wait until a lease runs so long."""
    async with asyncio.timeout(30):
        while (await package_of(house, request_id)).leased_until < until:  # noqa: ASYNC110 - a table
            await asyncio.sleep(0.01)


async def test_a_worker_that_was_thought_dead_makes_no_second_one(
    house: Service,
    beatriz: OfficerPerson,
    desk: Desk,
    later: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It slept past its lease, and another was done before it; what it made is given up."""
    received = await sent(house, beatriz)
    await desk.approve(house, received["id"])
    make, request_id = packages.make, UUID(received["id"])
    before = set(await rows(house.platform, select(StoredFile.id)))

    async def asleep(*args: Any) -> Any:
        monkeypatch.setattr(packages, "make", make)
        later(seconds=91)
        assert await legal_collection.collect(house.platform, request_id)
        return await make(*args)

    monkeypatch.setattr(packages, "make", asleep)
    assert not await legal_collection.collect(house.platform, request_id)
    package = await package_of(house, received["id"])
    assert package.state == "made"
    assert set(await rows(house.platform, select(StoredFile.id))) - before == {(package.file_id,)}


async def test_a_lease_that_another_took_is_not_renewed(
    house: Service,
    beatriz: OfficerPerson,
    desk: Desk,
    later: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received = await sent(house, beatriz)
    await desk.approve(house, received["id"])
    make = packages.make

    async def overtaken(*args: Any) -> Any:
        taken = house.clock() + timedelta(minutes=5)
        async with house.platform.database.transaction() as connection:
            mine = LegalPackage.request_id == UUID(received["id"])
            await connection.execute(update(LegalPackage).where(mine).values(leased_until=taken))
        await asyncio.sleep(0.2)
        assert (await package_of(house, received["id"])).leased_until == taken
        return await make(*args)

    monkeypatch.setattr(packages, "make", overtaken)
    monkeypatch.setattr(legal_collection, "RENEWAL", 0.01)
    assert await legal_collection.collect(house.platform, UUID(received["id"]))


async def test_of_two_workers_one_makes_it_and_one_delivers_it(
    house: Service, beatriz: OfficerPerson, desk: Desk
) -> None:
    received = await sent(house, beatriz)
    await desk.approve(house, received["id"])
    request_id = received["id"]
    made = await asyncio.gather(
        *(legal_collection.collect(house.platform, UUID(request_id)) for _ in range(3))
    )
    assert sorted(made) == [False, False, True]
    await brought(house, desk.checker, request_id, "check")
    released = await asyncio.gather(
        *(legal_delivery.release(house.platform, UUID(request_id)) for _ in range(3))
    )
    assert sorted(released) == [False, False, True]
    assert read_zip(await opened(house, beatriz, request_id))


async def test_a_request_withdrawn_while_it_is_collected_leaves_nothing(
    house: Service, beatriz: OfficerPerson, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = await sent(house, beatriz)
    await desk.approve(house, received["id"])
    make = packages.make

    async def withdrawn(*args: Any) -> Any:
        made = await make(*args)
        await officer_step(house, beatriz, received["id"], "withdraw")
        return made

    monkeypatch.setattr(packages, "make", withdrawn)
    before = await rows(house.platform, select(StoredFile.id))
    await legal_collection.work(house.platform)
    assert await status_of(house, received["id"]) == "withdrawn"
    assert (await package_of(house, received["id"])).state == "deleted"
    assert await rows(house.platform, select(StoredFile.id)) == before


async def test_the_worker_does_it() -> None:
    does = {duty.do for duty in DUTIES}
    assert {legal_collection.work, legal_delivery.work, legal_delivery.expire} <= does


async def test_no_passphrase_goes_to_an_officer_who_may_not_come(
    house: Service, agency: AgencyMade, desk: Desk
) -> None:
    someone = await add_officer(house.platform, agency)
    received = await sent(house, someone)
    await desk.collect(house, received["id"])
    await brought(house, desk.checker, received["id"], "check")
    async with house.platform.database.transaction() as connection:
        mine = update(Officer).where(Officer.id == someone.id)
        await connection.execute(
            mine.values(
                status="suspended", suspended_at=house.clock(), suspended_reason="Um motivo"
            )
        )
    await legal_delivery.work(house.platform)
    assert await status_of(house, received["id"]) == "packaged"
