"""A whole tour with canaries in every place that a caller can fill: none reaches log or metrics.

(`tests/support/log_watch.py` watches the log of the whole test run besides.)
"""

import io
import json
import logging
import re
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import text

from app.core import telemetry
from tests.support.log_watch import LogWatch
from tests.support.people import add_staff, bearer
from tests.support.service import Service, serving

MARK: Final = "kqzcanary"
PASSWORD: Final = "kqzsegredo-senha-7-boa!"  # not like the person's name and address
EMAIL: Final = f"{MARK}.pessoa@exemplo.com.br"
NAME: Final = f"{MARK.title()} da Silva"
REASON: Final = f"Conferir {MARK} motivo"
CPF: Final = "529.982.247-25"
PHONE: Final = "+5511912345678"
JWT: Final = re.compile(r"eyJ[\w-]{6,}\.")


class Seen:
    """What the log wrote, and everything secret that the tour came by."""

    def __init__(self) -> None:
        self.stream = io.BytesIO()
        self.secrets = {
            MARK,
            MARK.title(),
            MARK.upper(),
            PASSWORD,
            CPF,
            "52998224725",
            PHONE,
            PHONE[1:],
        }

    def learn(self, answer: httpx.Response) -> dict[str, Any]:
        """Remember the tokens that an answer gave."""
        content: dict[str, Any] = answer.json()
        self.secrets |= {content[name] for name in ("access_token", "refresh_token")}
        return content

    def in_text(self, text: str) -> list[str]:
        """The secrets that stand in a text. Digits count only by themselves: times, ids and sums
        hold any six of them sooner or later."""
        return [
            secret
            for secret in self.secrets
            if re.search(
                rf"(?<![\w.]){secret}(?![\w.])" if secret.isdigit() else re.escape(secret), text
            )
        ]

    def check(self) -> str:
        log = self.stream.getvalue().decode()
        assert log.count("\n") > 20, "the tour was not logged"
        assert self.in_text(log) == []
        assert not JWT.search(log)
        return log


async def tour(service: Service, seen: Seen) -> None:
    """Every way in, well and badly, with canaries everywhere."""
    client, platform = service.client, service.platform
    member = await add_staff(platform, "director", email=f"{MARK}@alainer.com.br", name=NAME)
    seen.secrets |= {member.totp_secret, member.token}
    body = {
        "kind": "person",
        "name": NAME,
        "email": EMAIL,
        "password": PASSWORD,
        "phone": PHONE,
        "tax_id": CPF,
        "accepted_policy_version": 1,
    }
    key = {"Idempotency-Key": f"{MARK}-0001"}
    opened = await client.post("/v1/public/registrations", json=body, headers=key)
    assert opened.status_code == 201
    identity = opened.json()["customer"]["id"]
    for wrong in (body, {**body, "name": f"{MARK}\u0000"}, {MARK: MARK}, [MARK]):
        await client.post("/v1/public/registrations", json=wrong)
    await client.post("/v1/public/registrations", json={**body, "email": MARK}, headers=key)
    broken = f'{{"{MARK}": '.encode()
    await client.post(
        "/v1/public/registrations", content=broken, headers={"Content-Type": "application/json"}
    )

    form = {"username": EMAIL, "password": PASSWORD}
    pair = seen.learn(await client.post("/v1/auth/customer/token", data=form))
    await client.post("/v1/auth/customer/token", data={**form, "password": MARK})
    await client.post("/v1/auth/customer/token", data={**form, MARK: MARK})
    renewal = {"refresh_token": pair["refresh_token"]}
    renewed = seen.learn(await client.post("/v1/auth/refresh", json=renewal))
    mine = bearer(renewed["access_token"])
    await client.patch(
        "/v1/customer/profile",
        headers=mine | {"If-Match": "*", "X-Reason": MARK, "User-Agent": MARK, "Referer": MARK},
        json={"address": {"city": MARK}, "name": f"{NAME} Junior"},
    )
    await client.get("/v1/customer/profile", headers=mine)
    await client.post("/v1/auth/refresh", json=renewal)  # a spent one: the session ends
    await client.get("/v1/customer/profile", headers=mine)

    staff_form = {"username": member.email, "password": member.password, "totp": member.code()}
    seen.secrets.add(staff_form["totp"])
    seen.learn(await client.post("/v1/auth/staff/token", data=staff_form))
    await client.post("/v1/auth/staff/token", data={**staff_form, "totp": "000000"})
    staff = member.headers | {"X-Reason": REASON, "X-Request-ID": f"{MARK}@exemplo.com"}
    await client.get(f"/v1/staff/customers/{identity}", headers=staff)
    for query in (
        *(f"q={MARK}", f"email={EMAIL}", f"tax_id={CPF}", f"phone={PHONE}", f"cursor={MARK}"),
        *(f"{MARK}={MARK}", f"sort={MARK}", f"city={MARK}", f"limit={MARK}"),
    ):
        await client.get("/v1/staff/customers", params=httpx.QueryParams(query), headers=staff)
    for path in (f"/{MARK}", f"/v1/staff/customers/{MARK}", f"/docs/assets/{MARK}"):
        await client.get(path, headers=staff)
    await client.request(MARK.upper(), "/health/live")
    await client.get("/v1/customer/profile", headers=bearer(f"{MARK}.{MARK}.{MARK}"))
    seen.learn(await client.post("/v1/auth/customer/token", data=form))


async def break_inside(service: Service) -> None:
    """Errors whose own texts hold values: the driver's, SQLAlchemy's, other libraries'."""
    client, database = service.client, service.platform.database
    with pytest.raises(Exception) as refused:  # noqa: PT011 - whatever drivers raise
        async with database.transaction() as connection:
            await connection.execute(
                text("INSERT INTO logins (id, email) VALUES (:id, :email)"),
                {"id": MARK, "email": EMAIL},
            )
    telemetry.logger.error("broken", **telemetry.describe(refused.value))
    logging.getLogger("sqlalchemy.pool").error("lost %s", f"postgresql://u:{MARK}@host/db")
    logging.getLogger("asyncio").error("Task failed\n%s", MARK, exc_info=refused.value)
    logging.getLogger("uvicorn.error").error(
        "Exception in ASGI application", exc_info=ValueError(MARK)
    )
    async with database.transaction() as connection:
        await connection.exec_driver_sql("ALTER TABLE customers RENAME COLUMN phone TO phones")
    body = {
        "kind": "person",
        "name": NAME,
        "email": f"outra-{EMAIL}",
        "password": PASSWORD,
        "phone": PHONE,
        "accepted_policy_version": 1,
    }
    answer = await client.post("/v1/public/registrations", json=body)
    assert answer.status_code >= 500
    for secret in (MARK, PHONE, "phones", "SELECT", "INSERT", "customers", "Traceback"):
        assert secret not in answer.text


@pytest.mark.parametrize("production", [False, True])
async def test_a_tour_leaves_no_trace_of_anybody(
    database_url: str, tmp_path: Path, production: bool
) -> None:
    seen = Seen()
    async with serving(database_url, tmp_path) as service:
        telemetry.configure(production=production, level="debug", stream=seen.stream)
        try:
            await tour(service, seen)
            await break_inside(service)
            metrics = (await service.client.get("/metrics")).text
        finally:
            telemetry.configure(production=False)
    log = seen.check()
    assert "unhandled" in log or "database_unavailable" in log
    assert seen.in_text(metrics) == []
    assert "@" not in metrics
    if production:
        for line in log.splitlines():
            entry = json.loads(line)
            assert entry["event"]
            assert entry["event"] != "request" or entry["request_id"]


async def test_the_watch_over_the_whole_run_sees_what_it_should(clean_log: LogWatch) -> None:
    before = clean_log.lines
    stream = io.BytesIO()
    telemetry.configure(production=True, stream=stream)
    try:
        telemetry.logger.info("watched", count=1)
        assert clean_log.lines == before + 1
        assert clean_log.taken() == []
        telemetry.logger.info("watched", count=f"{MARK}.{MARK}")
        assert len(clean_log.taken()) == 1
    finally:
        telemetry.configure(production=False)
