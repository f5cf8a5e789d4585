"""Orders for disclosure packages with made-up rows, and packages made of them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.clock import Clock, system_clock
from app.security.service_certificate import ServiceCertificates
from app.services import packages
from app.services.package_orders import Batch, Category, PackageOrder, Refused, Rows
from app.services.package_rows import AuditPosition
from tests.support.room import ROOT

VERIFIER = ROOT / "app" / "services" / "texts" / "package" / "verify_package.py"
AT = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)
ROW = {"id": UUID(int=7), "at": AT, "network": "192.0.2.0/24", "note": "=1+1"}


def rows_from(*batches: Sequence[Mapping[str, Any]]) -> Rows:
    """The same batches, each time."""

    async def rows(_connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        for batch in batches:
            yield batch

    return rows


def category(
    rows: Rows | None, name: str = "access_records", fields: Sequence[str] = tuple(ROW)
) -> Category:
    """A category of that name."""
    return Category(
        name=name,
        title=f"Título de {name}",
        title_en=f"Title of {name}",
        items=("name", "address"),
        fields=tuple(fields),
        collector=f"{name}/1",
        query={"table": name, "at": {"from": "2026-10-01T00:00:00Z"}},
        rows=rows,
    )


def order(*categories: Category) -> PackageOrder:
    """An order for them."""
    return PackageOrder(
        package_id=UUID(int=10),
        request_id=UUID(int=11),
        reference="SG-2026-7K3F9Q",
        agency="Ministério Público de Łódź",
        kind="access_records",
        basis="mci_15",
        article="Lei 12.965/2014, art. 15",
        issuing_body="1ª Promotoria",
        process_number="0000001-23.2026.8.26.0100",
        inquiry_number=None,
        period_from=AT - timedelta(days=14),
        period_to=AT,
        period_zone="America/Sao_Paulo",
        requested_at=AT,
        approved_at=AT,
        reviewed_by=UUID(int=21),
        approved_by=(UUID(int=22),),
        checked_by=None,
        categories=categories,
        refused=(Refused("registration_data", "email", "outside_tier", "Lei 12.965/2014"),),
    )


@dataclass(frozen=True, slots=True)
class Handed:
    """A package's ZIP and the published certificates, as files."""

    package: Path
    certificate: Path


def handed(
    folder: Path, made: PackageOrder, *, keys: Path | None = None, clock: Clock = system_clock
) -> Handed:
    """The order's package, made without a database."""
    certificates = ServiceCertificates(keys or folder / "keys", "Agência", production=False)
    nowhere = AuditPosition(None, None, None)
    package = packages.Package(made, certificates.signing(), clock, nowhere)

    async def make() -> bytes:
        none = cast(AsyncConnection, None)
        return b"".join([block async for block in package.blocks(none)])

    paths = Handed(folder / "package.zip", folder / "certificate.pem")
    paths.package.write_bytes(asyncio.run(make()))
    paths.certificate.write_bytes(certificates.published())
    return paths
