"""Verification of signed documents in processes of their own: whatever a file does to one of them,
the service goes on, and so do the other verifications.

As many processes as `workers`, started when there is something to verify, so that a service that
never sees a document pays nothing; at most `queue_length` documents wait for one, and beyond that
it is "busy". A process that takes too long, or dies, is replaced, and its document is malformed; so
is one that is too large, which none of them gets to see.

Answers come back as JSON, never pickled, and no process is handed a key or a setting: one that was
taken over can lie about its document and, until it is replaced, about those that follow, all of
which it sees. (Its doors are shut by Python, which native code could pass by: whoever fears that
runs workers as a user of their own.) A malformed document is no sign of it, nor any other a sign
against it, so neither ends a process; one for each document would cost some twenty times the work
of reading it.
"""

import asyncio
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from struct import Struct
from typing import Final

from app.core.errors import Failure
from app.core.telemetry import logger
from app.security.document_reports import DocumentReport, malformed, report_from_json

LARGEST_DOCUMENT: Final = 20 * 1024 * 1024
LARGEST_SIGNATURE: Final = 1024 * 1024
PATIENCE: Final = 4
_LARGEST_REPORT: Final = 1024 * 1024
_START_SECONDS: Final = 60
_JOBS: Final = 500
"""After so many documents a process is replaced: memory that was once torn up stays so."""

# As in `document_worker`, which is not imported here: it loads all of pyHanko.
_ORDER: Final = Struct("!IIq")
_ANSWER: Final = Struct("!I")

File = bytes | Path


class DocumentPool:
    """Verifies against the trust folder at `trust`.

    `memory_mib` is what a process may use in all, `seconds` how much of the processor's time it may
    take for a document: the clock gives it `PATIENCE` times as long, as others want the processor.
    """

    def __init__(
        self, trust: Path, *, workers: int, queue_length: int, memory_mib: int, seconds: int
    ) -> None:
        self._command = _command(trust, memory_mib, seconds)
        self._seconds = PATIENCE * seconds
        self._places = threading.BoundedSemaphore(workers + queue_length)
        self._threads = ThreadPoolExecutor(workers, "documents")
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()

    async def verify(
        self,
        document: File,
        *,
        signature: File | None = None,
        signer_tax_id: str | None,
        at: datetime,
    ) -> DocumentReport:
        """The report on `document`, which a path or its bytes give, at an aware moment.

        `signature` is a detached one; `signer_tax_id` the declared signer's CPF as
        `normalise_tax_id` gives it, or None where any person will do. Raises
        `Failure("documents_busy")` when no place is free or no process will start, `OSError` for a
        path that cannot be read.
        """
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            job = self._threads.submit(self._verify, document, signature, signer_tax_id, at)
        except RuntimeError:  # closed for good: its places no longer matter
            raise _busy() from None
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        """Ends the processes once the accepted documents are done; then every call is "busy"."""
        self._threads.shutdown(wait=True)
        with suppress(queue.Empty):
            while True:
                self._idle.get_nowait().end()

    def _verify(
        self, document: File, signature: File | None, signer_tax_id: str | None, at: datetime
    ) -> DocumentReport:
        content, size = _read(document, LARGEST_DOCUMENT)
        detached, detached_size = (None, 0)
        if signature is not None:
            detached, detached_size = _read(signature, LARGEST_SIGNATURE)
        if size > LARGEST_DOCUMENT or detached_size > LARGEST_SIGNATURE:
            return malformed(
                "document_too_large",
                checked_at=at,
                sha256=_sha256(content) if size <= LARGEST_DOCUMENT else None,
                size=size,
            )
        head = json.dumps({"signer_tax_id": signer_tax_id, "at": at.isoformat()}).encode()
        sizes = _ORDER.pack(len(head), size, -1 if detached is None else detached_size)
        answer = self._ask((sizes, head, content, detached or b""))
        if isinstance(answer, DocumentReport):
            return answer
        return malformed(
            answer,
            checked_at=at,
            sha256=_sha256(content),
            size=size,
            signature_sha256=None if detached is None else _sha256(detached),
        )

    def _ask(self, order: tuple[bytes, ...]) -> DocumentReport | str:
        """The report, or the code of why there is none."""
        worker = self._waiting() or _Worker(self._command)
        answer = worker.ask(order, self._seconds)
        if isinstance(answer, str):
            logger.warning("document_not_verified", fault=answer)
        if isinstance(answer, str) or worker.jobs >= _JOBS:
            worker.end()
        else:
            self._idle.put(worker)
        return answer

    def _waiting(self) -> "_Worker | None":
        """A process that lives and has nothing to do; the system may have ended others."""
        with suppress(queue.Empty):
            while True:
                worker = self._idle.get_nowait()
                if worker.lives:
                    return worker
                worker.end()
        return None


class _Worker:
    """One process. Raises `Failure("documents_busy")` where it does not start."""

    def __init__(self, command: list[str]) -> None:
        self.jobs = 0
        self._late = False
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, under our own Python
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Nothing of ours: neither settings nor proxies. Where our code lies, it must know.
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | _WINDOWS,
            )
        except OSError as error:
            logger.error("document_worker_not_started", fault=type(error).__name__)
            raise _busy() from None
        if self._within(_START_SECONDS, ()) != b"":
            self.end()
            logger.error("document_worker_not_started", fault="silent")
            raise _busy()

    @property
    def lives(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def ask(self, order: tuple[bytes, ...], seconds: float) -> DocumentReport | str:
        """The report, or the code of why there is none; the process is then of no more use."""
        self.jobs += 1
        answer = self._within(seconds, order)
        if answer:
            with suppress(ValueError):
                return report_from_json(answer)
        return "verification_too_long" if self._late else "verification_broken_off"

    def end(self) -> None:
        """Ends the process, whatever it is at."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):  # an order that it did not live to read
                    stream.close()

    def _within(self, seconds: float, order: tuple[bytes, ...]) -> bytes | None:
        """The answer to an order; None if the process died, or had to be killed for the time."""
        alarm = threading.Timer(seconds, self._too_late)
        alarm.daemon = True
        alarm.start()
        try:
            return self._exchange(order)
        except OSError:  # it died before it had read the order
            self._died()
            return None
        finally:
            alarm.cancel()

    def _exchange(self, order: tuple[bytes, ...]) -> bytes | None:
        orders, answers = self._process.stdin, self._process.stdout
        if orders is None or answers is None:
            raise OSError
        for part in order:
            orders.write(part)
        orders.flush()
        size = answers.read(_ANSWER.size)
        if len(size) < _ANSWER.size:
            self._died()
            return None
        length = int(_ANSWER.unpack(size)[0])
        answer = answers.read(length) if length <= _LARGEST_REPORT else b""
        return answer if len(answer) == length else None

    def _died(self) -> None:
        # The system's own end of a process that used up its processor time counts as the clock's.
        if sys.platform != "win32" and -self._process.wait() in _OVERTIME:
            self._late = True

    def _too_late(self) -> None:
        self._late = True
        self._process.kill()


if sys.platform == "win32":
    _WINDOWS: Final = {"SYSTEMROOT": os.environ["SYSTEMROOT"]}
else:
    import signal

    _WINDOWS: Final[dict[str, str]] = {}
    _OVERTIME: Final = (signal.SIGXCPU,)


def _command(trust: Path, memory_mib: int, seconds: int) -> list[str]:
    module = "app.security.document_worker"
    return [
        sys.executable,
        "-P",
        "-m",
        module,
        str(trust.absolute()),
        str(memory_mib),
        str(seconds),
    ]


def _read(file: File, largest: int) -> tuple[bytes, int]:
    """The content, one byte past `largest` at most, and the size."""
    if isinstance(file, bytes):
        return file, len(file)
    with file.open("rb") as opened:
        content = opened.read(largest + 1)
        size = len(content)
        return content, max(size, os.fstat(opened.fileno()).st_size) if size > largest else size


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _busy() -> Failure:
    return Failure("documents_busy", headers={"Retry-After": "5"})
