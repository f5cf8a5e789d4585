"""W2 in the large: the last page of a million customers costs what the first does."""

from functools import partial
from urllib.parse import urlencode

from app.access.viewers import Viewer
from app.projection.guard import read_query
from tests.bench.caller import keep_asking
from tests.bench.figures import Figure, compare
from tests.bench.ground import Ground, without_indexes
from tests.bench.list_page import ACTION, FIFTY, PATH
from tests.bench.servers import Server
from tests.bench.trials import BenchBroken, Reader, get, hold_against_log

MILLION = 1_000_000
ROUNDS = 9
SECONDS = 0.4

# The same people again and again, under ids and names of their own.
MULTIPLY = """
    INSERT INTO customers ({columns}) SELECT {values}
    FROM customers CROSS JOIN generate_series(1, $1) AS copy
"""
CHANGED = {
    "id": "gen_random_uuid()",
    "name": "name || ' ' || copy",
    "name_key": "name_key || ' ' || copy",
    "created_at": "created_at - copy * interval '37 minutes'",
}


async def grow(ground: Ground, total: int = MILLION) -> int:
    """Make the customers about `total`; how many there are then."""
    present = await ground.sql.fetchval("SELECT count(*) FROM customers")
    columns = [
        row[0]
        for row in await ground.sql.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'customers'::regclass"
            " AND attnum > 0 AND NOT attisdropped"
        )
    ]
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(CHANGED.get(column, f'"{column}"') for column in columns)
    async with without_indexes(ground.sql, "customers"):
        multiply = MULTIPLY.format(columns=names, values=values)
        await ground.sql.execute(multiply, total // present - 1)
    return int(await ground.sql.fetchval("SELECT count(*) FROM customers"))


async def measure(ground: Ground, token: str, ours: Server) -> list[Figure]:
    """Milliseconds of the first and of the last page by name, asked one at a time: medians."""
    first = f"{PATH}?{urlencode({'sort': 'name'})}"
    last = f"{first}&{urlencode({'cursor': await _last_cursor(ground)})}"
    reader = Reader(ours, token)
    ends = [reader.body(path).endswith(b'"next_cursor":null}') for path in (first, last)]
    reader.close()
    if ends != [False, True]:
        raise BenchBroken("the last page is not the last")
    times: dict[str, list[float]] = {first: [], last: []}
    for _ in range(ROUNDS):
        for path, found in times.items():
            tally = await keep_asking(ours.port, partial(get, path, token), 1, SECONDS)
            await hold_against_log(ground, ACTION, tally, path)
            found.append(tally.percentile(0.5) * 1000)
    return [
        compare(
            "W2 last page of 1,000,000", "ms", times[last], "first page", times[first], at_most=1.2
        )
    ]


async def _last_cursor(ground: Ground) -> str:
    """The cursor of the page with the last fifty, made by the service's own projection.

    Who came there by walking would have turned some eighteen thousand pages.
    """
    projection, actor = ground.platform.projection, ground.actor(Viewer.SUPPORT)
    plan = projection.plan(actor, "customer")
    forward = read_query(plan, [("sort", "name")], ACTION)
    backward = read_query(plan, [("sort", "-name"), ("limit", str(2 * FIFTY))], ACTION)
    statement, values = projection.listing(plan, backward, actor)
    rows = (await ground.platform.database.fetch(statement, values))[: 2 * FIFTY]
    page = projection.page(plan, forward, actor, rows[::-1][: FIFTY + 1])
    assert page.next_cursor is not None
    return page.next_cursor
