"""The floor: the same work by hand, as fast as one can write it. ASGI, asyncpg, orjson, no more.

It knows one door and trusts its caller: no sessions, no matrix, no guard, no problem documents.
Each request is one transaction of its own. `uvicorn tests.bench.floor:app`, told what to do by the
JSON file that the variable `SALVAGUARDA_FLOOR` names (see `orders.py`).
"""

import base64
import gc
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

import asyncpg
import orjson
import uuid_utils
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.types import Receive, Scope, Send

from tests.bench.orders import Orders

ORDERS = Orders(**orjson.loads(Path(os.environ["SALVAGUARDA_FLOOR"]).read_bytes()))
KEY: Any = load_pem_public_key(ORDERS.public_key.encode())
REMEMBERED: dict[bytes, dict[str, Any]] = {}

EVENT = (
    "INSERT INTO audit_events (id, at, actor_kind, actor_id, role, session_id, request_id, action,"
    " subject_type, subject_id, fields, purpose, reason, policy_hash, rows, outcome,"
    " network) VALUES"
    " ($1, now(), 'staff', $2, $3, $4, $5, $6, 'customer', $7, $8, $9, NULL, $10, $11, 'allowed',"
    " '127.0.0.0/24')"
)
SUBJECTS = "INSERT INTO audit_subjects (subject_id, event_id) SELECT unnest($1::uuid[]), $2"
FLAT = [(field, place) for place, field in enumerate(ORDERS.fields) if "." not in field]
ADDRESS = [
    (field.partition(".")[2], place)
    for place, field in enumerate(ORDERS.fields)
    if field.startswith("address.")
]
BEFORE = [pair for pair in FLAT if pair[1] < ADDRESS[0][1]]
AFTER = [pair for pair in FLAT if pair[1] > ADDRESS[0][1]]

pool: Any = None


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers ``/v1/staff/customers`` and ``/v1/staff/customers/{id}``."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    claims = _verify(dict(scope["headers"])[b"authorization"][7:])
    request_id = str(uuid_utils.uuid7())
    identifier = scope["path"][20:]
    work = (
        _one(claims, request_id, UUID(identifier))
        if identifier
        else _list(claims, request_id, scope["query_string"])
    )
    body = await work
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                (b"x-request-id", request_id.encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _one(claims: dict[str, Any], request_id: str, customer: UUID) -> bytes:
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(ORDERS.read_sql, customer)
        await _record(connection, claims, request_id, "staff:customer:read", customer, 1)
    return orjson.dumps(_view(row), default=str, option=orjson.OPT_UTC_Z)


async def _list(claims: dict[str, Any], request_id: str, query: bytes) -> bytes:
    asked = dict(pair.split("=", 1) for pair in query.decode().split("&"))
    values = {
        "limit": 51,
        "filter_0": unquote_plus(asked["city"]),
        "after_0": unquote_plus(asked["after"]),
        "after_1": asked["id"],
    }
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(
            ORDERS.list_sql, *(values[name] for name in ORDERS.list_names)
        )
        items = [_view(row) for row in rows[:50]]
        shown = [item["id"] for item in items]
        event = await _record(
            connection, claims, request_id, "staff:customer:list", None, len(items)
        )
        await connection.execute(SUBJECTS, shown, event)
    following = str(shown[-1]) if len(rows) > 50 else None
    page = {"items": items, "next_cursor": following}
    return orjson.dumps(page, default=str, option=orjson.OPT_UTC_Z)


async def _record(
    connection: Any,
    claims: dict[str, Any],
    request_id: str,
    action: str,
    subject: UUID | None,
    rows: int,
) -> UUID:
    event = UUID(bytes=uuid_utils.uuid7().bytes)
    await connection.execute(
        EVENT,
        event,
        claims["sub"],
        claims["viewer"],
        claims["sid"],
        request_id,
        action,
        subject,
        ORDERS.named,
        ORDERS.purpose,
        ORDERS.policy_hash,
        rows,
    )
    return event


def _view(row: Any) -> dict[str, Any]:
    view = {name: row[place] for name, place in BEFORE}
    view["address"] = {name: row[place] for name, place in ADDRESS}
    for name, place in AFTER:
        view[name] = row[place]
    return view


def _verify(token: bytes) -> dict[str, Any]:
    """The claims of a good token; whatever is wrong raises and ends as 500."""
    claims = REMEMBERED.get(token)
    if claims is None:
        signed, _, signature = token.rpartition(b".")
        head, _, payload = signed.partition(b".")
        header = orjson.loads(_decode(head))
        if header["alg"] != "ES256" or header["kid"] != ORDERS.kid:
            raise ValueError("header")
        raw = _decode(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        KEY.verify(pair, signed, ec.ECDSA(SHA256()))
        claims = orjson.loads(_decode(payload))
        if claims["iss"] != ORDERS.issuer or claims["aud"] != "staff":
            raise ValueError("claims")
        claims["sub"], claims["sid"] = UUID(claims["sub"]), UUID(claims["sid"])
        if ORDERS.remember:
            REMEMBERED[token] = claims
    if time.time() >= claims["exp"]:
        raise ValueError("expired")
    return claims


def _decode(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


async def _live(receive: Receive, send: Send) -> None:
    global pool  # made when the event loop runs
    await receive()
    pool = await asyncpg.create_pool(
        ORDERS.dsn,
        min_size=ORDERS.pool,
        max_size=ORDERS.pool,
        init=_prepare,
        reset=_keep,
    )
    gc.collect()  # it is spared the collector as the service is
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda value: orjson.loads(value[1:]),
        format="binary",
    )


async def _keep(connection: Any) -> None:
    """No `RESET ALL` when a connection goes back: a round trip that a lean service would save."""
