"""The floor of a refresh: the same statements on bare asyncpg, the same signature by hand.

It knows one door and one kind of session, and trusts what it reads: no guard, no problem documents.
`uvicorn tests.bench.refresh_floor:app`, told what to do by the file that `SALVAGUARDA_FLOOR` names.
"""

import base64
import gc
import hashlib
import hmac
import os
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uuid_utils
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.types import Receive, Scope, Send

ORDERS: dict[str, Any] = orjson.loads(Path(os.environ["SALVAGUARDA_FLOOR"]).read_bytes())
KEY: Any = load_pem_private_key(Path(ORDERS["key"]).read_bytes(), None)
ROTATION = bytes.fromhex(ORDERS["rotation"])
DAYS, SECONDS = timedelta(days=ORDERS["days"]), ORDERS["seconds"]

KNOWN = "SELECT session_id FROM refresh_tokens WHERE digest = $1"
SPEND = (
    "UPDATE refresh_tokens SET spent_at = $2 WHERE digest = $1 AND spent_at IS NULL"
    " AND expires_at > $2 RETURNING session_id"
)
CUSTOMER = (
    "SELECT s.id, l.id, s.customer_id, m.permissions FROM sessions s"
    " JOIN logins l ON l.id = s.login_id"
    " JOIN memberships m ON m.login_id = s.login_id AND m.customer_id = s.customer_id"
    " JOIN customers c ON c.id = s.customer_id"
    " WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND l.status = 'active'"
    " AND l.reset_required_at IS NULL AND m.revoked_at IS NULL AND m.suspended_at IS NULL"
    " AND (m.expires_at IS NULL OR m.expires_at > $2) AND c.status <> 'erased'"
)
KEEP = (
    "INSERT INTO refresh_tokens (digest, session_id, created_at, expires_at)"
    " VALUES ($1, $2, $3, $4)"
)
EVENT = (
    "INSERT INTO audit_events (id, at, actor_kind, actor_id, role, session_id, request_id, action,"
    " subject_type, subject_id, fields, purpose, reason, policy_hash, rows, outcome) VALUES"
    " ($1, $2, 'login', $3, 'self', $4, $5, 'auth:session:renew', 'session', $4, '', $6, NULL, $7,"
    " 0, 'allowed')"
)
USE = (
    "INSERT INTO access_records (id, at, event, login_id, customer_id, session_id, ip, source_port)"
    " VALUES ($1, $2, 'token_refresh', $3, $4, $5, $6, $7)"
)
SEAL = AESGCM(os.urandom(32))

pool: Any = None


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers ``POST /v1/auth/refresh``."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    token = orjson.loads((await receive())["body"])["refresh_token"]
    request_id = str(uuid_utils.uuid7())
    body = await _renew(token, request_id, scope["client"])
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _renew(token: str, request_id: str, client: tuple[str, int]) -> bytes:
    mark = hashlib.sha256(token.encode()).digest()
    following = _text(hmac.digest(ROTATION, token.encode(), "sha256"))
    now = datetime.now(UTC)
    async with pool.acquire() as connection:
        await connection.fetchrow(KNOWN, mark)
        async with connection.transaction():
            session = await connection.fetchval(SPEND, mark, now)
            row = await connection.fetchrow(CUSTOMER, session, now)
            kept = hashlib.sha256(following.encode()).digest()
            await connection.execute(KEEP, kept, session, now, now + DAYS)
            event = UUID(bytes=uuid_utils.uuid7().bytes)
            said = (ORDERS["purpose"], ORDERS["policy_hash"])
            await connection.execute(EVENT, event, now, row[1], session, request_id, *said)
            use, nonce = UUID(bytes=uuid_utils.uuid7().bytes), os.urandom(12)
            ip = nonce + SEAL.encrypt(nonce, ip_address(client[0]).packed, use.bytes)
            await connection.execute(USE, use, now, row[1], row[2], session, ip, client[1])
    answer = {
        "access_token": _access_token(row[1], session, row[2]),
        "token_type": "bearer",
        "expires_in": SECONDS,
        "refresh_token": following,
        "notices": [],
    }
    return orjson.dumps(answer)


def _access_token(login: UUID, session: UUID, customer: UUID) -> str:
    now = int(time.time())
    claims = {
        "iss": ORDERS["issuer"],
        "aud": "customer",
        "sub": str(login),
        "sid": str(session),
        "jti": str(uuid_utils.uuid7()),
        "iat": now,
        "exp": now + SECONDS,
        "viewer": "self",
        "customer": str(customer),
    }
    head = {"alg": "ES256", "kid": ORDERS["kid"], "typ": "JWT"}
    signed = f"{_text(orjson.dumps(head))}.{_text(orjson.dumps(claims))}"
    left, right = decode_dss_signature(KEY.sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{_text(left.to_bytes(32) + right.to_bytes(32))}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def _live(receive: Receive, send: Send) -> None:
    global pool  # made when the event loop runs
    await receive()
    size = ORDERS["pool"]
    pool = await asyncpg.create_pool(ORDERS["dsn"], min_size=size, max_size=size, reset=_keep)
    gc.collect()  # it is spared the collector as the service is
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})


async def _keep(connection: Any) -> None:
    """No `RESET ALL` when a connection goes back: a round trip that a lean service would save."""
