"""The service on a port of this machine, for callers that are not in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn

from tests.support.service import Service, serving


@asynccontextmanager
async def on_a_port(
    database_url: str, folder: Path, **settings: Any
) -> AsyncIterator[tuple[Service, str]]:
    """The service, and where a browser finds it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"http://localhost:{listening.getsockname()[1]}"
        async with serving(database_url, folder, public_url=address, **settings) as service:
            config = uvicorn.Config(service.app, log_config=None, lifespan="off", ws="none")
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield service, address
            finally:
                server.should_exit = True
                await running
