"""The floor of a verification: pyHanko's own calls in a bare loop, in a process of its own.

``python -m tests.bench.documents_loop FOLDER SECONDS`` verifies FOLDER/order.pdf against
FOLDER/trust, whose certificates and lists it reads once, and prints verifications a second. It
looks at nothing but the one signature: not at what else the PDF holds, nor at who signed.
"""

import asyncio
import os
import sys
from io import BytesIO
from pathlib import Path
from time import perf_counter

from asn1crypto import crl, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext


async def verifications_per_second(folder: Path, seconds: float) -> float:
    """One after the other for so long; a first one, not counted, warms up."""
    document = (folder / "order.pdf").read_bytes()
    trust = folder / "trust"
    roots = [
        x509.Certificate.load(pem.unarmor(file.read_bytes())[2])
        for file in trust.glob("*/root.pem")
    ]
    lists = [crl.CertificateList.load(file.read_bytes()) for file in trust.glob("crls/*")]

    async def verify() -> None:
        context = ValidationContext(
            trust_roots=roots, crls=lists, allow_fetching=False, revocation_mode="require"
        )
        reader = PdfFileReader(BytesIO(document))
        [signature] = reader.embedded_regular_signatures
        status = await async_validate_pdf_signature(signature, context)
        if not status.bottom_line:
            raise ValueError("the floor's own document is not sound")

    await verify()
    done, started = 0, perf_counter()
    while (elapsed := perf_counter() - started) < seconds:
        await verify()
        done += 1
    return done / elapsed


if __name__ == "__main__":
    os.nice(10)  # as our own processes do: whatever else runs takes from both alike
    print(asyncio.run(verifications_per_second(Path(sys.argv[1]), float(sys.argv[2]))))
