"""W2: fifty customers of a city by name, somewhere in the list, against the floor."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson

from app.projection.keys import city_key, name_key
from tests.bench.caller import Request
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground
from tests.bench.servers import Server
from tests.bench.trials import BenchBroken, Effort, Reader, Side, alternate, get

PATH = "/v1/staff/customers"
ACTION = "staff:customer:list"
CITIES = ("São Paulo", "Goiânia", "Niterói")
FIFTY = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: as our clients say it, and as the floor's would."""

    ours: str
    floor: str


async def measure(
    ground: Ground, token: str, ours: Server, floor: Server, effort: Effort
) -> list[Figure]:
    """Requests a second at random depths of the cities' lists."""
    places = [place for city in CITIES for place in await _walk(ground, token, ours, city)]
    _compare_items(places, token, ours, floor)
    sides = {
        "ours": Side(ours, lambda number: pages([each.ours for each in places], token, number)),
        "floor": Side(floor, lambda number: pages([each.floor for each in places], token, number)),
    }
    courses = await alternate(ground, ACTION, sides, effort)
    mine, strict = courses["ours"], courses["floor"]
    subjects = await ground.sql.fetchval("SELECT count(*) FROM audit_subjects")
    listed = await ground.sql.fetchval(
        "SELECT sum(rows) FROM audit_events WHERE action = $1", ACTION
    )
    if subjects != listed:
        raise BenchBroken(f"{listed} customers were listed, {subjects} are on the audit log")
    return [
        compare("W2 list 50 of a city", "req/s", mine.rates, "floor", strict.rates, at_least=0.7),
        compare("W2 processor per request", "µs", mine.microseconds, "floor", strict.microseconds),
    ]


def pages(paths: Sequence[str], token: str, number: int) -> Request:
    """Full pages drawn at random; the same number draws the same ones."""
    dice = random.Random(number)
    drawn = [get(path, token) for path in dice.choices(paths, k=2_000)]
    place = -1

    def request() -> bytes:
        nonlocal place
        place = (place + 1) % len(drawn)
        return drawn[place]

    return request


async def _walk(ground: Ground, token: str, ours: Server, city: str) -> list[Place]:
    """Every full page after the first, found by following our cursors to the end of the list.

    Raises `BenchBroken` unless the walk met every customer of the city once, in order.
    """
    reader = Reader(ours, token)
    met: list[tuple[str, str]] = []
    places: list[Place] = []
    cursor: str | None = None
    while True:
        asked = {"city": city, "sort": "name"} | ({"cursor": cursor} if cursor else {})
        path = f"{PATH}?{urlencode(asked)}"
        page = orjson.loads(reader.body(path))
        if met and len(page["items"]) == FIFTY:
            after, last = met[-1]
            key = quote_plus(after)
            places.append(
                Place(path, f"{PATH}?city={quote_plus(city_key(city))}&after={key}&id={last}")
            )
        met += [(name_key(item["name"]), item["id"]) for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    reader.close()
    expected = await ground.sql.fetchval(
        "SELECT count(*) FROM customers WHERE city_key = $1 AND status IN ('active', 'suspended')",
        city_key(city),
    )
    if met != sorted(set(met)) or len(met) != expected:
        raise BenchBroken(f"the walk through {city} met {len(met)} customers of {expected}")
    return places


def _compare_items(places: list[Place], token: str, ours: Server, floor: Server) -> None:
    """Both must show the same bytes of the same customers (cursors are each side's own)."""
    mine, other = Reader(ours, token), Reader(floor, token)
    for place in random.Random(0).choices(places, k=20):
        shown, expected = _items(mine.body(place.ours)), _items(other.body(place.floor))
        if shown != expected:
            raise BenchBroken(f"ours lists {shown[:600]!r}, the floor {expected[:600]!r}")
    mine.close()
    other.close()


def _items(body: bytes) -> bytes:
    page: dict[str, Any] = orjson.loads(body)
    if list(page) != ["items", "next_cursor"] or len(page["items"]) != FIFTY:
        raise BenchBroken(f"not a page of fifty: {body[:600]!r}")
    return body.rpartition(b',"next_cursor":')[0]
