"""Bad days: the database goes away, hangs, fills up or is locked; callers leave half way."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url

from app.core import database
from app.services import audit_sink
from tests.support.databases import DatabaseKind, Databases, migrate
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.postgres import EmbeddedPostgres, private_postgres
from tests.support.records import events
from tests.support.service import Service, serving
from tests.support.writing import registration

UNAVAILABLE = {"database_unavailable", "audit_unavailable"}


@pytest.fixture
def own_server() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server that may be stopped."""
    with private_postgres({"fsync": "off"}) as server:
        migrate(server.url())
        yield server


def demand_unavailable(answer: httpx.Response) -> None:
    """The answer of a service without a database: to be tried again, and when."""
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] in UNAVAILABLE
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["content-type"] == "application/problem+json"


async def every_way(
    service: Service, person: CustomerPerson, staff: StaffPerson
) -> dict[str, httpx.Response]:
    """One request of each kind that needs the database."""
    client = service.client
    form = {"username": person.email, "password": person.password}
    reading = f"/v1/staff/customers/{person.id}"
    change = {"If-Match": "*", "Content-Type": "application/json"}
    return {
        "read": await client.get(reading, headers=staff.headers),
        "list": await client.get("/v1/staff/customers", headers=staff.headers),
        "change": await client.patch(
            reading, headers=staff.headers | change, content=b'{"phone": null}'
        ),
        "profile": await client.get("/v1/customer/profile", headers=person.headers),
        "register": await client.post("/v1/public/registrations", json=registration()),
        "policy": await client.get("/v1/public/policies/current"),
        "sign_in": await client.post("/v1/auth/customer/token", data=form),
        "wrong_password": await client.post(
            "/v1/auth/customer/token", data={**form, "password": "wrong"}
        ),
        "refresh": await client.post(
            "/v1/auth/refresh", json={"refresh_token": person.refresh_token}
        ),
        "ready": await client.get("/health/ready"),
    }


async def test_a_database_that_goes_away_gives_503_and_is_found_again(
    own_server: EmbeddedPostgres, tmp_path: Path
) -> None:
    async with serving(own_server.url(), tmp_path) as service:
        maria = await add_customer(service.platform)
        support = await add_staff(service.platform, "support")
        stop, answers = asyncio.Event(), list[httpx.Response]()

        async def read_on() -> None:
            while not stop.is_set():
                answers.append(
                    await service.client.get(
                        f"/v1/staff/customers/{maria.id}", headers=support.headers
                    )
                )
                await asyncio.sleep(0.005)

        async def register_on() -> None:
            while not stop.is_set():
                answers.append(
                    await service.client.post("/v1/public/registrations", json=registration())
                )
                await asyncio.sleep(0.02)

        busy = [asyncio.create_task(each()) for each in [read_on] * 8 + [register_on] * 2]
        await asyncio.sleep(0.3)
        await asyncio.to_thread(own_server.stop)
        await asyncio.sleep(0.6)  # beyond the time that sessions are remembered
        during = await every_way(service, maria, support)
        assert (await service.client.get("/health/live")).status_code == 200
        ready = during.pop("ready")
        assert ready.status_code == 503
        assert set(ready.json()["checks"].values()) == {"failing"}
        for answer in during.values():
            demand_unavailable(answer)

        await asyncio.to_thread(own_server.start)
        back = time.monotonic()
        while (await service.client.get("/health/ready")).status_code != 200:
            assert time.monotonic() - back < 30
            await asyncio.sleep(0.05)
        after = await every_way(service, maria, support)
        stop.set()
        await asyncio.gather(*busy)

        assert {name: answer.status_code for name, answer in after.items()} == {
            "read": 200,
            "list": 200,
            "change": 200,
            "profile": 200,
            "register": 201,
            "policy": 200,
            "sign_in": 200,
            "wrong_password": 401,
            "refresh": 200,
            "ready": 200,
        }
        assert {answer.status_code for answer in answers} == {200, 201, 503}
        for answer in answers:
            if answer.status_code == 503:
                demand_unavailable(answer)
        shown = {a.headers["x-request-id"] for a in answers if a.status_code < 300}
        recorded = {event.request_id for event in await events(service.platform)}
        assert shown <= recorded, "shown without a durable audit row"


@asynccontextmanager
async def held(database_url: str, kind: DatabaseKind, sql: str) -> AsyncIterator[None]:
    """Another program that runs `sql` in a transaction and does not end it."""
    if kind == "sqlite":
        other = sqlite3.connect(make_url(database_url).database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    connection = await asyncpg.connect(database_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(sql)
    try:
        yield
    finally:
        await transaction.rollback()
        await connection.close()


async def test_an_audit_log_that_is_locked_reveals_nothing_and_is_found_again(
    database_url: str,
    database_kind: DatabaseKind,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On SQLite another writer holds the file for longer than ours wait."""
    monkeypatch.setattr(audit_sink, "SECONDS", 1.0)
    monkeypatch.setattr(database, "LOCKED_SECONDS", 0.5)
    async with serving(database_url, tmp_path) as service:
        maria = await add_customer(service.platform)
        support = await add_staff(service.platform, "support")
        reading = f"/v1/staff/customers/{maria.id}"
        async with held(database_url, database_kind, "LOCK TABLE audit_events"):
            started = time.monotonic()
            locked, live, ready, *others = await asyncio.gather(
                service.client.get(reading, headers=support.headers),
                service.client.get("/health/live"),
                service.client.get("/health/ready"),
                *(service.client.get(reading, headers=support.headers) for _ in range(5)),
            )
            assert time.monotonic() - started < 30
            for answer in (locked, *others):
                demand_unavailable(answer)
                assert maria.row["name"] not in answer.text
            assert live.status_code == 200
            assert ready.status_code == 503
            assert ready.json()["checks"]["audit"] == "failing"
            if database_kind == "sqlite":
                demand_unavailable(
                    await service.client.post("/v1/public/registrations", json=registration())
                )
        again = await service.client.get(reading, headers=support.headers)
        assert again.status_code == 200
        answer = await service.client.post("/v1/public/registrations", json=registration())
        assert answer.status_code == 201
        ready = await service.client.get("/health/ready")
        assert ready.json()["checks"] == {"database": "ok", "migrations": "ok", "audit": "ok"}


async def test_readiness_knows_an_old_database(
    databases: Databases, database_kind: DatabaseKind, database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path) as service:
        async with service.platform.database.transaction() as connection:
            await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        ready = await service.client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["checks"] == {"database": "ok", "migrations": "failing", "audit": "ok"}


async def test_readiness_knows_an_audit_log_that_takes_no_rows(
    database_url: str, database_kind: DatabaseKind, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path) as service:
        async with service.platform.database.transaction() as connection:
            await connection.exec_driver_sql("ALTER TABLE audit_events RENAME TO audit_gone")
        ready = await service.client.get("/health/ready")
        support_reads = await service.client.get("/v1/public/policies/current")
    assert ready.status_code == 503
    assert ready.json()["checks"]["audit"] == "failing"
    assert support_reads.status_code == 200, "the policy is no personal data"


async def test_callers_who_leave_half_way_leave_a_healthy_service(
    database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path, database_pool=2) as service:
        maria = await add_customer(service.platform)
        support = await add_staff(service.platform, "support")
        client = service.client

        def requests() -> list[asyncio.Task[httpx.Response]]:
            form = {"username": maria.email, "password": maria.password}
            waiting = [
                client.get(f"/v1/staff/customers/{maria.id}", headers=support.headers),
                client.get("/v1/staff/customers", headers=support.headers),
                client.post("/v1/public/registrations", json=registration()),
                client.post("/v1/auth/customer/token", data=form),
                client.patch(
                    f"/v1/staff/customers/{maria.id}",
                    headers=support.headers | {"If-Match": "*"},
                    json={"phone": None},
                ),
            ]
            return [asyncio.create_task(each) for each in waiting]

        for turn in range(40):
            tasks = requests()
            await asyncio.sleep(turn * 0.0005)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        started = time.monotonic()
        for answer in await asyncio.gather(*(task for _ in range(6) for task in requests())):
            assert answer.status_code in (200, 201), answer.text
        assert time.monotonic() - started < 30  # hangs, and nothing finer, are looked for


async def test_sign_ins_beyond_the_queue_are_told_to_come_back_and_hold_up_nobody(
    database_url: str, tmp_path: Path
) -> None:
    async with serving(
        database_url, tmp_path, hash_queue=2, hash_workers=1, argon2_memory_kib=19456
    ) as service:
        maria = await add_customer(service.platform)
        form = {"username": maria.email, "password": maria.password}
        storm = [
            asyncio.create_task(service.client.post("/v1/auth/customer/token", data=form))
            for _ in range(40)
        ]
        seen = 0
        while not all(task.done() for task in storm):
            read = await service.client.get("/v1/customer/profile", headers=maria.headers)
            assert read.status_code == 200
            seen += not all(task.done() for task in storm)
        answers = [task.result() for task in storm]
    assert {answer.status_code for answer in answers} == {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["code"] == "hashing_busy"
            assert int(answer.headers["retry-after"]) > 0
    assert seen, "no read was answered before the storm had passed"
