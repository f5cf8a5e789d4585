"""What every measurement shares: asking, rounds in turn, the audit log held against answers."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.bench.caller import Request, Tally, keep_asking
from tests.bench.cores import cpu_seconds
from tests.bench.ground import Ground
from tests.bench.servers import Server


class BenchBroken(Exception):
    """What was measured is not what was to be measured: the figures would be worthless."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how often: every round asks `seconds` long over `connections` connections."""

    rounds: int
    seconds: float
    connections: int = 32


@dataclass(frozen=True, slots=True)
class Side:
    """A server in a comparison, and what it is asked."""

    server: Server
    request: Callable[[int], Request]
    """From a round's number to its requests: the same for every side."""


@dataclass(slots=True)
class Course:
    """A side's rounds: answers a second, and microseconds of the server's processor for each."""

    rates: list[float]
    microseconds: list[float]


async def alternate(
    ground: Ground, action: str, sides: Mapping[str, Side], effort: Effort
) -> dict[str, Course]:
    """Round after round, each side in turn, after a short warm-up of each.

    Raises `BenchBroken` for an answer that is not 200 or 201, or is not on the audit log.
    """
    for side in sides.values():
        await keep_asking(side.server.port, side.request(-1), effort.connections, 0.7)
    courses = {name: Course([], []) for name in sides}
    for number in range(effort.rounds):
        for name, side in sides.items():
            request = side.request(number)
            used = cpu_seconds(side.server.process)
            tally = await keep_asking(side.server.port, request, effort.connections, effort.seconds)
            used = cpu_seconds(side.server.process) - used
            await hold_against_log(ground, action, tally, name)
            courses[name].rates.append(tally.rate)
            courses[name].microseconds.append(used / tally.answered * 1e6)
    return courses


async def hold_against_log(ground: Ground, action: str, tally: Tally, name: str) -> None:
    """Raise `BenchBroken` unless every answer went well and every one has its own audit row."""
    if tally.refused:
        raise BenchBroken(f"{name} answered {tally.refused[0][:1200]!r}")
    recorded = await ground.recorded(tally.ids, action)
    if recorded != tally.answered:
        raise BenchBroken(f"{name}: {tally.answered} answers, {recorded} of them on the audit log")


def get(path: str, token: str) -> bytes:
    """A GET as a proxy that ended TLS would pass it on."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer {token}\r\n"
        "X-Forwarded-Proto: https\r\nAccept: */*\r\n\r\n"
    ).encode()


def post_form(path: str, form: Mapping[str, str]) -> bytes:
    """A form as a proxy that ended TLS would pass it on."""
    body = urlencode(form)
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench.example\r\nX-Forwarded-Proto: https\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"\r\n{body}"
    ).encode()


def post_json(path: str, content: Mapping[str, Any], *, token: str | None = None) -> bytes:
    """A JSON body as a proxy that ended TLS would pass it on."""
    body = json.dumps(content)
    caller = "" if token is None else f"Authorization: Bearer {token}\r\n"
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench.example\r\nX-Forwarded-Proto: https\r\n{caller}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Reader:
    """Asks one thing after the other, for preparing and checking."""

    def __init__(self, server: Server, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "X-Forwarded-Proto": "https"}

    def body(self, path: str) -> bytes:
        """The body of a 200. Raises `BenchBroken` for anything else."""
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise BenchBroken(f"{path}: {response.status} {body[:600]!r}")
        return body

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
