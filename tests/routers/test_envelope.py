"""What goes around every answer: ids, headers, limits, metrics, the log line, the last resort."""

import asyncio
import io
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, Body, FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.core import telemetry
from app.core.errors import Failure
from app.core.metrics import HttpMetrics
from app.core.networks import network_of
from app.routers import problems
from app.routers.envelope import CLIENT_LEFT, AnswerAbortedError, Envelope
from app.routers.strict_route import StrictRoute

CANARY = "hunter2-canary"
ORIGIN = "https://painel.example"
LIMIT = 1000

Lines = Callable[[], list[dict[str, Any]]]
Open = Callable[..., httpx.AsyncClient]


@pytest.fixture
def log() -> Iterator[Lines]:
    stream = io.BytesIO()
    telemetry.configure(production=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    telemetry.configure(production=False)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def counted(registry: CollectorRegistry) -> HttpMetrics:
    return HttpMetrics(registry)


def make_app(counted: HttpMetrics, **options: Any) -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    problems.install(app)
    router = APIRouter(route_class=StrictRoute)

    @router.get("/customers/{number}")
    async def read(request: Request, number: int) -> dict[str, str | None]:
        telemetry.logger.info("inside")
        return {"state": request.state.request_id, "context": telemetry.request_id.get()}

    @router.post("/customers")
    async def create(body: Annotated[dict[str, Any], Body()]) -> int:
        return len(body["text"])

    @router.get("/own-headers")
    async def own_headers() -> Response:
        policy = {"Cache-Control": "public", "Content-Security-Policy": "default-src 'self'"}
        return JSONResponse({}, headers=policy)

    @router.get("/crash/{secret}")
    async def crash(secret: str) -> None:
        raise RuntimeError(CANARY)

    @router.get("/half")
    async def half() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"first"
            raise RuntimeError(CANARY)

        return StreamingResponse(chunks())

    @router.get("/afterwards")
    async def afterwards() -> Response:
        def fails() -> None:
            raise RuntimeError(CANARY)

        return Response(b"done", background=BackgroundTask(fails))

    @router.get("/long")
    async def long() -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b"x"
                await asyncio.sleep(0.02)

        return StreamingResponse(chunks())

    @router.get("/left")
    async def left() -> None:
        raise ClientDisconnect

    @router.get("/refused")
    async def refused() -> None:
        raise Failure("forbidden")

    @router.get("/health/live")
    async def live() -> str:
        return "alive"

    outer = APIRouter()
    outer.include_router(router, prefix="/staff")
    app.include_router(outer, prefix="/v1")
    app.include_router(router)
    app.add_middleware(Envelope, metrics=counted, body_limit=LIMIT, origins=[ORIGIN], **options)
    return app


@pytest.fixture
async def opened(counted: HttpMetrics) -> AsyncIterator[Open]:
    clients: list[httpx.AsyncClient] = []

    def open_client(base_url: str = "http://service", **options: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(make_app(counted, **options), client=("203.0.113.77", 1))
        client = httpx.AsyncClient(transport=transport, base_url=base_url)
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.aclose()


def code(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    found: str = answer.json()["code"]
    return found


# Request ids.


async def test_a_request_gets_an_id_everywhere(opened: Open, log: Lines) -> None:
    answer = await opened().get("/customers/1")
    this_id = answer.headers["x-request-id"]
    assert uuid.UUID(this_id).version == 7
    assert answer.json() == {"state": this_id, "context": this_id}
    assert [line["request_id"] for line in log()] == [this_id, this_id]
    assert telemetry.request_id.get() is None


@pytest.mark.parametrize("given", ["client-0001", "a" * 64, "A.b_c-9z"])
async def test_a_callers_id_is_kept(opened: Open, given: str) -> None:
    answer = await opened().get("/customers/1", headers={"X-Request-ID": given})
    assert answer.headers["x-request-id"] == given
    assert answer.json()["state"] == given


@pytest.mark.parametrize(
    "given",
    [
        "529.982.247-25",
        "11912345678",
        "a" * 65,
        "",
        "with space",
        "maria@exemplo",
        "ünïcode-id",
        "id\x00id\x00id",
    ],
)
async def test_an_unfit_id_is_replaced(opened: Open, given: str) -> None:
    answer = await opened().get("/customers/1", headers={b"X-Request-ID": given.encode()})
    assert uuid.UUID(answer.headers["x-request-id"]).version == 7


# Security headers.


@pytest.mark.parametrize("path", ["/customers/1", "/nowhere", "/crash/x", "/refused"])
async def test_every_answer_is_guarded(opened: Open, path: str) -> None:
    headers = (await opened().get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    policy = "default-src 'none'; frame-ancestors 'none'"
    assert headers["content-security-policy"] == policy
    assert "strict-transport-security" not in headers


async def test_an_answers_own_policies_stay(opened: Open) -> None:
    headers = (await opened().get("/own-headers")).headers
    assert headers["cache-control"] == "public"
    assert headers["content-security-policy"] == "default-src 'self'"
    assert headers.get_list("cache-control") == ["public"]


async def test_hsts_where_there_is_tls(opened: Open) -> None:
    answer = await opened("https://service").get("/customers/1")
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


async def test_production_refuses_plain_http(opened: Open) -> None:
    plain = opened(production=True)
    refused = await plain.get("/customers/1")
    assert (refused.status_code, code(refused)) == (403, "https_required")
    assert "strict-transport-security" in refused.headers
    assert (await plain.get("/health/live")).status_code == 200
    secure = opened("https://service", production=True)
    assert (await secure.get("/customers/1")).status_code == 200


# CORS.


async def test_a_listed_origin_may_read_even_problems(opened: Open) -> None:
    client = opened()
    big = {"content": b"x" * (LIMIT + 1), "headers": {"Origin": ORIGIN}}
    for answer in (
        await client.get("/customers/1", headers={"Origin": ORIGIN}),
        await client.get("/nowhere", headers={"Origin": ORIGIN}),
        await client.get("/crash/x", headers={"Origin": ORIGIN}),
        await client.post("/customers", **big),  # type: ignore[arg-type]
    ):
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "ETag" in answer.headers["access-control-expose-headers"]
        assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ORIGIN + ".evil.example", ""])
async def test_no_other_origin_may(opened: Open, origin: str) -> None:
    answer = await opened().get("/customers/1", headers={"Origin": origin})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["vary"] == "Origin"


async def test_preflights_are_answered_for_listed_origins_only(opened: Open) -> None:
    client = opened()
    asking = {"Access-Control-Request-Method": "PATCH", "Origin": ORIGIN}
    answer = await client.options("/customers/1", headers=asking)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    for name in ("Authorization", "If-Match", "Idempotency-Key", "X-Purpose", "X-Reason"):
        assert name in answer.headers["access-control-allow-headers"]
    other = await client.options(
        "/customers/1", headers={**asking, "Origin": "https://evil.example"}
    )
    assert code(other) == "method_not_allowed"
    assert not [name for name in other.headers if name.startswith("access-control")]


# The body limit.


async def test_a_body_within_the_limit_is_read(opened: Open) -> None:
    body = json.dumps({"text": "x" * (LIMIT - 12)}).encode()
    assert len(body) == LIMIT
    headers = {"Content-Type": "application/json"}
    answer = await opened().post("/customers", content=body, headers=headers)
    assert answer.json() == LIMIT - 12


async def test_a_body_over_the_limit_is_refused_by_its_announcement(opened: Open) -> None:
    answer = await opened().post("/customers", content=b"x" * (LIMIT + 1))
    assert (answer.status_code, code(answer)) == (413, "payload_too_large")
    assert str(LIMIT) in answer.json()["detail"]
    assert "x-request-id" in answer.headers
    assert "connection" not in answer.headers


async def test_a_body_over_the_limit_is_refused_as_it_comes(opened: Open) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 100

    headers = {"Content-Type": "application/json"}
    answer = await opened().post("/customers", content=chunks(), headers=headers)
    assert (answer.status_code, code(answer)) == (413, "payload_too_large")
    assert read < 20


async def stalling() -> AsyncIterator[bytes]:
    yield b"{"
    await asyncio.Event().wait()


async def trickling() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("options", "content"),
    [({"body_idle_seconds": 0.05}, stalling), ({"body_seconds": 0.05}, trickling)],
)
async def test_a_body_that_does_not_come_is_not_waited_for(
    opened: Open, options: dict[str, float], content: Callable[[], AsyncIterator[bytes]]
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await opened(**options).post("/customers", content=content(), headers=headers)
    assert (answer.status_code, code(answer)) == (408, "body_too_slow")
    assert answer.headers["connection"] == "close"


async def test_an_answer_may_take_longer_than_a_body(opened: Open) -> None:
    """What a stream waits for is that its caller hangs up: that has no deadline."""
    answer = await opened(body_idle_seconds=0.01, body_seconds=0.01).get("/long")
    assert answer.text == "xxxxx"


@pytest.mark.parametrize(
    ("length", "status"), [("9" * 5000, 413), ("-1", 400), ("1_0", 400), ("x", 400), ("", 400)]
)
async def test_an_odd_announcement_is_refused(opened: Open, length: str, status: int) -> None:
    answer = await opened().post("/customers", headers={"Content-Length": length})
    assert answer.status_code == status
    assert code(answer) in ("payload_too_large", "malformed_request")


# Metrics and the log line.


async def test_requests_are_counted_by_template(opened: Open, registry: CollectorRegistry) -> None:
    client = opened()
    for path in ("/customers/1", "/customers/2", "/v1/staff/customers/3", "/customers/x"):
        await client.get(path)
    for path in (f"/{CANARY}", f"/v1/{CANARY}", "/v1/staff", f"/v1/staff/{CANARY}"):
        await client.get(path)
    await client.delete("/customers/1")

    def count(method: str, route: str, status: str) -> float | None:
        labels = {"method": method, "route": route, "status": status}
        return registry.get_sample_value("salvaguarda_http_requests_total", labels)

    assert count("GET", "/customers/{number}", "2xx") == 2
    assert count("GET", "/customers/{number}", "4xx") == 1
    assert count("GET", "/v1/staff/customers/{number}", "2xx") == 1
    assert count("GET", "unmatched", "4xx") == 4
    assert count("DELETE", "/customers/{number}", "4xx") == 1


async def test_each_request_leaves_one_line_without_anything_personal(
    opened: Open, log: Lines
) -> None:
    client = opened()
    headers = {"Authorization": f"Bearer {CANARY}", "User-Agent": CANARY, "X-Reason": CANARY}
    await client.get(f"/own-headers?name={CANARY}", headers=headers)
    await client.get(f"/nowhere/{CANARY}", headers=headers)
    await client.post("/customers", json={"text": CANARY}, headers=headers)
    await client.get("/refused", headers=headers)
    lines = log()
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/own-headers", 422),
        ("GET", "unmatched", 404),
        ("POST", "/customers", 200),
        ("GET", "/refused", 403),
    ]
    problems_told = [line.get("problem") for line in lines]
    assert problems_told == ["unknown_parameter", "not_found", None, "forbidden"]
    assert {line["network"] for line in lines} == {"203.0.113.0/24"}
    assert {line["event"] for line in lines} == {"request"}
    assert all(0 < line["ms"] < 60_000 for line in lines)
    assert CANARY not in json.dumps(lines)
    assert "203.0.113.77" not in json.dumps(lines)


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("testclient", None),
    ],
)
def test_callers_are_told_by_their_network_alone(host: str, network: str | None) -> None:
    assert network_of((host, 5000)) == network
    assert network_of(None) is None


# When things break.


async def test_a_crash_is_a_problem_with_headers_and_two_lines(opened: Open, log: Lines) -> None:
    answer = await opened().get(f"/crash/{CANARY}")
    assert (answer.status_code, code(answer)) == (500, "internal_error")
    assert "x-request-id" in answer.headers
    crash, line = log()
    assert (crash["event"], crash["error"]) == ("unhandled", "RuntimeError")
    assert crash["where"][-1].endswith(" crash")
    assert crash["request_id"] == line["request_id"] == answer.headers["x-request-id"]
    assert (line["status"], line["route"]) == (500, "/crash/{secret}")
    assert CANARY not in json.dumps([crash, line])


@pytest.mark.parametrize(("path", "body"), [("/half", b"first"), ("/afterwards", b"done")])
async def test_an_answer_that_breaks_half_way_is_cut_off(
    counted: HttpMetrics, log: Lines, path: str, body: bytes
) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": False}

    with pytest.raises(AnswerAbortedError) as caught:
        await make_app(counted)(make_scope(path), receive, send)
    assert str(caught.value) == ""
    assert caught.value.__suppress_context__
    assert [message["type"] for message in sent].count("http.response.start") == 1
    assert b"".join(message.get("body", b"") for message in sent) == body
    aborted = [line for line in log() if line["event"] == "answer_aborted"]
    assert len(aborted) == 1
    assert CANARY not in json.dumps(log())


async def test_a_caller_who_left_is_noted(counted: HttpMetrics, log: Lines) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    await make_app(counted)(make_scope("/left"), receive, send)
    await make_app(counted)(make_scope("/customers", "POST"), receive, send)
    assert sent == []
    assert [line["status"] for line in log()] == [CLIENT_LEFT, CLIENT_LEFT]


async def test_what_is_not_http_passes_untouched(counted: HttpMetrics) -> None:
    seen: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await Envelope(inner, metrics=counted)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def make_scope(path: str, method: str = "GET") -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 5000),
    }


# On a real server: refusing a body must leave the connection in step.


@pytest.fixture
async def port(counted: HttpMetrics, log: Lines) -> AsyncIterator[int]:
    config = uvicorn.Config(
        make_app(counted), host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def conversation(port: int, *sent: bytes) -> bytes:
    """What the server says to `sent`, piece by piece, until it closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in sent:
        writer.write(piece)
        await writer.drain()
    heard = b""
    try:
        async with asyncio.timeout(1):
            while piece := await reader.read(65536):
                heard += piece
    except TimeoutError:
        pass
    writer.close()
    await writer.wait_closed()
    return heard


def statuses(heard: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+)", heard)]


POST = b"POST /customers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
NEXT = b"GET /customers/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def test_after_a_refused_body_the_connection_goes_on(port: int) -> None:
    size = 3_000_000
    head = POST + b"Content-Length: %d\r\n\r\n" % size
    assert statuses(await conversation(port, head, b"x" * size, NEXT)) == [413, 200]


async def test_after_a_refused_stream_the_connection_goes_on(port: int) -> None:
    chunk = b"%x\r\n" % 100_000 + b"x" * 100_000 + b"\r\n"
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    heard = await conversation(port, head, *[chunk] * 30, b"0\r\n\r\n", NEXT)
    assert statuses(heard) == [413, 200]


async def test_a_caller_who_asks_first_is_told_and_hung_up_on(port: int) -> None:
    head = POST + b"Content-Length: 3000000\r\nExpect: 100-continue\r\n\r\n"
    heard = await conversation(port, head)
    assert statuses(heard) == [413]
    assert b"connection: close" in heard.lower()


async def test_uvicorns_own_log_stays_out(port: int, log: Lines) -> None:
    await conversation(port, NEXT.replace(b"/customers/1", f"/nowhere?{CANARY}".encode()))
    await conversation(port, NEXT.replace(b"/customers/1", b"/half"))
    lines = log()
    assert CANARY not in json.dumps(lines)
    assert [line["route"] for line in lines if line["event"] == "request"] == ["unmatched", "/half"]
