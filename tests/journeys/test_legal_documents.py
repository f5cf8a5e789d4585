"""Signed orders on their way in: streamed, verified apart, and what hangs on the verdict."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.models import AuditEvent, LegalDocument, StoredFile, StoredFileChunk
from app.services import stored_files
from app.services.legal_documents import LARGEST, MOST
from tests.support.legal import (
    DESK,
    DOOR,
    ORIGINAL_SEEN,
    asked,
    brought,
    entered,
    officer_step,
    sent,
    sound_order,
    step,
    uploaded,
    verify,
    world,
)
from tests.support.officers import OfficerPerson, add_agency, add_officer
from tests.support.people import StaffPerson, add_staff
from tests.support.records import rows
from tests.support.service import Service
from tests.support.signed_documents import ORDER, detached, pdf, signed
from tests.support.signing import OTHER, SIGNER, person, signer

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY: Final = {"Idempotency-Key": "once-and-never-again"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> UUID:
    return (await add_agency(house.platform, by=director.id)).id


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def grounds(document: dict[str, Any]) -> list[str]:
    return [each["code"] for each in document["report"]["findings"]]


async def drafted(house: Service, by: OfficerPerson, **members: Any) -> str:
    answer = await house.client.post(DOOR, json=asked(**members), headers=by.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def documents(
    house: Service, by: OfficerPerson | StaffPerson, request_id: str, language: str = "en"
) -> list[dict[str, Any]]:
    """The files of a request, the oldest first."""
    door = DOOR if isinstance(by, OfficerPerson) else DESK
    headers = {**by.headers, "Accept-Language": language}
    answer = await house.client.get(f"{door}/{request_id}/documents", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(reversed(answer.json()["items"]))


async def received(
    house: Service, by: OfficerPerson, desk: StaffPerson, content: bytes, **members: Any
) -> dict[str, Any]:
    """A request with that order, verified, as the desk sees it while it checks who asks."""
    request_id = await drafted(house, by, **members)
    assert (await uploaded(house, by, request_id, content)).status_code == 201
    assert (await officer_step(house, by, request_id, "submit")).status_code == 200
    await verify(house)
    return await brought(house, desk, request_id, "begin")


async def fresh_order() -> bytes:
    """A sound one that came with no other request."""
    return await signed(pdf(), signer(person(world().intermediate, tax_id=OTHER)))


async def in_pieces(content: bytes, piece: int = 65536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), piece):
        yield content[start : start + piece]


async def stored(house: Service) -> tuple[int, int]:
    """How many files there are, and chunks of them."""
    async with house.platform.database.transaction() as connection:
        files = (await connection.execute(select(StoredFile.id))).all()
        chunks = (await connection.execute(select(StoredFileChunk.number))).all()
    return len(files), len(chunks)


async def test_a_sound_order_lets_the_desk_confirm_who_asks(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    seen = await received(house, officer, desk, await fresh_order())
    assert not [each for each in seen["findings"] if "document_id" in each]
    for who in (officer, desk):
        (order,) = await documents(house, who, seen["id"])
        assert (order["verdict"], order["assurance"]) == ("accepted", "icp_brasil_qualified")
        assert order["report"]["sha256"] == order["sha256"]
        assert OTHER not in str(order["report"])
        assert "file_id" not in order
        assert ("uploaded_by" in order) is (who is desk)
    confirmed = await step(house, desk, seen["id"], "confirm")
    assert confirmed.json()["status"] == "legal_review", confirmed.text


async def test_a_request_is_not_sent_without_its_order(
    house: Service, officer: OfficerPerson
) -> None:
    request_id = await drafted(house, officer)
    alone = await officer_step(house, officer, request_id, "submit")
    assert problem(alone) == (409, "document_missing")
    await uploaded(house, officer, request_id, await sound_order(), kind="annex")
    annexed = await officer_step(house, officer, request_id, "submit")
    assert problem(annexed) == (409, "document_missing")


def _flipped(content: bytes) -> bytes:
    place = content.index(ORDER)
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize(
    ("made", "verdict", "ground", "findings"),
    [
        ("another", "rejected", "signer_not_declared", {"signature_rejected", "signer_differs"}),
        ("flipped", "rejected", "content_changed", {"signature_rejected"}),
        ("unsigned", "rejected", "not_signed", {"signature_rejected"}),
        ("noise", "malformed", "document_unreadable", {"signature_malformed"}),
    ],
)
async def test_an_unsound_order_stops_at_the_identity_check(
    house: Service,
    officer: OfficerPerson,
    desk: StaffPerson,
    made: str,
    verdict: str,
    ground: str,
    findings: set[str],
) -> None:
    content = {
        "another": await sound_order(SIGNER),
        "flipped": _flipped(await fresh_order()),
        "unsigned": pdf(b"Sem assinatura."),
        "noise": b"%PDF-1.7\n" + bytes(range(256)),
    }[made]
    seen = await received(house, officer, desk, content)
    (order,) = await documents(house, officer, seen["id"])
    assert order["verdict"] == verdict
    assert ground in grounds(order)
    told = {each["code"] for each in seen["findings"] if each.get("document_id") == order["id"]}
    assert told == findings
    for members in ({}, ORIGINAL_SEEN):  # nobody has seen a paper: it came by the door
        refused = await step(house, desk, seen["id"], "confirm", **members)
        assert problem(refused) == (409, "signature_unsound")


async def test_both_sides_read_the_report_in_their_language(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    seen = await received(house, officer, desk, pdf())
    words = {"pt-BR": "O documento não está assinado.", "en": "The document is not signed."}
    for who in (officer, desk):
        for language, said in words.items():
            (order,) = await documents(house, who, seen["id"], language)
            assert said in [each["message"] for each in order["report"]["findings"]]


async def test_an_order_may_be_signed_apart(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    request_id = await drafted(house, officer)
    order = (await uploaded(house, officer, request_id, pdf())).json()
    apart = await detached(pdf(), signer(person(world().intermediate, tax_id=OTHER)))
    signature: dict[str, Any] = {"kind": "signature", "media_type": "application/pkcs7-signature"}
    lost = await uploaded(house, officer, request_id, apart, **signature)
    assert lost.json()["errors"][0]["code"] == "needed_for_signature"
    elsewhere = str(UUID(int=7))
    lost = await uploaded(house, officer, request_id, apart, **signature, order_id=elsewhere)
    assert lost.json()["errors"][0]["code"] == "unknown_order"
    done = await uploaded(house, officer, request_id, apart, **signature, order_id=order["id"])
    assert done.status_code == 201, done.text
    await officer_step(house, officer, request_id, "submit")
    await verify(house)
    found = {each["kind"]: each for each in await documents(house, desk, request_id)}
    assert found["order"]["verdict"] == "accepted", found["order"]["report"]
    assert found["order"]["report"]["signature_sha256"] == found["signature"]["sha256"]
    assert "report" in found["signature"]
    assert found["signature"]["report"] is None


async def test_a_new_order_mends_what_was_asked_for(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    seen = await received(house, officer, desk, pdf())
    closed = await uploaded(house, officer, seen["id"], await sound_order())
    assert problem(closed) == (409, "legal_request_state")
    await step(
        house, desk, seen["id"], "ask", reason="signature_unsound", message="Assine, por favor."
    )
    assert (await uploaded(house, officer, seen["id"], await sound_order())).status_code == 201
    await verify(house)
    found = await documents(house, desk, seen["id"])
    assert [each["verdict"] for each in found] == ["rejected", None], "more may still come"
    await officer_step(house, officer, seen["id"], "inform", message="Segue assinado.")
    early = await step(house, desk, seen["id"], "confirm")
    assert problem(early) == (409, "signature_unsound")
    await verify(house)
    beside = await step(house, desk, seen["id"], "confirm")
    assert problem(beside) == (409, "signature_unsound"), "a sound order says nothing for another"
    bad, good = (f"{DOOR}/{seen['id']}/documents/{each['id']}" for each in found)
    kept = await house.client.delete(bad, headers=officer.headers)
    assert problem(kept) == (409, "legal_request_state")
    await step(
        house, desk, seen["id"], "ask", reason="signature_unsound", message="Retire o primeiro."
    )
    kept = await house.client.delete(good, headers=officer.headers)
    assert problem(kept) == (409, "legal_request_state"), "it was accepted"
    assert (await house.client.delete(bad, headers=officer.headers)).status_code == 204
    await officer_step(house, officer, seen["id"], "inform", message="Retirado.")
    assert (await step(house, desk, seen["id"], "confirm")).status_code == 200


async def test_an_order_that_came_before_is_told_to_the_desk_alone(
    house: Service, officer: OfficerPerson, desk: StaffPerson, director: StaffPerson
) -> None:
    order = await fresh_order()
    unsent = await drafted(house, officer)
    assert (await uploaded(house, officer, unsent, order)).status_code == 201
    first = await received(house, officer, desk, order)
    assert not [each for each in first["findings"] if each["code"] == "document_seen_before"]
    elsewhere = await add_officer(house.platform, await add_agency(house.platform, by=director.id))
    again = await received(house, elsewhere, desk, order)
    (document,) = await documents(house, desk, again["id"])
    assert {
        "code": "document_seen_before",
        "document_id": document["id"],
        "reference": first["reference"],
    } in again["findings"]
    told = await house.client.get(f"{DOOR}/{again['id']}", headers=elsewhere.headers)
    assert first["reference"] not in told.text


async def test_a_judge_signs_with_the_qualified_kind(
    house: Service, director: StaffPerson, desk: StaffPerson
) -> None:
    court = await add_agency(house.platform, by=director.id, kind="court")
    judge = await add_officer(house.platform, court)
    gov_br = await signed(pdf(), signer(person(world().gov_intermediate, tax_id=OTHER)))
    order = {
        "kind": "access_records",
        "basis": "mci_15_3",
        "signer_office": "judge",
        "items": ["access_records"],
        "period_from": "2026-09-01T00:00:00-03:00",
        "period_to": "2026-09-15T00:00:00-03:00",
        "period_zone": "America/Sao_Paulo",
    }
    seen = await received(house, judge, desk, gov_br, **order)
    (document,) = await documents(house, desk, seen["id"])
    assert (document["verdict"], document["assurance"]) == ("accepted", "gov_br_advanced")
    assert {"code": "assurance_low", "document_id": document["id"]} in seen["findings"]
    assert (await step(house, desk, seen["id"], "confirm")).status_code == 200


async def test_papers_are_confirmed_by_whoever_saw_the_original(
    house: Service, desk: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, desk, agency)
    await brought(house, desk, draft["id"], "submit", "begin")
    assert (await uploaded(house, desk, draft["id"], pdf())).status_code == 201
    await verify(house)
    assert problem(await step(house, desk, draft["id"], "confirm")) == (409, "signature_unsound")
    wordless = await step(house, desk, draft["id"], "confirm", reason="original_seen")
    assert wordless.json()["errors"][0]["pointer"] == "/note"
    assert (await uploaded(house, desk, draft["id"], await sound_order())).status_code == 201
    await verify(house)
    assert problem(await step(house, desk, draft["id"], "confirm")) == (409, "signature_unsound")
    confirmed = await step(house, desk, draft["id"], "confirm", **ORIGINAL_SEEN)
    assert confirmed.json()["status"] == "legal_review", confirmed.text
    answer = await house.client.get(f"{DESK}/{draft['id']}/steps", headers=desk.headers)
    last = answer.json()["items"][0]
    assert (last["reason"], last["note"]) == ("original_seen", ORIGINAL_SEEN["note"])
    assert "CPC" in last["article"]


async def test_the_desk_adds_nothing_to_what_came_by_the_door(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    request = await sent(house, officer)
    answer = await uploaded(house, desk, request["id"], pdf())
    assert problem(answer) == (409, "legal_request_state")


async def test_strangers_find_no_request_to_add_to(
    house: Service, officer: OfficerPerson, director: StaffPerson
) -> None:
    request = await sent(house, officer)
    agency = await add_agency(house.platform, by=director.id)
    stranger = await add_officer(house.platform, agency)
    before = await stored(house)
    assert problem(await uploaded(house, stranger, request["id"], pdf())) == (404, "not_found")
    listed = await house.client.get(f"{DOOR}/{request['id']}/documents", headers=stranger.headers)
    assert problem(listed) == (404, "not_found")
    assert await stored(house) == before


async def test_twenty_mebibytes_and_not_a_byte_more(house: Service, officer: OfficerPerson) -> None:
    request_id = await drafted(house, officer)
    before = await stored(house)
    beyond = b"%PDF-1.7\n".ljust(LARGEST + 1, b"x")
    for content in (beyond, in_pieces(beyond)):  # with its length told beforehand, and without
        answer = await uploaded(house, officer, request_id, content)
        assert problem(answer) == (413, "payload_too_large")
        assert await stored(house) == before
    answer = await uploaded(house, officer, request_id, in_pieces(beyond[:-1]))
    assert (answer.status_code, answer.json()["bytes"]) == (201, LARGEST)
    elsewhere = await house.client.post(DOOR, content=beyond, headers=officer.headers)
    assert problem(elsewhere) == (413, "payload_too_large")


async def test_what_cannot_be_a_file_is_refused_and_nothing_kept(
    house: Service, officer: OfficerPerson
) -> None:
    request_id = await drafted(house, officer)
    before = await stored(house)
    for media_type in ("application/json", "text/html", "multipart/form-data; boundary=x", ""):
        answer = await uploaded(house, officer, request_id, pdf(), media_type=media_type)
        assert problem(answer) == (415, "unsupported_media_type")
    queries: tuple[dict[str, Any], ...] = (
        {"name": "a\x00b"},
        {"name": ""},
        {"kind": "photo"},
        {"order_id": "7"},
    )
    for query in queries:
        answer = await uploaded(house, officer, request_id, pdf(), **query)
        assert problem(answer) == (422, "validation_failed"), query
    assert problem(await uploaded(house, officer, request_id, b"")) == (422, "validation_failed")
    assert await stored(house) == before


async def test_two_that_race_past_the_tenth(house: Service, officer: OfficerPerson) -> None:
    request_id = await drafted(house, officer)
    for number in range(MOST - 1):
        name = f"anexo-{number}.pdf"
        answer = await uploaded(house, officer, request_id, pdf(), kind="annex", name=name)
        assert answer.status_code == 201, answer.text
    before = await stored(house)
    both = await asyncio.gather(
        *(uploaded(house, officer, request_id, in_pieces(pdf())) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in both) == [201, 409]
    assert len(await documents(house, officer, request_id)) == MOST
    assert await stored(house) == (before[0] + 1, before[1] + 1)


async def test_the_same_key_and_file_is_one_document(
    house: Service, officer: OfficerPerson
) -> None:
    request_id = await drafted(house, officer)
    first = await uploaded(house, officer, request_id, await sound_order(), headers=KEY)
    kept = await stored(house)
    await officer_step(house, officer, request_id, "submit")
    again = await uploaded(house, officer, request_id, await sound_order(), headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    other = await uploaded(house, officer, request_id, pdf(), headers=KEY)
    assert problem(other) == (422, "idempotency_key_reused")
    assert await stored(house) == kept
    assert len(await documents(house, officer, request_id)) == 1


async def test_a_draft_gives_its_files_back(house: Service, officer: OfficerPerson) -> None:
    request_id = await drafted(house, officer)
    order = (await uploaded(house, officer, request_id, pdf())).json()
    signature = (
        await uploaded(house, officer, request_id, b"0", kind="signature", order_id=order["id"])
    ).json()
    address = f"{DOOR}/{request_id}/documents"
    gone = await house.client.delete(f"{address}/{order['id']}", headers=officer.headers)
    assert gone.status_code == 204, gone.text
    assert await documents(house, officer, request_id) == []
    again = await house.client.delete(f"{address}/{signature['id']}", headers=officer.headers)
    assert problem(again) == (404, "not_found")
    await stored_files.purge(house.platform)
    request = await sent(house, officer)
    (kept,) = await documents(house, officer, request["id"])
    late = await house.client.delete(
        f"{DOOR}/{request['id']}/documents/{kept['id']}", headers=officer.headers
    )
    assert problem(late) == (409, "legal_request_state")


async def test_the_desk_downloads_what_was_sent_and_it_is_on_record(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    name = 'ofício "4711"; x=\\..\\.html'
    request_id = await drafted(house, officer)
    sent_as = await uploaded(house, officer, request_id, await sound_order(), name=name)
    address = f"{DESK}/{request_id}/documents/{sent_as.json()['id']}/content"
    draft = await house.client.get(address, headers=desk.headers)
    assert problem(draft) == (404, "not_found")
    await officer_step(house, officer, request_id, "submit")
    answer = await house.client.get(address, headers=desk.headers)
    assert answer.content == await sound_order()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''of%C3%ADcio%20%224711%22%3B%20x%3D%5C..%5C.html"
    )
    events = await rows(
        house.platform,
        select(AuditEvent.actor_id, AuditEvent.subject_id).where(
            AuditEvent.action == "staff:legal_document:download",
            AuditEvent.outcome == "allowed",
        ),
    )
    assert [(each.actor_id, str(each.subject_id)) for each in events] == [
        (desk.id, sent_as.json()["id"])
    ]


async def test_engineers_read_reports_and_no_files(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    seen = await received(house, officer, desk, pdf())
    engineer = await add_staff(house.platform, "systems_engineer")
    (order,) = await documents(house, engineer, seen["id"])
    assert order["verdict"] == "rejected"
    address = f"{DESK}/{seen['id']}/documents/{order['id']}/content"
    answer = await house.client.get(address, headers=engineer.headers)
    assert problem(answer) == (403, "forbidden")


async def test_a_file_that_was_lost_is_said_to_be_unreadable(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    request = await sent(house, officer)
    chosen = select(LegalDocument.file_id).where(LegalDocument.request_id == UUID(request["id"]))
    async with house.platform.database.transaction() as connection:
        file_id = (await connection.execute(chosen)).scalar_one()
        await stored_files.forget(house.platform, connection, file_id)
    await verify(house)
    (order,) = await documents(house, desk, request["id"])
    assert (order["verdict"], grounds(order)) == ("malformed", ["document_unreadable"])


async def test_the_chain_of_custody_tells_of_files_gone_ones_too(
    house: Service, officer: OfficerPerson, desk: StaffPerson
) -> None:
    request_id = await drafted(house, officer)
    address = f"{DOOR}/{request_id}/documents"
    mistaken = (await uploaded(house, officer, request_id, pdf())).json()
    await house.client.delete(f"{address}/{mistaken['id']}", headers=officer.headers)
    kept = (await uploaded(house, officer, request_id, await sound_order())).json()
    await officer_step(house, officer, request_id, "submit")
    await verify(house)
    at_desk = f"{DESK}/{request_id}/documents/{kept['id']}/content"
    await house.client.get(at_desk, headers=desk.headers)
    answer = await house.client.get(f"{DESK}/{request_id}/custody", headers=desk.headers)
    told = [each["action"] for each in answer.json()["items"]]
    assert [action for action in told if "legal_document" in action] == [
        "authority:legal_document:create",
        "authority:legal_document:delete",
        "authority:legal_document:create",
        "system:legal_document:verify",
        "staff:legal_document:download",
    ]


async def test_a_later_signature_has_its_order_verified_anew(
    house: Service, desk: StaffPerson, agency: UUID
) -> None:
    draft = await entered(house, desk, agency)
    await brought(house, desk, draft["id"], "submit", "begin")
    text = pdf(b"Oficio que so este pedido traz.")
    order = (await uploaded(house, desk, draft["id"], text)).json()
    await verify(house)
    assert (await documents(house, desk, draft["id"]))[0]["verdict"] == "rejected"
    apart = await detached(text, signer(person(world().intermediate, tax_id=OTHER)))
    await uploaded(house, desk, draft["id"], apart, kind="signature", order_id=order["id"])
    assert (await documents(house, desk, draft["id"]))[0]["verdict"] is None
    await verify(house)
    assert (await documents(house, desk, draft["id"]))[0]["verdict"] == "accepted"
    answer = await house.client.get(f"{DESK}/{draft['id']}", headers=desk.headers)
    assert not [each for each in answer.json()["findings"] if "document_id" in each]
