"""Writes the floor's orders out of what our own service would do."""

from dataclasses import asdict, replace
from pathlib import Path

import orjson

from app.access.viewers import Viewer
from app.core.statements import Prepared
from app.projection.guard import read_query
from tests.bench.ground import Ground
from tests.bench.orders import Orders

CONNECTIONS = 10  # as many as the service's own pool has


async def brief(ground: Ground, *, remember: bool) -> Path:
    """The file with the orders: the texts of support's SELECTs, our key, what to put on record."""
    projection, actor = ground.platform.projection, ground.actor(Viewer.SUPPORT)
    plan = projection.plan(actor, "customer")
    read = projection.by_id(plan)
    assert read is not None
    pages = await _following_page(ground)
    key = ground.platform.keyring.signing_key()
    orders = Orders(
        dsn=ground.url,
        pool=CONNECTIONS,
        remember=remember,
        public_key=key.public.to_pem().decode(),
        kid=key.kid,
        issuer=ground.platform.settings.public_url,
        fields=list(plan.visible),
        named=",".join(plan.visible),
        purpose=plan.purpose,
        policy_hash=projection.hash,
        read_sql=read.sql,
        list_sql=pages.sql,
        list_names=list(pages.names),
    )
    file = ground.folder / f"floor-{'remembers' if remember else 'verifies'}.json"
    file.write_bytes(orjson.dumps(asdict(orders)))
    return file


async def _following_page(ground: Ground) -> Prepared:
    """The statement of a city's list by name, from a cursor on."""
    projection, actor = ground.platform.projection, ground.actor(Viewer.SUPPORT)
    plan = projection.plan(actor, "customer")
    query = read_query(plan, [("city", "Goiânia"), ("sort", "name")], "")
    statement, values = projection.listing(plan, query, actor)
    rows = await ground.platform.database.fetch(statement, values)
    cursor = projection.page(plan, query, actor, rows).next_cursor
    following, _ = projection.listing(plan, replace(query, cursor=cursor), actor)
    return following
