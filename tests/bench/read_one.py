"""W1: support reads one customer, against the floor that does the same by hand."""

import random
from uuid import UUID

from tests.bench.caller import Request
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground
from tests.bench.servers import Server
from tests.bench.trials import BenchBroken, Effort, Reader, Side, alternate, get

PATH = "/v1/staff/customers/"
ACTION = "staff:customer:read"


async def measure(
    ground: Ground,
    token: str,
    ours: Server,
    floor: Server,
    verifying_floor: Server,
    effort: Effort,
) -> list[Figure]:
    """Requests a second against two floors: one verifies each token, as a server by hand does; the
    other remembers those that it verified, as we do, and is the harder one to reach."""
    customers = await ground.visible_customers()
    _compare_bodies(customers, token, ours, floor)
    sides = {
        "ours": Side(ours, lambda number: reads(customers, token, number)),
        "floor": Side(floor, lambda number: reads(customers, token, number)),
        "verifying floor": Side(verifying_floor, lambda number: reads(customers, token, number)),
    }
    courses = await alternate(ground, ACTION, sides, effort)
    mine, strict = courses["ours"], courses["floor"]
    return [
        compare(
            "W1 read a customer",
            "req/s",
            mine.rates,
            "floor",
            courses["verifying floor"].rates,
            at_least=1.0,
        ),
        compare(
            "W1 (floor remembers tokens)", "req/s", mine.rates, "floor", strict.rates, at_least=0.7
        ),
        compare("W1 processor per request", "µs", mine.microseconds, "floor", strict.microseconds),
    ]


def reads(customers: list[UUID], token: str, number: int) -> Request:
    """Reads of customers drawn at random; the same number draws the same ones."""
    dice = random.Random(number)
    head, tail = get(PATH + "*", token).split(b"*", 1)
    texts = [str(customer).encode() for customer in dice.choices(customers, k=20_000)]
    place = -1

    def request() -> bytes:
        nonlocal place
        place = (place + 1) % len(texts)
        return head + texts[place] + tail

    return request


def _compare_bodies(customers: list[UUID], token: str, ours: Server, floor: Server) -> None:
    """Both must answer the same bytes, or one of them does less than the other."""
    mine, other = Reader(ours, token), Reader(floor, token)
    for customer in random.Random(0).sample(customers, 200):
        path = f"{PATH}{customer}"
        if (shown := mine.body(path)) != (expected := other.body(path)):
            raise BenchBroken(f"ours answers {shown!r}, the floor {expected!r}")
    mine.close()
    other.close()
