"""What the operator sees and types: results on stdout, everything else on stderr."""

import json
import sys
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

stderr = Console(stderr=True)


def password() -> str:
    """One line of standard input, asked for twice where somebody sits before it."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def say(message: str) -> None:
    """One line on stderr, as it is."""
    stderr.print(message, highlight=False, markup=False, soft_wrap=True)


def print_json(content: Any) -> None:
    """A result that programs read as well."""
    print(json.dumps(content, ensure_ascii=False, indent=2))


def stop(message: str) -> None:
    """End here: what the operator can mend, in one line on stderr; exits 1."""
    print(f"salvaguarda: {message}", file=sys.stderr)
    raise SystemExit(1)


class Bar:
    """A progress bar on stderr, where that is a terminal; calling it advances.

    `total` may be told later, with the call.
    """

    def __init__(self, unit: str, total: int | None) -> None:
        self._progress = Progress(
            TextColumn(unit),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=stderr,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(unit, total=total)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, done: int, total: int | None = None) -> None:
        if total is not None:
            self._progress.update(self._task, total=total)
        self._progress.advance(self._task, done)
