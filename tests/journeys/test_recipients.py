"""Third parties: registered and retired by those who answer for them, shown to customers."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from tests.support.parties import patch, present, proved_at, register
from tests.support.party_exercisers import OWN, STAFF, new_recipient
from tests.support.people import StaffPerson, add_customer, add_member, add_staff
from tests.support.records import events
from tests.support.service import Service
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "01a19467-e800-7e96-9097-3b43b5d82b45"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service) -> StaffPerson:
    return await present(house, "privacy_officer")


async def test_a_third_party_is_registered_changed_and_retired(
    house: Service, officer: StaffPerson
) -> None:
    maria = await add_customer(house.platform)
    made = await register(
        house, officer, name="  Contabilidade   Ltda ", country="BR", tax_id="12.ABC.345/01DE-35"
    )
    assert made.status_code == 201, made.text
    body = made.json()
    assert body == {
        "id": body["id"],
        "name": "Contabilidade Ltda",
        "tax_id": "12ABC34501DE35",
        "country": "BR",
        "contact_email": "dados@parceiro.exemplo.pt",
        "safeguards": "Contrato de operador.",
        "status": "active",
        "created_at": body["created_at"],
        "retired_at": None,
        "created_by": str(officer.id),
    }
    path = f"{STAFF}/{body['id']}"
    tag = (await house.client.get(path, headers=officer.headers)).headers["etag"]
    headers = officer.headers | {"If-Match": tag}
    change = {"contact_email": "dpo@contabilidade.exemplo.com.br", "name": "Contabilidade SA"}
    changed = await house.client.patch(path, json=change, headers=headers)
    assert (changed.status_code, changed.json()) == (200, body | change)
    stale = await house.client.patch(path, json=change, headers=headers)
    assert code(stale) == (412, "precondition_failed")
    own = (await house.client.get(OWN, headers=maria.headers)).json()["items"]
    assert body["id"] in [item["id"] for item in own]
    retired = (await patch(house, officer, body["id"], status="retired")).json()
    assert retired["status"] == "retired"
    assert retired["retired_at"] is not None
    assert code(await patch(house, officer, body["id"], safeguards="x")) == (
        409,
        "recipient_retired",
    )
    assert code(await patch(house, officer, body["id"], status="active")) == (
        422,
        "validation_failed",
    ), "for good"
    own = (await house.client.get(OWN, headers=maria.headers)).json()["items"]
    assert body["id"] not in [item["id"] for item in own]
    listed = await house.client.get(STAFF, params={"status": "retired"}, headers=officer.headers)
    assert [item["id"] for item in listed.json()["items"]] == [body["id"]]
    written = await events(house.platform, subject_id=UUID(body["id"]))
    assert [row.outcome for row in written if row.action == "staff:recipient:update"] == [
        "allowed",
        "refused",
        "allowed",
        "refused",
    ]


@pytest.mark.parametrize(
    ("members", "pointer", "why"),
    [
        ({"country": "BR"}, "/tax_id", "tax_id_not_of_country"),
        ({"country": "BR", "tax_id": "12ABC34501DE36"}, "/tax_id", "tax_id_not_of_country"),
        ({"country": "BR", "tax_id": "DE123456789"}, "/tax_id", "tax_id_not_of_country"),
        ({"tax_id": "123456789012345"}, "/tax_id", "text_pattern"),
        ({"tax_id": "12\u0000"}, "/tax_id", "text_pattern"),
        ({"country": "XK"}, "/country", "unknown_country"),
        ({"country": "br"}, "/country", "unknown_country"),
        ({"name": "\u200b"}, "/name", "text_empty"),
        ({"safeguards": "Mande a sua senha por e-mail."}, "/safeguards", "asks_for_secret"),
        ({"contact_email": "dados@localhost"}, "/contact_email", "invalid_email"),
    ],
)
async def test_what_is_not_right_is_sent_back(
    house: Service, officer: StaffPerson, members: dict[str, Any], pointer: str, why: str
) -> None:
    answer = await house.client.post(
        STAFF,
        json=new_recipient(**members),
        headers=officer.headers,
    )
    assert answer.status_code == 422, answer.text
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, why)]


async def test_a_tax_id_must_fit_the_country_that_is_left(
    house: Service, officer: StaffPerson
) -> None:
    abroad = (await register(house, officer, tax_id="PT-501 442 600".replace(" ", ""))).json()
    assert abroad["tax_id"] == "PT501442600"
    assert code(await patch(house, officer, abroad["id"], country="BR")) == (
        422,
        "validation_failed",
    )
    both = await patch(house, officer, abroad["id"], country="BR", tax_id="529.982.247-25")
    assert (both.status_code, both.json()["tax_id"]) == (200, "52998224725")
    assert code(await patch(house, officer, abroad["id"], tax_id=None)) == (
        422,
        "validation_failed",
    )


async def test_a_name_is_used_once(house: Service, officer: StaffPerson) -> None:
    answers = await asyncio.gather(*(register(house, officer, name="Nome Único") for _ in range(4)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 3}
    other = (await register(house, officer)).json()["id"]
    assert code(await patch(house, officer, other, name="Nome Único")) == (
        409,
        "recipient_name_taken",
    )
    assert (await patch(house, officer, other, safeguards="Outro.")).status_code == 200


async def test_one_key_registers_one(house: Service, officer: StaffPerson) -> None:
    body, headers = new_recipient(), officer.headers | {"Idempotency-Key": "terceiro-uma-vez"}
    answers = await asyncio.gather(
        *(house.client.post(STAFF, json=body, headers=headers) for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("director", True, True),
        ("privacy_officer", True, True),
        ("systems_engineer", True, False),
        ("support", True, False),
        ("marketing", True, False),
        ("billing", False, False),
        ("production", False, False),
    ],
)
async def test_each_role_by_each_deed(
    house: Service, officer: StaffPerson, role: str, reads: bool, writes: bool
) -> None:
    one = (await register(house, officer)).json()["id"]
    person = await present(house, role)
    for path in (STAFF, f"{STAFF}/{one}"):
        answer = await house.client.get(path, headers=person.headers)
        assert answer.status_code == (200 if reads else 403)
        assert ("contact_email" in answer.text) == (reads and role not in {"support", "marketing"})
    assert (await register(house, person)).status_code == (201 if writes else 403)
    assert (await patch(house, person, one, safeguards="Novo.")).status_code == (
        200 if writes else 403
    )


async def test_writing_wants_a_proof_of_presence(house: Service, officer: StaffPerson) -> None:
    one = (await register(house, officer)).json()["id"]
    director = await add_staff(house.platform, "director")
    await proved_at(house, director, timedelta(minutes=6))
    assert code(await register(house, director)) == (401, "step_up_required")
    assert code(await patch(house, director, one, status="retired")) == (401, "step_up_required")


async def test_who_may_not_see_consents_sees_no_third_parties(
    house: Service, officer: StaffPerson
) -> None:
    maria = await add_customer(house.platform)
    finance = await add_member(house.platform, maria.id, "invoices")
    consents = await add_member(house.platform, maria.id, "consents")
    assert code(await house.client.get(OWN, headers=finance.headers)) == (403, "forbidden")
    assert (await house.client.get(OWN, headers=consents.headers)).status_code == 200
    for nobody in (NOBODY, "42"):
        gone = await house.client.get(f"{STAFF}/{nobody}", headers=officer.headers)
        assert code(gone) == (404, "not_found")
