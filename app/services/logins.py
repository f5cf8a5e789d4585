"""The human who signs in, apart from the accounts that they enter."""

from typing import Final

from app.access.actors import Actor
from app.core.errors import Failure
from app.projection.projection import Shown
from app.services import records
from app.services.platform import Platform

RESOURCE: Final = "login"


async def read_own(platform: Platform, actor: Actor) -> Shown:
    """The caller's own login; on record before it is returned. Raises as `records.read` does."""
    if actor.id is None:
        raise Failure("not_found")
    return await records.read(platform, actor, "customer:login:read", RESOURCE, actor.id)
