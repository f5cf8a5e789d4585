"""The ground the house stands on: what is committed, what is installed, who may import whom."""

import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grimp
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from tests.support.contracts import StandardLibraryOnly
from tests.support.lifespan import running
from tests.support.network import NetworkGuard, OutsideAddressError
from tests.support.room import ROOT

ALLOWED_AT_THE_TOP = {
    # house.md
    "app",
    "migrations",
    "tests",
    "openapi",
    "alembic.ini",
    "pyproject.toml",
    "Dockerfile",
    "README.md",
    # small tool files
    "Makefile",
    ".ci",
    ".dockerignore",
    ".gitignore",
    "requirements.in",
    "requirements.txt",
    "requirements-dev.in",
    "requirements-dev.txt",
}

# Written in two halves, so that this file passes its own test.
ADDRESSES = re.compile(
    "|".join(
        [
            r"https?://[^\s\"'<>]*(?:" + "pypi|pythonhosted|/simple" + r"\b)",
            "/opt/" + "(?:pypi|wheels)",
            "/ro" + "ot/",
            "/wo" + "rk/",
            "/ho" + r"me/\w",
            "--(?:extra-)?index-" + "url[ =]\\S",
            "--find-" + "links[ =]\\S",
        ]
    )
)


def committed() -> list[Path]:
    """Every file that is, or would be, committed; skips where there is no clone to ask."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    listing = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = (name for name in listing.stdout.split("\0") if name)
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_committed_file_holds_an_index_address_or_a_path_of_someones_machine() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file in committed()
        for match in ADDRESSES.finditer(file.read_text(errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-" + "url https://example.org/x",
        "https://py" + "pi.org/project/x",
        "file:///opt/py" + "pi/simple",
        "cd /wo" + "rk/main",
    ],
)
def test_the_address_check_sees(line: str) -> None:
    assert ADDRESSES.search(line)


def test_the_top_level_holds_only_what_the_plan_names() -> None:
    top = {file.relative_to(ROOT).parts[0] for file in committed()}
    assert top - ALLOWED_AT_THE_TOP == set()


def pinned(name: str) -> dict[str, str]:
    """Requirement line → everything that follows it up to the next, from a compiled file."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return {line.split(" ")[0]: line for line in lines}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_hashed(name: str) -> None:
    requirements = pinned(name)
    assert len(requirements) > 20
    loose = [
        line
        for line in requirements.values()
        if not re.fullmatch(
            r"[a-z0-9.-]+==[\w.]+(?: ; [^-]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+", line
        )
    ]
    assert loose == []


@pytest.mark.parametrize("stem", ["requirements", "requirements-dev"])
def test_each_direct_requirement_is_in_the_lock(stem: str) -> None:
    wanted = {
        re.split(r"[\[<>=; ]", line)[0]
        for line in (ROOT / f"{stem}.in").read_text().splitlines()
        if line and line[0] not in "#-"
    }
    locked = {requirement.partition("==")[0] for requirement in pinned(f"{stem}.txt")}
    assert wanted
    assert wanted - locked == set()


def test_tests_run_what_the_service_runs() -> None:
    assert set(pinned("requirements.txt")) - set(pinned("requirements-dev.txt")) == set()


def test_the_makefile_has_the_targets_of_the_contract_and_explains_each() -> None:
    rules = re.findall(r"^([a-z]+):.*## \S", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"setup", "run", "test", "lint", "bench", "openapi"} <= set(rules)


def test_every_folder_of_the_house_is_a_package() -> None:
    """import-linter does not see a folder without __init__.py: an `app/utils` could hide so.

    What lies in `services/texts` leaves with packages, and is imported by nobody.
    """
    texts = ROOT / "app" / "services" / "texts"
    files = [file for file in (ROOT / "app").rglob("*.py") if texts not in file.parents]
    folders = {file.parent for file in files}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def contract() -> StandardLibraryOnly:
    return StandardLibraryOnly(
        name="plain", session_options={}, contract_options={"modules": ["house.access"]}
    )


def graph(*imports: tuple[str, str]) -> grimp.ImportGraph:
    made = grimp.ImportGraph()
    for module in {"house", "house.access", *(module for pair in imports for module in pair)}:
        made.add_module(module)
    for importer, imported in imports:
        made.add_import(importer=importer, imported=imported)
    return made


def test_a_plain_package_may_import_itself_and_the_standard_library() -> None:
    kept = contract().check(
        graph(("house.access.matrix", "house.access.roles"), ("house.access.matrix", "enum")), False
    )
    assert kept.kept


@pytest.mark.parametrize("stray", ["pydantic", "house.core", "house.accessories"])
def test_a_plain_package_may_import_nothing_else(stray: str) -> None:
    check = contract().check(graph(("house.access.matrix", stray)), False)
    assert not check.kept
    assert check.metadata["strays"] == [("house.access.matrix", stray)]


def test_tests_cannot_leave_this_machine(closed_network: NetworkGuard) -> None:
    # TEST-NET-1 (RFC 5737) and a reserved name (RFC 2606): nobody is there in any case.
    with pytest.raises(OutsideAddressError), socket.socket() as door:
        door.connect(("192.0.2.1", 80))
    with pytest.raises(OutsideAddressError):
        socket.getaddrinfo("example.invalid", 80)
    assert closed_network.attempts == ["192.0.2.1", "example.invalid"]
    closed_network.attempts.clear()


def test_loopback_is_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as door,
    ):
        assert door.getpeername() == server.getsockname()


async def test_an_application_is_started_and_stopped_once() -> None:
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        told.append("up")
        yield
        told.append("down")

    async with running(FastAPI(lifespan=lifespan)):
        assert told == ["up"]
    assert told == ["up", "down"]


async def test_an_application_that_cannot_start_is_reported() -> None:
    async def broken(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no keys"})

    with pytest.raises(RuntimeError, match="startup failed: no keys"):
        async with running(broken):
            pytest.fail("it must not get here")
