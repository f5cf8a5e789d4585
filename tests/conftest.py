"""What every test may ask for. Whatever uses a database runs on SQLite and on PostgreSQL.

* `database_url`: a fresh, migrated database for one test; `shared_database_url`: one per module,
  for tests that only read.
* `settings`, `app` (started), `client`: the service on `database_url`.
* `@pytest.mark.needs_program("chromium")`: skipped where it is missing, failed in CI
  (SALVAGUARDA_REQUIRE_ALL=1).

No test leaves this machine, warnings are errors, the developer's own settings are out of sight, and
no line of the service's log may hold anything personal or secret, whatever a test sends.
"""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url

from app.core.settings import Settings
from tests.support.databases import EXTERNAL_SERVER, KINDS, DatabaseKind, Databases
from tests.support.lifespan import running
from tests.support.log_watch import LogWatch
from tests.support.network import NetworkGuard
from tests.support.room import Room

REQUIRE_ALL = "SALVAGUARDA_REQUIRE_ALL"

ROOM = pytest.StashKey[Room]()
DATABASES = pytest.StashKey[Databases]()
GUARD = pytest.StashKey[NetworkGuard]()
WATCH = pytest.StashKey[LogWatch]()
DEAR = "test_schemathesis.py"
"""Its tests take up to two minutes each: no process may be left alone with one at the end."""
LEAKS = "leaks"
"""The file in the room that says what was logged outside any test."""


def pytest_configure(config: pytest.Config) -> None:
    """Open the run's room (a worker of xdist joins it), shut the network, forget settings."""
    told = getattr(config, "workerinput", None)
    room = Room.open() if told is None else Room(Path(told["room"]))
    config.stash[ROOM] = room
    config.stash[DATABASES] = Databases(room)

    external = os.environ.get(EXTERNAL_SERVER)
    config.stash[GUARD] = NetworkGuard([make_url(external).host or ""] if external else [])
    config.stash[GUARD].install()
    config.stash[WATCH] = LogWatch()
    config.stash[WATCH].install()

    # The workers keep what they compile, the tests' asserts above all: else every run, and every
    # command that a test starts, would compile it anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for name in list(os.environ):
        ours = name.startswith("SALVAGUARDA_") and name not in (EXTERNAL_SERVER, REQUIRE_ALL)
        # PGHOST, PGPORT and their like would send asyncpg elsewhere.
        if ours or name in ("HOST", "PORT") or (name.startswith("PG") and external is None):
            del os.environ[name]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a worker of xdist where the room is."""
    node.workerinput["room"] = str(node.config.stash[ROOM].folder)  # type: ignore[attr-defined]  # xdist's WorkerController


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the dearest tests run first; whoever is done steals of the many cheap ones."""
    items.sort(key=lambda item: item.path.name != DEAR)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the cycle collector out of it: what is imported and listed now stays anyway."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Have the cycle collector pass over all that was imported, as `app.main` does when it serves.

    Else it walks through our routes and the tests' own cases again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for what was logged after the last test too, by any of its processes."""
    leaks = session.config.stash[ROOM].folder / LEAKS
    if late := session.config.stash[WATCH].taken():
        with leaks.open("a") as file:
            file.writelines(f"{leak}\n" for leak in late)
    if not hasattr(session.config, "workerinput") and leaks.exists():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was logged outside any test."""
    leaks = terminalreporter.config.stash[ROOM].folder / LEAKS
    if leaks.exists():
        terminalreporter.section("logged outside any test, and must not be", red=True)
        terminalreporter.write(leaks.read_text())


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last one out stops the server and takes the folder away."""
    if ROOM in config.stash and not hasattr(config, "workerinput"):
        config.stash[DATABASES].close()
        config.stash[ROOM].close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is not here."""
    for marker in item.iter_markers("needs_program"):
        if shutil.which(marker.args[0]) is None:
            pytest.skip(f"{marker.args[0]} is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that needs a program may not be skipped, whatever its reason."""
    report = yield
    needs = any(item.iter_markers("needs_program"))
    if needs and report.skipped and os.environ.get(REQUIRE_ALL) == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, which {REQUIRE_ALL}=1 forbids: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def closed_network(pytestconfig: pytest.Config) -> Iterator[NetworkGuard]:
    """Fails the test that tried to reach another machine, even if it swallowed the refusal."""
    guard = pytestconfig.stash[GUARD]
    guard.attempts.clear()
    yield guard
    assert guard.attempts == []


@pytest.fixture(autouse=True)
def clean_log(pytestconfig: pytest.Config) -> Iterator[LogWatch]:
    """Fails the test in which the service logged something personal or secret."""
    watch = pytestconfig.stash[WATCH]
    before = watch.taken()  # of fixtures that live longer than a test
    yield watch
    assert before + watch.taken() == []


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> DatabaseKind:
    """The database under test; whoever asks runs once on each."""
    kind: DatabaseKind = request.param
    return kind


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    """Makes more databases, for tests that need several or an empty one."""
    return pytestconfig.stash[DATABASES]


@pytest.fixture
def database_url(databases: Databases, database_kind: DatabaseKind) -> Iterator[str]:
    """A fresh, migrated database for this test alone."""
    with databases.fresh(database_kind) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database_url(databases: Databases, database_kind: DatabaseKind) -> Iterator[str]:
    """A migrated database for this module: for tests that leave it as they found it."""
    with databases.fresh(database_kind) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The service on `database_url`: the cheapest Argon2, no worker, no throttle."""
    return Settings(
        env="development",
        database_url=database_url,
        var_dir=tmp_path,
        worker="none",
        throttle="off",
        argon2_time_cost=1,
        argon2_memory_kib=8,
        argon2_parallelism=1,
    )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The service, started; stopped after the test."""
    # Imported here: tests of lower floors do not pay for the whole house.
    from app.main import create_app

    application = create_app(settings)
    async with running(application):
        yield application


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to `app` without a socket; a crash is seen as the 500 that a caller would see."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as speaking:
        yield speaking
