"""Routes that need nothing of FastAPI are served without it, and nobody can tell from outside."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Path
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import Failure
from app.routers import problems
from app.routers.strict_route import StrictRoute

Id = Annotated[str, Path(description="An id.", json_schema_extra={"format": "uuid"})]


class DoorRoute(StrictRoute):
    @staticmethod
    async def admit(request: Request) -> None:
        if "authorization" not in request.headers:
            raise Failure("unauthenticated")


router = APIRouter(prefix="/things", route_class=DoorRoute)


@router.get("/{thing}")
async def ready(request: Request, thing: Id) -> Response:
    """Shows that FastAPI was not there: it keeps its exit stacks in the scope."""
    if thing == "lost":
        raise Failure("not_found")
    return Response(f"{thing} {'fastapi_inner_astack' in request.scope}")


@router.get("/{thing}/short")
async def constrained(request: Request, thing: Annotated[str, Path(max_length=3)]) -> Response:
    return Response(f"{thing} {'fastapi_inner_astack' in request.scope}")


@router.get("/{thing}/typed")
async def typed(request: Request, thing: int) -> Response:
    return Response(f"{thing + 1}")


@router.get("/{thing}/model")
async def model(request: Request, thing: str) -> list[str]:
    return [thing]


class Parcel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    weight: int
    label: str = ""


@router.post("/{thing}/parcels")
async def with_body(request: Request, thing: str, parcel: Parcel) -> Response:
    text = f"{thing} {parcel.weight} {parcel.label} {'fastapi_inner_astack' in request.scope}"
    return Response(text, 201)


@router.post("/parcels-by-fastapi")
async def by_fastapi(parcel: Parcel) -> Response:
    return Response(f"{parcel.weight}", 201)


@router.post("/maybe")
async def maybe(request: Request, parcel: Parcel | None = None) -> Response:
    return Response("nothing" if parcel is None else f"{parcel.weight}")


@pytest.fixture(params=["extended", "included"])
async def caller(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)
    if request.param == "extended":
        app.router.routes.extend(router.routes)
    else:
        app.include_router(router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://service", headers={"Authorization": "Bearer x"}
    ) as client:
        yield client


async def test_text_from_the_path_reaches_the_endpoint(caller: httpx.AsyncClient) -> None:
    assert (await caller.get("/things/one%20two")).text.startswith("one two ")


async def test_a_plain_app_serves_it_directly() -> None:
    app = FastAPI()
    app.router.routes.extend(router.routes)
    headers = {"Authorization": "Bearer x"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://service", headers=headers
    ) as caller:
        assert (await caller.get("/things/one")).text == "one False"
        assert (await caller.get("/things/one/short")).text == "one True"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/things/lost", 404),
        ("/things/one?limit=1", 422),
        ("/things/four/short", 422),
        ("/things/one/typed", 422),
    ],
)
async def test_refusals_are_problem_documents(
    caller: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await caller.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_door_comes_first(caller: httpx.AsyncClient) -> None:
    del caller.headers["authorization"]
    assert (await caller.get("/things/one?limit=1")).status_code == 401


async def test_what_fastapi_converts_it_still_converts(caller: httpx.AsyncClient) -> None:
    assert (await caller.get("/things/41/typed")).text == "42"
    assert (await caller.get("/things/one/model")).json() == ["one"]


async def test_a_json_body_is_the_endpoint_s_without_fastapi() -> None:
    app = FastAPI()
    app.router.routes.extend(router.routes)
    headers = {"Authorization": "Bearer x"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://service", headers=headers
    ) as caller:
        answer = await caller.post("/things/one/parcels", json={"weight": 7, "label": "é"})
    assert (answer.status_code, answer.text) == (201, "one 7 é False")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'"weight"',
        b'{"weight": "heavy", "label": 7}',
        b'{"weight": 7, "height": 1}',
        b'{"weight": 7, "weight": 8}',
        b'{"weight": NaN}',
        b"{",
        b"\xff",
    ],
)
async def test_a_body_is_refused_as_fastapi_refuses_it(
    caller: httpx.AsyncClient, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    ready = await caller.post("/things/one/parcels", content=body, headers=headers)
    other = await caller.post("/things/parcels-by-fastapi", content=body, headers=headers)
    assert ready.status_code in (400, 422)
    assert (ready.status_code, ready.content) == (other.status_code, other.content)
    assert ready.headers == other.headers


async def test_a_body_may_be_left_away_where_the_endpoint_says_so(
    caller: httpx.AsyncClient,
) -> None:
    assert (await caller.post("/things/maybe")).text == "nothing"
    assert (await caller.post("/things/maybe", json=None)).text == "nothing"
    assert (await caller.post("/things/maybe", json={"weight": 3})).text == "3"


async def test_other_methods_are_not_allowed(caller: httpx.AsyncClient) -> None:
    assert (await caller.post("/things/one")).status_code == 405
