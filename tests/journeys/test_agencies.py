"""The directory of agencies: who keeps it, and what may stand in it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.officer_exercisers import new_agency
from tests.support.officers import AGENCIES
from tests.support.parties import present
from tests.support.people import StaffPerson, add_staff
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def enter(house: Service, who: StaffPerson, **members: Any) -> httpx.Response:
    return await house.client.post(AGENCIES, json=new_agency(**members), headers=who.headers)


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
    who = {made[name] for name in ("created_by", "phone_set_by", "domains_set_by")}
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
        {"status": "suspended"},
    ):
        assert (await patch(house, director, made["id"], **body)).json()["code"] == (
            "step_up_required"
        )
    assert (await patch(house, director, made["id"], phone_source="Diário")).status_code == 200


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
