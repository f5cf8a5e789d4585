"""The metrics, for the operator's Prometheus alone.

They hold no name, but a stranger who sees how many mails were queued just now learns whether the
address that they asked about is known. Whoever may not see them is answered as at an unknown path.
"""

import hmac
from ipaddress import ip_address
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from app.core import metrics
from app.core.errors import Failure
from app.routers.admission import bearer_token, platform_of
from app.routers.strict_route import StrictRoute

_FORWARDED: Final = ("forwarded", "x-forwarded", "x-real-ip", "via")
"""How the headers begin by which proxies tell of whom they speak for."""


async def admit_operator(request: Request) -> None:
    """Let in whoever has the token; without one, in development, this machine.

    Raises `Failure("not_found")` for everybody else, in production for all while no token is set.
    """
    settings = platform_of(request).settings
    token = settings.metrics_token.get_secret_value()
    if token:
        admitted = _presents(request, token)
    else:
        admitted = not settings.production and _is_from_here(request)
    if not admitted:
        raise Failure("not_found")


class MetricsRoute(StrictRoute):
    """A route for the operator."""

    admit = staticmethod(admit_operator)


router = APIRouter(tags=["health"], route_class=MetricsRoute)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
    openapi_extra={"x-problems": ["not_found"]},
)
async def expose(request: Request) -> Response:
    """Counts and durations by route template, and the mails; nothing about any person.

    For bearers of the operator's own token, which is no access token; 404 for everybody else.
    """
    try:
        waiting = await request.app.state.mails_waiting()
    except Failure:  # the database is away: all that this process knows is told all the same
        waiting = {}
    return Response(metrics.exposition(waiting), media_type=metrics.CONTENT_TYPE)


def _presents(request: Request, token: str) -> bool:
    """Whether the caller has the token. However much of it they guessed, it takes as long."""
    offered = bearer_token(request) or ""
    return hmac.compare_digest(offered.encode("latin-1", "replace"), token.encode())


def _is_from_here(request: Request) -> bool:
    """Whether the call was made on this machine, and not by a proxy on it for somebody else."""
    if request.client is None or any(name.startswith(_FORWARDED) for name in request.headers):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
