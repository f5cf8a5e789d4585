"""Metrics tell what strangers must not learn: they are for the operator alone."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from app.core.database import unavailable
from app.core.settings import Settings
from app.main import create_app

TOKEN = "um-token-de-metricas-bem-longo"
HERE = ("127.0.0.1", 40000)


async def get(
    path: str = "/metrics",
    headers: dict[str, str] | None = None,
    *,
    client: tuple[str, int] | None = HERE,
    waiting: Any = None,
    **settings: Any,
) -> httpx.Response:
    """Asked of a service that is not started: nothing but its settings is looked at.

    `waiting` counts the mails; without it the database is away.
    """
    app = create_app(Settings(**settings))
    app.state.platform = SimpleNamespace(settings=Settings(**settings))
    app.state.mails_waiting = waiting or _away
    transport = httpx.ASGITransport(
        app,
        raise_app_exceptions=False,
        client=client,  # type: ignore[arg-type]  # None is what a Unix socket gives
    )
    async with httpx.AsyncClient(transport=transport, base_url="https://service") as caller:
        return await caller.get(path, headers=headers)


async def _away() -> dict[str, int]:
    raise unavailable()


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {n: v for n, v in answer.headers.items() if n not in ("date", "x-request-id")}
    return answer.status_code, answer.content, headers


async def test_the_mails_that_wait_are_told() -> None:
    async def two() -> dict[str, int]:
        return {"queued": 2, "deferred": 0}

    lines = (await get(waiting=two)).text.splitlines()
    assert 'salvaguarda_mails_waiting{state="queued"} 2.0' in lines
    assert 'salvaguarda_mails_waiting{state="deferred"} 0.0' in lines


async def test_without_a_database_the_rest_is_told() -> None:
    answer = await get()
    assert answer.status_code == 200
    assert "salvaguarda_mails_waiting{" not in answer.text


async def test_they_are_in_prometheus_text_format() -> None:
    answer = await get()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE salvaguarda_http_requests_total counter" in answer.text


@pytest.mark.parametrize("env", ["development", "production"])
@pytest.mark.parametrize("client", [HERE, ("203.0.113.9", 40000), None])
async def test_who_has_the_token_sees_them_from_anywhere(env: str, client: Any) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}
    answer = await get(headers=headers, client=client, env=env, metrics_token=TOKEN)
    assert answer.status_code == 200
    assert "salvaguarda_http_requests_total" in answer.text


@pytest.mark.parametrize("env", ["development", "production"])
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
    ],
)
async def test_without_the_token_it_is_an_unknown_path(env: str, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    chosen: dict[str, Any] = {"env": env, "metrics_token": TOKEN}
    refused = await get(headers=headers, **chosen)
    assert refused.status_code == 404
    assert told(refused) == told(await get("/nonesuch", headers=headers, **chosen))
    assert (await get("/metrics?x=1", headers=headers, **chosen)).status_code == 404


async def test_in_production_without_a_token_nobody_sees_them() -> None:
    for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}):
        refused = await get(headers=headers, env="production")
        assert told(refused) == told(await get("/nonesuch", headers=headers, env="production"))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(("127.0.0.1", 200), ("127.8.8.8", 200), ("::1", 200), ("::ffff:127.0.0.1", 200)),
        *(("203.0.113.9", 404), ("10.0.0.1", 404), ("2001:db8::1", 404), ("testclient", 404)),
    ],
)
async def test_in_development_without_a_token_they_are_for_this_machine(
    host: str, status: int
) -> None:
    assert (await get(client=(host, 40000))).status_code == status


async def test_a_unix_socket_may_be_a_proxys() -> None:
    assert (await get(client=None)).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Via"],
)
async def test_a_proxy_on_this_machine_speaks_for_others(name: str) -> None:
    assert (await get(headers={name: "127.0.0.1"})).status_code == 404


async def test_health_is_open_to_everybody() -> None:
    chosen: dict[str, Any] = {"env": "production", "client": ("203.0.113.9", 40000)}
    assert (await get("/health/live", **chosen)).status_code == 200


async def test_unknown_parameters_are_refused_here_too() -> None:
    assert (await get("/metrics?x=1")).json()["code"] == "unknown_parameter"


@pytest.mark.parametrize(
    "token", ["curto", "quinze-letras-1", "com espaço no meio dele", "é" * 20, "x" * 201]
)
def test_a_token_that_is_short_or_no_header_can_hold_is_refused(token: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(metrics_token=SecretStr(token))
    assert token not in str(refused.value)


def test_the_token_is_not_printed() -> None:
    assert TOKEN not in repr(Settings(metrics_token=SecretStr(TOKEN)))
