"""`Idempotency-Key`: a request that may be sent twice, and is done once."""

from starlette.requests import Request

from app.routers.admission import actor_of, platform_of
from app.services import idempotency


async def claim_of(request: Request) -> idempotency.Claim | None:
    """What the request claims with its key, at its path and for its caller; None without one.

    Raises `Failure("idempotency_key_invalid")`.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    caller = actor_of(request).id  # nobody is answered what somebody else was told
    door = request.url.path if caller is None else f"{request.url.path} {caller}"
    return idempotency.claim_of(platform_of(request), door, key, await request.body())
