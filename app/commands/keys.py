"""`salvaguarda keys`: signing keys and the master secret."""

import typer

from app.commands.opening import opened_settings

keys = typer.Typer(help="Signing keys and the master secret.", no_args_is_help=True)


@keys.command()
def create() -> None:
    """Make the keys that are missing (in production they are never made by themselves)."""
    from app.security.keys import Keyring

    settings = opened_settings()
    ring = Keyring.create(settings.keys_path, development=not settings.production)
    print(ring.signing_key().kid)


@keys.command()
def rotate() -> None:
    """Make a key that signs from now on; the older ones still verify. Prints its name (kid)."""
    from app.services.keyrings import open_keyring

    print(open_keyring(opened_settings()).rotate())


@keys.command()
def retire(kid: str) -> None:
    """Remove a key. Tokens that it signed are refused within a second, everywhere.

    Its public half stays, so that the audit log's seals can be verified.
    """
    from app.services.keyrings import open_keyring

    open_keyring(opened_settings()).retire(kid)
