"""`salvaguarda demo`, `import-legacy`: customers who come in bulk."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from app.commands.opening import opened_settings, with_platform
from app.commands.terminal import Bar, print_json, say, stderr, stop


def demo(
    customers: Annotated[int, typer.Option(min=0, help="Made-up people.")] = 200,
    if_empty: Annotated[bool, typer.Option(help="Only into an empty database.")] = False,
) -> None:
    """Load made-up people in bulk (one password, hashed once), staff of each role, an officer."""
    from app.services.demo import Demo, instructions, load
    from app.services.platform import Platform

    settings = opened_settings()
    if settings.production:
        stop("The demo's passwords are public: it is not for production.")

    async def run(platform: Platform) -> Demo | None:
        with Bar("customers", customers) as progress:
            return await load(platform, customers, progress, only_if_empty=if_empty)

    loaded = with_platform(settings, run)
    if loaded is None:
        stderr.print("The database has customers already.")
    for line in instructions(settings):
        print(line)


def import_legacy(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    dry_run: Annotated[bool, typer.Option(help="Check only; change nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the refused rows as JSON.")] = None,
) -> None:
    """Take in the customers of the old system. Again and again: a second run changes nothing.

    Exits 0 when the file was gone through, even if rows were refused: they are told on stderr, or
    in the report.
    """
    from app.services import legacy_import
    from app.services.legacy_report import ReportFile
    from app.services.platform import Platform

    async def run(platform: Platform) -> legacy_import.Outcome:
        with (
            ReportFile(report) if report is not None else nullcontext() as document,
            Bar("rows", None) as progress,
        ):
            refuse = document.add if document is not None else lambda fault: say(str(fault))
            listeners = legacy_import.Listeners(progress, say, refuse)
            outcome = await legacy_import.run(platform, file, listeners, dry_run=dry_run)
            if document is not None:
                document.finish(outcome.summary())
            return outcome

    print_json(with_platform(opened_settings(), run).summary())
