"""The directory of agencies: who keeps it, and what may stand in it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from app.models import Session
from tests.support.letters import letters_to
from tests.support.officer_exercisers import new_agency
from tests.support.officers import (
    AGENCIES,
    OFFICERS,
    AgencyMade,
    add_officer,
    call,
    register,
    registration,
)
from tests.support.parties import present
from tests.support.people import REASON, StaffPerson, add_staff
from tests.support.records import rows
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOGIN = "/v1/authority/login"


async def enter(house: Service, who: StaffPerson, **members: Any) -> httpx.Response:
    return await house.client.post(AGENCIES, json=new_agency(**members), headers=who.headers)


async def confirm(
    house: Service, who: StaffPerson, agency_id: str, tag: str | None = None
) -> httpx.Response:
    path = f"{AGENCIES}/{agency_id}"
    if tag is None:
        tag = (await house.client.get(path, headers=who.headers)).headers["etag"]
    return await house.client.post(f"{path}/confirm", headers=who.headers | {"If-Match": tag})


async def published(house: Service, agency_id: str) -> bool:
    listed = await house.client.get("/v1/public/agencies?limit=200")
    return agency_id in {item["id"] for item in listed.json()["items"]}


async def patch(
    house: Service, who: StaffPerson, agency_id: str, tag: str = "*", **body: Any
) -> httpx.Response:
    headers = who.headers | {"If-Match": tag}
    return await house.client.patch(f"{AGENCIES}/{agency_id}", json=body, headers=headers)


async def test_an_agency_is_entered_read_and_corrected(house: Service) -> None:
    director, officer = await present(house, "director"), await present(house, "privacy_officer")
    answer = await enter(house, director, domains=["B.exemplo.gov.br", "a.exemplo.gov.br"])
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["domains"] == ["a.exemplo.gov.br", "b.exemplo.gov.br"]
    assert made["callback_phone"] == "+552132345678"
    who = {made[name] for name in ("created_by", "kind_set_by", "phone_set_by", "domains_set_by")}
    assert who == {str(director.id)}
    path = f"{AGENCIES}/{made['id']}"
    seen = await house.client.get(path, headers=officer.headers)
    assert seen.json() == made
    tag = seen.headers["etag"]
    named = await patch(house, officer, made["id"], tag, name="Delegacia do Exemplo")
    assert named.status_code == 200, named.text
    assert (named.json()["phone_set_by"], named.json()["domains_set_by"]) == (
        str(director.id),
        str(director.id),
    )
    stale = await patch(house, officer, made["id"], tag, name="Outra")
    assert stale.status_code == 412
    # The same phone in another spelling changes nothing, not even who is behind it.
    same = await patch(house, officer, made["id"], callback_phone="+55 21 3234-5678")
    assert same.json()["phone_set_by"] == str(director.id)
    other = await patch(house, officer, made["id"], callback_phone="(21) 3234-0000")
    assert other.json()["phone_set_by"] == str(officer.id)
    assert other.json()["domains_set_by"] == str(director.id)
    other = await patch(house, officer, made["id"], domains=["c.exemplo.gov.br"])
    assert other.json()["domains_set_by"] == str(officer.id)


async def test_an_agency_counts_once_a_second_person_confirmed_it(house: Service) -> None:
    director, other = await present(house, "director"), await present(house, "privacy_officer")
    made = (await enter(house, director)).json()
    assert (made["confirmed_at"], made["confirmed_by"]) == (None, None)
    assert not await published(house, made["id"])
    domain = made["domains"][0]
    agency = AgencyMade(UUID(made["id"]), made["name"], domain, made["callback_phone"], director.id)
    early = await register(house, registration(agency))
    assert [each["code"] for each in early.json()["errors"]] == ["unknown_agency"]
    alone = await confirm(house, director, made["id"])
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_required")
    unread = await confirm(house, other, made["id"], "*")
    assert unread.status_code == 412, "whoever confirms has read what"
    done = await confirm(house, other, made["id"])
    assert done.status_code == 200, done.text
    assert done.json()["confirmed_by"] == str(other.id)
    assert await published(house, made["id"])
    assert (await register(house, registration(agency))).status_code == 202


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "court"},
        {"callback_phone": "(21) 3234-9999"},
        {"domains": ["z.exemplo.gov.br", "y.exemplo.gov.br"]},
    ],
)
async def test_what_decides_who_passes_is_confirmed_anew(
    house: Service, changed: dict[str, Any]
) -> None:
    director, other = await present(house, "director"), await present(house, "privacy_officer")
    made = (await enter(house, director, domains=["y.exemplo.gov.br"])).json()
    agency = AgencyMade(
        UUID(made["id"]), made["name"], "y.exemplo.gov.br", made["callback_phone"], director.id
    )
    await confirm(house, other, made["id"])
    officer = await add_officer(house.platform, agency)
    waiting = await add_officer(house.platform, agency, status="confirmed")
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 200
    answer = await patch(house, other, made["id"], **changed)
    assert (answer.json()["confirmed_at"], answer.json()["confirmed_by"]) == (None, None)
    assert not await published(house, made["id"])
    vetter = await present(house, "privacy_officer")
    body = call(agency, phone=answer.json()["callback_phone"])
    path = f"{OFFICERS}/{waiting.id}/vettings"
    vetted = await house.client.post(path, json=body, headers=vetter.headers)
    assert vetted.json()["code"] == "officer_state"
    house.platform.sessions.forget(*([officer.session_id] if officer.session_id else []))
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 401
    alone = await confirm(house, other, made["id"])
    assert alone.json()["code"] == "second_person_required", "who changed it does not confirm it"
    assert (await confirm(house, vetter, made["id"])).status_code == 200
    house.platform.sessions.forget(*([officer.session_id] if officer.session_id else []))
    assert (await house.client.get(LOGIN, headers=officer.headers)).status_code == 200
    vetted = await house.client.post(path, json=body, headers=vetter.headers)
    assert vetted.status_code == 201, vetted.text


async def test_a_domain_that_is_given_up_takes_its_officers_along(house: Service) -> None:
    director, other = await present(house, "director"), await present(house, "privacy_officer")
    made = (await enter(house, director, domains=["k.exemplo.gov.br", "l.exemplo.gov.br"])).json()
    kept, lost = [
        AgencyMade(UUID(made["id"]), made["name"], domain, made["callback_phone"], director.id)
        for domain in made["domains"]
    ]
    await confirm(house, other, made["id"])
    stays, goes = [await add_officer(house.platform, each) for each in (kept, lost)]
    shut = await add_officer(house.platform, lost, status="suspended")
    answer = await patch(house, director, made["id"], domains=[kept.domain])
    assert answer.status_code == 200, answer.text
    assert (await confirm(house, other, made["id"])).status_code == 200
    seen = await house.client.get(f"{OFFICERS}/{goes.id}", headers=other.headers)
    assert (seen.json()["status"], seen.json()["valid_until"]) == ("confirmed", None)
    [session] = await rows(
        house.platform, select(Session.end_reason).where(Session.id == goes.session_id)
    )
    assert session.end_reason == "officer_domain_removed"
    assert (await house.client.get(LOGIN, headers=goes.headers)).status_code == 401
    assert (await house.client.get(LOGIN, headers=stays.headers)).status_code == 200
    [letter] = await letters_to(house.platform, goes.email, "officer_changed")
    assert letter.params["change"] == "domain_removed"
    path = f"{OFFICERS}/{goes.id}/vettings"
    body = call(lost)
    vetted = await house.client.post(path, json=body, headers=other.headers)
    assert vetted.json()["code"] == "officer_state", "its address is nobody's"
    again = await house.client.post(
        f"{OFFICERS}/{shut.id}/reinstate", headers={"X-Reason": REASON} | other.headers
    )
    assert again.json()["status"] == "confirmed", "an old call-back does not bring it back"
    await patch(house, director, made["id"], domains=made["domains"])
    await confirm(house, other, made["id"])
    vetted = await house.client.post(path, json=body, headers=other.headers)
    assert vetted.status_code == 201, vetted.text


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ({"domains": ["gmail.com"]}, "/domains/0", "domain_of_anybody"),
        ({"domains": ["mp.gov.br", "mail.uol.com.br"]}, "/domains/1", "domain_of_anybody"),
        ({"domains": ["sp.gov.br"]}, "/domains/0", "domain_of_anybody"),
        ({"domains": ["xn--mps-qdd.mp.br"]}, "/domains/0", "invalid_domain"),
        ({"domains": ["mps\u0440.mp.br"]}, "/domains/0", "invalid_domain"),
        ({"domains": ["A.gov.br", "a.gov.br"]}, "/domains", "duplicate_item"),
        ({"domains": []}, "/domains", "list_too_short"),
        ({"callback_phone": "190"}, "/callback_phone", "invalid_phone"),
        ({"jurisdiction": "brasil"}, "/jurisdiction", "text_pattern"),
        ({"kind": "spies"}, "/kind", "not_one_of"),
        ({"name": "Envie sua senha"}, "/name", "asks_for_secret"),
    ],
)
async def test_what_cannot_stand_in_the_directory(
    house: Service, members: dict[str, Any], pointer: str, code: str
) -> None:
    director = await present(house, "director")
    answer = await enter(house, director, **members)
    assert answer.status_code == 422
    told = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert told == [(pointer, code)]
    made = (await enter(house, director)).json()
    changed = await patch(house, director, made["id"], **members)
    assert [(error["pointer"], error["code"]) for error in changed.json()["errors"]] == told


async def test_no_two_have_the_same_name(house: Service) -> None:
    director = await present(house, "director")
    one, two = [(await enter(house, director)).json() for _ in range(2)]
    assert (await enter(house, director, name=one["name"])).json()["code"] == "agency_name_taken"
    clash = await patch(house, director, two["id"], name=one["name"])
    assert clash.json()["code"] == "agency_name_taken"


async def test_presence_is_wanted_for_what_decides_who_passes(
    house: Service, later: Callable[..., None]
) -> None:
    director = await present(house, "director")
    made = (await enter(house, director)).json()
    later(minutes=5, seconds=1)
    assert (await enter(house, director)).json()["code"] == "step_up_required"
    for body in (
        {"callback_phone": "(21) 3234-0001"},
        {"domains": ["d.exemplo.gov.br"]},
        {"kind": "court"},
        {"status": "suspended"},
    ):
        assert (await patch(house, director, made["id"], **body)).json()["code"] == (
            "step_up_required"
        )
    assert (await patch(house, director, made["id"], phone_source="Diário")).status_code == 200
    early = await house.client.post(
        f"{AGENCIES}/{made['id']}/confirm", headers=director.headers | {"If-Match": "*"}
    )
    assert early.json()["code"] == "step_up_required"


async def test_only_those_who_answer_for_the_desk_keep_it(house: Service) -> None:
    engineer = await add_staff(house.platform, "systems_engineer")
    support = await add_staff(house.platform, "support")
    assert (await enter(house, engineer)).status_code == 403
    assert (await house.client.get(AGENCIES, headers=engineer.headers)).status_code == 200
    assert (await house.client.get(AGENCIES, headers=support.headers)).status_code == 403
    director = await present(house, "director")
    made = (await enter(house, director)).json()
    for hidden in ("id", "created_by", "phone_set_by", "nonsense"):
        answer = await patch(house, director, made["id"], **{hidden: str(UUID(int=1))})
        assert answer.status_code == 422
    missing = await patch(house, director, str(UUID(int=7)), name="Nada")
    assert missing.status_code == 404


async def test_the_same_key_enters_once(house: Service) -> None:
    director = await present(house, "director")
    body = new_agency()
    headers = director.headers | {"Idempotency-Key": "orgao-0001"}
    answers = [await house.client.post(AGENCIES, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
