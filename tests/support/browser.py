"""A real Chromium, without a window, driven through its DevTools protocol over a pair of pipes.

    async with browsing(tmp_path) as browser:
        page = await browser.open("http://localhost:8000/docs")
        assert await page.evaluate("document.title") == "Salvaguarda"
        await page.send("WebAuthn.enable")

For tests marked ``@pytest.mark.needs_program("chromium")``. Pipes need no port and no library.
"""

import asyncio
import fcntl
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
"""For any headless run on a small machine that reaches nobody else."""
PATIENCE = 60.0
"""Seconds for one command; a browser that just started on a busy machine takes some."""

CREATE = """async options => (await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})).toJSON()"""
GET = """async options => (await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)})).toJSON()"""
"""What a page does with our options for passkeys, and what it sends back."""


class BrowserError(Exception):
    """The browser, or the script that it ran, said no."""


class Page:
    """One tab."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser = browser
        self._session = session

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol to this tab, and its result. Raises BrowserError."""
        return await self._browser.send(method, session=self._session, **parameters)

    async def go(self, url: str) -> None:
        """Load another page, and wait until it has."""
        await self.send("Page.enable")
        loaded = self._browser.event("Page.loadEventFired", self._session)
        answer = await self.send("Page.navigate", url=url)
        if "errorText" in answer:
            raise BrowserError(answer["errorText"])
        await asyncio.wait_for(loaded, PATIENCE)

    async def leave(self, function: str, *arguments: Any) -> None:
        """Have a JavaScript function lead to another page, and wait until that has loaded."""
        await self.send("Page.enable")
        loaded = self._browser.event("Page.loadEventFired", self._session)
        await self.call(function, *arguments)
        await asyncio.wait_for(loaded, PATIENCE)

    async def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression, awaited if it is a promise, as if after a click.

        Raises BrowserError with the page's own words when the script throws.
        """
        answer = await self.send(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"]
            raise BrowserError(thrown.get("exception", {}).get("description", thrown["text"]))
        return answer["result"].get("value")

    async def call(self, function: str, *arguments: Any) -> Any:
        """What a JavaScript function makes of JSON arguments; see `evaluate`."""
        told = ", ".join(json.dumps(argument) for argument in arguments)
        return await self.evaluate(f"({function})({told})")


class Browser:
    """A running browser. Commands may be sent side by side; answers find their callers."""

    def __init__(self, commands: asyncio.WriteTransport, answers: asyncio.StreamReader) -> None:
        self._commands = commands
        self._answers = answers
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._events: dict[tuple[str, str | None], asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    async def open(self, url: str = "about:blank") -> Page:
        """A new tab that has loaded `url`."""
        target = await self.send("Target.createTarget", url="about:blank")
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        page = Page(self, attached["sessionId"])
        await page.go(url)
        return page

    async def send(
        self, method: str, *, session: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """One command of the protocol, and its result. Raises BrowserError."""
        number = next(self._numbers)
        order = {"id": number, "method": method, "params": parameters}
        if session is not None:
            order["sessionId"] = session
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._commands.write(json.dumps(order).encode() + b"\0")
        said = await asyncio.wait_for(answer, PATIENCE)
        if "error" in said:
            raise BrowserError(f"{method}: {said['error'].get('message')}")
        result: dict[str, Any] = said["result"]
        return result

    def event(self, method: str, session: str | None = None) -> asyncio.Future[dict[str, Any]]:
        """The parameters of the next event of that name, once it has come."""
        coming = asyncio.get_running_loop().create_future()
        self._events[method, session] = coming
        return coming

    async def close(self) -> None:
        """Stop listening. Whoever still waits is told that the browser is gone."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        self._commands.close()

    async def _read(self) -> None:
        try:
            while True:
                said = json.loads((await self._answers.readuntil(b"\0"))[:-1])
                key: Any = said.get("id")
                waiting: Any = self._waiting
                if key is None:
                    key, waiting = (said["method"], said.get("sessionId")), self._events
                    said = said.get("params", {})
                future = waiting.pop(key, None)
                if future is not None and not future.done():
                    future.set_result(said)
        except asyncio.IncompleteReadError:
            pass
        finally:
            for future in (*self._waiting.values(), *self._events.values()):
                if not future.done():
                    future.set_exception(BrowserError("the browser is gone"))
                    future.exception()  # an event may have nobody who waits


@asynccontextmanager
async def browsing(folder: Path, *flags: str) -> AsyncIterator[Browser]:
    """A browser with a fresh profile in `folder`; gone, with all that it started, afterwards."""
    loop = asyncio.get_running_loop()
    process, write, read = _start(folder / "profile", flags)
    answers = asyncio.StreamReader(limit=1 << 26)
    listening, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(answers), os.fdopen(read, "rb", 0)
    )
    commands, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(write, "wb", 0))
    browser = Browser(commands, answers)
    try:
        yield browser
    finally:
        await browser.close()
        listening.close()
        await asyncio.to_thread(_end, process)


def _start(profile: Path, flags: Sequence[str]) -> tuple[int, int, int]:
    """The process, which leads a group of its own, and our ends: for commands, for answers."""
    program = shutil.which("chromium")
    assert program is not None, "mark the test: needs_program('chromium')"
    options = [*FLAGS, *flags, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
    command_read, command_write = os.pipe()
    answer_read, answer_write = os.pipe()
    nowhere = os.open(os.devnull, os.O_RDWR)
    ends = {nowhere: (1, 2), command_read: (3,), answer_write: (4,)}
    # Lifted first, away from the numbers that they shall have over there.
    lifted = {fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10): places for end, places in ends.items()}
    actions = [
        (os.POSIX_SPAWN_DUP2, end, place) for end, places in lifted.items() for place in places
    ]
    try:
        process = os.posix_spawn(
            program, [program, *options], os.environ, file_actions=actions, setpgroup=0
        )
    finally:
        for end in (*ends, *lifted):
            os.close(end)
    return process, command_write, answer_read


def _end(process: int) -> None:
    """Kill the whole group: its helpers would outlive it for a while."""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
