"""What strangers and customers write to the agency: received, acknowledged, and nothing told."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.core.business_days import ZONE
from app.core.emails import mailbox_key
from app.models import ContactRequest, Login
from app.services import contact_acknowledgements
from tests.support.contacts import DESK, MESSAGE, OWN, PUBLIC, ask, body, form, found, post, stored
from tests.support.people import PASSWORD, add_customer, add_member, add_staff
from tests.support.post import mails
from tests.support.records import count, events
from tests.support.service import Service
from tests.support.stage import comparable
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECEIVED = contact_acknowledgements.TEMPLATE


async def test_a_question_is_received_acknowledged_and_has_its_deadline(house: Service) -> None:
    now = house.clock()
    headers = {"Accept-Language": "en"}
    sent = body("Titular@exemplo.com.br", "privacy", name="  Ana   Sá ", **await form(house))
    answer = await post(house, sent, headers)
    assert answer.status_code == 202
    reference = answer.json()["reference"]
    row = await stored(house, reference)
    assert (row.topic, row.status, row.name, row.language) == ("privacy", "open", "Ana Sá", "en")
    assert (row.message, row.spam_score, row.spam_signs) == (MESSAGE, 0, {})
    due = row.due_at.astimezone(ZONE)
    assert (due.date() - now.astimezone(ZONE).date()).days == 15
    assert (due.hour, due.minute, due.second) == (23, 59, 59)
    [mail] = await mails(house.platform, recipient="Titular@exemplo.com.br")
    assert (mail.template, mail.language, mail.state) == (RECEIVED, "en", "queued")
    assert mail.params["references"] == [reference]
    assert datetime.fromisoformat(mail.params["due_at"]) == row.due_at
    assert row.acknowledged_at is not None
    rendered = house.platform.mail_templates.render(RECEIVED, "en", mail.params)
    for typed in (MESSAGE, "Ana", "Sá", "Titular"):
        assert typed not in rendered.text + rendered.html + rendered.subject
    [event] = await events(house.platform, subject_id=row.id)
    assert (event.action, event.actor_kind) == ("public:contact_request:create", "anonymous")


async def test_other_topics_have_no_deadline_and_another_department(house: Service) -> None:
    for topic, role in (("contact", "support"), ("quote", "marketing")):
        reference = await ask(house, f"{topic}@exemplo.com.br", topic, company="Padaria")
        row = await stored(house, reference)
        assert (row.topic, row.due_at, row.company, row.phone) == (topic, None, "Padaria", None)
        person = await add_staff(house.platform, role)
        answer = await house.client.get(f"{DESK}/{row.id}", headers=person.headers)
        assert (answer.status_code, answer.json()["overdue"]) == (200, False)


async def test_nobody_learns_whether_an_address_is_known(house: Service) -> None:
    maria = await add_customer(house.platform)
    known = await post(house, body(maria.email, "privacy", **await form(house)))
    unknown = await post(house, body("quem@exemplo.com.br", "privacy", **await form(house)))
    assert known.status_code == unknown.status_code == 202
    hidden = {"content-length"}
    for one, other in zip(comparable(known)[1], comparable(unknown)[1], strict=True):
        assert one == other or one[0] in hidden
    letters = [
        (await mails(house.platform, recipient=address))[0]
        for address in (maria.email, "quem@exemplo.com.br")
    ]
    for letter in letters:
        assert (letter.template, letter.login_id, letter.customer_id) == (RECEIVED, None, None)
    assert (await house.client.get(OWN, headers=maria.headers)).json()["items"] == []


async def test_an_address_is_acknowledged_once_a_day_and_the_rest_together(house: Service) -> None:
    address = "muitas@exemplo.com.br"
    # First as many connections as will be needed: else the first is through before the next opens.
    await asyncio.gather(
        *(post(house, body(f"antes-{number}@exemplo.com.br", "privacy")) for number in range(5))
    )
    spellings = (address, "MUITAS@exemplo.com.br", "Muitas+2@exemplo.com.br")
    forms = [await form(house) for _ in spellings]
    answers = await asyncio.gather(
        *(
            post(house, body(spelled, "contact", **one))
            for spelled, one in zip(spellings, forms, strict=True)
        )
    )
    assert [answer.status_code for answer in answers] == [202] * 3
    references = [answer.json()["reference"] for answer in answers]
    first = [
        mail
        for mail in await mails(house.platform, template=RECEIVED)
        if mailbox_key(mail.recipient) == address
    ]
    assert len(first) == 1
    await contact_acknowledgements.catch_up(house.platform)
    waiting = [one for one in references if (await stored(house, one)).acknowledged_at is None]
    assert len(waiting) == 2
    house.clock.ahead += timedelta(days=1, minutes=1)
    await asyncio.gather(*(contact_acknowledgements.catch_up(house.platform) for _ in range(2)))
    all_ = [
        mail
        for mail in await mails(house.platform, template=RECEIVED)
        if mailbox_key(mail.recipient) == address
    ]
    assert len(all_) == 2
    assert sorted(all_[1].params["references"]) == sorted(waiting)
    await contact_acknowledgements.catch_up(house.platform)
    for one in references:
        assert (await stored(house, one)).acknowledged_at is not None


async def test_a_clock_that_was_set_back_keeps_nobody_waiting(house: Service) -> None:
    address = "relogio@exemplo.com.br"
    early = await ask(house, address)
    async with house.platform.database.transaction() as connection:
        chosen = update(ContactRequest).where(ContactRequest.reference == early)
        in_a_year = house.clock() + timedelta(days=365)
        await connection.execute(chosen.values(acknowledged_at=in_a_year))
    late = await stored(house, await ask(house, address))
    assert late.acknowledged_at is not None


async def test_nobody_learns_a_password_by_what_is_taken_out(house: Service) -> None:
    maria = await add_customer(house.platform)
    kept: set[tuple[str, str]] = set()
    for address in (maria.email, "outra@exemplo.com.br"):
        for word in (PASSWORD, "Outra-coisa-99!"):
            text = f"minha senha: Abacaxi-99! e uso também {word} no painel"
            reference = await ask(house, address, "privacy", message=text, subject=f"é {word}")
            row = await stored(house, reference)
            kept.add((row.message, row.subject))
    removed = "[senha removida]"
    assert kept == {(f"minha senha: {removed} e uso também {removed} no painel", f"é {removed}")}
    refused = await post(house, body(address, name="senha: Abacaxi-99!", **await form(house)))
    assert code(refused) == (422, "validation_failed")


async def test_the_same_key_asks_once(house: Service) -> None:
    before = await count(house.platform, ContactRequest)
    sent = body("chave@exemplo.com.br", **await form(house))
    headers = {"Idempotency-Key": "uma-vez-so-123"}
    answers = await asyncio.gather(*(post(house, sent, headers) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert await count(house.platform, ContactRequest) == before + 1
    other = await post(house, sent | {"message": "Outra coisa bem diferente."}, headers)
    assert code(other) == (422, "idempotency_key_reused")
    elsewhere = httpx.ASGITransport(app=house.app, client=("198.51.100.7", 123))
    async with httpx.AsyncClient(transport=elsewhere, base_url=house.client.base_url) as client:
        stranger = await client.post(
            PUBLIC, json=body("outro@exemplo.com.br", **await form(house)), headers=headers
        )
    assert stranger.status_code == 202, "strangers elsewhere have keys of their own"


UGLY: list[dict[str, Any]] = [
    {"name": "Ana\r\nBcc: vitima@exemplo.com.br"},
    {"name": "\ud800"},
    {"name": "Ana\x00"},
    {"subject": "Oi\nTo: outro@exemplo.com.br"},
    {"message": "\x00"},
    {"message": "a" * 5001},
    {"message": " \u200b "},
    {"email": "vitima@exemplo.com.br\r\nCc: x@exemplo.com.br"},
    {"email": "a@b"},
    {"topic": "outro"},
    {"form_token": 7},
    {"status": "open"},
    {"language": "de"},
]


@pytest.mark.parametrize("ugly", UGLY, ids=lambda ugly: repr(ugly)[:40])
async def test_what_is_no_request_is_refused_with_the_form_still_good(
    house: Service, ugly: dict[str, Any]
) -> None:
    before = await count(house.platform, ContactRequest)
    good = body("feio@exemplo.com.br", **await form(house))
    content = json.dumps(good | ugly)  # ASCII: a surrogate stays as it is
    answer = await house.client.post(
        PUBLIC, content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422), answer.text
    assert "vitima" not in answer.text
    assert await count(house.platform, ContactRequest) == before
    assert (await post(house, good)).status_code == 202


async def test_a_huge_body_is_no_request(house: Service) -> None:
    sent = body("grande@exemplo.com.br", message="a" * (1024 * 1024))
    assert code(await post(house, sent)) == (413, "payload_too_large")


async def test_a_customer_asks_and_reads_the_answers(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    officer = await add_staff(house.platform, "privacy_officer")
    asked = await house.client.post(
        OWN,
        json={"topic": "privacy", "message": f"Guardam a minha senha {PASSWORD}?"},
        headers=maria.headers,
    )
    assert asked.status_code == 201, asked.text
    record = asked.json()
    assert record["email"] == maria.email
    assert record["customer_id"] == str(maria.id)
    assert (record["status"], record["answers"], record["overdue"]) == ("open", [], False)
    assert PASSWORD not in record["message"]
    assert not {"spam_score", "spam_signs", "assigned_to", "login_id"} & record.keys()
    [mail] = await mails(house.platform, recipient=maria.email)
    assert mail.template == RECEIVED
    text = "Não: guardamos só um resumo dela."
    answered = await house.client.post(
        f"{DESK}/{record['id']}/answers", json={"text": text}, headers=officer.headers
    )
    assert answered.status_code == 201, answered.text
    [seen] = (await house.client.get(OWN, headers=maria.headers)).json()["items"]
    assert (seen["status"], [each["text"] for each in seen["answers"]]) == ("answered", [text])
    assert seen["answers"][0]["role"] == "privacy_officer"
    assert (await house.client.get(OWN, headers=other.headers)).json()["items"] == []
    await found(house, officer, customer_id=str(maria.id))
    log = (await house.client.get("/v1/customer/access-log", headers=maria.headers)).json()
    assert [item["action"] for item in log["items"]] == [
        "staff:contact_request:list",
        "staff:contact_request:read",
        "staff:contact_request:answer",
    ]


async def test_each_member_sees_what_they_asked_themselves(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    question = {"topic": "contact", "message": MESSAGE}
    assert (await house.client.post(OWN, json=question, headers=member.headers)).status_code == 201
    assert len((await house.client.get(OWN, headers=member.headers)).json()["items"]) == 1
    assert (await house.client.get(OWN, headers=maria.headers)).json()["items"] == []


async def test_a_customers_language_is_the_logins(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        chosen = update(Login).where(Login.id == maria.login_id)
        await connection.execute(chosen.values(language="en"))
    question = {"topic": "quote", "message": "A site, please, with a shop.", "company": "ACME"}
    asked = await house.client.post(OWN, json=question, headers=maria.headers)
    assert (asked.json()["language"], asked.json()["company"]) == ("en", "ACME")
    secret = await house.client.post(
        OWN, json=question | {"company": f"senha {PASSWORD}"}, headers=maria.headers
    )
    assert code(secret) == (422, "validation_failed")
