"""Starts and stops an ASGI application as a server would (ASGI's lifespan protocol 2.0)."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.types import ASGIApp


@asynccontextmanager
async def running(application: ASGIApp) -> AsyncIterator[None]:
    """`application` between its start-up and its shutdown; RuntimeError if it says one failed.

    The whole lifespan runs in one task of its own: what it enters there, it leaves there.
    """
    orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    answers: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    task = asyncio.ensure_future(application(scope, orders.get, answers.put))

    async def order(step: str) -> None:
        orders.put_nowait({"type": f"lifespan.{step}"})
        answer = asyncio.create_task(answers.get())
        await asyncio.wait({task, answer}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            await task  # raises what the application raised
            raise RuntimeError(f"the application ended without an answer to {step}")
        if answer.result()["type"] != f"lifespan.{step}.complete":
            await asyncio.wait({task})
            raise RuntimeError(f"{step} failed: {answer.result().get('message', '')}")

    await order("startup")
    try:
        yield
    finally:
        await order("shutdown")
        await task
