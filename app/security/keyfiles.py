"""Files that hold keys: written whole or not at all, and for their owner's eyes only."""

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

_DEVELOPMENT_MARK = b"# made in development: refused in production\n"


class KeysError(Exception):
    """The keys are missing or not fit for use; the message is one line for the operator."""


def read_key_file(path: Path, *, production: bool) -> tuple[bytes, bool]:
    """What `path` holds without its mark, and whether it is marked as made in development.

    In production a marked file, and one that others may read, is a KeysError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeysError(f"{path}: cannot be read ({error.strerror})") from None
    development = content.startswith(_DEVELOPMENT_MARK)
    if production:
        require_private(path)
        if development:
            raise KeysError(f"{path}: made in development, make production keys instead")
    return content.removeprefix(_DEVELOPMENT_MARK), development


def write_key_file(path: Path, content: bytes, *, development: bool) -> None:
    """As `write_private_file`, with the mark. The caller holds the folder's lock."""
    write_private_file(path, (_DEVELOPMENT_MARK if development else b"") + content)


def write_private_file(path: Path, content: bytes) -> None:
    """Creates or replaces `path` (mode 0600), complete and on disk before the name appears.

    Nobody ever reads half of it.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_private_folder(path: Path) -> None:
    """Creates `path` and the folders above it that are missing, for their owner alone.

    A folder that is there stays as it is.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def require_private(path: Path) -> None:
    """Raises KeysError where the group or the world may do anything with the file or folder."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise KeysError(f"{path}: cannot be read ({error.strerror})") from None
    if mode & 0o077:
        wanted = 0o700 if path.is_dir() else 0o600
        raise KeysError(f"{path}: open to others (mode {mode:o}), set mode {wanted:o}")


def sync_folder(folder: Path) -> None:
    """Makes names that came or went in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process at a time is inside, for the same existing `folder`."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # gives the lock back, and so does the end of the process
