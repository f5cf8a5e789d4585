"""`salvaguarda consents`: the consent ledger."""

import typer

from app.commands.opening import opened_settings, with_platform
from app.commands.terminal import print_json

consents = typer.Typer(help="The consent ledger.", no_args_is_help=True)


@consents.command()
def verify() -> None:
    """Replay the ledger: no gap in it, and what stands is what it says. Exits 1 otherwise."""
    from app.services import consent_states

    faults = with_platform(opened_settings(), consent_states.verify)
    print_json({"faults": faults})
    if faults:
        raise typer.Exit(1)


@consents.command()
def rebuild() -> None:
    """Make what stands anew from the ledger alone. Writers wait meanwhile."""
    from app.services import consent_states

    print(with_platform(opened_settings(), consent_states.rebuild_all))
