"""Staff who answer for the mails follow all of them; nobody reads what one says."""

from typing import Any

import pytest
from sqlalchemy import insert

from app.access.viewers import STAFF_ROLES, Viewer
from app.core.ids import new_id
from app.models import OutboxMessage
from tests.support.mails import mail, post
from tests.support.people import CustomerPerson, add_customer, add_staff
from tests.support.post import mails
from tests.support.records import events
from tests.support.service import Service
from tests.support.trust import code, invite

pytestmark = pytest.mark.asyncio(loop_scope="module")

MESSAGES = "/v1/staff/messages"
SEE_ALL = {Viewer.DIRECTOR, Viewer.SYSTEMS_ENGINEER}


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_each_role_sees_its_part_of_a_mail(house: Service, role: Viewer) -> None:
    maria, person = await add_customer(house.platform), await add_staff(house.platform, role)
    asked = f"convidada-{role.replace('_', '-')}@exemplo.com.br"
    assert (await invite(house, maria.headers, asked, "invoices")).status_code == 201
    (queued,) = await mails(house.platform, recipient=asked)
    answer = await house.client.get(f"{MESSAGES}?template=invitation", headers=person.headers)
    if role not in SEE_ALL | {Viewer.PRIVACY_OFFICER}:
        assert code(answer) == (403, "forbidden")
        return
    assert answer.status_code == 200, answer.text
    mail = answer.json()["items"][0]
    assert mail["id"] == str(queued.id), "the newest comes first"
    assert mail["recipient"] == (asked if role in SEE_ALL else "c***@exemplo.com.br")
    assert (mail["state"], mail["attempts"], mail["reason"]) == ("queued", 0, None)
    assert {"key", "params", "sealed", "lease", "staff_id"}.isdisjoint(mail)
    [event] = await events(house.platform, request_id=answer.headers["x-request-id"])
    assert event.action == "staff:outbox_message:list"
    assert event.rows == len(answer.json()["items"])


async def bounced(house: Service, person: CustomerPerson) -> dict[str, Any]:
    now = house.clock()
    row = {
        "id": new_id(),
        "batch": f"ensaio:{new_id()}",
        "template": f"ensaio_{new_id().hex}",
        "language": "pt-BR",
        "recipient": person.email,
        "params": {},
        "login_id": person.login_id,
        "customer_id": person.id,
        "state": "bounced",
        "attempts": 1,
        "code": 550,
        "reason": "refused",
        "created_at": now,
        "settled_at": now,
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(OutboxMessage).values(**row))
    return row


async def test_the_filters_choose(house: Service) -> None:
    director = await add_staff(house.platform, "director")
    mine, other = [await bounced(house, await add_customer(house.platform)) for _ in range(2)]
    for name in ("batch", "template", "login_id", "customer_id"):
        answer = await house.client.get(
            MESSAGES, params={name: str(mine[name])}, headers=director.headers
        )
        assert [item["id"] for item in answer.json()["items"]] == [str(mine["id"])], name
    failed = await house.client.get(f"{MESSAGES}?state=bounced", headers=director.headers)
    assert [item["id"] for item in failed.json()["items"]] == [str(other["id"]), str(mine["id"])]
    assert (failed.json()["items"][0]["code"], failed.json()["items"][0]["reason"]) == (
        550,
        "refused",
    )
    for name in ("recipient", "reason", "key", "params"):
        answer = await house.client.get(f"{MESSAGES}?{name}=x", headers=director.headers)
        assert code(answer) == (422, "unknown_parameter"), name


async def test_whose_mail_was_looked_at_can_be_told(house: Service) -> None:
    maria, director = (
        await add_customer(house.platform),
        await add_staff(house.platform, "director"),
    )
    mail = await bounced(house, maria)
    params = {"batch": mail["batch"]}
    assert (await house.client.get(MESSAGES, params=params, headers=director.headers)).json()
    log = (await house.client.get("/v1/customer/access-log", headers=maria.headers)).json()
    assert log["items"][0]["action"] == "staff:outbox_message:list"


async def test_the_metrics_of_a_started_service_count_the_mails_that_wait(house: Service) -> None:
    def queued(metrics: str) -> float:
        name = 'salvaguarda_mails_waiting{state="queued"} '
        [line] = [each for each in metrics.splitlines() if each.startswith(name)]
        return float(line.removeprefix(name))

    before = await house.client.get("/metrics")
    assert before.status_code == 200
    await post(house.platform, *(mail(house.platform, f"m{n}@exemplo.com.br") for n in range(3)))
    after = await house.client.get("/metrics")
    assert queued(after.text) == queued(before.text) + 3
