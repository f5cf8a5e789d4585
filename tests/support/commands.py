"""Every command of the program, and what it can say to whoever runs it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import typer

from app import cli

PRINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "visibility": ("--format", "json"),
    "openapi": (),
    "audit verify": (),
    "audit seal": (),
    "consents rebuild": (),
}
"""Commands that only say something, with what they are given."""
SILENT: Final[Mapping[str, str]] = {
    "migrate": "says which step it took",
    "serve": "its log is watched by tests/journeys/test_logs.py",
    "worker": "its log is watched by tests/journeys/test_logs.py",
    "demo": "makes people up, and says how to sign in as them",
    "import-legacy": "tests/journeys/test_legacy_import.py",
    "staff add": "takes a colleague's own password from standard input: tests/test_cli.py",
    "staff recover": "takes a colleague's own password from standard input: tests/test_cli.py",
    "consents verify": "names subjects by id, and finds fault with canaries: tests/test_cli.py",
    "keys create": "files that belong to the operator: tests/test_cli.py",
    "keys rotate": "files that belong to the operator: tests/test_cli.py",
    "keys retire": "files that belong to the operator: tests/test_cli.py",
    "document verify": "says what the operator's own file holds: tests/test_cli_documents.py",
    "trust list": "files that belong to the operator: tests/test_cli_documents.py",
    "certificate create": "files that belong to the operator: tests/test_cli.py",
    "certificate rotate": "files that belong to the operator: tests/test_cli.py",
    "certificate install": "files that belong to the operator: tests/test_cli.py",
    "certificate retire": "files that belong to the operator: tests/test_cli.py",
    "certificate show": "what is published: tests/test_cli.py",
}
"""The others, and where they are held to account."""
HARMLESS_OPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("document verify", "signature"): "the name of a file that came with the document",
}
"""Options named like a secret that take none."""


def commands(group: Any, *before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *before, name)
        else:
            yield " ".join((*before, name)), command


COMMANDS: Final = dict(commands(typer.main.get_command(cli.app)))
"""Each by its words, as click knows it."""
