"""Watches every line that the service's log writes in the whole test run, for what must not be."""

import re
from typing import Any, Final

from app.core import telemetry

FORBIDDEN: Final = {
    "an access token": re.compile(rb"eyJ[\w-]{8,}\.[\w-]{8,}"),
    "an e-mail address": re.compile(rb"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
    "a CPF": re.compile(rb"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b"),
    "a password of the tests": re.compile(rb"quatro-gatos-7-telhados|Chave-Boa-77", re.IGNORECASE),
    "a canary": re.compile(rb"kqz\d{6}z|kqzcanary", re.IGNORECASE),
    "a name of the tests": re.compile(rb"Maria D|Cliente Numero|Equipe \d"),
    "a reason of the tests": re.compile(rb"Chamado 4711"),
}
"""What is personal or secret among all that tests send. None of it may ever stand in a log line."""

_METHODS: Final = (
    *("msg", "log", "debug", "info", "warning", "warn"),
    *("error", "err", "critical", "exception", "fatal"),
)


class LogWatch:
    """Taps the log's sink, wherever it writes to; the lines themselves go their way."""

    def __init__(self) -> None:
        self.lines = 0
        self._leaks: list[str] = []

    def install(self) -> None:
        """Watch this process until it ends."""
        write = telemetry._Sink.msg

        def watched(sink: Any, line: bytes) -> None:
            self.see(line)
            write(sink, line)

        for name in _METHODS:
            setattr(telemetry._Sink, name, watched)

    def see(self, line: bytes) -> None:
        """Note what a line should not hold."""
        self.lines += 1
        self._leaks += [
            f"{what} in: {line[:500]!r}"
            for what, pattern in FORBIDDEN.items()
            if pattern.search(line)
        ]

    def taken(self) -> list[str]:
        """The leaks since the last time."""
        leaks, self._leaks = self._leaks, []
        return leaks
