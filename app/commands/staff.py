"""`salvaguarda staff`: the agency's own people."""

from typing import Annotated

import typer

from app.access.viewers import STAFF_ROLES
from app.commands.opening import opened_settings, with_platform
from app.commands.terminal import password, print_json

staff = typer.Typer(help="The agency's own people.", no_args_is_help=True)


@staff.command()
def add(
    email: Annotated[str, typer.Option()],
    name: Annotated[str, typer.Option()],
    role: Annotated[str, typer.Option(help="One of: " + ", ".join(STAFF_ROLES))],
) -> None:
    """Add a staff member. The password comes on standard input; the answer is JSON."""
    from app.services import staff as people
    from app.services.platform import Platform

    given = password()

    async def run(platform: Platform) -> people.AddedStaff:
        return await people.add(platform, email=email, name=name, role=role, password=given)

    added = with_platform(opened_settings(), run)
    print_json({"id": str(added.id), "totp_secret": added.totp_secret, "totp_uri": added.totp_uri})


@staff.command()
def recover(email: Annotated[str, typer.Option()]) -> None:
    """Give a member who lost password or second factor new ones of both; their sessions end.

    The new password comes on standard input; the answer is JSON, with the new TOTP secret.
    """
    from app.services import staff_recovery
    from app.services.platform import Platform
    from app.services.staff import AddedStaff

    given = password()

    async def run(platform: Platform) -> AddedStaff:
        return await staff_recovery.recover(platform, email=email, password=given)

    found = with_platform(opened_settings(), run)
    print_json({"id": str(found.id), "totp_secret": found.totp_secret, "totp_uri": found.totp_uri})
