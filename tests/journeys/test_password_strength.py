"""A form asks how good a password is: told in words, in both languages, and nothing remains."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.messages import SUGGESTIONS, field_message
from app.models import AuditEvent
from tests.support.hostile import dump
from tests.support.people import PASSWORD
from tests.support.range_server import listing, range_server
from tests.support.records import count
from tests.support.service import Service, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/v1/public/password-strength"


async def asked(house: Service, password: str, language: str = "", **known: Any) -> httpx.Response:
    headers = {"Accept-Language": language} if language else {}
    return await house.client.post(PATH, json={"password": password, **known}, headers=headers)


async def test_a_good_one_has_nothing_against_it(house: Service) -> None:
    answer = await asked(house, PASSWORD)
    assert answer.status_code == 200
    assert answer.json() == {"score": 4, "acceptable": True, "reasons": [], "suggestions": []}
    assert answer.headers["content-language"] == "pt-BR"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("language", ["pt-BR", "en"])
async def test_a_bad_one_is_told_why_and_what_would_help(house: Service, language: str) -> None:
    answer = await asked(house, "Senha@1", language)
    told = answer.json()
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    assert (told["score"], told["acceptable"]) == (1, False)
    codes = ["password_too_short", "password_common"]
    assert told["reasons"] == [
        {"code": code, "message": field_message(code, language, {"min": 10})}  # type: ignore[arg-type]  # one of the two
        for code in codes
    ]
    assert told["suggestions"][-1]["code"] == "add_words"
    for suggestion in told["suggestions"]:
        assert suggestion["message"] == SUGGESTIONS[suggestion["code"]][language]  # type: ignore[index]  # one of the two


KNOWN = {
    "name": "Maria D'Ávila",
    "email": "quirina@forno-quente.com.br",
    "phone": "(11) 91234-5678",
    "tax_id": "529.982.247-25",
    "company": "Padaria Brandão",
}


@pytest.mark.parametrize(
    ("member", "password"),
    [
        ("name", "M4r1a-9-cabras!"),
        ("email", "aniriuq-9-cabras!"),
        ("phone", "912345-cabras!"),
        ("tax_id", "982247-cabras!"),
        ("company", "br4nd40-9-cabras!"),
    ],
)
async def test_what_the_form_knows_counts(house: Service, member: str, password: str) -> None:
    codes = [
        [reason["code"] for reason in (await asked(house, password, **known)).json()["reasons"]]
        for known in ({}, KNOWN, {member: KNOWN[member]})
    ]
    assert codes[1] == codes[2] == ["password_personal"]
    assert "password_personal" not in codes[0]


async def test_half_typed_values_and_nulls_are_welcome(house: Service) -> None:
    half: dict[str, Any] = {
        "email": "maria@",
        "phone": "(1",
        "tax_id": "529",
        "name": "M",
        "company": None,
    }
    assert (await asked(house, PASSWORD, **half)).status_code == 200


@pytest.mark.parametrize("password", ["x", "é", "a" * 1024, "\u0000" * 20, "😀" * 300])
async def test_any_text_is_judged(house: Service, password: str) -> None:
    told = (await asked(house, password)).json()
    assert told["acceptable"] is False
    assert told["reasons"]


async def test_nothing_is_stored_nor_put_on_record(house: Service) -> None:
    before, events = await dump(house), await count(house.platform, AuditEvent)
    await asked(house, PASSWORD, **KNOWN)
    await asked(house, "Senha@1", **KNOWN)
    assert await dump(house) == before
    assert await count(house.platform, AuditEvent) == events


async def test_it_is_throttled_by_network(shared_database_url: str, tmp_path: Path) -> None:
    async with serving(shared_database_url, tmp_path, throttle="on") as house:
        for _ in range(120):
            assert (await asked(house, "x")).status_code == 200
        refused = await asked(house, "x")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert int(refused.headers["retry-after"]) > 0


async def test_leaks_are_looked_for(shared_database_url: str, tmp_path: Path) -> None:
    leaked = "Trinta-e-3-vazados!"
    async with (
        range_server(listing(leaked)) as server,
        serving(shared_database_url, tmp_path, breached_passwords_url=server.url) as house,
    ):
        told = (await asked(house, leaked)).json()
        assert [reason["code"] for reason in told["reasons"]] == ["password_breached"]
        assert told["score"] == 1
