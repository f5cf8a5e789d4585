"""Mails as files, where no mail server is set: for development, and for those who carry them on."""

import asyncio
from pathlib import Path

from app.security.keyfiles import make_private_folder, write_private_file
from app.services.mail_message import SENT, Letter, Objection, Outcome


class FileTransport:
    """Writes each mail as ``{id}.eml`` in a folder, for its owner's eyes alone."""

    connections = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, letter: Letter, objection: Objection | None = None) -> Outcome:
        """Write the file, whole or not at all; sent again, it replaces the first."""
        if objection is not None and (reason := await objection()) is not None:
            return Outcome("suppressed", reason)
        try:
            await asyncio.to_thread(self._write, letter)
        except OSError:  # a full disk, a folder that is not ours: the next turn may go better
            return Outcome("deferred", "not_written", halting=True)
        return SENT

    async def close(self) -> None:
        """There is nothing to close."""

    def _write(self, letter: Letter) -> None:
        make_private_folder(self._folder)
        write_private_file(self._folder / f"{letter.id}.eml", letter.content)
