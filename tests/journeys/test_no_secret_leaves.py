"""No hash, link, token or password of anybody's leaves to staff: every field by every endpoint.

The endpoints are the application's own, the columns the database's, the commands the program's:
what is added tomorrow is asked too. Canaries stand in every secret column; real secrets are made
over HTTP and learned as their owners are told them (`tests/support/secrets.py`).
"""

import asyncio
import copy
import itertools
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from app.access.viewers import STAFF_ROLES, Viewer
from app.models import Base
from app.routers.auth.delivery import CSRF_COOKIE, REFRESH_COOKIE
from tests.support.authenticator import Authenticator
from tests.support.commands import PRINTS
from tests.support.document import DOCUMENT
from tests.support.exercisers import EXERCISERS
from tests.support.factors import ORIGIN, add_app, add_passkey
from tests.support.legal import DESK, entered, uploaded
from tests.support.officers import add_agency
from tests.support.people import PASSWORD, add_staff
from tests.support.secret_making import Made, make_secrets
from tests.support.secrets import SECRET_COLUMNS, Hoard, staff_endpoints
from tests.support.stage import Stage, raw, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENDPOINTS: Final = staff_endpoints(DOCUMENT)
PROGRAM: Final = "from app.cli import main; main()"
_keys = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """The stage, the secrets made on it, and where its files lie."""

    stage: Stage
    hoard: Hoard
    made: Made
    folder: Path
    database_url: str
    answered: set[str] = field(default_factory=set)
    """The operations that were answered with what they are for, to whichever role."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    folder = tmp_path_factory.mktemp("secrets")
    async with staged(shared_database_url, folder) as stage:
        hoard = Hoard()
        made = await make_secrets(stage, hoard)
        yield Scene(stage, hoard, made, folder, shared_database_url)


def ids(scene: Scene, name: str) -> Iterator[str]:
    """Whose id may stand at a path's parameter: a canary's, and a real one."""
    if name in scene.made.ids:
        yield str(scene.made.ids[name])
    if name == "version":
        yield str(scene.stage.canaries["policies"].values["version"])
        return
    table = f"{name.removesuffix('_id')}s"
    named = {"messages": "outbox_messages", "drafts": "policy_drafts", "agencys": "agencies"}
    table = named.get(table, table)
    assert table in scene.stage.canaries, f"say whose id {name} is"
    yield str(scene.stage.canaries[table].values["id"])


def requests(scene: Scene, endpoint: tuple[str, str]) -> Iterator[tuple[str, Any]]:
    """Path and body of each way to ask, the body being the document's own example."""
    method, path = endpoint
    operation = DOCUMENT["paths"][path][method]
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    body: Any = None
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        if "$ref" not in schema:  # a file: its exerciser sends one
            continue
        found = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        body = copy.deepcopy(found["examples"][0])
    for chosen in itertools.product(*(ids(scene, name) for name in names)):
        address = path
        for name, value in zip(names, chosen, strict=True):
            address = address.replace(f"{{{name}}}", value)
        if body is None:
            yield address, None
        else:
            for known in scene.made.logins:
                yield address, with_ids(body, known)


def with_ids(body: Any, login_id: UUID) -> Any:
    if isinstance(body, dict):
        return {
            name: str(login_id) if name == "login_id" else with_ids(value, login_id)
            for name, value in body.items()
        }
    return body


def operation_of(answer: httpx.Response) -> str:
    """Method and path of the operation that answered."""
    method, path = answer.request.method.lower(), answer.request.url.path
    shapes = [re.sub(r"\{\w+\}", "[^/]+", known) for _, known in ENDPOINTS]
    fitting = [
        known
        for (verb, known), shape in zip(ENDPOINTS, shapes, strict=True)
        if verb == method and re.fullmatch(shape, path)
    ]
    return f"{method} {min(fitting, key=lambda known: known.count('{'))}"


ANSWERED_TO_A_COLLEAGUE: Final = frozenset(
    {
        "delete /v1/staff/authenticators/{authenticator_id}",
        "delete /v1/staff/sessions/{session_id}",
        "post /v1/staff/authenticators/passkeys",
        "post /v1/staff/authenticators/totp/{authenticator_id}/confirm",
        "put /v1/staff/password",
    }
)
"""Operations that want a password, a device or a session of the caller's own."""

ANSWERED_TO_THE_DESK: Final = frozenset(
    {
        "delete /v1/staff/legal-requests/{legal_request_id}/documents/{legal_document_id}",
        "get /v1/staff/legal-requests/{legal_request_id}/documents/{legal_document_id}/content",
    }
)
"""Operations that want a file which is there."""


LEAVE_ENCRYPTED: Final = frozenset(
    f"get /v1/staff/legal-requests/{{legal_request_id}}/package/{part}"
    for part in ("content", "key")
)
"""Operations that answer with what only its recipient can read, and only for a released package."""


async def judge(scene: Scene, answer: httpx.Response, reader: Viewer) -> None:
    """Nothing in the answer is a secret of somebody else's, not even one that it made."""
    if answer.request.method != "GET":
        await scene.hoard.learn_mails(scene.stage.platform)
    if answer.is_success:
        scene.answered.add(operation_of(answer))
    content = raw(answer)
    assert answer.status_code < 500, answer.text
    assert scene.hoard.leaks(content, to=reader) == []
    for table, column in SECRET_COLUMNS:
        assert not scene.stage.canaries[table].found(column, content), f"{table}.{column} left"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=" ".join)
async def test_no_secret_leaves_to_staff(scene: Scene, endpoint: tuple[str, str]) -> None:
    for role in STAFF_ROLES:
        await walk(scene, endpoint, role)
    # Somebody must have been answered: else the walk would prove nothing.
    elsewhere = ANSWERED_TO_A_COLLEAGUE | ANSWERED_TO_THE_DESK | LEAVE_ENCRYPTED
    assert " ".join(endpoint) in scene.answered | elsewhere


async def walk(scene: Scene, endpoint: tuple[str, str], role: Viewer) -> None:
    """Ask one operation in every way, as one role."""
    method, path = endpoint
    headers = {**scene.stage.headers(role), "If-Match": "*"}
    for address, body in requests(scene, endpoint):
        sent = headers | {"Idempotency-Key": f"no-secret-{next(_keys):06d}"}
        answer = await scene.stage.client.request(method, address, json=body, headers=sent)
        await judge(scene, answer, role)
    if entry := EXERCISERS.get(endpoint):
        await judge(scene, await entry.exercise(scene.stage, role, dict(headers)), role)
    if method == "get" and "{" not in path:
        for name in ("q", "email", "limit", "cursor", "unknown"):
            for secret in scene.made.spoken:
                answer = await scene.stage.client.get(path, params={name: secret}, headers=headers)
                await judge(scene, answer, role)


@asynccontextmanager
async def judging(scene: Scene, reader: Viewer) -> AsyncIterator[None]:
    """Every answer meanwhile is judged."""
    answers: list[httpx.Response] = []

    async def note(answer: httpx.Response) -> None:
        await answer.aread()
        answers.append(answer)

    hooks = scene.stage.client.event_hooks
    scene.stage.client.event_hooks = {**hooks, "response": [note]}
    yield
    scene.stage.client.event_hooks = hooks
    assert answers
    for answer in answers:
        await judge(scene, answer, reader)


async def test_a_colleague_minds_the_own_account_and_leaves(scene: Scene) -> None:
    """What the document's examples cannot do: they know nobody's password, device or session."""
    service = scene.stage.service
    colleague = await add_staff(scene.stage.platform, "support")
    scene.hoard.learn("a colleague", "password", "Dezesseis-antas-na-mata-1!")
    change = {"current_password": PASSWORD, "new_password": "Dezesseis-antas-na-mata-1!"}
    headers = colleague.headers
    async with judging(scene, Viewer.SUPPORT):
        changed = await service.client.put("/v1/staff/password", json=change, headers=headers)
        assert changed.status_code == 204, changed.text
        _, added = await add_app(service, colleague)
        await add_passkey(service, colleague, Authenticator(ORIGIN))
        for path in (f"authenticators/{added['id']}", f"sessions/{colleague.session_id}"):
            gone = await service.client.delete(f"/v1/staff/{path}", headers=headers)
            assert gone.status_code == 204, gone.text
    assert scene.answered >= ANSWERED_TO_A_COLLEAGUE


async def test_the_desk_takes_a_file_out_of_a_draft(scene: Scene) -> None:
    service, director = scene.stage.service, scene.stage.staff[Viewer.DIRECTOR]
    agency = (await add_agency(scene.stage.platform, by=director.id)).id
    async with judging(scene, Viewer.DIRECTOR):
        draft = await entered(service, director, agency)
        filed = await uploaded(service, director, draft["id"], b"%PDF-1.7")
        address = f"{DESK}/{draft['id']}/documents/{filed.json()['id']}"
        await service.client.get(f"{address}/content", headers=director.headers)
        await service.client.delete(address, headers=director.headers)
    assert scene.answered >= ANSWERED_TO_THE_DESK


async def test_whoever_is_no_staff_is_told_no_secret_either(scene: Scene) -> None:
    for method, path in ENDPOINTS:
        for headers in ({}, scene.stage.owner, {"Authorization": "Bearer x"}):
            for address, body in requests(scene, (method, path)):
                answer = await scene.stage.client.request(
                    method, address, json=body, headers=headers
                )
                assert answer.status_code == 401
                assert scene.hoard.leaks(raw(answer)) == []


async def test_no_log_line_metric_or_audit_row_holds_a_secret(scene: Scene) -> None:
    metrics = await scene.stage.client.get("/metrics")
    written = scene.stage.log.getvalue()
    assert written.count(b"\n") > 20
    everything = written + metrics.content + await table_dump(scene, "audit_events")
    assert scene.hoard.leaks(everything) == []
    for table, column in SECRET_COLUMNS:
        assert not scene.stage.canaries[table].found(column, everything), f"{table}.{column}"


async def table_dump(scene: Scene, name: str) -> bytes:
    """Every value of a table, one a line, as bytes that can be searched."""
    async with scene.stage.platform.database.snapshot() as connection:
        found = await connection.execute(select(Base.metadata.tables[name]))
        return b"\n".join(
            value if isinstance(value, bytes) else str(value).encode()
            for row in found
            for value in row
        )


async def test_no_table_holds_a_secret_in_clear(scene: Scene) -> None:
    for table in Base.metadata.sorted_tables:
        assert scene.hoard.leaks(await table_dump(scene, table.name)) == [], table.name


async def test_a_password_s_hash_stands_in_its_own_column_alone(scene: Scene) -> None:
    async with scene.stage.platform.database.snapshot() as connection:
        logins = Base.metadata.tables["logins"]
        found = await connection.execute(select(logins.c.password_hash))
        hashes = [value.encode() for value in found.scalars() if value is not None]
        assert len(hashes) >= 2
        for table in Base.metadata.sorted_tables:
            others = [column for column in table.columns if column.name != "password_hash"]
            for row in await connection.execute(select(*others)):
                line = repr(tuple(row)).encode()
                assert not any(value in line for value in hashes), table.name


async def test_no_file_of_the_database_holds_a_secret(scene: Scene) -> None:
    """Deleted rows and the write-ahead log too, where there are such files."""
    if not scene.database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL's files are its own")
    file = Path(scene.database_url.partition(":///")[2])
    content = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
    assert b"SQLite format 3" in content
    assert scene.hoard.leaks(content) == []


async def test_mails_tell_secrets_to_their_owners_alone(scene: Scene) -> None:
    staff = {person.email for person in scene.stage.staff.values()}
    letters = list((scene.folder / "mail").glob("*.eml"))
    for letter in letters:
        message = message_from_bytes(letter.read_bytes(), policy=default)
        parts = [part for part in message.walk() if not part.is_multipart()]
        told = "".join(part.get_content() for part in parts).encode()
        if any(address in str(message["To"]) for address in staff):
            assert scene.hoard.leaks(told) == [], message["Subject"]


@pytest.mark.parametrize("name", PRINTS)
async def test_no_command_prints_a_secret(scene: Scene, name: str) -> None:
    environment = {
        **os.environ,
        "SALVAGUARDA_DATABASE_URL": scene.database_url,
        "SALVAGUARDA_VAR_DIR": str(scene.folder),
    }
    said = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PROGRAM, *name.split(), *PRINTS[name]],
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    everything = said.stdout + said.stderr
    honest = {0, 1} if name == "audit verify" else {0}  # it sees that one seal is a canary
    assert said.returncode in honest, everything
    assert everything.strip()
    assert scene.hoard.leaks(everything) == []
    for table, column in SECRET_COLUMNS:
        assert not scene.stage.canaries[table].found(column, everything), f"{table}.{column}"


async def test_the_hoard_knows_what_was_made_and_sees_a_leak(scene: Scene) -> None:
    kinds = {what for _, what in scene.hoard.kept.values()}
    assert kinds >= {"password", "access_token", "refresh_token", "totp_secret"}
    assert kinds >= {REFRESH_COOKIE, CSRF_COOKIE}
    mailed = ("password_reset", "invitation", "intervention")
    assert kinds >= {f"token of {template}" for template in mailed}
    assert len(scene.hoard.kept) >= 20
    secret = next(iter(scene.hoard.kept))
    assert scene.hoard.leaks(f"x {secret} y".encode()) != []
