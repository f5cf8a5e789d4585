import base64
import multiprocessing
import os
import re
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.security.keyfiles import KeysError
from app.security.keys import Keyring
from tests.security.folder import LATER, mode, pem, pems, place

Opener = Callable[[], Keyring]


def refusal(folder: Path) -> str:
    with pytest.raises(KeysError) as refused:
        Keyring.load(folder, production=True)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_production_refuses_what_is_missing(folder: Path, open_keyring: Opener) -> None:
    assert "cannot be read" in refusal(folder)
    keyring = open_keyring()
    key = folder / "signing" / f"{keyring.signing_key().kid}.pem"
    key.rename(folder / "kept")
    assert "holds no signing key" in refusal(folder)
    (folder / "kept").rename(key)
    (folder / "master.key").rename(folder / "kept")
    assert "master.key: cannot be read" in refusal(folder)
    (folder / "kept").rename(folder / "master.key")
    (folder / "signing").rename(folder / "kept")
    assert "signing: cannot be read" in refusal(folder)


def test_load_writes_nothing(folder: Path, open_keyring: Opener) -> None:
    open_keyring()
    (folder / ".lock").unlink()
    before = sorted(folder.rglob("*"))
    Keyring.load(folder, production=True)
    assert sorted(folder.rglob("*")) == before


def test_production_refuses_keys_made_in_development_and_what_they_rotate_to(folder: Path) -> None:
    development = Keyring.create(folder, development=True)
    made = development.signing_key().kid
    rotated = development.rotate()
    assert "master.key: made in development" in refusal(folder)
    with pytest.raises(KeysError, match="made in development"):
        Keyring.create(folder, development=False)
    (folder / "master.key").unlink()
    with pytest.raises(KeysError, match=re.escape(f"{made}.pem: made in development")):
        Keyring.create(folder, development=False)
    (folder / "signing" / f"{made}.pem").unlink()
    assert f"{rotated}.pem: made in development" in refusal(folder)
    assert Keyring.load(folder, production=False).signing_key().kid == rotated


def test_development_takes_production_keys_and_rotates_to_their_grade(
    keyring: Keyring, folder: Path
) -> None:
    kid = Keyring.create(folder, development=True).rotate()
    assert Keyring.load(folder, production=True).signing_key().kid == kid


@pytest.mark.parametrize("open_to", [0o040, 0o004, 0o020, 0o002, 0o010])
@pytest.mark.parametrize("which", [".", "signing", "master.key", "signing/{kid}.pem"])
def test_production_refuses_what_others_may_touch(
    keyring: Keyring, folder: Path, which: str, open_to: int
) -> None:
    path = folder / which.format(kid=keyring.signing_key().kid)
    path.chmod(mode(path) | open_to)
    assert f"{path}: open to others" in refusal(folder)
    Keyring.load(folder, production=False)
    path.chmod(mode(path) & ~0o077)
    Keyring.load(folder, production=True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        b"\xff\xfe",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["empty", "text", "bytes", "P-384", "RSA"],
)
@pytest.mark.parametrize("production", [True, False])
def test_a_damaged_signing_key_stops_the_start(
    keyring: Keyring, folder: Path, content: bytes, production: bool
) -> None:
    place(folder, LATER, content)
    with pytest.raises(KeysError, match=f"{LATER}.pem: not a "):
        Keyring.load(folder, production=production)


@pytest.mark.parametrize("content", [b"", b"\n", b"c2hvcnQ=\n", b"!" * 44, b"\xff" * 32, b"k" * 88])
def test_a_damaged_master_key_stops_the_start(
    keyring: Keyring, folder: Path, content: bytes
) -> None:
    (folder / "master.key").write_bytes(content)
    with pytest.raises(KeysError, match=r"master\.key: not 32 bytes"):
        Keyring.load(folder, production=True)


@pytest.mark.parametrize("master", [bytes(32), b"\xff" * 32, bytes(range(7)) * 4 + bytes(4)])
def test_a_master_key_that_nobody_drew_stops_the_start(
    keyring: Keyring, folder: Path, master: bytes
) -> None:
    for production in (True, False):
        (folder / "master.key").write_bytes(base64.b64encode(master))
        with pytest.raises(KeysError, match=r"master\.key: not random") as refused:
            Keyring.load(folder, production=production)
        assert "\n" not in str(refused.value)
    (folder / "master.key").write_bytes(base64.b64encode(bytes(range(8)) * 4))
    Keyring.load(folder, production=True)


def start_together(folder: Path, barrier: Barrier, answers: "multiprocessing.Queue[str]") -> None:
    barrier.wait()
    keyring = Keyring.create(folder, development=False)
    answers.put(keyring.signing_key().kid + keyring.secret("paging").hex())


def rotate_together(folder: Path, barrier: Barrier, answers: "multiprocessing.Queue[str]") -> None:
    keyring = Keyring.load(folder, production=True)
    barrier.wait()
    for _ in range(5):
        answers.put(keyring.rotate())


Work = Callable[[Path, Barrier, "multiprocessing.Queue[str]"], None]


def together(work: Work, folder: Path, processes: int, answers_each: int) -> list[str]:
    # spawn: a fork would carry the test run's own threads and locks along
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    answers: multiprocessing.Queue[str] = context.Queue()
    started = [
        context.Process(target=work, args=(folder, barrier, answers)) for _ in range(processes)
    ]
    for process in started:
        process.start()
    result = [answers.get(timeout=60) for _ in range(processes * answers_each)]
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0] * processes
    answers.close()
    answers.join_thread()
    return result


def test_processes_that_start_at_once_on_an_empty_folder_agree(folder: Path) -> None:
    answers = together(start_together, folder, processes=4, answers_each=1)
    assert len(set(answers)) == 1
    assert len(pems(folder)) == 1


def test_processes_that_rotate_at_once_lose_no_key(keyring: Keyring, folder: Path) -> None:
    answers = together(rotate_together, folder, processes=3, answers_each=5)
    assert len(set(answers)) == 15
    assert pems(folder) == sorted([*answers, keyring.signing_key().kid])
    assert not [path for path in folder.rglob(".*") if path.name != ".lock"]


def test_a_process_that_dies_while_writing_leaves_a_folder_that_works(
    folder: Path, open_keyring: Opener
) -> None:
    (folder / "signing").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    half = folder / "signing" / f".{LATER}.pem.0a0a0a0a"
    half.write_bytes(b"-----BEGIN PRIV")
    assert len(open_keyring().jwks()["keys"]) == 1


def test_a_full_disk_leaves_nothing_behind(
    keyring: Keyring, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = sorted(folder.rglob("*"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            keyring.rotate()
    assert sorted(folder.rglob("*")) == before
    keyring.rotate()  # and the lock is free again
