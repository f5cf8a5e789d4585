"""`salvaguarda migrate`, `serve`, `worker`: the service and its database."""

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.opening import opened_settings, with_platform
from app.commands.terminal import stderr
from app.core.garbage import spare_the_collector

if TYPE_CHECKING:
    from app.services.platform import Platform


def migrate() -> None:
    """Bring the database to its newest form, and install the first policy."""
    from app.services import migrations
    from app.services.keyrings import open_keyring

    settings = opened_settings()
    open_keyring(settings)  # before anything is changed
    migrations.upgrade(settings)
    new = with_platform(settings, migrations.install)
    print("migrated; first policy installed" if new else "migrated")


def serve(
    host: Annotated[str, typer.Option(envvar="HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    forwarded_allow_ips: Annotated[
        str, typer.Option(envvar="FORWARDED_ALLOW_IPS", help="The proxy that ends TLS.")
    ] = "127.0.0.1",
) -> None:
    """Serve HTTP. In production a proxy before it ends TLS."""
    import uvicorn

    from app.services.keyrings import open_keyring
    from app.services.mail_transport import open_transport

    settings = opened_settings()
    open_keyring(settings)  # one clear line now, instead of a stack in each worker
    open_transport(settings)
    with_platform(settings, _nothing)
    # It does not follow by itself: replicas on several ports must name one issuer in their tokens.
    elsewhere = not settings.public_url.endswith(f":{port}")
    if elsewhere and not settings.production and "public_url" not in settings.model_fields_set:
        stderr.print(
            f"Links in mails lead to {settings.public_url}: set SALVAGUARDA_PUBLIC_URL to have"
            " them lead here, and to let pages of this address renew sessions.",
            highlight=False,
        )
    stderr.print(f"Serving on http://{host}:{port} (documentation: /docs)", highlight=False)
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http="app.routers.head_limit:BoundedHttpProtocol",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=True,
        forwarded_allow_ips=forwarded_allow_ips,
        timeout_graceful_shutdown=10,
        timeout_worker_healthcheck=60,  # on a busy machine five seconds end before the imports do
    )


def worker() -> None:
    """Do the background work until stopped.

    Delivers mail, works on confirmed incidents, seals the audit log, forgets what expired. Any
    number of workers share it, on any number of machines. Told to stop (Ctrl-C, SIGTERM), one
    finishes what is under way and gives back the rest.
    """
    from app.services.keyrings import open_keyring
    from app.services.mail_transport import open_transport

    settings = opened_settings()
    open_keyring(settings)
    open_transport(settings)
    where = "by SMTP" if settings.smtp_url else f"as files in {settings.var_dir / 'mail'}"
    stderr.print(f"Working, mails leave {where}; stop with Ctrl-C.", highlight=False)
    with suppress(KeyboardInterrupt):
        with_platform(settings, _work_until_told)


async def _work_until_told(platform: "Platform") -> None:
    from app.worker.loop import run

    working = asyncio.ensure_future(run(platform))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    spare_the_collector()
    with suppress(asyncio.CancelledError):
        await working


async def _nothing(_platform: "Platform") -> None:
    """Open and close: start-up's own checks are what is wanted."""
