"""Disclosure packages: an order becomes a signed ZIP, encrypted, kept for delivery; all in one
stream, in bounded memory, however many rows there are.

    CATEGORY.jsonl, CATEGORY.csv   the data
    LEIA-ME.txt, verify_package.py how to read it, and how to check it without us
    certidao.pdf                   what was done, for people; signed (PAdES)
    manifest.json, manifest.p7s    what was done, for programs; signed (CAdES, detached)

The manifest lists every other entry with its hash, so that its signature covers all of them.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Clock
from app.core.zip_stream import ZipStream
from app.security import age_files
from app.security.certificate_files import ServiceCertificate
from app.security.document_signing import sign_detached, sign_pdf
from app.services import stored_files
from app.services.package_certificate import certificate
from app.services.package_contents import Collected, Collecting, DataFile
from app.services.package_manifest import Making, manifest
from app.services.package_orders import PackageOrder
from app.services.package_rows import AuditPosition, audit_position
from app.services.platform import Platform

PURPOSE: Final = "legal_package"
README, VERIFIER, CERTIFICATE = "LEIA-ME.txt", "verify_package.py", "certidao.pdf"
MANIFEST, SIGNATURE = "manifest.json", "manifest.p7s"
REASON: Final = "Certidão de atendimento a requisição legal"
_TEXTS: Final = files("app.services") / "texts" / "package"


@dataclass(frozen=True, slots=True)
class MadePackage:
    """A package that is stored, and that nobody sees before `stored_files.complete`.

    `stored` has size and hash of what leaves, which is encrypted; `sha256` and `bytes` are those of
    the ZIP within, `manifest` its manifest.
    """

    stored: stored_files.Stored
    manifest: bytes
    bytes: int
    sha256: str


async def make(platform: Platform, order: PackageOrder, recipient: str) -> MadePackage:
    """Collect, sign, encrypt to `recipient` (`age1…`) and store. Everything is of one moment.

    Raises `AgeKeyRefused`, `KeysError` without a certificate that holds, `PackageBroken`; then, as
    after a crash, nothing of it is there. Not for use inside a transaction.
    """
    age_files.require_recipient(recipient)
    pair = platform.certificates.signing()
    async with platform.database.snapshot() as connection:
        package = Package(order, pair, platform.clock, await audit_position(connection))
        async with (
            aclosing(package.blocks(connection)) as blocks,
            aclosing(age_files.encrypted(blocks, recipient)) as content,
        ):
            stored = await stored_files.write(
                platform,
                purpose=PURPOSE,
                name=f"{order.reference}.zip.age",
                media_type=age_files.MEDIA_TYPE,
                content=content,
            )
    return MadePackage(stored, package.manifest, package.bytes, package.sha256)


class Package:
    """One package in the making: read `blocks` to their end, then the rest is known.

    `position` is where the audit log stands in the view of the database that `blocks` is given.
    """

    def __init__(
        self, order: PackageOrder, pair: ServiceCertificate, clock: Clock, position: AuditPosition
    ) -> None:
        self._order = order
        self._pair = pair
        self._clock = clock
        self._position = position
        self._hash = hashlib.sha256()
        self.bytes = 0
        self.manifest = b""

    @property
    def sha256(self) -> str:
        """Of all blocks so far, in hexadecimal digits."""
        return self._hash.hexdigest()

    async def blocks(self, connection: AsyncConnection) -> AsyncGenerator[bytes, None]:
        """The ZIP, in the view of the database that `connection` has. Raises `PackageBroken`."""
        async with aclosing(self._blocks(connection)) as blocks:
            async for block in blocks:
                self._hash.update(block)
                self.bytes += len(block)
                yield block

    async def _blocks(self, connection: AsyncConnection) -> AsyncGenerator[bytes, None]:
        begun = self._clock()
        package = ZipStream(begun)
        collected: list[Collected] = []
        try:
            for category in self._order.categories:
                collecting = Collecting(category)
                async with aclosing(collecting.blocks(connection, package)) as blocks:
                    async for block in blocks:
                        yield block
                collected.append(collecting.result)
            making = Making(begun, self._clock(), self._position, self._pair.fingerprint)
            await self._close(package, collected, making)
            yield package.finish()
        finally:
            package.abandon()

    async def _close(self, package: ZipStream, collected: list[Collected], making: Making) -> None:
        """The entries that explain and prove the others."""
        data = [file for each in collected for file in each.files]
        listed = [
            *data,
            _text(package, README, "text/plain; charset=utf-8"),
            _text(package, VERIFIER, "text/x-python"),
        ]
        pages = await asyncio.to_thread(
            certificate, self._order, collected, making, self._pair.certificate
        )
        signed = await sign_pdf(self._pair, pages, REASON)
        listed.append(DataFile(package.add(CERTIFICATE, signed), "application/pdf"))
        self.manifest = manifest(self._order, collected, listed, making)
        package.add(MANIFEST, self.manifest)
        seal = await sign_detached(self._pair, self.manifest, making.collected_until)
        package.add(SIGNATURE, seal)


def _text(package: ZipStream, name: str, media_type: str) -> DataFile:
    return DataFile(package.add(name, (_TEXTS / name).read_bytes()), media_type)


def verifier() -> bytes:
    """The program that checks packages, as it lies in each of them."""
    return (_TEXTS / VERIFIER).read_bytes()
