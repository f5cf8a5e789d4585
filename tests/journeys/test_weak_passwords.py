"""Weak passwords over HTTP: refused with every reason in words, and nothing is written down."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.messages import field_message
from tests.support.people import PASSWORD
from tests.support.range_server import listing, range_server
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/public/registrations"
LEAKED = "Trinta-e-3-vazados!"


def form(password: str, **changed: Any) -> dict[str, Any]:
    return {
        "kind": "company",
        "name": "Padaria Brandão Ltda",
        "email": "clarisse@forno-quente.com.br",
        "phone": "(11) 91234-5678",
        "tax_id": "12.ABC.345/01DE-35",
        "password": password,
        "accepted_policy_version": 1,
    } | changed


async def register(house: Service, password: str, **headers: str) -> httpx.Response:
    return await house.client.post(PATH, json=form(password), headers=headers)


@pytest.mark.parametrize(
    ("password", "codes"),
    [
        ("curta", ["password_too_short", "password_no_digit", "password_no_symbol"]),
        ("senha senha", ["password_no_digit", "password_no_symbol"]),
        ("1234567890-!", ["password_no_letter"]),
        ("x1-" * 50, ["password_too_long"]),
        ("Senha-12!x\u0000", ["text_control_characters"]),
        ("Senha@2026", ["password_common"]),
        ("Senha-12!x", ["password_guessable"]),
        ("Padaria-9-cabras!", ["password_personal"]),
        ("oãdnarB-9-cabras!", ["password_personal"]),
        ("C14ri55e-9-cabras!", ["password_personal"]),
        ("Forno-9-cabras!", ["password_personal"]),
        ("9.1234-56-cabras!", ["password_personal"]),
        ("12.abc.3-cabras!", ["password_personal"]),
        ("Brandao-1234", ["password_common", "password_personal"]),
    ],
)
async def test_each_reason_is_an_error_with_its_own_sentence(
    house: Service, untouched: None, password: str, codes: list[str]
) -> None:
    limits = {"min": 10, "max": 128}
    for language, headers in (("pt-BR", {}), ("en", {"Accept-Language": "en"})):
        answer = await register(house, password, **headers)
        assert answer.status_code == 422
        assert answer.json()["code"] == "validation_failed"
        assert answer.json()["errors"] == [
            {
                "pointer": "/password",
                "code": code,
                "message": field_message(code, language, limits),  # type: ignore[arg-type]  # one of the two
            }
            for code in codes
        ]
        assert password not in answer.text


async def test_what_else_is_wrong_is_told_beside_it(house: Service) -> None:
    answer = await house.client.post(PATH, json=form("curta1!", name=" ", email="x"))
    told = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert told == [
        ("/name", "text_empty"),
        ("/email", "invalid_email"),
        ("/password", "password_too_short"),
    ]


async def test_whether_the_address_is_known_does_not_change_the_refusal(house: Service) -> None:
    body = form(PASSWORD, email="conhecida@exemplo.com.br")
    assert (await house.client.post(PATH, json=body)).status_code == 201
    weak = [
        await house.client.post(PATH, json=form("Senha@2026", email=address))
        for address in ("conhecida@exemplo.com.br", "nunca-vista@exemplo.com.br")
    ]
    assert weak[0].content == weak[1].content
    assert weak[0].status_code == weak[1].status_code == 422


async def test_a_leaked_password_is_refused_and_an_absent_list_refuses_nobody(
    shared_database_url: str, tmp_path: Path
) -> None:
    async with (
        range_server(listing(LEAKED)) as server,
        serving(shared_database_url, tmp_path, breached_passwords_url=server.url) as house,
    ):
        answer = await register(house, LEAKED)
        told = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
        assert told == [("/password", "password_breached")]
        await register(house, "Senha@2026")  # refused already: nobody is asked
        assert len(server.asked) == 1
    async with serving(shared_database_url, tmp_path, breached_passwords_url=server.url) as house:
        body = form(LEAKED, email="apesar-de-tudo@exemplo.com.br")
        assert (await house.client.post(PATH, json=body)).status_code == 201


async def test_the_operators_list_counts(shared_database_url: str, tmp_path: Path) -> None:
    more = tmp_path / "more.txt"
    more.write_text("capivara verde musgo\n", "utf-8")
    async with serving(shared_database_url, tmp_path, common_passwords_file=more) as house:
        answer = await register(house, "Capivara-verde-musgo-1")
        assert [error["code"] for error in answer.json()["errors"]] == ["password_common"]
