"""The operator's program: its commands put together, and honest exit codes."""

import gc

import typer
from pydantic import ValidationError

from app.access.matrix import MatrixError
from app.commands import contract, customers, service
from app.commands.audit import audit
from app.commands.certificate import certificate
from app.commands.consents import consents
from app.commands.documents import document, trust
from app.commands.keys import keys
from app.commands.staff import staff
from app.commands.terminal import stop
from app.core.errors import Failure
from app.core.messages import field_message, problem_words
from app.core.text import FieldRefused
from app.security.keyfiles import KeysError
from app.services.seal_anchor import AnchorError

app = typer.Typer(
    name="salvaguarda",
    help="Customers' data, as promised.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (service.migrate, service.serve, service.worker, customers.demo):
    app.command()(command)
app.command("import-legacy")(customers.import_legacy)
for command in (contract.visibility, contract.openapi):
    app.command()(command)
app.add_typer(staff, name="staff")
app.add_typer(audit, name="audit")
app.add_typer(consents, name="consents")
app.add_typer(keys, name="keys")
app.add_typer(document, name="document")
app.add_typer(trust, name="trust")
app.add_typer(certificate, name="certificate")


def main() -> None:
    """Run a command; what an operator can mend is said in one line on stderr."""
    # What is imported from here on is kept: the collector would walk through it again and again.
    gc.set_threshold(20_000, 10, 10)
    try:
        app()
    except (KeysError, MatrixError, AnchorError) as error:
        stop(str(error))
    except Failure as failure:
        stop(_advice(failure))
    except FieldRefused as refused:
        stop(field_message(refused.code, "en", refused.params))
    except ValidationError as error:
        fields = ", ".join(f"SALVAGUARDA_{str(e['loc'][0]).upper()}" for e in error.errors())
        stop(f"Settings are not right: {fields}")
    except (ValueError, OSError) as error:
        stop(str(error))


def _advice(failure: Failure) -> str:
    """What an operator can do; callers of the service are told other things."""
    if failure.code == "database_unavailable":
        return "The database does not answer, or is not migrated: see DATABASE_URL, and migrate."
    if failure.errors:
        return " ".join(field_message(error.code, "en", error.params) for error in failure.errors)
    return problem_words(failure.code, "en", failure.params).detail
