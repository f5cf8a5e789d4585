"""`salvaguarda visibility`, `openapi`: what the service promises to show, and to whom."""

from typing import Annotated, Literal

import typer

from app.commands.terminal import print_json
from app.core.settings import Settings


def visibility(
    format_: Annotated[
        Literal["table", "markdown", "json"], typer.Option("--format", help="How to print it.")
    ] = "table",
) -> None:
    """Print the whole visibility matrix, with its hash."""
    if format_ == "json":
        from app.services.visibility import whole

        print_json(whole())
    else:
        from app.services.matrix_tables import render

        print(render(markdown=format_ == "markdown"), end="")


def openapi() -> None:
    """Print the OpenAPI document."""
    from app.main import create_app

    print_json(create_app(Settings(env="development")).openapi())
