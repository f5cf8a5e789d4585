"""`app/services/packages.py`: what was granted leaves, all of it, of one moment, and no more."""

import csv
import io
import json
import secrets
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pyrage
import pytest
import pytest_asyncio
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import csv_text
from app.models import AuditEvent, StoredFile, StoredFileChunk
from app.security.age_files import AgeKeyRefused
from app.services import packages, seals, stored_files
from app.services.audit_log import Deed
from app.services.package_contents import PackageBroken
from app.services.package_orders import Batch, Category, PackageOrder
from app.services.package_rows import AT_ONCE, rows_of
from app.services.packages import MadePackage
from tests.services.test_verify_package import verify
from tests.support.packages import AT, ROW, category, order, rows_from
from tests.support.records import rows
from tests.support.sealed import HOUR, SUPPORT, write
from tests.support.service import Service, serving

IDENTITY = pyrage.x25519.Identity.generate()
KEY = str(IDENTITY.to_public())


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def delivered(house: Service, made: MadePackage) -> bytes:
    """The ZIP, as its recipient has it in the end."""
    async with house.platform.database.transaction() as connection:
        await stored_files.complete(house.platform, connection, made.stored)
    blocks = stored_files.read(house.platform, made.stored)
    plain: bytes = pyrage.decrypt(b"".join([block async for block in blocks]), [IDENTITY])
    return plain


async def opened(house: Service, ordered: PackageOrder) -> zipfile.ZipFile:
    made = await packages.make(house.platform, ordered, KEY)
    return zipfile.ZipFile(io.BytesIO(await delivered(house, made)))


def events() -> Category:
    """The audit log itself."""
    columns = AuditEvent.__table__.columns

    def collect(connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        return rows_of(connection, select(*columns).order_by(AuditEvent.id))

    return category(collect, "audit_events", columns.keys())


async def nothing_is_stored(house: Service) -> bool:
    return not any(
        [
            await rows(house.platform, select(table.__table__))
            for table in (StoredFile, StoredFileChunk)
        ]
    )


async def test_a_package_holds_and_its_hashes_are_those_told(
    house: Service, tmp_path: Path
) -> None:
    ordered = order(category(rows_from([ROW], [ROW])), category(None, "communications"))
    made = await packages.make(house.platform, ordered, KEY)
    assert await stored_files.find(house.platform, made.stored.id) is None
    content = await delivered(house, made)
    assert len(content) == made.bytes
    assert made.stored.name == f"{ordered.reference}.zip.age"
    (tmp_path / "package.zip").write_bytes(content)
    answer = await house.client.get("/v1/public/certificate")
    (tmp_path / "published.pem").write_bytes(answer.content)
    told = verify(tmp_path / "package.zip", tmp_path / "published.pem")
    assert told.returncode == 0, told.stderr


async def test_the_rows_of_the_database_are_all_there_in_both_forms(house: Service) -> None:
    await write(house, 2 * AT_ONCE + 3, ago=HOUR)
    with await opened(house, order(events())) as package:
        lines = [json.loads(line) for line in package.read("audit_events.jsonl").splitlines()]
        table = list(
            csv.DictReader(io.StringIO(package.read("audit_events.csv").decode(), newline=""))
        )
    wanted = await rows(house.platform, select(AuditEvent.id).order_by(AuditEvent.id))
    assert [line["id"] for line in lines] == [str(row.id) for row in wanted]
    assert len(lines) >= 2 * AT_ONCE + 3
    for line, cells in zip(lines, table, strict=True):
        assert {name: csv_text.unguarded(cell) for name, cell in cells.items()} == {
            name: as_a_cell(value) for name, value in line.items()
        }


def as_a_cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, separators=(",", ":"))


async def test_the_manifest_says_what_was_decided_done_and_found(house: Service) -> None:
    await write(house, 3, ago=HOUR)
    await seals.seal(house.platform)
    newest = (await rows(house.platform, select(func.max(AuditEvent.at))))[0][0]
    ordered = order(category(rows_from([ROW])), category(rows_from(), "consents"))
    with await opened(house, ordered) as package:
        manifest = json.loads(package.read("manifest.json"))
        names = set(package.namelist())
        assert package.read("consents.jsonl") == b""
        assert package.read("consents.csv") == b"id,at,network,note\r\n"
    assert names - {"manifest.json", "manifest.p7s"} == {each["name"] for each in manifest["files"]}
    assert manifest["request"]["id"] == str(ordered.request_id)
    assert manifest["request"]["process_number"] == ordered.process_number
    assert manifest["basis"] == {"code": "mci_15", "article": ordered.article}
    assert manifest["people"]["approved_by"] == [str(UUID(int=22))]
    assert manifest["scope"]["period_to"] == "2026-11-03T12:30:00Z"
    found, nothing = manifest["categories"]
    assert (found["holding"], found["rows"]) == ("held", 1)
    assert found["query"] == {"table": "access_records", "at": {"from": "2026-10-01T00:00:00Z"}}
    assert found["items"] == ["name", "address"]
    assert (nothing["holding"], nothing["rows"]) == ("nothing_found", 0)
    assert manifest["refused"][0]["field"] == "email"
    standing = await seals.verify(house.platform)
    assert standing.newest is not None
    assert manifest["audit"]["seal_number"] == standing.newest.number
    assert manifest["audit"]["seal_digest"] == standing.newest.digest.hex()
    last = UUID(manifest["audit"]["event_id"])
    at = (await rows(house.platform, select(AuditEvent.at).where(AuditEvent.id == last)))[0][0]
    assert at == newest
    pair = house.platform.certificates.signing()
    assert manifest["certificate_sha256"] == pair.fingerprint


async def test_the_manifest_is_canonical(house: Service) -> None:
    with await opened(house, order(category(rows_from([ROW])))) as package:
        content = package.read("manifest.json")
    again = json.dumps(
        json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert content == again.encode()


async def test_the_certificate_is_signed_and_says_what_is_not_there(house: Service) -> None:
    ordered = order(
        category(rows_from([ROW] * 3)),
        category(rows_from(), "consents"),
        replace(category(rows_from(), "disclosures"), is_identified=False),
        category(None, "communications"),
    )
    with await opened(house, ordered) as package:
        pages = package.read("certidao.pdf")
        listed = json.loads(package.read("manifest.json"))["files"]
    reader = PdfFileReader(io.BytesIO(pages))
    (signature,) = reader.embedded_regular_signatures
    roots = list(load_certs_from_pemder_data(house.platform.certificates.published()))
    status = await async_validate_pdf_signature(signature, ValidationContext(trust_roots=roots))
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    said = text_of(reader)
    assert "Foram encontrados 3 registros" in said
    assert said.count("NADA CONSTA") == 1, "of the one who was found"
    assert said.count("nenhuma conta foi identificada pelos dados informados") == 1
    assert "NÃO MANTIDO" in said
    assert ordered.reference in said
    assert "Ministério Público de \\u0141ód\\u017a" in said
    for file in listed:
        if file["rows"] is not None:
            assert file["sha256"] in said


def text_of(reader: PdfFileReader) -> str:
    """What is written on the pages: fpdf2 writes a text operator a line, in Latin-1."""
    said = []
    for page in reader.root["/Pages"]["/Kids"]:
        contents = page.get_object()["/Contents"]
        for line in contents.get_object().data.decode("latin-1").splitlines():
            begin, end = line.find("("), line.rfind(") Tj")
            if 0 <= begin < end:
                said.append(
                    line[begin + 1 : end]
                    .replace("\\\\", "\\")
                    .replace("\\(", "(")
                    .replace("\\)", ")")
                )
    return " ".join(said)


@pytest.mark.parametrize(
    "row",
    [
        ROW | {"email": "ana@exemplo.com.br"},
        ROW | {"network": {"address": "192.0.2.1"}, "email": None},
    ],
)
async def test_a_field_that_was_not_granted_breaks_the_package(
    house: Service, row: Mapping[str, Any]
) -> None:
    with pytest.raises(PackageBroken, match="not granted"):
        await packages.make(house.platform, order(category(rows_from([ROW], [row]))), KEY)
    assert await nothing_is_stored(house)


async def test_members_of_objects_are_granted_one_by_one(house: Service) -> None:
    fields = ("id", "address.city", "address.state")
    good: Sequence[Mapping[str, Any]] = [
        {"id": 1, "address": {"city": "=Łódź"}},
        {"id": 2},
        {"id": 3, "address": None},
    ]
    with await opened(house, order(category(rows_from(good), fields=fields))) as package:
        assert package.read("access_records.csv").decode() == (
            "id,address.city,address.state\r\n1,'=Łódź,\r\n2,,\r\n3,,\r\n"
        )
        assert json.loads(package.read("access_records.jsonl").splitlines()[0]) == good[0]
    bad = rows_from([{"id": 1, "address": {"street": "Rua"}}])
    with pytest.raises(PackageBroken, match="not granted"):
        await packages.make(house.platform, order(category(bad, fields=fields)), KEY)


async def test_rows_that_differ_between_the_readings_break_the_package(house: Service) -> None:
    readings = iter(([ROW], [ROW | {"note": "another"}]))

    async def differing(_connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        yield next(readings)

    with pytest.raises(PackageBroken, match="not the same"):
        await packages.make(house.platform, order(category(differing)), KEY)
    assert await nothing_is_stored(house)


async def test_everything_is_of_the_moment_when_it_began(house: Service) -> None:
    """What is written meanwhile is in neither form."""
    await write(house, 5, ago=HOUR)
    inner = events()
    assert inner.rows is not None
    collect = inner.rows

    async def meanwhile(connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        async for batch in collect(connection):
            yield batch
        await house.platform.audit.write(SUPPORT, Deed("staff:customer:list"))

    before = (await rows(house.platform, select(func.count()).select_from(AuditEvent)))[0][0]
    whole = category(meanwhile, "audit_events", inner.fields)
    with await opened(house, order(whole)) as package:
        assert len(package.read("audit_events.jsonl").splitlines()) == before
    after = (await rows(house.platform, select(func.count()).select_from(AuditEvent)))[0][0]
    assert after == before + 2


async def test_a_failure_in_the_middle_leaves_nothing(house: Service) -> None:
    class Broken(Exception):
        pass

    async def breaking(connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        for _ in range(30):
            yield [ROW | {"note": secrets.token_hex(300)} for _ in range(1000)]
        assert await rows(house.platform, select(StoredFileChunk.number))  # it is well under way
        raise Broken

    with pytest.raises(Broken):
        await packages.make(house.platform, order(category(breaking)), KEY)
    assert await nothing_is_stored(house)


async def test_what_is_no_key_is_refused_before_anything_is_read(house: Service) -> None:
    read = []

    async def never(_connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
        read.append(True)
        yield [ROW]

    with pytest.raises(AgeKeyRefused):
        await packages.make(house.platform, order(category(never)), "age1nobody")
    assert read == []
    assert await nothing_is_stored(house)


@pytest.mark.parametrize("name", ["", "../x", "A", "a.b", "a" * 49, "a\n"])
def test_a_category_names_files(name: str) -> None:
    with pytest.raises(ValueError, match="small letters"):
        category(None, name)


def test_moments_in_rows_are_told_in_utc() -> None:
    assert ROW["at"] == AT
