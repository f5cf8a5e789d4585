"""`Idempotency-Key`: a request that may be sent twice, and is done once."""

from collections.abc import Callable

from starlette.requests import Request

from app.routers.admission import actor_of, platform_of
from app.services import idempotency


async def claim_of(request: Request) -> idempotency.Claim | None:
    """What the request claims with its key; None without one.

    Keys are apart by path, caller, and the account that the caller acts in; for who is nobody, by
    network, so that strangers elsewhere neither get one's answer nor spend one's key.

    Raises `Failure("idempotency_key_invalid")`.
    """
    claimer = claimer_of(request)
    return None if claimer is None else claimer(await request.body())


def claimer_of(request: Request) -> Callable[[bytes], idempotency.Claim] | None:
    """The same for a body that is read as a stream: makes the claim of what tells it from others.

    Raises `Failure("idempotency_key_invalid")`, before anything is read.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    idempotency.require_form(key)
    platform = platform_of(request)
    actor = actor_of(request)  # nobody is answered what was told to others, or in another account
    caller = [str(each) for each in (actor.id, actor.customer_id) if each is not None]
    if actor.id is None:
        caller.append(str(actor.network))
    door = " ".join([request.url.path, *caller])
    return lambda told: idempotency.claim_of(platform, door, key, told)
