"""What a command works on: the settings, and the service's parts without HTTP."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from app.core import event_loop, telemetry
from app.core.clock import system_clock
from app.core.settings import Settings

if TYPE_CHECKING:
    from app.services.platform import Platform

Result = TypeVar("Result")


def opened_settings() -> Settings:
    """The settings, with the log writing as they say. Raises `ValidationError`."""
    settings = Settings()
    telemetry.configure(production=settings.production, level=settings.log_level)
    return settings


def with_platform(settings: Settings, work: Callable[["Platform"], Awaitable[Result]]) -> Result:
    """What `work` returns, done with the service's parts, which are closed afterwards.

    Raises what `open_keyring` and `open_platform` raise.
    """
    from app.services.keyrings import open_keyring
    from app.services.platform import open_platform

    async def run() -> Result:
        platform = open_platform(settings, system_clock, open_keyring(settings))
        try:
            return await work(platform)
        finally:
            await platform.close()

    return event_loop.run(run())
