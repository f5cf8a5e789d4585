"""The owner invites an accountant and an IT person; each sees just what they are trusted with."""

import pytest

from tests.support.people import add_staff, bearer
from tests.support.post import mails, secret, token_sent_to
from tests.support.service import Service
from tests.support.writing import registration

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNTANT_PASSWORD = "Girafas-9-dançam-samba!"


async def sign_in(house: Service, email: str, password: str, **more: str) -> dict[str, str]:
    form = {"username": email, "password": password} | more
    answer = await house.client.post("/v1/auth/customer/token", data=form)
    assert answer.status_code == 200, answer.text
    return bearer(answer.json()["access_token"])


async def doors(house: Service, headers: dict[str, str]) -> dict[str, int]:
    """What each door of the account answers."""
    paths = ("profile", "invoices", "members", "invitations", "access-log", "membership")
    return {
        path: (await house.client.get(f"/v1/customer/{path}", headers=headers)).status_code
        for path in paths
    }


async def test_the_accountant_sees_the_invoices_and_nothing_else(house: Service) -> None:
    client = house.client
    body = registration(name="Padaria Brandão", password="Pão-quente-7-às-6h!")
    opened = await client.post("/v1/public/registrations", json=body)
    account_id = opened.json()["customer"]["id"]
    owner = await sign_in(house, body["email"], body["password"])
    billing = await add_staff(house.platform, "billing")
    issued = await client.post(
        f"/v1/staff/customers/{account_id}/invoices",
        json={
            "number": "2026-000123",
            "description": "Hospedagem, dezembro de 2026",
            "amount_cents": 14990,
            "due_on": "2026-12-10",
        },
        headers=billing.headers,
    )
    assert issued.status_code == 201, issued.text

    carlos = "carlos@contabil.exemplo.com.br"
    invited = await client.post(
        "/v1/customer/invitations",
        json={"email": carlos, "set": "financeiro", "note": "Carlos, é para a contabilidade."},
        headers=owner,
    )
    assert invited.status_code == 201, invited.text
    assert invited.json()["permissions"] == ["invoices"]
    [mail] = await mails(house.platform, recipient=carlos)
    assert (mail.template, mail.language, mail.login_id) == ("invitation", "pt-BR", None)
    assert mail.params["account_name"] == "Padaria Brandão"
    assert mail.params["note"] == "Carlos, é para a contabilidade."
    assert set(secret(house.platform, mail)) == {"link"}

    token = await token_sent_to(house.platform, carlos, "invitation")
    accepted = await client.post(
        "/v1/public/invitations/accept",
        json={
            "token": token,
            "name": "Carlos Contador",
            "password": ACCOUNTANT_PASSWORD,
            "accepted_policy_version": 1,
        },
    )
    assert accepted.status_code == 201, accepted.text
    assert accepted.json() == {
        "id": account_id,
        "status": "active",
        "name": "Padaria Brandão",
        "permissions": ["invoices"],
    }

    accountant = await sign_in(house, carlos, ACCOUNTANT_PASSWORD, customer_id=account_id)
    assert await doors(house, accountant) == {
        "profile": 403,
        "invoices": 200,
        "members": 403,
        "invitations": 403,
        "access-log": 403,
        "membership": 200,
    }
    [invoice] = (await client.get("/v1/customer/invoices", headers=accountant)).json()["items"]
    assert invoice == issued.json()
    one = await client.get(f"/v1/customer/invoices/{invoice['id']}", headers=accountant)
    assert one.json() == invoice
    listed = await client.get("/v1/customer/accounts", headers=accountant)
    assert listed.json() == {"items": [accepted.json()], "next_cursor": None}

    told = await mails(house.platform, template="member_changed")
    assert {mail.recipient for mail in told} == {carlos, body["email"]}
    [member] = [
        item
        for item in (await client.get("/v1/customer/members", headers=owner)).json()["items"]
        if item["login"]["email"] == carlos
    ]
    assert member["login"]["name"] == "Carlos Contador"

    gone = await client.delete(f"/v1/customer/members/{member['id']}", headers=owner)
    assert gone.status_code == 204, gone.text
    out = await client.get("/v1/customer/invoices", headers=accountant)
    assert (out.status_code, out.json()["code"]) == (401, "session_ended")
    form = {"username": carlos, "password": ACCOUNTANT_PASSWORD}
    refused = await client.post("/v1/auth/customer/token", data=form)
    assert refused.status_code == 401
