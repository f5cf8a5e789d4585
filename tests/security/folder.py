"""A folder of keys, as a test looks into it and puts things there."""

import stat
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

LATER = "20270101T000000000000Z-0123abcd"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def pems(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "signing").glob("*.pem"))


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def place(folder: Path, kid: str, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "signing" / f"{kid}.pem"
    path.write_bytes(content)
    path.chmod(mode)
    return path
