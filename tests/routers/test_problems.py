"""Every error is a problem document, in the caller's language, without anything the caller sent."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import Depends, FastAPI, Form, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException

from app.core.errors import Failure, FieldError, Refusal
from app.core.messages import PROBLEMS
from app.routers import problems
from app.routers.pointers import pointer_of

CANARY = "hunter2-canary"


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: Annotated[str, Field(max_length=5)]
    state: Literal["SP", "RJ"]


class Person(BaseModel):
    kind: Literal["person"]
    cpf: str


class Company(BaseModel):
    kind: Literal["company"]
    cnpj: str


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=2)]
    password: str = ""
    age: int = 0
    address: Address | None = None
    who: Annotated[Person | Company, Field(discriminator="kind")] | None = None
    either: int | Address | None = None
    tags: list[int] = []
    notes: dict[str, int] = {}
    slashed: Annotated[int, Field(alias="a/b~c")] = 0

    @field_validator("password")
    @classmethod
    def _no_canary(cls, value: str) -> str:
        if value == CANARY:
            raise PydanticCustomError("password_weak", "never shown {given}", {"given": value})
        if value == "assert":
            raise ValueError(CANARY)
        return value


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str = ""


async def dependency(limit: Annotated[int, Query(ge=1, le=200)] = 50) -> int:
    return limit


def make_app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False)
    problems.install(app, translate_failure=_translate)

    @app.post("/records")
    async def create(body: Body) -> None: ...

    @app.get("/records/{number}")
    async def read(
        number: int,
        limit: Annotated[int, Depends(dependency)],
        x_reason: Annotated[str, Header(max_length=3)] = "",
    ) -> None: ...

    @app.patch("/records/{number}")
    async def change(number: int) -> None: ...

    @app.get("/filtered")
    async def filtered(filters: Annotated[Filters, Query()]) -> None: ...

    @app.post("/form")
    async def form(username: Annotated[str, Form(min_length=3)]) -> None: ...

    @app.get("/fail/{code}")
    async def fail(code: str) -> None:
        raise Failure(code, params={"limit": 5, "min": 1, "max": 9})

    @app.get("/fields")
    async def fields() -> None:
        raise Failure(
            "validation_failed",
            errors=[
                FieldError("/name", "text_too_long", {"max": 80}),
                FieldError("/odd", "no_such_code"),
            ],
            headers={"X-Extra": "1"},
        )

    @app.get("/refused")
    async def refused() -> None:
        raise Refusal("forbidden", action="staff:customer:read", fields=["tax_id"])

    @app.get("/http/{status}")
    async def http(status: int) -> None:
        raise HTTPException(status, detail=CANARY, headers={"X-Extra": "1"})

    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError(CANARY)

    @app.get("/gone")
    async def gone() -> None:
        raise ConnectionError(CANARY)

    return app


def _translate(error: Exception) -> Failure | None:
    return Failure("database_unavailable") if isinstance(error, ConnectionError) else None


@pytest.fixture
def application() -> FastAPI:
    return make_app()


@pytest.fixture
async def caller(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The document, after checking what holds for all of them."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["vary"] == "Accept-Language"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"urn:salvaguarda:problem:{code}"
    assert (document["status"], document["code"]) == (status, code)
    words = PROBLEMS[code]
    assert answer.headers["content-language"] in words
    assert document["title"] == words[answer.headers["content-language"]].title  # type: ignore[index]
    assert document["detail"]
    assert "{" not in document["detail"]
    assert CANARY not in answer.text
    return document


@pytest.mark.parametrize("code", sorted(PROBLEMS))
async def test_each_code_has_its_document(caller: httpx.AsyncClient, code: str) -> None:
    answer = await caller.get(f"/fail/{code}")
    document = problem(answer, problems.STATUS[code], code)
    assert document.keys() == {"type", "title", "status", "code", "detail"}
    assert answer.headers["content-language"] == "pt-BR"
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if answer.status_code in (429, 503):
        assert int(answer.headers["retry-after"]) > 0


async def test_english_for_those_who_ask(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/fail/not_found", headers={"Accept-Language": "en-GB"})
    assert answer.headers["content-language"] == "en"
    assert problem(answer, 404, "not_found")["title"] == "Not found"


async def test_a_bad_token_is_told_apart_from_none(caller: httpx.AsyncClient) -> None:
    none, bad, ended = [
        (await caller.get(f"/fail/{code}")).headers["www-authenticate"]
        for code in ("unauthenticated", "token_invalid", "session_ended")
    ]
    assert none == "Bearer"
    assert bad == ended == 'Bearer error="invalid_token"'


async def test_a_failure_may_bring_fields_and_headers(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/fields", headers={"Accept-Language": "en"})
    assert problem(answer, 422, "validation_failed")["errors"] == [
        {"pointer": "/name", "code": "text_too_long", "message": "Use at most 80 characters."},
        {"pointer": "/odd", "code": "invalid_value", "message": "Value not accepted."},
    ]
    assert answer.headers["x-extra"] == "1"


async def test_a_code_outside_the_catalogue_is_our_fault(caller: httpx.AsyncClient) -> None:
    problem(await caller.get("/fail/nonesuch"), 500, "internal_error")


GOOD: dict[str, Any] = {"name": "Maria"}


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/name", "missing")]),
        ({"name": "x"}, [("/name", "text_too_short")]),
        ({"name": 5}, [("/name", "invalid_type")]),
        ({**GOOD, "password": CANARY}, [("/password", "password_weak")]),
        ({**GOOD, "password": "assert"}, [("/password", "invalid_value")]),
        ({**GOOD, "age": CANARY}, [("/age", "invalid_integer")]),
        (
            {**GOOD, "address": {"city": "too long", "state": CANARY}},
            [("/address/city", "text_too_long"), ("/address/state", "not_one_of")],
        ),
        ({**GOOD, "address": {"state": "SP"}}, [("/address/city", "missing")]),
        ({**GOOD, "tags": [1, CANARY]}, [("/tags/1", "invalid_integer")]),
        ({**GOOD, "who": {"kind": CANARY}}, [("/who", "not_one_of")]),
        ({**GOOD, "who": {}}, [("/who", "missing")]),
        ({**GOOD, "who": {"kind": "person"}}, [("/who/cpf", "missing")]),
        ({**GOOD, "who": {"kind": "person", "cpf": 1}}, [("/who/cpf", "invalid_type")]),
        ({**GOOD, "either": "x"}, [("/either", "invalid_integer"), ("/either", "invalid_type")]),
        ({**GOOD, "a/b~c": "x"}, [("/a~1b~0c", "invalid_integer")]),
        ([CANARY], [("", "invalid_type")]),
        (CANARY, [("", "invalid_type")]),
        (None, [("", "missing")]),
    ],
)
async def test_refused_values_are_pointed_at(
    caller: httpx.AsyncClient, body: object, errors: list[tuple[str, str]]
) -> None:
    answer = await caller.post("/records", json=body)
    document = problem(answer, 422, "validation_failed")
    assert [(error["pointer"], error["code"]) for error in document["errors"]] == errors
    for error in document["errors"]:
        assert error.keys() == {"pointer", "code", "message"}
        assert error["message"]
        assert "{" not in error["message"]


async def test_schema_limits_are_told(caller: httpx.AsyncClient) -> None:
    english = {"Accept-Language": "en"}
    body = {**GOOD, "address": {"city": "too long", "state": "XX"}}
    document = (await caller.post("/records", json=body, headers=english)).json()
    assert [error["message"] for error in document["errors"]] == [
        "Use at most 5 characters.",
        "Use one of these: SP, RJ.",
    ]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({**GOOD, CANARY: 1}, [""]),
        ({CANARY: 1}, [""]),
        ({**GOOD, "address": {"city": "x", "state": "SP", CANARY: 1}}, ["/address"]),
        ({**GOOD, "address": {CANARY: 1, "other": 2}, CANARY: {"deep": 1}}, ["", "/address"]),
    ],
)
async def test_unknown_members_are_never_named(
    caller: httpx.AsyncClient, body: object, pointers: list[str]
) -> None:
    answer = await caller.post("/records", json=body)
    document = problem(answer, 422, "unknown_member")
    assert [error["pointer"] for error in document["errors"]] == pointers
    assert {error["code"] for error in document["errors"]} == {"unknown_member"}


async def test_unknown_members_are_refused_alike_whatever_they_are_sent_with(
    caller: httpx.AsyncClient,
) -> None:
    bodies: list[object] = [
        {**GOOD, "one": 1},
        {**GOOD, "another": {"x": [None]}},
        {"name": 5, "age": "x", "third": CANARY},
    ]
    answers = [await caller.post("/records", json=body) for body in bodies]
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1


async def test_keys_of_a_map_are_pointed_at_but_refused_keys_are_not() -> None:
    assert pointer_of(["notes", "k", "[key]"], {"notes": {"k": 1}}) == "/notes"
    assert pointer_of(["notes", "k"], {"notes": {"k": 1}}) == "/notes/k"
    assert pointer_of(["tags", 9], {"tags": [1]}) == "/tags"
    assert pointer_of(["gone"], None, absent=True) == ""


async def test_a_thousand_errors_are_not_all_told(caller: httpx.AsyncClient) -> None:
    answer = await caller.post("/records", json={**GOOD, "tags": ["x"] * 1000})
    assert len(problem(answer, 422, "validation_failed")["errors"]) == problems.MOST_ERRORS


@pytest.mark.parametrize(
    ("path", "headers", "parameter", "code"),
    [
        ("/records/1?limit=0", {}, "limit", "number_too_small"),
        ("/records/1?limit=hunter2-canary", {}, "limit", "invalid_integer"),
        ("/records/hunter2-canary", {}, "number", "invalid_integer"),
        ("/records/1", {"X-Reason": CANARY}, "x-reason", "text_too_long"),
    ],
)
async def test_parameters_are_told_by_name(
    caller: httpx.AsyncClient, path: str, headers: dict[str, str], parameter: str, code: str
) -> None:
    document = problem(await caller.get(path, headers=headers), 422, "validation_failed")
    (error,) = document["errors"]
    assert (error["pointer"], error["parameter"], error["code"]) == ("", parameter, code)


async def test_unknown_parameters_of_a_model_are_never_named(caller: httpx.AsyncClient) -> None:
    problem(await caller.get(f"/filtered?{CANARY}=1"), 422, "unknown_parameter")


async def test_form_fields_are_pointed_at(caller: httpx.AsyncClient) -> None:
    answer = await caller.post("/form", data={"username": "x"})
    (error,) = problem(answer, 422, "validation_failed")["errors"]
    assert (error["pointer"], error["code"]) == ("/username", "text_too_short")
    answer = await caller.post("/form", data={})
    (error,) = problem(answer, 422, "validation_failed")["errors"]
    assert (error["pointer"], error["code"]) == ("/username", "missing")


async def test_starlettes_own_refusals_are_problems_too(caller: httpx.AsyncClient) -> None:
    problem(await caller.get("/nowhere"), 404, "not_found")
    bad_json = await caller.post(
        "/records", content=b"{", headers={"Content-Type": "application/json"}
    )
    problem(bad_json, 400, "malformed_json")
    bad_bytes = await caller.post(
        "/records", content=b"\xff", headers={"Content-Type": "application/json"}
    )
    problem(bad_bytes, 400, "malformed_request")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "malformed_request"),
        (403, "forbidden"),
        (409, "conflict"),
        (413, "payload_too_large"),
        (415, "unsupported_media_type"),
        (429, "too_many_requests"),
        (503, "database_unavailable"),
    ],
)
async def test_plain_http_errors_get_a_code(
    caller: httpx.AsyncClient, status: int, code: str
) -> None:
    answer = await caller.get(f"/http/{status}")
    problem(answer, status, code)
    assert answer.headers["x-extra"] == "1"


@pytest.mark.parametrize(("status", "answered"), [(418, 400), (431, 400), (501, 500), (507, 500)])
async def test_odd_statuses_get_the_nearest_code(
    caller: httpx.AsyncClient, status: int, answered: int
) -> None:
    code = "malformed_request" if answered == 400 else "internal_error"
    problem(await caller.get(f"/http/{status}"), answered, code)


async def test_no_error_has_no_document(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/http/304")
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_405_tells_every_method_of_the_path(caller: httpx.AsyncClient, method: str) -> None:
    answer = await caller.request(method, "/records/1")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, PATCH"


async def test_head_gets_the_headers_and_no_body(caller: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/records"):
        head = await caller.head(path)
        get = await caller.get(path)
        assert head.content == b""
        assert head.status_code == get.status_code
        assert head.headers == get.headers
        assert int(head.headers["content-length"]) > 0


async def test_the_unforeseen_is_a_500_without_its_text(caller: httpx.AsyncClient) -> None:
    problem(await caller.get("/crash"), 500, "internal_error")


async def test_a_librarys_exception_may_stand_for_a_failure(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/gone")
    problem(answer, 503, "database_unavailable")
    assert answer.headers["retry-after"]


async def test_refusals_are_on_record_before_they_are_answered(
    application: FastAPI, caller: httpx.AsyncClient
) -> None:
    recorded: list[tuple[str, Refusal]] = []

    async def record(request: Request, refusal: Refusal) -> None:
        recorded.append((request.url.path, refusal))

    application.state.record_refusal = record
    problem(await caller.get("/refused"), 403, "forbidden")
    problem(await caller.get("/fail/forbidden"), 403, "forbidden")
    ((path, refusal),) = recorded
    assert path == "/refused"
    assert (refusal.action, refusal.fields) == ("staff:customer:read", ("tax_id",))


async def test_a_refusal_that_cannot_be_recorded_is_answered_with_that(
    application: FastAPI, caller: httpx.AsyncClient
) -> None:
    async def record(request: Request, refusal: Refusal) -> None:
        raise Failure("audit_unavailable")

    application.state.record_refusal = record
    problem(await caller.get("/refused"), 503, "audit_unavailable")

    async def lose(request: Request, refusal: Refusal) -> None:
        raise ConnectionError(CANARY)

    application.state.record_refusal = lose
    problem(await caller.get("/refused"), 503, "database_unavailable")


async def test_two_callers_get_the_same_bytes(caller: httpx.AsyncClient) -> None:
    first = await caller.get("/records/1?limit=0", headers={"X-Request-ID": "first-request"})
    second = await caller.get("/records/2?limit=-9", headers={"X-Request-ID": "second-request"})
    assert first.content == second.content
    assert json.loads(first.content)["errors"][0]["code"] == "number_too_small"
