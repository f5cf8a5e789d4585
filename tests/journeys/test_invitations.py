"""Asking trusted people in: who may, to what, and what the mail holds."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.models import (
    Invitation,
    Login,
    OneTimeToken,
    OutboxMessage,
    Session,
)
from tests.support.people import (
    add_customer,
    add_member,
    bearer,
    open_customer_session,
)
from tests.support.post import mails, secret, token_sent_to
from tests.support.records import events, rows
from tests.support.service import Service
from tests.support.stage import comparable
from tests.support.trust import INVITATIONS, accept_as_new, code, invite, store, token_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_answer_never_tells_whether_the_address_has_a_login(house: Service) -> None:
    maria, known = await add_customer(house.platform), await add_customer(house.platform)
    shapes = []
    for email in (known.email, "ninguem@exemplo.com.br"):
        answer = await invite(house, maria.headers, email, "invoices")
        assert answer.status_code == 201
        body = answer.json()
        assert body.pop("email") == email
        for name in ("id", "created_at", "expires_at"):
            body.pop(name)
        headers = {name for name in answer.headers if name != "content-length"}
        shapes.append((body, headers))
        [mail] = await mails(house.platform, recipient=email, template="invitation")
        assert mail.login_id is None
    assert shapes[0] == shapes[1]
    listed = (await house.client.get(INVITATIONS, headers=maria.headers)).json()["items"]
    assert {item["email"] for item in listed} == {known.email, "ninguem@exemplo.com.br"}


async def test_the_mail_is_in_the_language_of_whoever_reads_it(house: Service) -> None:
    maria, known = await add_customer(house.platform), await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Login).where(Login.id == known.login_id).values(language="en")
        )
    await invite(house, maria.headers, known.email, "invoices")
    await invite(house, maria.headers, "lingua@exemplo.com.br", "invoices")
    [english] = await mails(house.platform, recipient=known.email, template="invitation")
    [portuguese] = await mails(house.platform, recipient="lingua@exemplo.com.br")
    assert (english.language, portuguese.language) == ("en", "pt-BR")
    assert english.params["permissions"] == ["Invoices: see what is due"]


async def test_a_token_stands_nowhere_in_clear(house: Service) -> None:
    maria = await add_customer(house.platform)
    await invite(house, maria.headers, "claro@exemplo.com.br", "invoices", note="Olá, Clara")
    [mail] = await mails(house.platform, recipient="claro@exemplo.com.br")
    link = secret(house.platform, mail)["link"]
    token = link.partition("#token=")[2]
    assert len(token) == 43
    for model in (OutboxMessage, OneTimeToken, Invitation):
        for row in await rows(house.platform, select(model.__table__)):
            assert token not in repr(tuple(row))
    assert mail.params["note"] == "Olá, Clara"
    assert set(mail.params) & {"link", "token"} == set()


async def test_inviting_again_replaces_the_open_invitation(house: Service) -> None:
    maria, email = await add_customer(house.platform), "de-novo@exemplo.com.br"
    first = await invite(house, maria.headers, email, "invoices")
    old = await token_of(house, email)
    second = await invite(house, maria.headers, "De-Novo@Exemplo.com.br", "support")
    assert second.status_code == 201
    assert code(await accept_as_new(house, old)) == (403, "one_time_token_invalid")
    token = await token_sent_to(house.platform, second.json()["email"], "invitation")
    taken = await accept_as_new(house, token)
    assert (taken.status_code, taken.json()["permissions"]) == (201, ["support"])
    listed = (await house.client.get(INVITATIONS, headers=maria.headers)).json()["items"]
    assert [item["id"] for item in listed] == [second.json()["id"], first.json()["id"]]
    assert listed[0]["accepted_at"] is not None
    assert listed[1]["withdrawn_at"] is not None


async def test_an_invitation_that_was_withdrawn_is_good_for_nothing(house: Service) -> None:
    maria, email = await add_customer(house.platform), "retirado@exemplo.com.br"
    invited = await invite(house, maria.headers, email, "invoices")
    token, path = await token_of(house, email), f"{INVITATIONS}/{invited.json()['id']}"
    for _ in range(2):
        withdrawn = await house.client.delete(path, headers=maria.headers)
        assert withdrawn.status_code == 204
    assert code(await accept_as_new(house, token)) == (403, "one_time_token_invalid")
    other = await add_customer(house.platform)
    for address, headers in ((path, other.headers), (f"{INVITATIONS}/x", maria.headers)):
        assert code(await house.client.delete(address, headers=headers)) == (404, "not_found")


async def test_an_accepted_invitation_is_not_withdrawn(house: Service) -> None:
    maria, email = await add_customer(house.platform), "aceito@exemplo.com.br"
    invited = await invite(house, maria.headers, email, "invoices")
    await accept_as_new(house, await token_of(house, email))
    path = f"{INVITATIONS}/{invited.json()['id']}"
    assert code(await house.client.delete(path, headers=maria.headers)) == (409, "conflict")


@pytest.mark.parametrize(
    ("held", "asked", "status"),
    [
        (("members", "invoices"), ("invoices",), 201),
        (("members", "invoices"), ("members",), 201),
        (("members", "invoices"), ("invoices", "support"), 403),
        (("members",), ("owner",), 403),
        (
            ("members", "profile", "invoices", "support", "backups", "consents"),
            ("owner",),
            403,
        ),
        (("owner",), ("owner",), 201),
        (("owner",), ("support", "backups"), 201),
    ],
)
async def test_nobody_gives_what_they_do_not_hold(
    house: Service, held: tuple[str, ...], asked: tuple[str, ...], status: int
) -> None:
    maria = await add_customer(house.platform)
    giver = await add_member(house.platform, maria.id, *held)
    answer = await invite(house, giver.headers, "presente@exemplo.com.br", *asked)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["code"] == "beyond_own_permissions"
        assert await mails(house.platform, customer_id=maria.id) == []
        [event] = await events(house.platform, actor_id=giver.login_id, outcome="refused")
        assert event.action == "customer:invitation:create"


async def test_a_set_is_given_only_whole(house: Service) -> None:
    maria = await add_customer(house.platform)
    giver = await add_member(house.platform, maria.id, "members", "support")
    for name, status in (("ti", 403), ("financeiro", 403)):
        answer = await invite(house, giver.headers, "conjunto@exemplo.com.br", set=name)
        assert answer.status_code == status
    able = await add_member(house.platform, maria.id, "members", "support", "backups")
    answer = await invite(house, able.headers, "conjunto@exemplo.com.br", set="ti")
    assert answer.json()["permissions"] == ["support", "backups"]


async def test_nobody_gives_more_time_than_they_have(house: Service) -> None:
    maria, now = await add_customer(house.platform), house.clock()
    ends = now + timedelta(days=30)
    giver = await add_member(house.platform, maria.id, "members", "invoices", expires_at=ends)
    without = await invite(house, giver.headers, "prazo-1@exemplo.com.br", "invoices")
    assert without.json()["membership_expires_at"] == ends.isoformat().replace("+00:00", "Z")
    for days, status in ((29, 201), (31, 403)):
        until = (now + timedelta(days=days)).isoformat()
        answer = await invite(
            house, giver.headers, f"prazo-{days}@exemplo.com.br", "invoices", expires_at=until
        )
        assert answer.status_code == status, answer.text
    past = (now - timedelta(seconds=1)).isoformat()
    answer = await invite(
        house, maria.headers, "passado@exemplo.com.br", "invoices", expires_at=past
    )
    assert code(answer) == (422, "validation_failed")
    assert answer.json()["errors"] == [
        {
            "pointer": "/expires_at",
            "code": "date_not_future",
            "message": "Precisa estar no futuro.",
        }
    ]


async def test_a_member_is_not_invited_again_until_they_are_gone(house: Service) -> None:
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    again = await invite(house, maria.headers, member.email, "support")
    assert code(again) == (409, "already_member")
    gone = await house.client.delete(f"/v1/customer/members/{member.id}", headers=maria.headers)
    assert gone.status_code == 204
    assert (await invite(house, maria.headers, member.email, "support")).status_code == 201


async def test_one_key_sends_one_invitation(house: Service) -> None:
    maria, other = await add_customer(house.platform), await add_customer(house.platform)
    email, key = "uma-vez@exemplo.com.br", {"Idempotency-Key": "convite-uma-vez"}
    headers = maria.headers | key
    answers = await asyncio.gather(*(invite(house, headers, email, "invoices") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await mails(house.platform, recipient=email)) == 1
    assert (
        len(
            await events(
                house.platform, action="customer:invitation:create", actor_id=maria.login_id
            )
        )
        == 6
    )
    another = await invite(house, headers, email, "support")
    assert code(another) == (422, "idempotency_key_reused")
    theirs = await invite(house, other.headers | key, email, "invoices")
    assert theirs.status_code == 201
    assert theirs.json()["id"] != answers[0].json()["id"], "a key is its caller's own"


async def test_a_key_is_apart_in_each_account_of_its_caller(house: Service) -> None:
    maria, second = await add_customer(house.platform), await add_customer(house.platform)
    there = bearer(await open_customer_session(house.platform, maria.login_id, second.id))
    email, key = "dois-lugares@exemplo.com.br", {"Idempotency-Key": "o-mesmo-convite"}
    answers = [
        await invite(house, headers | key, email, "invoices") for headers in (maria.headers, there)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert len(await mails(house.platform, recipient=email, customer_id=second.id)) == 1


async def test_an_answer_is_not_repeated_to_who_may_not_invite_any_more(house: Service) -> None:
    maria = await add_customer(house.platform)
    helper = await add_member(house.platform, maria.id, "members", "invoices")
    headers = helper.headers | {"Idempotency-Key": "antes-e-depois"}
    assert (await invite(house, headers, "repete@exemplo.com.br", "invoices")).status_code == 201
    await store(house, helper.id, permissions=("invoices",))
    again = await invite(house, headers, "repete@exemplo.com.br", "invoices")
    assert code(again) == (403, "forbidden")


async def test_invitations_are_written_by_somebody_who_is_there(house: Service) -> None:
    maria = await add_customer(house.platform)
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            update(Session)
            .where(Session.id == maria.session_id)
            .values(proved_at=house.clock() - timedelta(minutes=5, seconds=1))
        )
    answer = await invite(house, maria.headers, "ausente@exemplo.com.br", "invoices")
    assert code(answer) == (401, "step_up_required")
    assert await mails(house.platform, recipient="ausente@exemplo.com.br") == []


async def test_names_in_a_mail_to_a_stranger_lead_nowhere(house: Service) -> None:
    maria = await add_customer(house.platform, name="Ganhe em www.golpe.com.br/entre")
    await invite(house, maria.headers, "estranha@exemplo.com.br", "invoices")
    [mail] = await mails(house.platform, recipient="estranha@exemplo.com.br")
    assert mail.params["account_name"] == "Ganhe em www golpe com br entre"
    asking = await add_customer(house.platform, name="Responda com a sua senha")
    await invite(house, asking.headers, "outra-estranha@exemplo.com.br", "invoices")
    [mail] = await mails(house.platform, recipient="outra-estranha@exemplo.com.br")
    assert mail.params["account_name"] == mail.params["inviter_name"] == "(nome omitido)"
    refused = await invite(
        house, maria.headers, "estranha@exemplo.com.br", "invoices", note="Veja www.golpe.com"
    )
    assert refused.json()["errors"][0]["code"] == "text_with_link"


async def test_an_unknown_account_is_answered_like_any_other(house: Service) -> None:
    maria = await add_customer(house.platform)
    nobody = "01a19467-e800-7e96-9097-3b43b5d82b45"
    other = await add_customer(house.platform)
    theirs = (await invite(house, other.headers, "delas@exemplo.com.br", "invoices")).json()["id"]
    answers = [
        await house.client.delete(f"{INVITATIONS}/{one}", headers=maria.headers)
        for one in (nobody, theirs)
    ]
    assert comparable(answers[0]) == comparable(answers[1])
    assert answers[0].status_code == 404
