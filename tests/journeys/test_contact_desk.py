"""What staff do with what people write: each role its topics, with the law's clock."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from app.services import contact_clocks
from tests.support.contacts import DESK, ask, change, found, reply, stored
from tests.support.people import REASON, add_all_staff, add_customer, add_staff
from tests.support.post import mails, secret
from tests.support.records import events
from tests.support.service import Service
from tests.support.stage import comparable
from tests.support.trust import code

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOBODY = "01a19467-e800-7e96-9097-3b43b5d82b45"
ROWS = {
    "director": {"privacy", "contact", "quote"},
    "systems_engineer": {"privacy", "contact", "quote"},
    "privacy_officer": {"privacy", "contact", "quote"},
    "support": {"contact"},
    "marketing": {"quote"},
    "billing": set(),
    "production": set(),
}


@pytest.mark.parametrize("role", ROWS)
async def test_each_role_sees_and_answers_its_topics(house: Service, role: str) -> None:
    person = await add_staff(house.platform, role)
    rows = {
        topic: await stored(house, await ask(house, f"{role}-{topic}@exemplo.com.br", topic))
        for topic in ("privacy", "contact", "quote")
    }
    if not ROWS[role]:
        refused = await house.client.get(DESK, headers=person.headers)
        assert code(refused) == (403, "forbidden")
    else:
        listed = {item["topic"] for item in await found(house, person)}
        assert listed == ROWS[role]
    for topic, row in rows.items():
        seen = topic in ROWS[role]
        missing = 404 if ROWS[role] else 403
        writes = role not in ("systems_engineer", "billing", "production")
        read = await house.client.get(f"{DESK}/{row.id}", headers=person.headers)
        assert read.status_code == (200 if seen else missing)
        answered = await reply(house, person, row.id, "Segue a resposta.")
        assert answered.status_code == ((201 if seen else missing) if writes else 403)
        changed = await change(house, person, row.id, assigned_to=str(person.id))
        assert changed.status_code == ((200 if seen else missing) if writes else 403)


async def test_hidden_and_missing_are_one_answer(house: Service) -> None:
    support = await add_staff(house.platform, "support")
    row = await stored(house, await ask(house, "oculta@exemplo.com.br", "quote"))
    hidden = await house.client.get(f"{DESK}/{row.id}", headers=support.headers)
    missing = await house.client.get(f"{DESK}/{NOBODY}", headers=support.headers)
    assert comparable(hidden) == comparable(missing)
    assert code(hidden) == (404, "not_found")


async def test_an_answer_is_scanned_mailed_and_kept(house: Service) -> None:
    address = "pergunta@exemplo.com.br"
    officer = await add_staff(house.platform, "privacy_officer")
    reference = await ask(house, address, "privacy")
    row = await stored(house, reference)
    asking = await reply(house, officer, row.id, "Informe a sua senha para continuar.")
    assert code(asking) == (422, "validation_failed")
    first = await reply(
        house, officer, row.id, "Quem é você? Veja https://golpe.example/x", interim=True
    )
    assert first.status_code == 201, first.text
    assert (first.json()["status"], first.json()["answered_at"]) == ("open", None)
    headers = officer.headers | {"Idempotency-Key": "resposta-uma-vez"}
    body = {"text": "Guardamos nome,\ne-mail e telefone."}
    full = await asyncio.gather(
        *(
            house.client.post(f"{DESK}/{row.id}/answers", json=body, headers=headers)
            for _ in range(3)
        )
    )
    assert {answer.status_code for answer in full} == {201}
    assert len({answer.content for answer in full}) == 1
    answered = full[0].json()
    assert (answered["status"], len(answered["answers"])) == ("answered", 2)
    assert answered["answered_at"] is not None
    letters = await mails(house.platform, batch=f"contact_request:{row.id}")
    assert [letter.template for letter in letters] == ["contact_answer"] * 2
    opened = [secret(house.platform, letter)["answer"] for letter in letters]
    assert opened == ["Quem é você? Veja https golpe example x", body["text"]]
    assert all("Guardamos" not in repr(letter.params) for letter in letters)
    assert letters[1].recipient == address
    params = letters[1].params | {"answer": opened[1]}
    rendered = house.platform.mail_templates.render("contact_answer", "pt-BR", params)
    assert reference in rendered.subject
    log = repr(await events(house.platform, actor_id=officer.id))
    assert "Guardamos" not in log


async def test_markup_in_an_answer_is_text(house: Service) -> None:
    support = await add_staff(house.platform, "support")
    row = await stored(house, await ask(house, "html@exemplo.com.br"))
    text = "<a href='x'>clique</a> & <script>"
    assert (await reply(house, support, row.id, text)).status_code == 201
    [letter] = await mails(house.platform, batch=f"contact_request:{row.id}")
    params = letter.params | secret(house.platform, letter)
    html = house.platform.mail_templates.render("contact_answer", "pt-BR", params).html
    assert "<script>" not in html
    assert "<a " not in html


async def test_the_laws_clock_is_shown_and_stops_with_the_answer(house: Service) -> None:
    row = await stored(house, await ask(house, "prazo@exemplo.com.br", "privacy"))
    path = f"{DESK}/{row.id}"
    house.clock.ahead += row.due_at - house.clock() - timedelta(minutes=5)
    officer = await add_staff(house.platform, "privacy_officer")
    before = await house.client.get(path, headers=officer.headers)
    assert before.json()["overdue"] is False
    house.clock.ahead += timedelta(minutes=10)
    late = await house.client.get(path, headers=officer.headers)
    assert late.json()["overdue"] is True
    assert late.headers["etag"] == before.headers["etag"], "nobody's edit is stale for it"
    [listed] = await found(house, officer, reference=row.reference)
    assert listed["overdue"] is True
    await reply(house, officer, row.id, "Ainda não.", interim=True)
    assert (await found(house, officer, reference=row.reference))[0]["overdue"] is True
    await reply(house, officer, row.id, "Aqui está.")
    assert (await found(house, officer, reference=row.reference))[0]["overdue"] is False


async def test_a_request_is_closed_with_a_reason_and_taken_up_again(house: Service) -> None:
    support = await add_staff(house.platform, "support")
    row = await stored(house, await ask(house, "fecha@exemplo.com.br"))
    for members, expected in (
        ({"status": "closed"}, (422, "validation_failed")),
        ({"closed_reason": "spam"}, (422, "validation_failed")),
        ({"status": "closed", "closed_reason": "answered"}, (409, "conflict")),
        ({"status": "open"}, (409, "conflict")),
        ({"status": "answered"}, (422, "validation_failed")),
        ({"topic": "quote"}, (403, "forbidden")),
        ({"topic": "outro"}, (422, "validation_failed")),
        ({"answers": []}, (422, "unknown_member")),
        ({"email": "x@exemplo.com.br"}, (422, "unknown_member")),
    ):
        assert code(await change(house, support, row.id, **members)) == expected, members
    closing = {"status": "closed", "closed_reason": "duplicate"}
    answers = await asyncio.gather(*(change(house, support, row.id, **closing) for _ in range(3)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 2}
    assert code(await reply(house, support, row.id, "Tarde demais.")) == (409, "conflict")
    again = await change(house, support, row.id, status="open")
    assert (again.json()["status"], again.json()["closed_reason"]) == ("open", None)
    await reply(house, support, row.id, "Pronto.")
    done = await change(house, support, row.id, status="closed", closed_reason="answered")
    assert (done.status_code, done.json()["status"]) == (200, "closed")
    kept = (await stored(house, row.reference)).kept_until
    assert kept == contact_clocks.kept_until(
        "contact", (await stored(house, row.reference)).closed_at
    )
    reopened = await change(house, support, row.id, status="open")
    assert reopened.json()["status"] == "answered"


@pytest.mark.parametrize(("role", "topic"), [("support", "contact"), ("marketing", "quote")])
async def test_a_question_under_the_wrong_topic_gets_its_clock(
    house: Service, role: str, topic: str
) -> None:
    person, officer, engineer = [
        await add_staff(house.platform, each)
        for each in (role, "privacy_officer", "systems_engineer")
    ]
    row = await stored(house, await ask(house, f"errada-{topic}@exemplo.com.br", topic))
    assert code(await change(house, engineer, row.id, topic="privacy")) == (403, "forbidden")
    await change(house, person, row.id, assigned_to=str(person.id))
    moved = await change(house, person, row.id, topic="privacy")
    assert moved.status_code == 200, moved.text
    due = contact_clocks.due_at("privacy", row.received_at)
    assert (moved.json()["topic"], moved.json()["assigned_to"]) == ("privacy", None)
    gone = await house.client.get(f"{DESK}/{row.id}", headers=person.headers)
    assert code(gone) == (404, "not_found")
    after = await stored(house, row.reference)
    assert (after.due_at, after.kept_until.year - row.kept_until.year) == (due, 3)
    deeds = await events(house.platform, subject_id=row.id, actor_id=person.id)
    updated = [deed.fields for deed in deeds if deed.action == "staff:contact_request:update"]
    assert ("topic", "due_at", "kept_until", "assigned_to") in updated
    back = await change(house, officer, row.id, topic=topic, assigned_to=str(person.id))
    assert (back.json()["topic"], back.json()["due_at"]) == (topic, None)
    kept = await change(house, person, row.id, topic="privacy", assigned_to=str(person.id))
    assert code(kept) == (422, "validation_failed"), "who will not see it keeps no task of it"


async def test_nobody_who_asks_about_data_is_closed_out_untold(house: Service) -> None:
    officer = await add_staff(house.platform, "privacy_officer")
    row = await stored(house, await ask(house, "calada@exemplo.com.br", "privacy"))
    for reason in ("no_reply", "not_identified", "not_ours"):
        closed = await change(house, officer, row.id, status="closed", closed_reason=reason)
        assert code(closed) == (409, "conflict"), reason
    await reply(house, officer, row.id, "Quem é você?", interim=True)
    closed = await change(house, officer, row.id, status="closed", closed_reason="no_reply")
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")


async def test_changes_start_from_what_was_read(house: Service) -> None:
    marketing = await add_staff(house.platform, "marketing")
    row = await stored(house, await ask(house, "orcamento@exemplo.com.br", "quote"))
    path = f"{DESK}/{row.id}"
    tag = (await house.client.get(path, headers=marketing.headers)).headers["etag"]
    taken = await change(house, marketing, row.id, tag, assigned_to=str(marketing.id))
    assert taken.json()["assigned_to"] == str(marketing.id)
    stale = await change(house, marketing, row.id, tag, assigned_to=None)
    assert code(stale) == (412, "precondition_failed")
    missing = await house.client.patch(path, json={"assigned_to": None}, headers=marketing.headers)
    assert code(missing) == (428, "precondition_required")


async def test_a_task_goes_to_who_may_see_it(house: Service) -> None:
    staff = {role.value: person for role, person in (await add_all_staff(house.platform)).items()}
    director = staff["director"]
    for topic in ("privacy", "contact", "quote"):
        row = await stored(house, await ask(house, f"tarefa-{topic}@exemplo.com.br", topic))
        for role, person in staff.items():
            answer = await change(house, director, row.id, assigned_to=str(person.id))
            assert answer.status_code == (200 if topic in ROWS[role] else 422), (topic, role)
        unknown = await change(house, director, row.id, assigned_to=NOBODY)
        assert unknown.json()["errors"][0]["code"] == "unknown_assignee"


async def test_lists_are_filtered_by_what_the_matrix_lets(house: Service) -> None:
    officer, support = [
        await add_staff(house.platform, role) for role in ("privacy_officer", "support")
    ]
    maria = await add_customer(house.platform)
    address = "filtro@exemplo.com.br"
    references = [await ask(house, address, topic) for topic in ("privacy", "contact", "contact")]
    found_by = [item["reference"] for item in await found(house, officer, email=address.upper())]
    assert found_by == references[::-1]
    assert [
        item["reference"] for item in await found(house, support, email=address, status="open")
    ] == references[:0:-1]
    assert await found(house, officer, customer_id=str(maria.id)) == []
    assert await found(house, officer, email=address, topic="quote") == []
    for name in ("message", "name", "login_id", "spam_score", "overdue", "email_key"):
        refused = await house.client.get(DESK, params={name: "x"}, headers=officer.headers)
        assert code(refused) == (422, "unknown_parameter"), name
    walked: list[str] = []
    cursor: str | None = None
    while True:
        params = {"email": address, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await house.client.get(DESK, params=params, headers=officer.headers)).json()
        walked += [item["reference"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == references[::-1]


async def test_engineers_give_a_reason_and_change_nothing(house: Service) -> None:
    engineer = await add_staff(house.platform, "systems_engineer")
    row = await stored(house, await ask(house, "motivo@exemplo.com.br", "privacy"))
    bare = {name: value for name, value in engineer.headers.items() if name != "X-Reason"}
    refused = await house.client.get(f"{DESK}/{row.id}", headers=bare)
    assert code(refused) == (422, "reason_required")
    assert code(await change(house, engineer, row.id, status="closed")) == (403, "forbidden")
    read = await house.client.get(f"{DESK}/{row.id}", headers=engineer.headers)
    assert read.status_code == 200
    [event] = await events(house.platform, subject_id=row.id, reason=REASON)
    assert event.action == "staff:contact_request:read"
