"""Routes that need nothing of FastAPI are served without it, and nobody can tell from outside."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Path
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


async def test_other_methods_are_not_allowed(caller: httpx.AsyncClient) -> None:
    assert (await caller.post("/things/one")).status_code == 405
