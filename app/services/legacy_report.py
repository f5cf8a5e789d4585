"""What is wrong with a row of the export, and the file that tells it: never with the value."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.core.messages.legacy import import_message


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason to refuse a row.

    `line` is the physical line of the file (the first is 1) on which the row begins; `column` the
    header's name, None when the row as a whole cannot be read.
    """

    line: int
    column: str | None
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """``{line, column, code, message, message_en}``; `message` is in Portuguese."""
        return {
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": import_message(self.code, "pt-BR", self.params),
            "message_en": import_message(self.code, "en", self.params),
        }

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{place}: {self.code} - {import_message(self.code, 'en', self.params)}"


class ReportFile:
    """A JSON document ``{"refusals": [...], ...summary}``, written as the faults come.

    It holds nothing in memory, however many rows are refused. A run that is killed leaves the
    document unfinished; the next one writes it anew.
    """

    def __init__(self, path: Path) -> None:
        self._out = path.open("w", encoding="utf-8")
        self._out.write('{\n  "refusals": [')
        self._separator = "\n    "

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._out.close()

    def add(self, fault: Fault) -> None:
        """Write one fault."""
        self._out.write(self._separator + json.dumps(fault.as_json(), ensure_ascii=False))
        self._separator = ",\n    "

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Write the run's figures and end the document."""
        figures = json.dumps(summary, ensure_ascii=False, indent=2).removeprefix("{\n")
        self._out.write(f"\n  ],\n{figures}\n")
