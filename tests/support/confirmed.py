"""Registrations that wait for the link in a mail, whatever mode the service under test is in."""

import dataclasses
from typing import Any

from app.schemas.customers import Registration
from app.services import idempotency, registrations
from app.services.platform import Platform
from app.services.registrations import Answer
from tests.support.letters import token_to
from tests.support.people import stranger
from tests.support.writing import registration


def confirming(platform: Platform) -> Platform:
    """The same parts, in mode ``confirmed``."""
    settings = platform.settings.model_copy(update={"registration": "confirmed"})
    return dataclasses.replace(platform, settings=settings)


async def ask(
    platform: Platform, email: str, claim: idempotency.Claim | None = None, **members: Any
) -> Answer:
    """Register with an address, to be confirmed."""
    form = Registration.model_validate(registration(email=email, **members))
    return await registrations.register(confirming(platform), stranger(), form, "pt-BR", claim)


async def asked(platform: Platform, email: str, **members: Any) -> str:
    """The token that a registration with a new address was mailed."""
    await ask(platform, email, **members)
    return await token_to(platform, email, "registration_confirm")
