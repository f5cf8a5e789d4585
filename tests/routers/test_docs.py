"""The API's documentation page works with no other host in reach."""

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.routers import docs, health, metrics, problems
from app.routers.envelope import Envelope
from tests.support.browser import FLAGS


def make_app() -> FastAPI:
    app = FastAPI(title="Salvaguarda <API>", openapi_url=None, docs_url=None, redoc_url=None)
    problems.install(app)
    app.include_router(docs.router)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.add_middleware(Envelope)
    return app


@pytest.fixture
async def caller() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app()), base_url="http://service"
    ) as client:
        yield client


class Links(HTMLParser):
    """Every address a page names, and every script or style written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.addresses += [str(named[key]) for key in ("src", "href") if key in named]
        if tag == "style" or (tag == "script" and "src" not in named):
            self.inline.append(tag)
        self.inline += [key for key in named if key.startswith("on") or key == "style"]


async def test_the_page_asks_no_other_host_for_anything(caller: httpx.AsyncClient) -> None:
    page = await caller.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"https?:|//", page.text.replace("<!DOCTYPE", "").replace("</", "<"))
    links = Links()
    links.feed(page.text)
    assert links.inline == []
    assert len(links.addresses) == 4
    for address in links.addresses:
        assert urlsplit(urljoin("http://service/docs", address)).netloc == "service"
        answer = await caller.get(address)
        assert answer.status_code == 200
        assert answer.content
    start = (await caller.get("/docs/start.js")).text
    assert "//" not in start
    assert '"validatorUrl":null' in start


async def test_the_policy_bars_other_hosts_and_inline_scripts(caller: httpx.AsyncClient) -> None:
    policy = (await caller.get("/docs")).headers["content-security-policy"]
    directives = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert directives["default-src"] == ["'none'"]
    assert directives["script-src"] == ["'self'"]
    assert directives["style-src"] == ["'self'"]
    assert directives["connect-src"] == ["'self'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert not re.search(r"https?:|\*|unsafe", policy)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/docs/assets/swagger-ui-bundle.js", "text/javascript"),
        ("/docs/assets/swagger-ui.css", "text/css"),
        ("/docs/assets/favicon.png", "image/png"),
        ("/docs/start.js", "text/javascript"),
        ("/favicon.ico", "image/png"),
    ],
)
async def test_files_carry_their_type(
    caller: httpx.AsyncClient, path: str, media_type: str
) -> None:
    # nosniff: a browser runs no script whose type is wrong.
    assert (await caller.get(path)).headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize(
    "name", ["redoc.standalone.js", "..%2f__init__.py", "../core.py", "nonesuch"]
)
async def test_no_other_file_is_served(caller: httpx.AsyncClient, name: str) -> None:
    answer = await caller.get(f"/docs/assets/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_document_is_the_apps_own(caller: httpx.AsyncClient) -> None:
    answer = await caller.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1")
    assert answer.json()["paths"].keys() == {"/health/live", "/health/ready", "/metrics"}


async def test_the_title_is_text(caller: httpx.AsyncClient) -> None:
    assert "<title>Salvaguarda &lt;API&gt;</title>" in (await caller.get("/docs")).text


@pytest.fixture
def address() -> Iterator[str]:
    """The app on a real port, in a thread of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(make_app(), log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.mark.needs_program("chromium")
def test_a_real_browser_shows_the_operations(address: str, tmp_path: Path) -> None:
    program = shutil.which("chromium")
    assert program is not None
    run = subprocess.run(
        [
            program,
            *FLAGS,
            f"--user-data-dir={tmp_path}",
            "--enable-logging=stderr",
            "--virtual-time-budget=20000",
            "--dump-dom",
            f"{address}/docs",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    for operation in ("health_live", "health_ready", "metrics"):
        assert f'id="operations-health-{operation}"' in run.stdout
    assert "/openapi.json" in run.stdout
    told = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert [line for line in told if "Content Security Policy" in line] == []
    assert [line for line in told if "Refused to" in line or "ERR_" in line] == []
