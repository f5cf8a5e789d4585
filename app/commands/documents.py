"""`salvaguarda document`, `trust`: signed documents, and whose signatures are trusted."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.commands.opening import opened_settings
from app.commands.terminal import print_json
from app.core.clock import system_clock
from app.core.documents import normalise_tax_id
from app.core.messages import finding_message
from app.core.moments import parse_moment

document = typer.Typer(help="Signed documents.", no_args_is_help=True)
trust = typer.Typer(help="Whose signatures are trusted.", no_args_is_help=True)


@document.command()
def verify(
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
    from app.security.document_reports import DocumentReport
    from app.services.platform import document_pool

    settings = opened_settings()
    signer = None if signer_cpf is None else normalise_tax_id(signer_cpf, "person").digits
    moment = system_clock() if at is None else parse_moment(at)

    async def run() -> DocumentReport:
        pool = document_pool(settings)
        try:
            return await pool.verify(file, signature=signature, signer_tax_id=signer, at=moment)
        finally:
            pool.close()

    report = asyncio.run(run())
    record = report.as_record()
    for finding in record["findings"]:
        finding["message"] = finding_message(finding["code"], "en")
    print_json(record)
    if report.verdict != "accepted":
        raise typer.Exit(1)


@trust.command("list")
def list_() -> None:
    """List roots and revocation lists, and how old these are. Exits 1 if one wants mending."""
    from app.security.document_trust import TrustFolder, inventory

    found = inventory(TrustFolder(opened_settings().trust_path).read(), system_clock())
    for finding in found["findings"]:
        finding["message"] = finding_message(finding["code"], "en")
    print_json(found)
    if found["findings"]:
        raise typer.Exit(1)
