"""`salvaguarda audit`: the audit log."""

from typing import Annotated, Any

import typer

from app.commands.opening import opened_settings, with_platform
from app.commands.terminal import print_json

audit = typer.Typer(help="The audit log.", no_args_is_help=True)


def _noted(text: str) -> Any:
    from app.services.seals import Noted

    return Noted.parse(text)


@audit.command()
def verify(
    expect: Annotated[
        Any,  # a `seals.Noted`, or None
        typer.Option(
            parser=_noted,
            metavar="NUMBER:DIGEST",
            help="A seal that must be there: the `newest` of an earlier run, noted down elsewhere.",
        ),
    ] = None,
) -> None:
    """Recompute every seal of the audit log. Exits 1 when one does not hold, or is missing."""
    from app.services import seals

    found = with_platform(opened_settings(), lambda platform: seals.verify(platform, expect))
    print_json(
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


@audit.command()
def seal() -> None:
    """Seal now what is older than five minutes, as the worker does by itself."""
    from app.services import seals

    print(with_platform(opened_settings(), seals.seal))
