"""What goes around every answer, whoever gave it: one pure ASGI middleware, the outermost of ours.

Request id, security headers, CORS, the body's limit and deadlines, HTTPS, metrics, the request's
log line, and a problem document even when everything below broke. It runs for every request: what
can be made once is made at start-up, and nothing here awaits but the service itself.
"""

import asyncio
import re
from collections.abc import Iterable
from time import perf_counter
from typing import Any, Final

import uuid_utils
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import Failure
from app.core.metrics import HTTP, METHODS, OTHER, HttpMetrics
from app.core.networks import network_of
from app.core.telemetry import describe, log_request, logger, request_id
from app.routers.cors import Origins, RawHeaders
from app.routers.problems import problem_response, unexpected
from app.routers.uploads import limit_of

UNMATCHED: Final = "unmatched"
"""The route label of what no route took: paths are the caller's text and stay out of labels."""

CLIENT_LEFT: Final = 499
"""What log and metrics show when the caller hung up before an answer (nginx's convention)."""

# At least one letter: a CPF, a CNPJ or a phone must not come into our logs as somebody's id.
_ACCEPTABLE_ID: Final = re.compile(rb"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9._-]{1,64}")
_OPEN_TO_HTTP: Final = frozenset({"/health/live", "/health/ready", "/metrics"})

_SECURITY: Final[RawHeaders] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
# Sent unless the answer brings its own.
_NO_STORE: Final = (b"cache-control", b"no-store")
_NO_CONTENT: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class AnswerAbortedError(Exception):
    """Closes the connection of an answer that broke half way. Carries nothing of what broke it."""


class Envelope:
    """Wraps `app`; add it last, so that it is the outermost middleware.

    `body_limit` is in bytes; files have one of their own (`uploads.py`). Who lets us wait longer
    for a body's next bytes than `body_idle_seconds`, or for the whole of it than `body_seconds`, is
    answered 408 and the connection closed: one byte a minute would hold it for ever. In
    `production` plain HTTP is refused, health and metrics apart: behind a proxy that ends TLS,
    uvicorn needs the proxy's address in ``--forwarded-allow-ips``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        production: bool = False,
        origins: Iterable[str] = (),
        body_limit: int = 1024 * 1024,
        body_idle_seconds: float = 30,
        body_seconds: float = 1200,
        metrics: HttpMetrics = HTTP,
    ) -> None:
        self._app = app
        self._production = production
        self._origins = Origins(origins)
        self._body_limit = body_limit
        self._body_idle_seconds = body_idle_seconds
        self._body_seconds = body_seconds
        self._metrics = metrics
        self._plain: RawHeaders = [*_SECURITY, *self._origins.always]
        self._secure: RawHeaders = [*self._plain, _HSTS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        started = perf_counter()
        asked = dict(scope["headers"])
        given = asked.get(b"x-request-id")
        if given is not None and _ACCEPTABLE_ID.fullmatch(given):
            this_id = given.decode("ascii")
        else:
            this_id = str(uuid_utils.uuid7())  # as core.ids makes them, without the detour
        state: dict[str, Any] = scope.setdefault("state", {})
        state["request_id"] = this_id
        token = request_id.set(this_id)

        https = self._production or scope.get("scheme") == "https"
        extra = [*(self._secure if https else self._plain), (b"x-request-id", this_id.encode())]
        if (origin := asked.get(b"origin")) is not None:
            extra += self._origins.granted(origin, scope["path"])
        status = CLIENT_LEFT
        answering = False
        received = 0
        coming = True
        deadline = 0.0

        async def send_wrapped(message: Message) -> None:
            nonlocal status, answering
            if message["type"] == "http.response.start":
                answering = True
                status = message["status"]
                own = list(message.get("headers", ()))
                names = {name for name, _ in own}
                if b"cache-control" not in names:
                    own.append(_NO_STORE)
                if b"content-security-policy" not in names:
                    own.append(_NO_CONTENT)
                message["headers"] = own + extra
            await send(message)

        async def receive_limited() -> Message:
            nonlocal received, coming, deadline
            if not coming:  # what is waited for now is that the caller hangs up
                return await receive()
            now = asyncio.get_running_loop().time()
            deadline = deadline or now + self._body_seconds
            try:
                async with asyncio.timeout_at(min(now + self._body_idle_seconds, deadline)):
                    message = await receive()
            except TimeoutError:
                raise Failure("body_too_slow", headers={"Connection": "close"}) from None
            coming = message.get("more_body", False)
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._body_limit and received > (limit := self._limit(scope)):
                    raise Failure("payload_too_large", params={"limit": limit})
            return message

        try:
            response = self._early_answer(scope, asked)
            if response is None:
                await self._app(scope, receive_limited, send_wrapped)
            else:
                await response(scope, receive, send_wrapped)
        except ClientDisconnect:
            pass
        except Exception as error:
            if answering:
                logger.error("answer_aborted", **describe(error))
                raise AnswerAbortedError from None
            await unexpected(scope, error)(scope, receive, send_wrapped)
        finally:
            self._note(scope, state, status, perf_counter() - started)
            request_id.reset(token)

    def _early_answer(self, scope: Scope, asked: dict[bytes, bytes]) -> Response | None:
        """What is decided by the headers alone; None lets the request through."""
        if (
            self._production
            and scope.get("scheme") != "https"
            and scope["path"] not in _OPEN_TO_HTTP
        ):
            return problem_response(scope, "https_required")
        if (length := asked.get(b"content-length")) is not None:
            if not length.isdigit():
                return problem_response(scope, "malformed_request")
            limit = self._limit(scope)
            if len(length) > 18 or int(length) > limit:
                # A caller who waits for "100 Continue" will not send the body now, and the
                # connection would be out of step; any other body is read and dropped.
                close = {"Connection": "close"} if b"expect" in asked else {}
                told = {"limit": limit}
                return problem_response(scope, "payload_too_large", params=told, headers=close)
        if (
            scope["method"] == "OPTIONS"
            and b"access-control-request-method" in asked
            and (allowed := self._origins.preflight(asked.get(b"origin", b"")))
        ):
            response = Response(status_code=204)
            response.raw_headers += allowed
            return response
        return None

    def _limit(self, scope: Scope) -> int:
        """Bytes that the body may have."""
        return limit_of(scope["path"]) or self._body_limit

    def _note(self, scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
        """Count the request and write its line: the route's template, never the path as sent."""
        method = scope["method"] if scope["method"] in METHODS else OTHER
        route = route_template(scope)
        self._metrics.observe(method, route, status, seconds)
        line = {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 3),
            "network": network_of(scope.get("client")),
        }
        if (problem := state.get("problem")) is not None:
            line["problem"] = problem
        log_request(line)


def route_template(scope: Scope) -> str:
    """The template of the route that took `scope`: ``/v1/staff/customers/{id}``, or `UNMATCHED`."""
    # FastAPI leaves the route as its own router knows it in "route", without the prefixes under
    # which that router was included; those stand in the context that it keeps beside it.
    taken = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(taken, "path_format", UNMATCHED)
