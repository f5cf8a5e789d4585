"""`salvaguarda certificate`: the certificate that documents are signed with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.opening import opened_settings
from app.commands.terminal import password
from app.core.clock import system_clock

if TYPE_CHECKING:
    from app.security.service_certificate import ServiceCertificates

certificate = typer.Typer(
    help="The certificate that documents are signed with.", no_args_is_help=True
)


def _certificates() -> "ServiceCertificates":
    from app.services.platform import open_certificates

    return open_certificates(opened_settings(), system_clock)


@certificate.command()
def create() -> None:
    """Make one in the agency's name if there is none (in production none is made by itself)."""
    print(_certificates().create())


@certificate.command()
def rotate() -> None:
    """Make one that signs from now on; the older ones stay published. Prints its name."""
    print(_certificates().rotate())


@certificate.command()
def install(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
) -> None:
    """Take over a certificate of your own: PEM with its key, or PKCS #12. It signs from now on.

    The file's password, if it has one, comes on standard input; the file is not needed any more.
    """
    content = file.read_bytes()
    given = None if b"-----BEGIN PRIVATE KEY-----" in content else password().encode() or None
    print(_certificates().install(content, given))


@certificate.command()
def retire(kid: str) -> None:
    """Destroy a certificate's private key. What it signed can still be verified."""
    _certificates().retire(kid)


@certificate.command()
def show() -> None:
    """Print every certificate that signs or ever signed (PEM), newest first."""
    print(_certificates().published().decode(), end="")
