"""The commands: results on stdout, the rest on stderr, honest exit codes, one clear line."""

import asyncio
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from sqlalchemy import delete, func, insert, select, text, update

from app import cli
from app.access.viewers import STAFF_ROLES
from app.access.visibility import RESOURCES, matrix_hash
from app.core.clock import system_clock
from app.core.database import Database
from app.core.ids import id_at
from app.models import (
    AuditEvent,
    AuditSeal,
    Authenticator,
    Customer,
    CustomerWord,
    OutboxMessage,
    StaffMember,
)
from app.security.certificate_files import bundle, make
from app.security.keys import Keyring
from tests.support.databases import DatabaseKind, Databases
from tests.support.program import PROGRAM, running
from tests.support.room import ROOT

PASSWORD = "Chave-Boa-77!"
COMMANDS: tuple[list[str], ...] = (
    [],
    ["migrate"],
    ["serve"],
    ["worker"],
    ["demo"],
    ["import-legacy"],
    ["visibility"],
    ["openapi"],
    ["staff"],
    ["staff", "add"],
    ["staff", "recover"],
    ["audit"],
    ["audit", "verify"],
    ["consents", "verify"],
    ["consents", "rebuild"],
    ["audit", "seal"],
    ["keys"],
    ["keys", "create"],
    ["keys", "rotate"],
    ["keys", "retire"],
    ["document"],
    ["document", "verify"],
    ["trust"],
    ["trust", "list"],
    ["certificate"],
    ["certificate", "create"],
    ["certificate", "rotate"],
    ["certificate", "install"],
    ["certificate", "retire"],
    ["certificate", "show"],
)


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command in this process, on cheap Argon2 and files in `tmp_path`."""

    def command(*arguments: str, stdin: str = "", **variables: str) -> Said:
        chosen = {
            "VAR_DIR": str(tmp_path / "var"),
            "ARGON2_TIME_COST": "1",
            "ARGON2_MEMORY_KIB": "8",
            "HASH_WORKERS": "1",
        } | variables
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in chosen.items():
                patch.setenv(f"SALVAGUARDA_{name}", value)
            patch.setattr(sys, "argv", ["salvaguarda", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            with pytest.raises(SystemExit) as ended:
                cli.main()
        code = ended.value.code
        said = capsys.readouterr()
        return Said(code if isinstance(code, int) else 0, said.out, said.err)

    return command


@pytest.fixture
def on_database(run: Run, database_url: str) -> Run:
    """`run` on a migrated database."""

    def command(*arguments: str, stdin: str = "", **variables: str) -> Said:
        return run(*arguments, stdin=stdin, **({"DATABASE_URL": database_url} | variables))

    return command


def asked(url: str, statement: Any) -> Any:
    """What a statement says on the database at `url`: its first value, if it gives rows."""

    async def ask() -> Any:
        database = Database(url)
        try:
            async with database.transaction() as connection:
                result: Any = await connection.execute(statement)
                return result.scalar() if result.returns_rows else None
        finally:
            await database.close()

    return asyncio.run(ask())


def one_clear_line(said: Said) -> str:
    assert said.code != 0
    assert said.out == ""
    [line] = said.err.strip().splitlines()
    assert line.startswith("salvaguarda: ")
    return line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_each_command_explains_itself(run: Run, command: list[str]) -> None:
    said = run(*command, "--help")
    assert (said.code, said.err) == (0, "")
    assert "Usage: salvaguarda" in said.out


def test_who_asks_for_a_command_does_not_wait_for_all_others() -> None:
    """In a process of its own: here everything has been imported long since."""
    program = "import sys, app.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    heavy = {"fastapi", "uvicorn", "sqlalchemy", "cryptography", "jinja2", "app.services.platform"}
    assert heavy & set(done.stdout.split()) == set()


def test_an_unknown_command_or_option_is_refused(run: Run) -> None:
    for arguments in (["rm"], ["migrate", "--yes"], ["demo", "--customers", "-1"], ["keys", "x"]):
        said = run(*arguments)
        assert (said.code, said.out) == (2, "")
        assert said.err != ""


def test_migrate_twice(run: Run, databases: Databases, database_kind: DatabaseKind) -> None:
    with databases.fresh(database_kind, migrated=False) as url:
        first = run("migrate", DATABASE_URL=url)
        assert (first.code, first.out) == (0, "migrated; first policy installed\n")
        second = run("migrate", DATABASE_URL=url)
        assert (second.code, second.out) == (0, "migrated\n")


def test_migrate_makes_the_embedded_database_under_var(run: Run, tmp_path: Path) -> None:
    assert run("migrate").code == 0
    assert (tmp_path / "var" / "salvaguarda.db").is_file()


def test_staff_add_prints_what_an_authenticator_needs(on_database: Run, database_url: str) -> None:
    for role in STAFF_ROLES:
        said = on_database(
            *("staff", "add", "--email", f"{role}@alainer.com.br", "--name", "Ana", "--role", role),
            stdin=f"{PASSWORD}\n",
        )
        assert said.code == 0, said.err
        assert set(said.json) == {"id", "totp_secret", "totp_uri"}
        assert said.json["totp_secret"] in said.json["totp_uri"]
        assert PASSWORD not in said.out + said.err
    total = select(func.count()).select_from(StaffMember)
    assert asked(database_url, total) == len(STAFF_ROLES)


def test_staff_who_lost_everything_come_back(on_database: Run, database_url: str) -> None:
    email = "ana@alainer.com.br"
    flat = ("staff", "add", "--email", email, "--name", "Ana", "--role", "director")
    added = on_database(*flat, stdin=f"{PASSWORD}\n").json
    again = on_database("staff", "recover", "--email", email, stdin="Outra-chave-88-boa!\n").json
    assert again["id"] == added["id"]
    assert again["totp_secret"] != added["totp_secret"]
    factors = select(func.count()).select_from(Authenticator)
    assert asked(database_url, factors) == 1
    told = select(OutboxMessage.template).where(OutboxMessage.recipient == email)
    assert asked(database_url, told) == "second_factor_changed"
    weak = on_database("staff", "recover", "--email", email, stdin="fraca\n")
    assert (weak.code, weak.out) == (1, "")
    nobody = on_database("staff", "recover", "--email", "x@alainer.com.br", stdin="x\n")
    assert (nobody.code, nobody.out) == (1, "")


@pytest.mark.parametrize(
    ("changed", "password", "told"),
    [
        ({"--role": "boss"}, PASSWORD, "roles are: director"),
        ({"--email": "no-address"}, PASSWORD, "e-mail"),
        ({}, "fraca", "at least 10 characters"),
        ({}, "", "at least one symbol"),
        ({}, "Senha@2026", "Many people use this password"),
        ({"--name": "Filomena"}, "Filomena-9-cabras", "must not hold your name"),
    ],
)
def test_staff_add_refuses_in_one_line(
    on_database: Run, database_url: str, changed: dict[str, str], password: str, told: str
) -> None:
    options = {"--email": "a@alainer.com.br", "--name": "Ana", "--role": "support"} | changed
    flat = [part for option in options.items() for part in option]
    said = on_database("staff", "add", *flat, stdin=password)
    assert told in one_clear_line(said)
    assert asked(database_url, select(func.count()).select_from(StaffMember)) == 0


def test_staff_add_refuses_a_taken_address(on_database: Run) -> None:
    add = ("staff", "add", "--name", "Ana", "--role", "support", "--email")
    assert on_database(*add, "ana@alainer.com.br", stdin=PASSWORD).code == 0
    said = on_database(*add, "ANA@alainer.com.br", stdin=PASSWORD)
    assert "e-mail" in one_clear_line(said)


def test_demo_twice_and_if_empty(on_database: Run, database_url: str) -> None:
    total = select(func.count()).select_from(Customer)
    first = on_database("demo", "--customers", "3", "--if-empty")
    assert first.code == 0
    assert "Demonstra-2026!" in first.out
    assert asked(database_url, total) == 3
    again = on_database("demo", "--if-empty")
    assert (again.code, again.out) == (0, first.out)
    assert "customers already" in again.err
    assert asked(database_url, total) == 3
    assert on_database("demo", "--customers", "2").code == 0
    assert asked(database_url, total) == 5


def test_the_demo_is_not_for_production(on_database: Run, database_url: str) -> None:
    assert "production" in one_clear_line(on_database("demo", ENV="production"))
    assert asked(database_url, select(func.count()).select_from(Customer)) == 0


def test_visibility_comes_in_three_formats_with_the_hash_in_force(run: Run) -> None:
    found = run("visibility", "--format", "json").json
    assert found["hash"] == matrix_hash()
    assert set(found["resources"]) == set(RESOURCES)
    assert found["resources"]["customer"]["fields"]["email"]["cells"]["support"] == "R"
    for name in ("table", "markdown"):
        said = run("visibility", "--format", name)
        assert (said.code, said.err) == (0, "")
        assert matrix_hash() in said.out
        assert "attention_note" in said.out
    assert run("visibility").out == run("visibility", "--format", "table").out
    assert run("visibility", "--format", "yaml").code == 2


def test_openapi_is_printed_without_a_database(run: Run) -> None:
    said = run("openapi", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert (said.code, said.err) == (0, "")
    assert said.json["openapi"].startswith("3.1")


def settled_events(url: str, numbers: range) -> None:
    """Events of ten minutes ago, so that they can be sealed now."""
    moment = system_clock() - timedelta(minutes=10)
    rows = [
        {
            "id": id_at(moment + timedelta(milliseconds=number)),
            "at": moment,
            "actor_kind": "system",
            "request_id": str(number),
            "action": "system:test:fill",
            "fields": (),
            "policy_hash": "0",
            "rows": number,
            "outcome": "allowed",
        }
        for number in numbers
    ]
    asked(url, insert(AuditEvent).values(rows))


def test_what_stands_is_replayed_and_made_anew(on_database: Run) -> None:
    assert on_database("migrate").code == 0
    assert on_database("demo", "--customers", "9").code == 0
    assert on_database("consents", "verify").json == {"faults": []}
    again = on_database("consents", "rebuild")
    assert (again.code, int(again.out) > 0) == (0, True)
    assert on_database("consents", "verify").json == {"faults": []}


def test_audit_verify_is_content_with_what_nobody_touched(
    on_database: Run, database_url: str
) -> None:
    said = on_database("audit", "verify")
    assert (said.code, said.json["seals"]) == (0, 0)
    settled_events(database_url, range(3))
    assert on_database("audit", "seal").out == "3\n"
    assert on_database("audit", "seal").out == "0\n"
    said = on_database("audit", "verify")
    assert said.code == 0
    newest = said.json["newest"]
    assert newest["number"] == 1
    assert newest.keys() == {"number", "digest", "sealed_at"}
    assert said.json == {
        "sealed_events": 3,
        "unsealed_events": 0,
        "seals": 1,
        "newest": newest,
        "oldest_unsealed_at": None,
        "broken": [],
    }
    noted = f"1:{newest['digest']}"
    assert on_database("audit", "verify", "--expect", noted).json == said.json
    assert on_database("audit", "verify", "--expect", noted[:-1]).code == 2
    said = on_database("audit", "verify", "--expect", f"2:{newest['digest']}")
    assert (said.code, said.json["broken"][0]["seal"]) == (1, 2)


@pytest.mark.parametrize(
    ("table", "tampering"),
    [
        ("audit_events", update(AuditEvent).where(AuditEvent.rows == 1).values(outcome="refused")),
        ("audit_events", delete(AuditEvent).where(AuditEvent.rows == 1)),
        ("audit_seals", update(AuditSeal).values(signature=bytes(64))),
        (None, insert(AuditEvent)),
    ],
    ids=["alter", "delete", "seal", "insert"],
)
def test_audit_verify_names_the_seal_that_was_broken(
    on_database: Run, database_url: str, database_kind: str, table: str | None, tampering: Any
) -> None:
    settled_events(database_url, range(2))
    assert on_database("audit", "seal").out == "2\n"
    if table is None:
        settled_events(database_url, range(-3, -2))
    else:
        unlock(database_url, database_kind, table)
        asked(database_url, tampering)
    said = on_database("audit", "verify")
    assert said.code == 1
    [fault] = said.json["broken"]
    assert fault["seal"] == 1
    assert fault["reason"]


def unlock(url: str, database_kind: str, table: str) -> None:
    """Drop the triggers of a table, as whoever has all rights in the database can."""
    for verb in ("update", "delete") if database_kind == "sqlite" else ("append_only",):
        trigger = f"{table}_no_{verb}" if database_kind == "sqlite" else f"{table}_{verb}"
        on_table = "" if database_kind == "sqlite" else f" ON {table}"
        asked(url, text(f"DROP TRIGGER {trigger}{on_table}"))


def test_seals_that_were_deleted_with_their_events_are_missed(
    on_database: Run, database_url: str, database_kind: str
) -> None:
    settled_events(database_url, range(2))
    assert on_database("audit", "seal").out == "2\n"
    for model in (AuditSeal, AuditEvent):
        unlock(database_url, database_kind, model.__tablename__)
        asked(database_url, delete(model))
    said = on_database("audit", "verify")
    assert (said.code, said.json["seals"], said.json["newest"]) == (1, 0, None)
    assert [fault["seal"] for fault in said.json["broken"]] == [1]
    settled_events(database_url, range(2))
    said = on_database("audit", "seal")
    assert (said.code, said.out) == (1, "")
    assert "salvaguarda: nothing is sealed: seal 1 of" in said.err
    assert asked(database_url, select(func.count()).select_from(AuditSeal)) == 0


@pytest.mark.parametrize("before", [None, 0o644])
def test_sqlite_is_for_its_owner_alone(run: Run, tmp_path: Path, before: int | None) -> None:
    folder = tmp_path / "var"
    if before is not None:  # somebody served before they migrated
        folder.mkdir(mode=0o700)
        (folder / "salvaguarda.db").touch(mode=before)
    assert run("migrate").code == 0
    assert run("demo", "--customers", "1").code == 0
    assert run("audit", "verify").code == 0
    assert folder.stat().st_mode & 0o777 == 0o700
    database = f"sqlite:///{folder}/salvaguarda.db"

    async def look() -> set[int]:
        opened = Database(database)
        try:
            async with opened.transaction() as connection:
                await connection.execute(delete(CustomerWord))
                files = {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.db*")}
                assert files.keys() == {f"salvaguarda.db{end}" for end in ("", "-wal", "-shm")}
                return set(files.values())
        finally:
            await opened.close()

    assert asyncio.run(look()) == {0o600}
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_keys_are_made_rotated_and_retired(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "var" / "keys"
    first = run("keys", "create")
    assert first.code == 0
    assert run("keys", "create").out == first.out
    second = run("keys", "rotate")
    ring = Keyring.load(folder, production=False)
    assert [key["kid"] for key in ring.jwks()["keys"]] == [second.out.strip(), first.out.strip()]
    assert run("keys", "retire", first.out.strip()) == Said(0, "", "")
    assert "rotate first" in one_clear_line(run("keys", "retire", second.out.strip()))
    assert "no key of that name" in one_clear_line(run("keys", "retire", "x"))


def test_certificates_are_made_rotated_installed_and_retired(run: Run, tmp_path: Path) -> None:
    first = run("certificate", "create")
    assert first.code == 0, first.err
    assert run("certificate", "create").out == first.out
    assert run("certificate", "rotate").code == 0
    pair = make("ours", "Própria", system_clock())
    (tmp_path / "ours.pem").write_bytes(bundle(pair))
    last = run("certificate", "install", str(tmp_path / "ours.pem"))
    assert last.code == 0, last.err
    kept = tmp_path / "var" / "keys" / "certificates" / f"{last.out.strip()}.pem"
    assert kept.stat().st_mode & 0o777 == 0o600
    shown = run("certificate", "show").out.encode()
    assert shown.startswith(pair.pem)
    assert len(x509.load_pem_x509_certificates(shown)) == 3
    assert run("certificate", "retire", first.out.strip()) == Said(0, "", "")
    assert run("certificate", "show").out.encode() == shown
    assert "no certificate of that name" in one_clear_line(run("certificate", "retire", "x"))


def test_a_certificate_with_a_password_is_installed(run: Run, tmp_path: Path) -> None:
    pair = make("ours", "Própria", system_clock())
    file = tmp_path / "ours.p12"
    file.write_bytes(
        serialize_key_and_certificates(
            b"x", pair.key, pair.certificate, None, BestAvailableEncryption(b"segredo")
        )
    )
    refused = run("certificate", "install", str(file), stdin="errado\n")
    assert "not its password" in one_clear_line(refused)
    assert run("certificate", "install", str(file), stdin="segredo\n").code == 0
    assert run("certificate", "show").out.encode() == pair.pem


@pytest.mark.parametrize(
    "command", [["serve"], ["worker"], ["migrate"], ["audit", "verify"], ["keys", "rotate"]]
)
def test_production_stops_without_production_keys(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    production = {"ENV": "production", "KEYS_DIR": str(tmp_path / "keys")}
    missing = run(*command, **production)
    assert missing.code == 1
    assert missing.err.splitlines()[-1].startswith("salvaguarda: ")
    assert "cannot be read" in missing.err
    Keyring.create(tmp_path / "keys", development=True)
    marked = run(*command, **production)
    assert marked.code == 1
    assert "made in development" in marked.err.splitlines()[-1]
    assert not (tmp_path / "var" / "salvaguarda.db").exists()


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_production_stops_when_mail_is_not_set_up_right(
    run: Run, tmp_path: Path, command: str
) -> None:
    production = {"ENV": "production", "KEYS_DIR": str(tmp_path / "keys")}
    Keyring.create(tmp_path / "keys", development=False)
    assert "MAIL_FROM" in one_clear_line(run(command, **production))
    production["MAIL_FROM"] = "no-reply@exemplo.com.br"
    production["SMTP_URL"] = "smtp://someone:hunter2@mail?starttls=none"
    line = one_clear_line(run(command, **production))
    assert "SMTP_URL" in line
    assert "hunter2" not in line


def test_production_keys_are_made_by_command(run: Run, tmp_path: Path) -> None:
    assert run("keys", "create", ENV="production").code == 0
    assert run("migrate", ENV="production").code == 0


# Where a file cannot be opened, the driver's thread may end after the event loop did.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("command", [["migrate"], ["audit", "verify"], ["demo"]])
@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://u:secret@h/x",
        "postgresql://u:secret@127.0.0.1:1/x",
        "sqlite:////no/x.db",
    ],
)
def test_a_database_that_is_none_is_told_in_one_line(
    run: Run, command: list[str], url: str
) -> None:
    line = one_clear_line(run(*command, DATABASE_URL=url))
    assert "DATABASE_URL" in line
    assert "secret" not in line


def test_a_database_name_that_does_not_exist_is_told_in_one_line(
    run: Run, databases: Databases
) -> None:
    with databases.fresh("postgresql", migrated=False) as url:
        head, _, tail = url.partition("?")
        for command in (["migrate"], ["audit", "verify"]):
            one_clear_line(run(*command, DATABASE_URL=f"{head}_none?{tail}"))


def test_a_database_that_is_not_migrated_is_told_in_one_line(
    run: Run, databases: Databases, database_kind: DatabaseKind
) -> None:
    with databases.fresh(database_kind, migrated=False) as url:
        for command in (["audit", "verify"], ["demo", "--customers", "1"]):
            assert "migrate" in one_clear_line(run(*command, DATABASE_URL=url))


@pytest.mark.parametrize("name", ["ENV", "WORKER", "REGISTRATION", "BODY_LIMIT"])
def test_a_setting_that_is_not_right_is_named(run: Run, name: str) -> None:
    line = one_clear_line(run("migrate", **{name: "secret"}))
    assert f"SALVAGUARDA_{name}" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("database_kind", "workers"), [("sqlite", "1"), ("postgresql", "2")], indirect=["database_kind"]
)
def test_serve_answers_where_it_was_told_to(
    database_url: str, workers: str, tmp_path: Path
) -> None:
    with running(
        *("--workers", workers), folder=tmp_path, SALVAGUARDA_DATABASE_URL=database_url
    ) as address:
        ready = httpx.get(f"{address}/health/ready")
        assert ready.status_code == 200
        assert "strict-transport-security" not in ready.headers
        assert httpx.get(f"{address}/v1/public/policies/current").json()["version"] == 1
        assert httpx.get(f"{address}/v1/staff/customers").status_code == 401
        too_large = httpx.get(f"{address}/health/live", headers={"A": "x" * 60_000})
        assert (too_large.status_code, too_large.json()["code"]) == (431, "request_head_too_large")
    assert (tmp_path / "keys" / "master.key").exists()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_production_refuses_plain_http_and_asks_for_https_from_now_on(
    database_url: str, tmp_path: Path
) -> None:
    Keyring.create(tmp_path / "keys", development=False)
    production = {
        "SALVAGUARDA_ENV": "production",
        "SALVAGUARDA_DATABASE_URL": database_url,
        "SALVAGUARDA_MAIL_FROM": "no-reply@exemplo.com.br",
    }
    with running(folder=tmp_path, **production) as address:
        policy = f"{address}/v1/public/policies/current"
        plain = httpx.get(policy)
        assert plain.json()["code"] == "https_required"
        assert plain.status_code >= 400
        secure = httpx.get(policy, headers={"X-Forwarded-Proto": "https"})
        assert secure.status_code == 200
        assert secure.headers["strict-transport-security"].startswith("max-age=")
        form = {"kind": "person", "name": "A", "email": "a@exemplo.com.br", "password": PASSWORD}
        asked = httpx.post(
            f"{address}/v1/public/registrations",
            json=form | {"accepted_policy_version": 1},
            headers={"X-Forwarded-Proto": "https"},
        )
        assert (asked.status_code, asked.json()["status"]) == (202, "awaiting_confirmation")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_worker_seals_until_it_is_stopped(
    database_url: str, tmp_path: Path, on_database: Run, told: signal.Signals
) -> None:
    settled_events(database_url, range(2))
    environment = {
        "SALVAGUARDA_DATABASE_URL": database_url,
        "SALVAGUARDA_VAR_DIR": str(tmp_path / "var"),
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(
        [PROGRAM, "worker"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + 30
        while not asked(database_url, select(func.count()).select_from(AuditSeal)):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(told)
        out, err = process.communicate(timeout=40)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (0, b"")
    assert b"Traceback" not in err
    assert b"mails leave as files in" in err
    assert on_database("audit", "verify").json["sealed_events"] == 2
