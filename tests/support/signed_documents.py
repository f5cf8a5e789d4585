"""PDFs written by hand, signed by pyHanko, and detached signatures: sound ones."""

from collections.abc import Callable, Mapping
from io import BytesIO

import time_machine
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfTimeStamper, SimpleSigner, async_sign_pdf
from pyhanko.sign.timestamps import DummyTimeStamper

from tests.support.signing import NOW

ORDER = b"Oficio 4711/2026: requisita dados cadastrais."

Change = Callable[[IncrementalPdfFileWriter], None]


def pdf(
    text: bytes = ORDER, more: Mapping[int, bytes] | None = None, catalog: bytes = b""
) -> bytes:
    """One page. `more` are further objects (from 6 on), `catalog` further entries of the root."""
    drawn = b"BT /F1 18 Tf 72 700 Td (" + text + b") Tj ET"
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        4: b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn),
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        **(more or {}),
    }
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in sorted(objects.items()):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start, count = len(out), len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, start)
    return bytes(out)


async def signed(
    document: bytes,
    signer: SimpleSigner,
    *,
    field: str = "Sig1",
    stamper: DummyTimeStamper | None = None,
    digest: str = "sha256",
    visible: bool = False,
    prepared: bool = False,
    change: Change | None = None,
) -> bytes:
    """The PDF with one more signature, as an incremental update; signed at `NOW`, however late.

    `prepared`: the field is there already. `change` is what else is done in that update, before it
    is signed.
    """
    writer = IncrementalPdfFileWriter(BytesIO(document))
    if change is not None:
        change(writer)
    wanted = PdfSignatureMetadata(
        field_name=field, md_algorithm=digest, subfilter=SigSeedSubFilter.PADES
    )
    box = (50, 50, 250, 110) if visible else None
    spec = None if prepared else SigFieldSpec(field, box=box)
    with time_machine.travel(NOW, tick=False):
        out = await async_sign_pdf(writer, wanted, signer, timestamper=stamper, new_field_spec=spec)
    return bytes(out.getvalue())


async def stamped(
    document: bytes, stamper: DummyTimeStamper, *, change: Change | None = None
) -> bytes:
    """The PDF with a timestamp over all of it (PAdES-LTA)."""
    writer = IncrementalPdfFileWriter(BytesIO(document))
    if change is not None:
        change(writer)
    out = await PdfTimeStamper(stamper).async_timestamp_pdf(writer, "sha256")
    return bytes(out.getvalue())


async def detached(
    document: bytes, signer: SimpleSigner, *, stamper: DummyTimeStamper | None = None
) -> bytes:
    """A .p7s of the document."""
    with time_machine.travel(NOW, tick=False):
        message = await signer.async_sign_general_data(
            document, "sha256", detached=True, timestamper=stamper
        )
    return bytes(message.dump())


def updated(document: bytes, objects: Mapping[int, bytes]) -> bytes:
    """The PDF with objects replaced or added by an incremental update, as an editor would."""
    previous = int(document.rpartition(b"startxref")[2].split()[0])
    root = document.rpartition(b"/Root ")[2].split(b" R")[0]
    out = bytearray(document)
    sections = []
    for number, content in sorted(objects.items()):
        sections.append(b"%d 1\n%010d 00000 n \n" % (number, len(out)))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start, size = len(out), max(100, *objects) + 1
    out += b"xref\n" + b"".join(sections)
    out += b"trailer\n<</Size %d/Root %b R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        *(size, root, previous, start),
    )
    return bytes(out)
