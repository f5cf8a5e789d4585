"""The operator's commands: results on stdout, everything else on stderr, honest exit codes."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.access.matrix import MatrixError
from app.access.viewers import STAFF_ROLES
from app.core import event_loop, telemetry
from app.core.clock import system_clock
from app.core.documents import normalise_tax_id
from app.core.errors import Failure
from app.core.garbage import spare_the_collector
from app.core.messages import field_message, finding_message, problem_words
from app.core.moments import parse_moment
from app.core.settings import Settings
from app.core.text import FieldRefused
from app.main import create_app, open_keyring
from app.security.document_reports import DocumentReport
from app.security.keyfiles import KeysError
from app.security.keys import Keyring
from app.security.service_certificate import ServiceCertificates
from app.services import (
    consent_states,
    legacy_import,
    matrix_tables,
    migrations,
    seals,
    staff_recovery,
    visibility,
)
from app.services import demo as demo_service
from app.services import staff as staff_service
from app.services.legacy_report import ReportFile
from app.services.mail_transport import open_transport
from app.services.platform import (
    Platform,
    document_pool,
    open_certificates,
    open_platform,
)
from app.services.seal_anchor import AnchorError
from app.worker.loop import run as run_worker

Result = TypeVar("Result")

app = typer.Typer(
    name="salvaguarda",
    help="Customers' data, as promised.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
staff = typer.Typer(help="The agency's own people.", no_args_is_help=True)
audit = typer.Typer(help="The audit log.", no_args_is_help=True)
keys = typer.Typer(help="Signing keys and the master secret.", no_args_is_help=True)
app.add_typer(staff, name="staff")
app.add_typer(audit, name="audit")
consents = typer.Typer(help="The consent ledger.", no_args_is_help=True)
app.add_typer(consents, name="consents")
app.add_typer(keys, name="keys")
document = typer.Typer(help="Signed documents.", no_args_is_help=True)
app.add_typer(document, name="document")
trust = typer.Typer(help="Whose signatures are trusted.", no_args_is_help=True)
app.add_typer(trust, name="trust")
certificate = typer.Typer(
    help="The certificate that documents are signed with.", no_args_is_help=True
)
app.add_typer(certificate, name="certificate")
stderr = Console(stderr=True)


@app.command()
def migrate() -> None:
    """Bring the database to its newest form, and install the first policy."""
    settings = _settings()
    open_keyring(settings)  # before anything is changed
    migrations.upgrade(settings)
    new = _with_platform(settings, migrations.install)
    print("migrated; first policy installed" if new else "migrated")


@app.command()
def serve(
    host: Annotated[str, typer.Option(envvar="HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    forwarded_allow_ips: Annotated[
        str, typer.Option(envvar="FORWARDED_ALLOW_IPS", help="The proxy that ends TLS.")
    ] = "127.0.0.1",
) -> None:
    """Serve HTTP. In production a proxy before it ends TLS."""
    settings = _settings()
    open_keyring(settings)  # one clear line now, instead of a stack in each worker
    open_transport(settings)
    _with_platform(settings, _nothing)
    # It does not follow by itself: replicas on several ports must name one issuer in their tokens.
    elsewhere = not settings.public_url.endswith(f":{port}")
    if elsewhere and not settings.production and "public_url" not in settings.model_fields_set:
        stderr.print(
            f"Links in mails lead to {settings.public_url}: set SALVAGUARDA_PUBLIC_URL to have"
            " them lead here, and to let pages of this address renew sessions.",
            highlight=False,
        )
    stderr.print(f"Serving on http://{host}:{port} (documentation: /docs)", highlight=False)
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http="app.routers.head_limit:BoundedHttpProtocol",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=True,
        forwarded_allow_ips=forwarded_allow_ips,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=60,  # on a busy machine five seconds end before the imports do
    )


@app.command()
def worker() -> None:
    """Do the background work until stopped.

    Delivers mail, works on confirmed incidents, seals the audit log, forgets what expired. Any
    number of workers share it, on any number of machines. Told to stop (Ctrl-C, SIGTERM), one
    finishes what is under way and gives back the rest.
    """
    settings = _settings()
    open_keyring(settings)
    open_transport(settings)
    where = "by SMTP" if settings.smtp_url else f"as files in {settings.var_dir / 'mail'}"
    stderr.print(f"Working, mails leave {where}; stop with Ctrl-C.", highlight=False)
    with suppress(KeyboardInterrupt):
        _with_platform(settings, _work_until_told)


@app.command()
def demo(
    customers: Annotated[int, typer.Option(min=0, help="Made-up people.")] = 200,
    if_empty: Annotated[bool, typer.Option(help="Only into an empty database.")] = False,
) -> None:
    """Load made-up people in bulk (one password, hashed once), staff of each role, an officer."""
    settings = _settings()
    if settings.production:
        _stop("The demo's passwords are public: it is not for production.")

    async def load(platform: Platform) -> demo_service.Demo | None:
        with _progress("customers", customers) as progress:
            return await demo_service.load(platform, customers, progress, only_if_empty=if_empty)

    loaded = _with_platform(settings, load)
    if loaded is None:
        stderr.print("The database has customers already.")
    for line in demo_service.instructions(settings):
        print(line)


@app.command("import-legacy")
def import_legacy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    dry_run: Annotated[bool, typer.Option(help="Check only; change nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the refused rows as JSON.")] = None,
) -> None:
    """Take in the customers of the old system. Again and again: a second run changes nothing.

    Exits 0 when the file was gone through, even if rows were refused: they are told on stderr, or
    in the report.
    """
    settings = _settings()

    async def run(platform: Platform) -> legacy_import.Outcome:
        with (
            ReportFile(report) if report is not None else nullcontext() as document,
            _progress("rows", None) as progress,
        ):
            refuse = document.add if document is not None else lambda fault: _say(str(fault))
            listeners = legacy_import.Listeners(progress, _say, refuse)
            outcome = await legacy_import.run(platform, file, listeners, dry_run=dry_run)
            if document is not None:
                document.finish(outcome.summary())
            return outcome

    _print_json(_with_platform(settings, run).summary())


@app.command("visibility")
def show_visibility(
    format_: Annotated[
        Literal["table", "markdown", "json"], typer.Option("--format", help="How to print it.")
    ] = "table",
) -> None:
    """Print the whole visibility matrix, with its hash."""
    if format_ == "json":
        _print_json(visibility.whole())
    else:
        print(matrix_tables.render(markdown=format_ == "markdown"), end="")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    _print_json(create_app(Settings(env="development")).openapi())


@staff.command("add")
def staff_add(
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[str, typer.Option(help="One of: " + ", ".join(STAFF_ROLES))],
) -> None:
    """Add a staff member. The password comes on standard input; the answer is JSON."""
    password = _password()

    async def add(platform: Platform) -> staff_service.AddedStaff:
        return await staff_service.add(
            platform, email=email, name=name, role=role, password=password
        )

    added = _with_platform(_settings(), add)
    _print_json({"id": str(added.id), "totp_secret": added.totp_secret, "totp_uri": added.totp_uri})


@staff.command("recover")
def staff_recover(email: Annotated[str, typer.Option()]) -> None:
    """Give a member who lost password or second factor new ones of both; their sessions end.

    The new password comes on standard input; the answer is JSON, with the new TOTP secret.
    """
    password = _password()

    async def recover(platform: Platform) -> staff_service.AddedStaff:
        return await staff_recovery.recover(platform, email=email, password=password)

    found = _with_platform(_settings(), recover)
    _print_json({"id": str(found.id), "totp_secret": found.totp_secret, "totp_uri": found.totp_uri})


@audit.command("verify")
def audit_verify(
    expect: Annotated[
        seals.Noted | None,
        typer.Option(
            parser=seals.Noted.parse,
            metavar="NUMBER:DIGEST",
            help="A seal that must be there: the `newest` of an earlier run, noted down elsewhere.",
        ),
    ] = None,
) -> None:
    """Recompute every seal of the audit log. Exits 1 when one does not hold, or is missing."""
    found = _with_platform(_settings(), lambda platform: seals.verify(platform, expect))
    _print_json(
        {
            "sealed_events": found.events,
            "unsealed_events": found.unsealed,
            "seals": found.seals,
            "newest": found.newest
            and {
                "number": found.newest.number,
                "digest": found.newest.digest.hex(),
                "sealed_at": found.newest.sealed_at.isoformat(),
            },
            "oldest_unsealed_at": found.oldest_unsealed_at and found.oldest_unsealed_at.isoformat(),
            "broken": [fault._asdict() for fault in found.broken],
        }
    )
    if found.broken:
        raise typer.Exit(1)


@audit.command("seal")
def audit_seal() -> None:
    """Seal now what is older than five minutes, as the worker does by itself."""
    print(_with_platform(_settings(), seals.seal))


@consents.command("verify")
def consents_verify() -> None:
    """Replay the ledger: no gap in it, and what stands is what it says. Exits 1 otherwise."""
    faults = _with_platform(_settings(), consent_states.verify)
    _print_json({"faults": faults})
    if faults:
        raise typer.Exit(1)


@consents.command("rebuild")
def consents_rebuild() -> None:
    """Make what stands anew from the ledger alone. Writers wait meanwhile."""
    print(_with_platform(_settings(), consent_states.rebuild_all))


@keys.command("create")
def keys_create() -> None:
    """Make the keys that are missing (in production they are never made by themselves)."""
    settings = _settings()
    ring = Keyring.create(settings.keys_path, development=not settings.production)
    print(ring.signing_key().kid)


@keys.command("rotate")
def keys_rotate() -> None:
    """Make a key that signs from now on; the older ones still verify. Prints its name (kid)."""
    print(open_keyring(_settings()).rotate())


@keys.command("retire")
def keys_retire(kid: str) -> None:
    """Remove a key. Tokens that it signed are refused within a second, everywhere.

    Its public half stays, so that the audit log's seals can be verified.
    """
    open_keyring(_settings()).retire(kid)


@document.command("verify")
def document_verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    signature: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A detached signature (.p7s) of the file."),
    ] = None,
    signer_cpf: Annotated[
        str | None, typer.Option(metavar="CPF", help="The declared signer's; else any person's.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="With zone: 2026-11-28T12:00:00Z; else now.")
    ] = None,
) -> None:
    """Verify a signed document against the trust folder. Exits 0 only if it is accepted."""
    settings = _settings()
    signer = None if signer_cpf is None else normalise_tax_id(signer_cpf, "person").digits
    moment = system_clock() if at is None else parse_moment(at)

    async def verify() -> DocumentReport:
        pool = document_pool(settings)
        try:
            return await pool.verify(file, signature=signature, signer_tax_id=signer, at=moment)
        finally:
            pool.close()

    report = asyncio.run(verify())
    record = report.as_record()
    for finding in record["findings"]:
        finding["message"] = finding_message(finding["code"], "en")
    _print_json(record)
    if report.verdict != "accepted":
        raise typer.Exit(1)


@trust.command("list")
def trust_list() -> None:
    """List roots and revocation lists, and how old these are. Exits 1 if one wants mending."""
    from app.security.document_trust import TrustFolder, inventory

    found = inventory(TrustFolder(_settings().trust_path).read(), system_clock())
    for finding in found["findings"]:
        finding["message"] = finding_message(finding["code"], "en")
    _print_json(found)
    if found["findings"]:
        raise typer.Exit(1)


@certificate.command("create")
def certificate_create() -> None:
    """Make one in the agency's name if there is none (in production none is made by itself)."""
    print(_certificates().create())


@certificate.command("rotate")
def certificate_rotate() -> None:
    """Make one that signs from now on; the older ones stay published. Prints its name."""
    print(_certificates().rotate())


@certificate.command("install")
def certificate_install(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
) -> None:
    """Take over a certificate of your own: PEM with its key, or PKCS #12. It signs from now on.

    The file's password, if it has one, comes on standard input; the file is not needed any more.
    """
    content = file.read_bytes()
    password = None if b"-----BEGIN PRIVATE KEY-----" in content else _password().encode() or None
    print(_certificates().install(content, password))


@certificate.command("retire")
def certificate_retire(kid: str) -> None:
    """Destroy a certificate's private key. What it signed can still be verified."""
    _certificates().retire(kid)


@certificate.command("show")
def certificate_show() -> None:
    """Print every certificate that signs or ever signed (PEM), newest first."""
    print(_certificates().published().decode(), end="")


def main() -> None:
    """Run a command; what an operator can mend is said in one line on stderr."""
    try:
        app()
    except (KeysError, MatrixError, AnchorError) as error:
        _stop(str(error))
    except Failure as failure:
        _stop(_advice(failure))
    except FieldRefused as refused:
        _stop(field_message(refused.code, "en", refused.params))
    except ValidationError as error:
        fields = ", ".join(f"SALVAGUARDA_{str(e['loc'][0]).upper()}" for e in error.errors())
        _stop(f"Settings are not right: {fields}")
    except (ValueError, OSError) as error:
        _stop(str(error))


def _advice(failure: Failure) -> str:
    """What an operator can do; callers of the service are told other things."""
    if failure.code == "database_unavailable":
        return "The database does not answer, or is not migrated: see DATABASE_URL, and migrate."
    if failure.errors:
        return " ".join(field_message(error.code, "en", error.params) for error in failure.errors)
    return problem_words(failure.code, "en", failure.params).detail


async def _work_until_told(platform: Platform) -> None:
    working = asyncio.ensure_future(run_worker(platform))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    spare_the_collector()
    with suppress(asyncio.CancelledError):
        await working


async def _nothing(_platform: Platform) -> None:
    """Open and close: start-up's own checks are what is wanted."""


def _certificates() -> ServiceCertificates:
    settings = _settings()
    return open_certificates(settings, system_clock)


def _settings() -> Settings:
    settings = Settings()
    telemetry.configure(production=settings.production, level=settings.log_level)
    return settings


def _password() -> str:
    """One line of standard input, asked for twice where somebody sits before it."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _with_platform(settings: Settings, work: Callable[[Platform], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        platform = open_platform(settings, system_clock, open_keyring(settings))
        try:
            return await work(platform)
        finally:
            await platform.close()

    return event_loop.run(run())


def _progress(unit: str, total: int | None) -> "_Bar":
    return _Bar(unit, total)


class _Bar:
    """A progress bar on stderr, where that is a terminal; calling it advances."""

    def __init__(self, unit: str, total: int | None) -> None:
        self._progress = Progress(
            TextColumn(unit),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=stderr,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(unit, total=total)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, done: int, total: int | None = None) -> None:
        if total is not None:
            self._progress.update(self._task, total=total)
        self._progress.advance(self._task, done)


def _say(message: str) -> None:
    stderr.print(message, highlight=False, markup=False, soft_wrap=True)


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))


def _stop(message: str) -> None:
    print(f"salvaguarda: {message}", file=sys.stderr)
    raise SystemExit(1)
