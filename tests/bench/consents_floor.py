"""The floor of a consent: the same rows in one transaction on bare asyncpg, the same answer.

It knows one door, one purpose's words by heart, and trusts its caller: no sessions, no matrix, no
guard, no consequences of a no. `uvicorn tests.bench.consents_floor:app`, told what to do by the
file that `SALVAGUARDA_FLOOR` names.
"""

import base64
import gc
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uuid_utils
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.types import Receive, Scope, Send

ORDERS: dict[str, Any] = orjson.loads(Path(os.environ["SALVAGUARDA_FLOOR"]).read_bytes())
KEY: Any = load_pem_public_key(ORDERS["public_key"].encode())
REMEMBERED: dict[bytes, dict[str, Any]] = {}
OURSELVES = UUID(int=0)

NEXT = (
    "INSERT INTO consent_subjects (id, kind, events) VALUES ($1, 'account', 1)"
    " ON CONFLICT (id) DO UPDATE SET events = consent_subjects.events + 1 RETURNING events"
)
STANDING = (
    "SELECT state FROM consent_states WHERE subject_id = $1 AND purpose = $2 AND recipient_id = $3"
)
EVENT = (
    "INSERT INTO consent_events (id, subject_id, sequence, purpose, purpose_version, purpose_hash,"
    " state, language, channel, actor_kind, actor_id, session_id, network, evidence, at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, 'pt-BR', 'web', 'login', $8, $9, '127.0.0.0/24',"
    " $10, $11)"
)
STATE = (
    "INSERT INTO consent_states (subject_id, purpose, recipient_id, id, purpose_version, state,"
    " channel, at) VALUES ($1, $2, $3, $4, $5, $6, 'web', $7)"
    " ON CONFLICT (subject_id, purpose, recipient_id) DO UPDATE SET id = excluded.id,"
    " purpose_version = excluded.purpose_version, state = excluded.state,"
    " fields = excluded.fields, expires_at = excluded.expires_at, channel = excluded.channel,"
    " at = excluded.at"
)
RECORD = (
    "INSERT INTO audit_events (id, at, actor_kind, actor_id, role, session_id, request_id, action,"
    " subject_type, subject_id, fields, purpose, reason, policy_hash, rows, outcome) VALUES"
    " ($1, $2, 'login', $3, 'self', $4, $5, 'customer:consent:record', 'consent_event', $6, $7,"
    " $8, NULL, $9, 1, 'allowed')"
)
SUBJECT = "INSERT INTO audit_subjects (subject_id, event_id) VALUES ($1, $2)"

pool: Any = None


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers ``POST /v1/customer/consents``."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    claims = _verify(dict(scope["headers"])[b"authorization"][7:])
    said = orjson.loads((await receive())["body"])
    request_id = str(uuid_utils.uuid7())
    body = await _say(claims, said["granted"], request_id)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _say(claims: dict[str, Any], granted: bool, request_id: str) -> bytes:
    login, session, customer = claims["sub"], claims["sid"], claims["customer"]
    purpose, version = ORDERS["purpose"], ORDERS["version"]
    event, record = _new_id(), _new_id()
    async with pool.acquire() as connection, connection.transaction():
        sequence = await connection.fetchval(NEXT, customer)
        now = datetime.now(UTC)
        before = await connection.fetchval(STANDING, customer, purpose, OURSELVES)
        state = "granted" if granted else "withdrawn" if before == "granted" else "denied"
        words = (purpose, version, ORDERS["hash"], state)
        evidence = {} if granted else {"version_named": False}
        how = (login, session, orjson.dumps(evidence).decode(), now)
        await connection.execute(EVENT, event, customer, sequence, *words, *how)
        stands = (customer, purpose, OURSELVES, event, version, state, now)
        await connection.execute(STATE, *stands)
        on_record = (ORDERS["named"], ORDERS["reading"], ORDERS["policy_hash"])
        await connection.execute(RECORD, record, now, login, session, request_id, event, *on_record)
        await connection.execute(SUBJECT, customer, record)
    shown = {
        "id": event,
        "subject_id": customer,
        "sequence": sequence,
        "purpose": purpose,
        "purpose_version": version,
        "purpose_hash": ORDERS["hash"],
        "state": state,
        "recipient_id": None,
        "fields": None,
        "expires_at": None,
        "language": "pt-BR",
        "channel": "web",
        "actor_kind": "login",
        "actor_id": login,
        "role": None,
        "session_id": session,
        "network": "127.0.0.0/24",
        "evidence": evidence,
        "at": now,
    }
    return orjson.dumps(shown, option=orjson.OPT_UTC_Z)


def _new_id() -> UUID:
    return UUID(bytes=uuid_utils.uuid7().bytes)


def _verify(token: bytes) -> dict[str, Any]:
    """The claims of a good token; whatever is wrong raises and ends as 500."""
    claims = REMEMBERED.get(token)
    if claims is None:
        signed, _, signature = token.rpartition(b".")
        head, _, payload = signed.partition(b".")
        header = orjson.loads(_decode(head))
        if header["alg"] != "ES256" or header["kid"] != ORDERS["kid"]:
            raise ValueError("header")
        raw = _decode(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        KEY.verify(pair, signed, ec.ECDSA(SHA256()))
        claims = orjson.loads(_decode(payload))
        if claims["iss"] != ORDERS["issuer"] or claims["aud"] != "customer":
            raise ValueError("claims")
        for name in ("sub", "sid", "customer"):
            claims[name] = UUID(claims[name])
        REMEMBERED[token] = claims
    if time.time() >= claims["exp"]:
        raise ValueError("expired")
    return claims


def _decode(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


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
