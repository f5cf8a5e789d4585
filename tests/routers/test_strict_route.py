"""What a door lets through to its routes: declared parameters, the right type, strict bodies."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Form, Query, Request, UploadFile
from pydantic import BaseModel

from app.core.errors import Failure
from app.routers import problems
from app.routers.strict_route import (
    LARGEST_FORM,
    MOST_FIELDS,
    StrictRoute,
    guards_own_query,
    takes_files,
)

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Body(BaseModel):
    name: str = ""


class Filters(BaseModel):
    city: str = ""
    tag: list[str] = []


async def paging(limit: int = 50, cursor: str | None = None) -> int:
    return limit


async def only_known(request: Request) -> None:
    if "letmein" not in request.headers:
        raise Failure("unauthenticated")
    request.state.actor = "somebody"


class DoorRoute(StrictRoute):
    admit = staticmethod(only_known)


def make_app() -> FastAPI:
    app = FastAPI(redirect_slashes=False)
    problems.install(app)
    inner = APIRouter(route_class=StrictRoute, dependencies=[Depends(paging)])

    @inner.get("/plain")
    async def plain(
        city: str = "",
        tag: Annotated[list[str] | None, Query()] = None,
        named: Annotated[str, Query(alias="sort-by")] = "",
    ) -> dict[str, Any]:
        return {"city": city, "tag": tag or []}

    @inner.get("/filtered")
    async def filtered(filters: Annotated[Filters, Query()]) -> Filters:
        return filters

    @inner.get("/guarded")
    @guards_own_query
    async def guarded(request: Request) -> list[str]:
        return [name for name, _ in request.query_params.multi_items()]

    @inner.post("/json")
    async def json(body: Body) -> Body:
        return body

    @inner.post("/optional")
    async def optional(body: Body | None = None) -> str:
        return "none" if body is None else body.name

    @inner.post("/embedded")
    async def embedded(one: Body, two: Body) -> list[str]:
        return [one.name, two.name]

    @inner.patch("/json")
    async def patch(body: Body) -> Body:
        return body

    @inner.post("/form")
    async def form(username: Annotated[str, Form()], totp: Annotated[str, Form()] = "") -> str:
        return username

    @inner.post("/file")
    async def file(file: UploadFile) -> str:
        return (await file.read()).decode()

    @inner.post("/stream")
    @takes_files
    async def stream(request: Request) -> str:
        return b"".join([block async for block in request.stream()]).decode()

    @inner.post("/bare")
    async def bare() -> str:
        return "done"

    door = APIRouter(route_class=DoorRoute)

    @door.post("/json")
    async def behind(request: Request, body: Body) -> str:
        actor: str = request.state.actor
        return actor

    outer = APIRouter()
    outer.include_router(inner, prefix="/inner")
    app.include_router(outer, prefix="/v1")
    app.include_router(door, prefix="/door")
    return app


@pytest.fixture
async def caller() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service/v1/inner") as client:
        yield client


def code(answer: httpx.Response) -> str | None:
    if answer.status_code < 400:
        return None
    assert answer.headers["content-type"] == "application/problem+json"
    assert "canary" not in answer.text
    found: str = answer.json()["code"]
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("?", None),
        ("?city=S%C3%A3o+Paulo", None),
        ("?city=", None),
        ("?limit=1&cursor=x&city=y&sort-by=z", None),
        ("?tag=a&tag=b", None),
        ("?canary=1", "unknown_parameter"),
        ("?canary", "unknown_parameter"),
        ("?named=1", "unknown_parameter"),
        ("?City=x", "unknown_parameter"),
        ("?city=a&city=a", "unknown_parameter"),
        ("?limit=1&limit=1", "unknown_parameter"),
        ("?city=x&canary=%00", "unknown_parameter"),
        ("?city=%FF", "malformed_request"),
        ("?city=%ED%A0%80", "malformed_request"),
        ("?%FF=1", "malformed_request"),
        ("?city=x" + "&" * (MOST_FIELDS - 1), None),
        ("?city=x" + "&" * MOST_FIELDS, "malformed_request"),
    ],
)
async def test_only_declared_parameters_and_once_each(
    caller: httpx.AsyncClient, query: str, expected: str | None
) -> None:
    assert code(await caller.get(f"/plain{query}")) == expected


async def test_unknown_and_repeated_parameters_are_refused_alike(
    caller: httpx.AsyncClient,
) -> None:
    queries = ("?canary=1", "?other=%00", "?city=a&city=b", "?limit=x&canary=")
    answers = [await caller.get(f"/plain{query}") for query in queries]
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1


async def test_a_parameter_model_declares_its_fields(caller: httpx.AsyncClient) -> None:
    good = await caller.get("/filtered?city=x&tag=a&tag=b&limit=2")
    assert good.json() == {"city": "x", "tag": ["a", "b"]}
    assert code(await caller.get("/filtered?canary=1")) == "unknown_parameter"
    assert code(await caller.get("/filtered?filters=1")) == "unknown_parameter"


async def test_an_endpoint_may_guard_its_own_names(caller: httpx.AsyncClient) -> None:
    assert (await caller.get("/guarded?any=1&any=2&thing=3")).json() == ["any", "any", "thing"]
    assert code(await caller.get("/guarded?any=%FF")) == "malformed_request"


async def test_raw_bytes_in_a_query_are_refused() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/inner/plain",
        "query_string": b"city=\xc3\xa3",
        "headers": [],
    }
    await make_app()(scope, receive, send)
    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    ("method", "content_type", "expected"),
    [
        ("POST", "application/json", None),
        ("POST", "Application/JSON", None),
        ("POST", "application/json; charset=utf-8", None),
        ("POST", 'application/json;charset="UTF-8"', None),
        ("POST", "application/json; charset=utf-8; profile=x", None),
        ("POST", "application/json; charset=latin-1", "unsupported_media_type"),
        ("POST", "application/json; charset=", "unsupported_media_type"),
        ("POST", "application/merge-patch+json", "unsupported_media_type"),
        ("PATCH", "application/merge-patch+json", None),
        ("PATCH", "application/json", None),
        ("POST", "application/problem+json", "unsupported_media_type"),
        ("POST", "text/json", "unsupported_media_type"),
        ("POST", "text/plain", "unsupported_media_type"),
        ("POST", "application/x-www-form-urlencoded", "unsupported_media_type"),
        ("POST", "multipart/form-data; boundary=x", "unsupported_media_type"),
        ("POST", "", "unsupported_media_type"),
        ("POST", "canary", "unsupported_media_type"),
        ("POST", None, "unsupported_media_type"),
    ],
)
async def test_json_routes_take_json(
    caller: httpx.AsyncClient, method: str, content_type: str | None, expected: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await caller.request(method, "/json", content=b'{"name":"x"}', headers=headers)
    assert code(answer) == expected
    if expected is None:
        assert answer.json() == {"name": "x"}
    else:
        accepted = "application/json"
        assert answer.headers["accept"] == (
            f"{accepted}, application/merge-patch+json" if method == "PATCH" else accepted
        )


@pytest.mark.parametrize(
    "body", [b"{", b'{"name":"a","name":"b"}', b'{"name":NaN}', b'{"name":"\\ud800"}', b"\xff"]
)
async def test_bodies_are_read_strictly(caller: httpx.AsyncClient, body: bytes) -> None:
    answer = await caller.post("/json", content=body, headers=JSON)
    assert (answer.status_code, code(answer)) == (400, "malformed_json")


async def test_an_absent_body_is_told_from_a_malformed_one(caller: httpx.AsyncClient) -> None:
    assert code(await caller.post("/json")) == "validation_failed"
    assert code(await caller.post("/json", headers=JSON)) == "validation_failed"
    assert code(await caller.post("/json", content=b"null", headers=JSON)) == "validation_failed"
    assert (await caller.post("/optional")).json() == "none"
    assert (await caller.post("/optional", json={"name": "x"})).json() == "x"
    assert (await caller.post("/embedded", json={"one": {}, "two": {"name": "b"}})).json() == [
        "",
        "b",
    ]


async def test_a_body_that_nobody_expects_is_ignored(caller: httpx.AsyncClient) -> None:
    answer = await caller.request("GET", "/plain", content=b"\xff{", headers=JSON)
    assert code(answer) is None
    assert code(await caller.post("/bare", content=b"\xff{", headers=JSON)) is None


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"username=a&totp=1", FORM["Content-Type"], None),
        (b"username=Jo%C3%A3o", "application/x-www-form-urlencoded; charset=utf-8", None),
        (b"username=a", "application/json", "unsupported_media_type"),
        (b"username=a", "multipart/form-data; boundary=x", "unsupported_media_type"),
        (b"username=a", None, "unsupported_media_type"),
        (b"username=a&canary=1", FORM["Content-Type"], "unknown_member"),
        (b"username=a&username=b", FORM["Content-Type"], "malformed_request"),
        (b"username=%FF", FORM["Content-Type"], "malformed_request"),
        (b"username=\xc3\xa3", FORM["Content-Type"], "malformed_request"),
        (b"totp=1", FORM["Content-Type"], "validation_failed"),
        (b"", FORM["Content-Type"], "validation_failed"),
        (b"", None, "validation_failed"),
    ],
)
async def test_form_routes_take_forms(
    caller: httpx.AsyncClient, body: bytes, content_type: str | None, expected: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await caller.post("/form", content=body, headers=headers)
    assert code(answer) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"username=" + b"a" * (LARGEST_FORM - 9), None),
        (b"username=" + b"a" * (LARGEST_FORM - 8), "payload_too_large"),
        (b"&" * 1_000_000, "payload_too_large"),
        (b"username=" + b"%41" * 300_000, "payload_too_large"),
        (b"username=abc" + b"&" * (MOST_FIELDS - 1), None),
        (b"username=abc" + b"&" * MOST_FIELDS, "malformed_request"),
        (b"a=&" * MOST_FIELDS, "malformed_request"),
    ],
)
async def test_forms_are_bounded_before_they_are_read(
    caller: httpx.AsyncClient, body: bytes, expected: str | None
) -> None:
    answer = await caller.post("/form", content=body, headers=FORM)
    assert code(answer) == expected
    if expected == "payload_too_large":
        assert f" {LARGEST_FORM} " in answer.json()["detail"]


async def test_a_form_keeps_its_letters(caller: httpx.AsyncClient) -> None:
    assert (await caller.post("/form", data={"username": "João & cia"})).json() == "João & cia"


async def test_file_routes_take_multipart(caller: httpx.AsyncClient) -> None:
    assert (await caller.post("/file", files={"file": b"content"})).json() == "content"
    assert code(await caller.post("/file", json={})) == "unsupported_media_type"
    assert code(await caller.post("/file")) == "unsupported_media_type"


async def test_streams_are_taken_as_one_of_the_files_types_and_never_unnamed(
    caller: httpx.AsyncClient,
) -> None:
    for named in ("application/pdf", "Application/PDF", "application/octet-stream"):
        answer = await caller.post("/stream", content=b"%PDF", headers={"Content-Type": named})
        assert answer.json() == "%PDF"
    for other in ("application/json", "text/html", "", "application/pdf; charset=latin-1"):
        answer = await caller.post("/stream", content=b"%PDF", headers={"Content-Type": other})
        assert code(answer) == "unsupported_media_type"
    assert code(await caller.post("/stream", content=b"%PDF")) == "unsupported_media_type"


async def test_a_door_admits_before_it_looks_at_anything(caller: httpx.AsyncClient) -> None:
    door = "http://service/door/json"
    for content, headers in ((b"\xff", JSON), (b"{}", {}), (b"", {})):
        assert code(await caller.post(door, content=content, headers=headers)) == "unauthenticated"
    assert code(await caller.post(f"{door}?canary=1")) == "unauthenticated"
    let_in = {"letmein": "1", **JSON}
    assert (await caller.post(door, content=b"{}", headers=let_in)).json() == "somebody"
    assert code(await caller.post(door, content=b"{", headers=let_in)) == "malformed_json"
