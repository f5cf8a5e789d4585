"""Tries at the links in mails: a good link opens, and only what opens nothing is counted.

A link holds 256 random bits: nobody guesses it, and whoever has it came from their own mailbox. So
nothing that a neighbour sends may keep it from opening. It is looked up before anything is counted.
"""

from app.access.actors import Actor
from app.core.errors import Failure
from app.services import one_time_tokens
from app.services.platform import Platform


async def admit(platform: Platform, actor: Actor, token: str, *purposes: str) -> None:
    """Let a good token of one of the purposes through, unspent, whatever its network has tried.

    Costs one read by primary key. Raises `Failure` for any other: ``one_time_token_invalid``, or
    ``too_many_requests`` when its network has tried too many such. Call it before `spend`, which
    still has the last word.
    """
    async with platform.database.snapshot() as connection:
        if await one_time_tokens.look(platform, connection, token, *purposes) is not None:
            return
    await platform.throttle.attempt("token_spending", network=actor.network)
    raise Failure("one_time_token_invalid")
