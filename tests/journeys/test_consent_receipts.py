"""A receipt proves a consent to whoever has the published keys, long after they have changed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.security.receipts import sign_receipt
from tests.support import verify_receipt
from tests.support.people import CustomerPerson, add_customer
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = "/v1/customer/consents"
KEYS = "/v1/public/consent-receipts/keys"
VERIFY = "/v1/public/consent-receipts/verify"


async def receipt_of(house: Service, who: CustomerPerson, **said: Any) -> str:
    event = (await house.client.post(OWN, json=said, headers=who.headers)).json()
    answer = await house.client.get(f"{OWN}/{event['id']}/receipt", headers=who.headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["keys_uri"].endswith(KEYS)
    receipt: str = answer.json()["receipt"]
    return receipt


async def judged(house: Service, receipt: str) -> dict[str, Any]:
    answer = await house.client.post(VERIFY, json={"receipt": receipt})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def stranger(folder: Path, keys: str, receipt: str) -> subprocess.CompletedProcess[str]:
    """What the independent script makes of it, in a process of its own."""
    (folder / "keys.json").write_text(keys)
    (folder / "receipt.txt").write_text(receipt)
    script = [sys.executable, verify_receipt.__file__, "keys.json", "receipt.txt"]
    return subprocess.run(script, cwd=folder, capture_output=True, text=True, check=False)


async def test_a_stranger_checks_it_with_the_published_keys(house: Service, tmp_path: Path) -> None:
    maria = await add_customer(house.platform)
    receipt = await receipt_of(house, maria, purpose="marketing", granted=True, version=1)
    keys = (await house.client.get(KEYS)).text
    checked = stranger(tmp_path, keys, receipt)
    assert checked.returncode == 0, checked.stderr
    said = json.loads(checked.stdout)
    words = (await house.client.get("/v1/public/purposes/marketing/versions/1")).json()
    assert said["pii_principal_id"] == str(maria.id)
    assert said["event"]["event_state"] == "granted"
    processing = said["pii_processing"]
    assert processing["purpose_text"] == words["text"]["pt-BR"]
    assert processing["purpose_hash"] == words["hash"]
    assert processing["pii_information"] == words["fields"]
    found = await judged(house, receipt)
    assert (found["content"], found["recorded"]) == (said, True)
    assert processing["purpose_version_named"] is True
    forged = receipt[:-6] + ("AAAAA" + receipt[-1])
    assert stranger(tmp_path, keys, forged).returncode == 1


async def test_a_refusal_and_a_withdrawal_have_receipts_too(house: Service) -> None:
    maria = await add_customer(house.platform)
    for said, state in (
        ({"granted": False}, "denied"),
        ({"granted": True, "version": 1}, "granted"),
        ({"granted": False}, "withdrawn"),
    ):
        receipt = await receipt_of(house, maria, purpose="analytics", **said)
        content = (await judged(house, receipt))["content"]
        assert content["event"]["event_state"] == state


async def test_a_receipt_outlives_its_key(house: Service) -> None:
    maria = await add_customer(house.platform)
    receipt = await receipt_of(house, maria, purpose="marketing", granted=True, version=1)
    keyring = house.platform.keyring
    old = keyring.signing_key().kid
    keyring.rotate()
    keyring.retire(old)
    assert old not in {key["kid"] for key in keyring.jwks()["keys"]}
    keys = (await house.client.get(KEYS)).json()
    assert verify_receipt.checked(keys, receipt)["pii_principal_id"] == str(maria.id)
    assert (await judged(house, receipt))["authentic"]
    # Its session's token died with the key.
    assert (await house.client.get(OWN, headers=maria.headers)).status_code == 401


async def test_what_a_stolen_key_invents_is_not_recorded(house: Service) -> None:
    maria = await add_customer(house.platform)
    receipt = await receipt_of(house, maria, purpose="marketing", granted=False)
    content = dict((await judged(house, receipt))["content"])
    assert content["pii_processing"]["purpose_version_named"] is False
    for invented in (
        content | {"event": content["event"] | {"event_state": "granted"}},
        content | {"record_id": str(maria.id)},
        content | {"pii_principal_id": str(maria.login_id)},
        content | {"event": None},
        content | {"event": content["event"] | {"valid_until": "2030-01-01T00:00:00Z"}},
        content | {"event": content["event"] | {"channel": "phone"}},
        content | {"event": content["event"] | {"evidence": {}}},
        content | {"pii_processing": content["pii_processing"] | {"pii_information": ["x"]}},
        content | {"pii_processing": content["pii_processing"] | {"purpose_text": "Tudo."}},
        content | {"party_identification": [{"party_id": str(maria.id)}]},
        {"record_id": "x"},
        {},
    ):
        found = await judged(house, sign_receipt(house.platform.keyring, invented))
        assert (found["authentic"], found["recorded"]) == (True, False)


async def test_what_else_we_sign_is_no_receipt(house: Service) -> None:
    maria = await add_customer(house.platform)
    receipt = await receipt_of(house, maria, purpose="marketing", granted=False)
    head, body, signature = receipt.split(".")
    for text, fault in (
        (maria.token, "header"),
        (f"{head}.{body}", "malformed"),
        (f"{head}.{body[:-2]}AA.{signature}", "signature"),
        ("a.b.c", "malformed"),
        (f"e30.{body}.{signature}", "header"),
    ):
        found = await judged(house, text)
        assert (found["authentic"], found["fault"], found["content"]) == (False, fault, None)
    answer = await house.client.get(OWN, headers={"Authorization": f"Bearer {receipt}"})
    assert answer.status_code == 401
