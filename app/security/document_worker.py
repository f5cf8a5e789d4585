"""The process that reads hostile files:
``python -m app.security.document_worker FOLDER MEBIBYTES SECONDS``.

It is given a document on standard input and answers with a report on standard output, again and
again until standard input ends. It has no settings, no database and no keys; once it has loaded
what it needs it may write no file, open no socket, start no program, and use so much memory and so
many seconds of processor for each document. A document that takes more kills it; whoever started
it starts another.

An order is ``!IIq`` (bytes of head, of document, of signature or -1), then these; the head is JSON:
``signer_tax_id``, ``at``. An answer is ``!I`` and a report as JSON; one of no bytes says that
memory ran out. A first answer of no bytes says that it is ready.
"""

import asyncio
import gc
import json
import os
import struct
import sys
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from app.security.document_signatures import Submission, verify
from app.security.document_trust import TrustFolder

ORDER: Final = struct.Struct("!IIq")
ANSWER: Final = struct.Struct("!I")
_SHUT: Final = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")


class DoorShut(RuntimeError):
    """What no document may make this process do."""


def main() -> None:
    """Serve until standard input ends."""
    folder, mib, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    orders = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a library that prints must not answer for us
        os.dup2(silence, stream)
    trust = TrustFolder(folder)
    trust.read()
    gc.collect()
    gc.freeze()  # what was loaded stays
    with asyncio.Runner() as runner:
        runner.get_loop()  # it opens sockets of its own, to wake itself
        _shut_doors(mib)
        _answer(answers, b"")
        while head := orders.read(ORDER.size):
            submission = _submission(orders, head)
            _allow_processor(seconds)
            try:
                report = runner.run(verify(submission, trust.read())).as_json()
            except MemoryError:
                report = b""
            _answer(answers, report)


def _submission(orders: BinaryIO, head: bytes) -> Submission:
    told, document, signature = ORDER.unpack(head)
    order = json.loads(orders.read(told))
    return Submission(
        document=orders.read(document),
        signature=None if signature < 0 else orders.read(signature),
        signer_tax_id=order["signer_tax_id"],
        at=datetime.fromisoformat(order["at"]),
    )


def _answer(answers: BinaryIO, report: bytes) -> None:
    answers.write(ANSWER.pack(len(report)) + report)
    answers.flush()


def _shut_doors(mib: int) -> None:
    sys.dont_write_bytecode = True
    sys.addaudithook(_refuse)
    if sys.platform == "win32":
        return  # there are no such limits: the clock alone ends a long verification
    import resource

    for limit, value in (
        (resource.RLIMIT_AS, mib * 1024 * 1024),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    os.nice(10)


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if event.startswith(_SHUT):
        raise DoorShut(event)


def _allow_processor(seconds: int) -> None:
    """So many more seconds; beyond them the system ends the process."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


if __name__ == "__main__":
    main()
