"""A version of the policy, from the first word to its withdrawal, over HTTP."""

import asyncio
import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.models import AuditEvent, PolicyDraft
from app.services import policy_publication
from tests.support.people import StaffPerson, add_staff
from tests.support.policies import (
    CONTENT,
    DRAFTS,
    TEXT,
    approved,
    drafted,
    nothing_to_come,
    prove_presence,
    published,
    step,
)
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUBLIC = "/v1/public/policies"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await add_staff(house.platform, "privacy_officer")


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def on_a_quiet_day(house: Service) -> None:
    """Nothing is to come that an earlier test announced."""
    house.clock.ahead = timedelta()
    await nothing_to_come(house)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def current(house: Service) -> dict[str, Any]:
    answer = await house.client.get(f"{PUBLIC}/current")
    found: dict[str, Any] = answer.json()
    return found


def soon(house: Service, days: int = 7) -> str:
    return (house.clock() + timedelta(days=days)).isoformat()


async def test_from_draft_to_force(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    before = await current(house)
    draft = await drafted(house, director)
    assert (draft["status"], draft["authors"]) == ("draft", [str(director.id)])

    mine = {**officer.headers, "If-Match": "*"}
    changed = await house.client.patch(
        f"{DRAFTS}/{draft['id']}", json={"summary": "Prazos de guarda."}, headers=mine
    )
    assert changed.json()["authors"] == [str(director.id), str(officer.id)]
    assert changed.json()["text"] == TEXT

    submitted = await step(house, director, draft, "submit")
    assert submitted.json()["status"] == "submitted"
    late = await house.client.patch(f"{DRAFTS}/{draft['id']}", json={"text": "Outra"}, headers=mine)
    assert problem(late) == (409, "policy_draft_state")

    approval = {"decision": "approve"}
    for author in (director, officer):
        own = await step(house, author, draft, "review", approval)
        assert problem(own) == (403, "second_person_required")
    second = await add_staff(house.platform, "director")
    early = await step(house, second, draft, "publish", {})
    assert problem(early) == (409, "policy_draft_state")
    reviewed = await step(house, second, draft, "review", approval)
    assert (reviewed.json()["status"], reviewed.json()["reviewed_by"]) == (
        "approved",
        str(second.id),
    )
    unread = await step(house, director, draft, "publish", {}, "*")
    assert problem(unread) == (412, "precondition_failed")
    assert await current(house) == before, "nothing is published by approving it"

    done = await step(house, director, draft, "publish", {}, reviewed.headers["etag"])
    assert done.status_code == 200, done.text
    version = done.json()["version"]
    assert (done.json()["status"], version) == ("published", before["version"] + 1)
    now = await current(house)
    assert now["version"] == version
    assert {name: now[name] for name in CONTENT} == CONTENT | {"summary": "Prazos de guarda."}
    assert now["hash"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert now["hash_en"] == hashlib.sha256(now["text_en"].encode()).hexdigest()
    assert (await house.client.get(f"{PUBLIC}/{version}")).json() == now
    again = await step(house, director, draft, "publish", {})
    assert problem(again) == (409, "policy_draft_state")
    discarded = await step(house, director, draft, "discard")
    assert problem(discarded) == (409, "policy_draft_state")


async def test_what_is_sent_back_is_written_at_again(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    draft = await approved(house, director, officer)
    back = await step(
        house, officer, draft, "review", {"decision": "return", "note": "Falta o prazo."}
    )
    assert (back.json()["status"], back.json()["review_note"]) == ("draft", "Falta o prazo.")
    assert problem(await step(house, director, draft, "publish", {})) == (409, "policy_draft_state")
    again = await step(house, director, draft, "submit")
    assert (again.json()["reviewed_by"], again.json()["review_note"]) == (None, None)
    given_up = await step(house, director, draft, "discard")
    assert given_up.json()["status"] == "discarded"
    assert problem(await step(house, director, draft, "submit")) == (409, "policy_draft_state")


async def test_what_changed_since_it_was_read_is_not_approved(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    draft = await drafted(house, director)
    read = (await step(house, director, draft, "submit")).headers["etag"]
    assert read
    seen = await house.client.get(f"{DRAFTS}/{draft['id']}", headers=officer.headers)
    await step(house, director, draft, "review", {"decision": "return"})
    await house.client.patch(
        f"{DRAFTS}/{draft['id']}",
        json={"text": "Tudo é nosso."},
        headers={**director.headers, "If-Match": "*"},
    )
    await step(house, director, draft, "submit")
    approval = {"decision": "approve"}
    stale = await step(house, officer, draft, "review", approval, seen.headers["etag"])
    assert problem(stale) == (412, "precondition_failed")
    unread = await step(house, officer, draft, "review", approval, "*")
    assert problem(unread) == (412, "precondition_failed")
    without = await house.client.post(
        f"{DRAFTS}/{draft['id']}/review", json=approval, headers=officer.headers
    )
    assert problem(without) == (428, "precondition_required")


async def test_reviewing_publishing_and_withdrawing_want_a_proof_of_presence(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    draft = await approved(house, director, officer)
    house.clock.ahead = timedelta(minutes=6)
    for verb, body in (("review", {"decision": "return"}), ("publish", {})):
        answer = await house.client.post(
            f"{DRAFTS}/{draft['id']}/{verb}",
            json=body,
            headers={**director.headers, "If-Match": "*"},
        )
        assert problem(answer) == (401, "step_up_required")
    withdrawal = await house.client.post("/v1/staff/policies/1/withdraw", headers=director.headers)
    assert problem(withdrawal) == (401, "step_up_required")


async def test_a_version_comes_into_force_at_its_moment(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    before = await current(house)
    version = await published(house, director, officer, soon(house))
    assert await current(house) == before
    announced = await house.client.get(f"{PUBLIC}/{version}")
    assert announced.json()["withdrawn_at"] is None
    listed = (await house.client.get(PUBLIC)).json()["items"]
    assert [listed[0]["version"], listed[1]["version"]] == [version, before["version"]]
    assert not {"text", "text_en"} & set(listed[0])
    house.clock.ahead = timedelta(days=8)
    assert (await current(house))["version"] == version


async def test_numbers_and_moments_grow_together(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    version = await published(house, director, officer, soon(house))
    draft = await approved(house, director, officer)
    for body in ({}, {"published_at": soon(house, 3)}):
        answer = await step(house, director, draft, "publish", body)
        assert problem(answer) == (409, "policy_pending")
    past = await step(house, director, draft, "publish", {"published_at": "2026-01-01T00:00:00Z"})
    assert [error["code"] for error in past.json()["errors"]] == ["date_not_future"]
    for far in (soon(house, 367), "9999-12-31T23:59:59Z"):
        beyond = await step(house, director, draft, "publish", {"published_at": far})
        assert [error["code"] for error in beyond.json()["errors"]] == ["date_too_far"]
    later = await step(house, director, draft, "publish", {"published_at": soon(house, 9)})
    assert later.json()["version"] == version + 1


async def test_a_version_can_be_withdrawn_before_its_moment_alone(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    in_force = (await current(house))["version"]
    version = await published(house, director, officer, soon(house))
    await prove_presence(house, officer)
    address = f"/v1/staff/policies/{version}/withdraw"
    gone = await house.client.post(address, headers=officer.headers)
    assert gone.status_code == 200, gone.text
    assert gone.json()["withdrawn_at"] is not None
    assert problem(await house.client.post(address, headers=officer.headers)) == (
        409,
        "policy_in_force",
    )
    for number, told in ((in_force, (409, "policy_in_force")), (999, (404, "not_found"))):
        answer = await house.client.post(
            f"/v1/staff/policies/{number}/withdraw", headers=officer.headers
        )
        assert problem(answer) == told
    house.clock.ahead = timedelta(days=8)
    assert (await current(house))["version"] == in_force
    assert (await house.client.get(f"{PUBLIC}/{version}")).status_code == 200, "it can be read"


async def test_what_comes_into_force_while_one_waits_to_withdraw_it_stays(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    moment = house.clock() + timedelta(minutes=2)
    version = await published(house, director, officer, moment.isoformat())
    await prove_presence(house, officer)
    database = house.platform.database
    async with database.transaction() as connection:
        await database.take_turns(connection, policy_publication.TURNS)
        address = f"/v1/staff/policies/{version}/withdraw"
        waiting = asyncio.create_task(house.client.post(address, headers=officer.headers))
        await asyncio.wait({waiting}, timeout=0.3)
        assert not waiting.done()
        house.clock.ahead = timedelta(minutes=3)
    assert problem(await waiting) == (409, "policy_in_force")
    assert (await current(house))["version"] == version


async def test_two_who_publish_at_once_get_two_numbers(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    drafts = [await approved(house, director, officer) for _ in range(2)]
    answers = await asyncio.gather(
        *(step(house, director, draft, "publish", {}) for draft in (*drafts, drafts[0]))
    )
    numbers = [answer.json()["version"] for answer in answers if answer.status_code == 200]
    assert len(numbers) == len(set(numbers)) == 2


async def test_a_draft_is_nobodys_but_those_who_answer_for_it(
    house: Service, director: StaffPerson
) -> None:
    draft = await drafted(house, director)
    for role in ("systems_engineer", "support", "marketing"):
        who = await add_staff(house.platform, role)
        for address in (DRAFTS, f"{DRAFTS}/{draft['id']}", f"{DRAFTS}/{draft['id']}/diff"):
            answer = await house.client.get(address, headers=who.headers)
            assert problem(answer) == (403, "forbidden")
    assert draft["text"] not in (await house.client.get(PUBLIC)).text


async def test_what_a_draft_would_change_can_be_seen_and_is_on_record(
    house: Service, director: StaffPerson
) -> None:
    in_force = await current(house)
    text = in_force["text_en"] + "\n\nOne more line."
    draft = await drafted(house, director, text_en=text)
    answer = await house.client.get(
        f"{DRAFTS}/{draft['id']}/diff?language=en", headers=director.headers
    )
    found = answer.json()
    assert found["from"] == {"version": in_force["version"], "hash": in_force["hash_en"]}
    assert found["to"]["version"] is None
    added = [line for hunk in found["hunks"] for line in hunk["lines"] if line["kind"] == "added"]
    assert [line["text"] for line in added] == ["", "One more line."]
    looks = select(AuditEvent).where(
        AuditEvent.request_id == answer.headers["x-request-id"],
        AuditEvent.action == "staff:policy_draft:read",
    )
    assert len(await rows(house.platform, looks)) == 1


async def test_two_versions_are_compared_in_either_language(
    house: Service, director: StaffPerson, officer: StaffPerson
) -> None:
    version = await published(house, director, officer, text="Um\nDois", text_en="One\nTwo")
    other = await published(house, director, officer, text="Um\nDois três", text_en="One")
    address = f"{PUBLIC}/{version}/diff/{other}"
    found = (await house.client.get(address)).json()
    assert [(line["kind"], line["text"]) for line in found["hunks"][0]["lines"]] == [
        ("unchanged", "Um"),
        ("removed", "Dois"),
        ("added", "Dois três"),
    ]
    english = (await house.client.get(f"{address}?language=en")).json()
    assert [line["kind"] for line in english["hunks"][0]["lines"]] == ["unchanged", "removed"]
    assert (await house.client.get(f"{PUBLIC}/{version}/diff/{version}")).json()["hunks"] == []
    for unknown in (f"{PUBLIC}/{version}/diff/999", f"{PUBLIC}/0", f"{PUBLIC}/9999999999"):
        assert (await house.client.get(unknown)).status_code == 404
    assert (await house.client.get(f"{address}?language=fr")).status_code == 422


async def test_the_list_is_paged(house: Service) -> None:
    first = (await house.client.get(f"{PUBLIC}?limit=1")).json()
    second = (await house.client.get(f"{PUBLIC}?limit=1&cursor={first['next_cursor']}")).json()
    assert second["items"][0]["version"] < first["items"][0]["version"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("text", "\ud800"),
        ("text_en", "\u0000"),
        ("summary", "x" * 2001),
        ("text", "x" * 100_001),
        ("summary_en", " "),
        ("requires_acceptance", "yes"),
        ("requires_acceptance", None),
        ("version", 7),
    ],
)
async def test_what_no_policy_can_be_is_refused(
    house: Service, director: StaffPerson, member: str, value: Any
) -> None:
    before = await rows(house.platform, select(PolicyDraft))
    body = json.dumps(CONTENT | {member: value})  # in ASCII: a lone surrogate can be sent so
    headers = {**director.headers, "Content-Type": "application/json"}
    answer = await house.client.post(DRAFTS, content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert await rows(house.platform, select(PolicyDraft)) == before


@pytest.mark.parametrize("member", ["summary", "summary_en"])
async def test_a_summary_is_mailed_and_leads_nowhere(
    house: Service, director: StaffPerson, member: str
) -> None:
    body = {member: "Confira em politica-nova.exemplo.com.br/aceite"}
    draft = await drafted(house, director)
    answers = (
        await house.client.post(DRAFTS, json=CONTENT | body, headers=director.headers),
        await house.client.patch(
            f"{DRAFTS}/{draft['id']}", json=body, headers={**director.headers, "If-Match": "*"}
        ),
    )
    for answer in answers:
        assert problem(answer) == (422, "validation_failed")
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/{member}", "text_with_link")


async def test_the_same_key_drafts_once(house: Service, director: StaffPerson) -> None:
    headers = {**director.headers, "Idempotency-Key": "rascunho-0001"}
    first = await house.client.post(DRAFTS, json=CONTENT, headers=headers)
    second = await house.client.post(DRAFTS, json=CONTENT, headers=headers)
    assert first.json() == second.json()
