"""One customer, six roles, and each is shown something else; the customer sees who looked and why.

Everybody signs in here as people do: with a password, and staff with a code.
"""

from typing import Any

import httpx
import pyotp
from fastapi import FastAPI

from app.services import staff
from app.services.platform import Platform
from tests.support.people import REASON, bearer, install_policy

PASSWORD = "Chave-Boa-77!"
ROLES = (
    *("director", "systems_engineer", "support", "billing", "production", "marketing"),
    "privacy_officer",
)
MARIA: dict[str, Any] = {
    "kind": "person",
    "name": "Maria D'Ávila",
    "email": "maria@exemplo.com.br",
    "password": "quatro-gatos-7-telhados",
    "phone": "(11) 91234-5678",
    "tax_id": "529.982.247-25",
    "address": {
        "street": "Avenida Paulista",
        "number": "1578",
        "complement": "Sala 12",
        "district": "Bela Vista",
        "city": "São Paulo",
        "state": "SP",
        "postal_code": "01310-100",
    },
    "preferences": {"language": "pt-BR", "contact_channel": "whatsapp"},
    "accepted_policy_version": 1,
    "consents": [{"purpose": "marketing", "granted": True}],
}

# What each role is shown of Maria, besides the times, in full: nothing else may be there.
CONTACT = {"kind": "person", "status": "active", "name": "Maria D'Ávila"}
EMAIL, PHONE = {"email": "maria@exemplo.com.br"}, {"phone": "+5511912345678"}
ADDRESS = {"address": {**MARIA["address"], "postal_code": "01310100"}}
CITY = {"address": {"city": "São Paulo", "state": "SP"}}
PREFERENCES = {"preferences": MARIA["preferences"]}
TAX_ID, NOTE = {"tax_id": "52998224725"}, {"attention_note": None}
EVERYTHING = CONTACT | EMAIL | PHONE | TAX_ID | ADDRESS | PREFERENCES | NOTE
EXPECTED: dict[str, dict[str, Any]] = {
    "director": EVERYTHING,
    "systems_engineer": EVERYTHING,
    "support": CONTACT | EMAIL | PHONE | {"tax_id": "***.982.247-**"} | CITY | PREFERENCES | NOTE,
    "billing": CONTACT | EMAIL | PHONE | TAX_ID | ADDRESS,
    "production": CONTACT | EMAIL | {"phone": "****5678"} | PREFERENCES,
    "marketing": CONTACT | EMAIL | PHONE | CITY | PREFERENCES,
    "privacy_officer": CONTACT | {"email": "m***@exemplo.com.br"},
}
TIMES = {
    "director": {"created_at", "last_login_at", "pending_email"},
    "systems_engineer": {"created_at", "last_login_at", "pending_email"},
    "support": {"created_at", "last_login_at"},
    "billing": {"created_at"},
    "privacy_officer": {"created_at"},
}


async def sign_in(client: httpx.AsyncClient, door: str, **form: str) -> dict[str, str]:
    answer = await client.post(f"/v1/auth/{door}/token", data=form)
    assert answer.status_code == 200, answer.text
    headers = bearer(answer.json()["access_token"])
    return headers | {"X-Reason": REASON} if door == "staff" else headers


async def staff_of_each_role(
    client: httpx.AsyncClient, platform: Platform
) -> dict[str, dict[str, str]]:
    people = {}
    for role in ROLES:
        address = f"{role}@alainer.com.br"
        added = await staff.add(platform, email=address, name=role, role=role, password=PASSWORD)
        code = pyotp.TOTP(added.totp_secret).now()
        people[role] = await sign_in(
            client, "staff", username=address, password=PASSWORD, totp=code
        )
    return people


async def test_each_role_sees_something_else(app: FastAPI, client: httpx.AsyncClient) -> None:
    platform: Platform = app.state.platform
    await install_policy(platform)
    registered = await client.post("/v1/public/registrations", json=MARIA)
    assert registered.status_code == 201, registered.text
    maria = await sign_in(
        client, "customer", username="MARIA@exemplo.com.br", password=MARIA["password"]
    )
    own = (await client.get("/v1/customer/profile", headers=maria)).json()
    assert "attention_note" not in own
    people = await staff_of_each_role(client, platform)

    address = f"/v1/staff/customers/{own['id']}"
    for role in ROLES:
        seen = (await client.get(address, headers=people[role])).json()
        times = {key: seen.pop(key) for key in TIMES.get(role, ())}
        assert times == {key: own[key] for key in times}
        assert seen == {"id": own["id"]} | EXPECTED[role], role
        listed = await client.get("/v1/staff/customers?q=avila", headers=people[role])
        assert listed.json()["items"] == [seen | times]

    # Six different things: the engineer alone is shown what the director is, and says why.
    shown = {role: str(sorted(EXPECTED[role].items(), key=str)) for role in ROLES[:6]}
    assert len(set(shown.values())) == 5
    without = {key: value for key, value in people["systems_engineer"].items() if key[0] != "X"}
    refused = await client.get(address, headers=without)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason_required")

    # Support corrects the phone; it may not touch the tax id that it sees masked.
    tag = (await client.get(address, headers=people["support"])).headers["etag"]
    changing = people["support"] | {"If-Match": tag}
    refused = await client.patch(address, json={"tax_id": "529.982.247-25"}, headers=changing)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_member")
    changed = await client.patch(address, json={"phone": "(21) 99888-7777"}, headers=changing)
    assert changed.json()["phone"] == "+5521998887777"
    assert changed.json()["tax_id"] == "***.982.247-**"

    # Maria withdraws nothing here, but she sees who looked, why, and at what.
    log = (await client.get("/v1/customer/access-log?limit=200", headers=maria)).json()["items"]
    assert {item["role"] for item in log} == set(ROLES)
    support = [item for item in log if item["role"] == "support"]
    assert {item["purpose"] for item in support} == {"customer_support"}
    assert {item["action"] for item in support} == {
        "staff:customer:read",
        "staff:customer:list",
        "staff:customer:update",
    }
    marketing = next(item for item in log if item["role"] == "marketing")
    assert "tax_id" not in marketing["fields"]
    assert "address.city" in marketing["fields"]

    # The privacy officer reads the whole log, the refusals too; no value stands in it.
    events = await client.get("/v1/staff/audit-events?limit=200", headers=people["privacy_officer"])
    outcomes = {(item["action"], item["outcome"]) for item in events.json()["items"]}
    assert ("staff:customer:update", "refused") in outcomes
    assert ("staff:customer:read", "refused") in outcomes
    assert ("auth:staff:sign_in", "allowed") in outcomes
    for value in ("52998224725", "maria@exemplo", "912345678", "Paulista", "Ávila"):
        assert value not in events.text
