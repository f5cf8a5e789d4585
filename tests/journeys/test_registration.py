"""A customer registers, over HTTP, and finds what was written down."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.people import PASSWORD, bearer, cpf
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/public/registrations"
ADDRESS = {
    "street": "Avenida Paulista",
    "number": "1578",
    "district": "Bela Vista",
    "city": "São Paulo",
    "state": "SP",
    "postal_code": "01310-100",
}


def form(address: str, /, **changed: Any) -> dict[str, Any]:
    return {
        "kind": "person",
        "name": "Maria D'Ávila",
        "email": address,
        "password": PASSWORD,
        "accepted_policy_version": 1,
    } | changed


def consent(**changed: Any) -> dict[str, Any]:
    return {"consents": [{"purpose": "marketing", "granted": True} | changed]}


async def register(house: Service, filled: dict[str, Any], **headers: str) -> httpx.Response:
    return await house.client.post(PATH, json=filled, headers=headers)


def codes(answer: httpx.Response) -> dict[str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["pointer"]: error["code"] for error in answer.json().get("errors", ())}


async def test_the_owner_sees_everything_that_was_written_down(house: Service) -> None:
    filled = form(
        "Maria@Exemplo.com.br",
        phone="(11) 91234-5678",
        tax_id="529.982.247-25",
        address=ADDRESS,
        preferences={"language": "pt-BR", "contact_channel": "whatsapp"},
        consents=[{"purpose": "marketing", "granted": True}],
    )
    answer = await register(house, filled)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/v1/customer/profile"
    customer = answer.json()["customer"]
    assert customer.pop("created_at").endswith("Z")
    assert len(customer.pop("id")) == 36
    assert customer == {
        "kind": "person",
        "status": "active",
        "name": "Maria D'Ávila",
        "email": "Maria@exemplo.com.br",
        "phone": "+5511912345678",
        "tax_id": "52998224725",
        "address": ADDRESS | {"postal_code": "01310100", "complement": None},
        "preferences": {"language": "pt-BR", "contact_channel": "whatsapp"},
        "last_login_at": None,
        "pending_email": None,
    }
    form_in = {"username": "maria@exemplo.com.br", "password": PASSWORD}
    tokens = (await house.client.post("/v1/auth/customer/token", data=form_in)).json()
    profile = await house.client.get("/v1/customer/profile", headers=bearer(tokens["access_token"]))
    assert profile.json()["tax_id"] == "52998224725"


async def test_a_company_registers_with_its_alphanumeric_cnpj(house: Service) -> None:
    filled = form("padaria@exemplo.com.br", kind="company", tax_id="12.abc.345/01de-35")
    answer = await register(house, filled | {"name": "Padaria Brandão Ltda"})
    assert answer.status_code == 201
    assert answer.json()["customer"]["tax_id"] == "12ABC34501DE35"
    assert answer.json()["customer"]["kind"] == "company"


async def test_little_is_enough(house: Service) -> None:
    answer = await register(house, form("pouco@exemplo.com.br", phone=None, address=None))
    assert answer.status_code == 201
    customer = answer.json()["customer"]
    assert (customer["phone"], customer["tax_id"], customer["preferences"]) == (None, None, {})


@pytest.mark.parametrize("kind", ["person", "company"])
async def test_the_tax_id_must_be_of_the_kind(house: Service, kind: str) -> None:
    other = "12ABC34501DE35" if kind == "person" else cpf(909)
    answer = await register(house, form(f"{kind}@exemplo.com.br", kind=kind, tax_id=other))
    assert answer.status_code == 422
    assert codes(answer) == {"/tax_id": "tax_id_not_of_kind"}


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        (consent(purpose="profiling"), "/consents/0/purpose", "unknown_purpose"),
        (consent(granted=1), "/consents/0/granted", "invalid_boolean"),
        ({"password": "fracas1234"}, "/password", "password_no_symbol"),
        ({"tax_id": "52998224726"}, "/tax_id", "invalid_cpf"),
        ({"email": "maria"}, "/email", "invalid_email"),
        ({"phone": "123"}, "/phone", "invalid_phone"),
        ({"address": ADDRESS | {"state": "XX"}}, "/address/state", "invalid_state"),
        ({"address": {"city": "Santos"}}, "/address/street", "missing"),
        ({"kind": "robot"}, "/kind", "not_one_of"),
        ({"role": "director"}, "/", "unknown_member"),
    ],
)
async def test_what_does_not_fit_is_named(
    house: Service, changed: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await register(house, form("erro@exemplo.com.br", **changed))
    assert answer.status_code == 422, answer.text
    assert code in codes(answer).values()
    if pointer != "/":
        assert codes(answer)[pointer] == code
    assert PASSWORD not in answer.text


async def test_the_policy_in_force_must_be_the_one_accepted(house: Service) -> None:
    policy = (await house.client.get("/v1/public/policies/current")).json()
    assert hashlib.sha256(policy["text"].encode()).hexdigest() == policy["hash"]
    for version in (policy["version"] + 1, 999):
        answer = await register(
            house, form("versao@exemplo.com.br", accepted_policy_version=version)
        )
        assert answer.json()["code"] == "policy_version_not_current"
        assert answer.status_code in (409, 422)
    fresh = form("versao@exemplo.com.br", accepted_policy_version=policy["version"])
    assert (await register(house, fresh)).status_code == 201


async def test_a_taken_address_is_told_in_every_spelling(house: Service) -> None:
    assert (await register(house, form("joao@exemplo.com.br"))).status_code == 201
    for spelling in ("joao@exemplo.com.br", "JOAO@EXEMPLO.COM.BR", "Joao@Exemplo.com.br"):
        answer = await register(house, form(spelling))
        assert (answer.status_code, answer.json()["code"]) == (409, "email_taken"), spelling
        assert "joao" not in answer.text.lower()


async def test_the_same_key_and_body_gets_the_same_answer_once_more(house: Service) -> None:
    filled = form("chave@exemplo.com.br")
    first = await register(house, filled, **{"Idempotency-Key": "uma-chave-1"})
    again = await register(house, filled, **{"Idempotency-Key": "uma-chave-1"})
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    outra = form("outra@exemplo.com.br")
    other = await register(house, outra, **{"Idempotency-Key": "uma-chave-1"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    new_key = await register(house, filled, **{"Idempotency-Key": "uma-chave-2"})
    assert (new_key.status_code, new_key.json()["code"]) == (409, "email_taken")


async def test_a_closed_door_says_so_whoever_asks(shared_database_url: str, tmp_path: Path) -> None:
    async with serving(shared_database_url, tmp_path, registration="closed") as house:
        answers = [
            await register(house, form(email))
            for email in ("joao@exemplo.com.br", "nunca-visto@exemplo.com.br")
        ]
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["code"] == "registration_closed"
    assert answers[0].json() == answers[1].json()


async def test_the_words_are_portuguese_unless_asked_otherwise(house: Service) -> None:
    wrong = form("erro@exemplo.com.br", tax_id="1")
    portuguese = (await register(house, wrong)).json()
    english = (await register(house, wrong, **{"Accept-Language": "en"})).json()
    assert portuguese["code"] == english["code"]
    assert portuguese["title"] != english["title"]
    assert "CPF" in str(portuguese["errors"])
