"""Forms that programs send: told apart, never lost, and for privacy never refused."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core.language import LANGUAGES
from app.security.form_tokens import FormTokens, do
from app.services import contact_forms
from app.services.contact_clocks import due_at
from tests.support.contacts import PUBLIC, ask, body, change, form, found, post, stored
from tests.support.people import add_staff
from tests.support.post import mails
from tests.support.service import Service, serving
from tests.support.stage import comparable
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINKS = "Veja https://a.example/1 https://b.example/2 e https://c.example/3 cassino online!"


async def fetch(house: Service) -> dict[str, Any]:
    """A form as it is told."""
    told: dict[str, Any] = (await house.client.get(f"{PUBLIC}/form")).json()
    return told


def sent(told: dict[str, Any]) -> dict[str, str]:
    return {"form_token": told["form_token"], "work": do(told["form_token"], told["bits"])}


async def unfit(house: Service, how: str) -> dict[str, Any]:
    """A form that is not as it should be, in one way."""
    if how == "missing":
        return {}
    if how == "early":
        return sent(await fetch(house))
    good = await form(house)
    if how == "bait":
        return good | {"website": "https://compre.example"}
    if how == "used":
        await post(house, body("antes@exemplo.com.br", **good))
    elif how == "expired":
        house.clock.ahead += contact_forms.LIFETIME
    elif how == "workless":
        good["work"] = "x"
    elif how == "without_work":
        del good["work"]
    elif how == "tampered":
        last = good["form_token"][-1]
        good["form_token"] = good["form_token"][:-1] + ("B" if last != "B" else "C")
    elif how == "foreign":
        now = house.clock() - contact_forms.LEAST_TIME
        good["form_token"] = FormTokens(b"another service's key" * 2).issue(now, 4, None)
        good["work"] = do(good["form_token"], 4)
    elif how == "of_the_future":
        now = house.clock() + timedelta(minutes=2)
        good["form_token"] = house.platform.form_tokens.issue(now, 4, None)
        good["work"] = do(good["form_token"], 4)
    else:
        good["form_token"] = how
    return good


REFUSED = [
    *(("missing", "token_missing"), ("tampered", "token_missing"), ("foreign", "token_missing")),
    *(("", "token_missing"), ("AQ" * 200, "token_missing"), ("ção=\u0000", "token_missing")),
    *(("expired", "token_expired"), ("of_the_future", "token_expired"), ("used", "token_used")),
    *(("workless", "work_missing"), ("without_work", "work_missing")),
]


@pytest.mark.parametrize(("how", "sign"), REFUSED, ids=lambda each: repr(each)[:20])
async def test_an_unfit_form_is_to_be_fetched_anew_but_sets_privacy_apart(
    house: Service, how: str, sign: str
) -> None:
    address = "robo@exemplo.com.br"
    for topic in ("contact", "quote"):
        refused = await post(house, body(address, topic, **await unfit(house, how)))
        assert code(refused) == (403, "form_token_invalid")
    apart = await post(house, body(address, "privacy", **await unfit(house, how)))
    assert apart.status_code == 202
    row = await stored(house, apart.json()["reference"])
    assert (row.status, row.spam_signs, row.spam_score) == ("suspected_spam", {sign: 100}, 100)
    assert (row.due_at, row.acknowledged_at) == (due_at("privacy", row.received_at), None)
    assert await mails(house.platform, recipient=address) == []


@pytest.mark.parametrize(
    ("how", "sign"), [("bait", "trap_filled"), ("early", "too_quick")], ids=str
)
async def test_what_a_program_does_is_answered_alike_and_set_apart(
    house: Service, how: str, sign: str
) -> None:
    address = f"{how}@exemplo.com.br"
    good = await post(house, body("gente@exemplo.com.br", **await form(house)))
    bad = await post(house, body(address, **await unfit(house, how)))
    assert comparable(bad)[:2] == comparable(good)[:2]
    row = await stored(house, bad.json()["reference"])
    assert (row.status, row.spam_signs) == ("suspected_spam", {sign: 100})
    assert await mails(house.platform, recipient=address) == []


async def test_of_two_with_one_token_one_is_taken(house: Service) -> None:
    good = await form(house)
    answers = await asyncio.gather(
        *(post(house, body(f"corrida-{n}@exemplo.com.br", **good)) for n in range(5))
    )
    assert Counter(answer.status_code for answer in answers) == {202: 1, 403: 4}
    good = await form(house)
    answers = await asyncio.gather(
        *(post(house, body(f"duas-{n}@exemplo.com.br", "privacy", **good)) for n in range(3))
    )
    rows = [await stored(house, answer.json()["reference"]) for answer in answers]
    assert Counter(row.status for row in rows) == {"open": 1, "suspected_spam": 2}


async def test_a_refused_request_leaves_the_token_good(house: Service) -> None:
    good = await form(house)
    bad = body("tentativa@exemplo.com.br", **good) | {"message": ""}
    assert code(await post(house, bad)) == (422, "validation_failed")
    assert (await post(house, body("tentativa@exemplo.com.br", **good))).status_code == 202


async def test_spam_is_kept_apart_for_people_to_release(house: Service) -> None:
    address = "vendas@exemplo.com.br"
    reference = await ask(house, address, "privacy", message=LINKS)
    officer = await add_staff(house.platform, "privacy_officer")
    listed = await found(house, officer, status="suspected_spam", reference=reference)
    [item] = listed
    assert item["spam_signs"] == {"many_links": 60, "gambling": 70}
    assert item["spam_score"] == 130
    assert await mails(house.platform, recipient=address) == []
    house.clock.ahead += timedelta(days=3)
    officer = await add_staff(house.platform, "privacy_officer")
    released = await change(house, officer, item["id"], status="open")
    assert released.status_code == 200, released.text
    row = await stored(house, reference)
    assert row.due_at - row.received_at < timedelta(days=16), "from when it came"
    assert row.acknowledged_at is not None
    assert len(await mails(house.platform, recipient=address)) == 1
    assert code(await change(house, officer, item["id"], status="open")) == (409, "conflict")


async def test_the_laws_clock_runs_for_what_is_kept_apart(house: Service) -> None:
    address = "apartada@exemplo.com.br"
    first, second = [await ask(house, address, "privacy", message=LINKS) for _ in range(2)]
    row = await stored(house, first)
    house.clock.ahead += timedelta(days=1)
    third = await ask(house, address, "privacy", message=LINKS)
    house.clock.ahead += row.due_at - house.clock() - timedelta(hours=1)
    officer = await add_staff(house.platform, "privacy_officer")
    for reference in (second, third):
        item = await stored(house, reference)
        assert (await change(house, officer, item.id, status="open")).status_code == 200
    [mail] = await mails(house.platform, recipient=address)
    assert mail.params["due_at"] == row.due_at.isoformat()
    assert mail.params["late"] is False
    house.clock.ahead += timedelta(days=2)
    officer = await add_staff(house.platform, "privacy_officer")
    [listed] = await found(house, officer, reference=first)
    assert (listed["status"], listed["overdue"]) == ("suspected_spam", True)
    released = await change(house, officer, row.id, status="open")
    assert released.json()["due_at"] == listed["due_at"]
    late = (await mails(house.platform, recipient=address))[-1]
    assert late.params["references"][0] == first
    texts = [
        house.platform.mail_templates.render(late.template, language, late.params).text
        for language in LANGUAGES
    ]
    assert all(
        words in text for words, text in zip(("já passou", "has passed"), texts, strict=True)
    )
    assert f"{row.due_at:%Y}" not in "".join(texts), "no date is promised that is over"


async def test_a_form_costs_more_where_many_were_sent(house: Service) -> None:
    assert [contact_forms.bits_after(used) for used in (0, 3, 4, 8, 16, 10**6)] == [
        *(12, 12, 13, 14, 15),
        18,
    ]
    before = (await fetch(house))["bits"]
    for number in range(contact_forms.UNCOUNTED * 8):
        platform = house.platform
        token = platform.form_tokens.issue(house.clock(), 0, f"198.51.100.{number}/24")
        house_form = {"form_token": token, "work": "0"}
        house.clock.ahead += contact_forms.LEAST_TIME
        answer = await post(house, body(f"custo-{number}@exemplo.com.br", **house_form))
        row = await stored(house, answer.json()["reference"])
        assert row.spam_signs == {"other_network": 30}, "fetched elsewhere, which alone is no spam"
        assert row.status == "open"
    assert (await fetch(house))["bits"] > before
    house.clock.ahead += contact_forms.COUNTED_WITHIN
    assert (await fetch(house))["bits"] == contact_forms.USUAL_BITS


async def test_used_forms_are_forgotten_long_after_they_expired(house: Service) -> None:
    good = await form(house)
    await post(house, body("memoria@exemplo.com.br", **good))
    await contact_forms.purge(house.platform)
    assert code(await post(house, body("memoria@exemplo.com.br", **good))) == (
        403,
        "form_token_invalid",
    )


async def test_too_many_are_told_to_wait(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("throttled")
    async with serving(shared_database_url, folder, throttle="on") as house:
        answers: list[httpx.Response] = [
            await post(house, body("insiste@exemplo.com.br", "privacy")) for _ in range(4)
        ]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        other = await post(house, body("outra@exemplo.com.br", "privacy"))
        assert other.status_code == 202
        forms = [await house.client.get(f"{PUBLIC}/form") for _ in range(121)]
        assert Counter(answer.status_code for answer in forms) == {200: 120, 429: 1}
