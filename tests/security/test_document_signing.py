"""`app/security/document_signing.py`: what others' software says of what we signed."""

import asyncio
import subprocess
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from fpdf import FPDF
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from app.core.clock import system_clock
from app.security.certificate_files import ServiceCertificate, make
from app.security.document_signing import sign_detached, sign_pdf
from tests.security.moment import Moment
from tests.security.test_service_certificate import certified_by_a_root

CONTENT = b'{"a":1}'


@pytest.fixture
def pair() -> ServiceCertificate:
    return make("kid", "Agência Ávila", system_clock() - timedelta(hours=1))


@pytest.mark.needs_program("openssl")
@pytest.mark.parametrize("altered", [False, True])
async def test_openssl_says_whether_a_detached_signature_holds(
    tmp_path: Path, pair: ServiceCertificate, altered: bool
) -> None:
    signature = await sign_detached(pair, CONTENT, system_clock())
    (tmp_path / "manifest.p7s").write_bytes(signature)
    (tmp_path / "manifest.json").write_bytes(CONTENT + b" " * altered)
    (tmp_path / "certificado.pem").write_bytes(pair.pem)
    # As LEIA-ME.txt says.
    command = (
        "openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json"
        " -nointern -certfile certificado.pem -CAfile certificado.pem -partial_chain"
        " -no_check_time -purpose any -out /dev/null"
    )
    told = await asyncio.to_thread(
        subprocess.run, command.split(), cwd=tmp_path, capture_output=True, check=False
    )
    assert (told.returncode == 0) is not altered, told.stderr


async def test_a_detached_signature_is_cades_and_holds_no_content(
    pair: ServiceCertificate,
) -> None:
    at = system_clock().replace(microsecond=0)
    signed: Any = cms.ContentInfo.load(await sign_detached(pair, CONTENT, at))["content"]
    assert signed["encap_content_info"]["content"].native is None
    attributes = {
        attribute["type"].native: attribute["values"].native[0]
        for attribute in signed["signer_infos"][0]["signed_attrs"]
    }
    assert {"content_type", "message_digest", "signing_certificate_v2"} <= attributes.keys()
    assert attributes["signing_time"] == at


async def test_a_detached_signature_brings_the_chain(moment: Moment) -> None:
    pair, root = certified_by_a_root(moment)
    whole = ServiceCertificate("own", pair.certificate, (root,), key=pair.key)
    signed: Any = cms.ContentInfo.load(await sign_detached(whole, CONTENT, moment()))["content"]
    serials = {each.chosen.serial_number for each in signed["certificates"]}
    assert serials == {pair.certificate.serial_number, root.serial_number}


async def test_a_pdf_is_signed_as_pades_over_the_whole_of_it(pair: ServiceCertificate) -> None:
    document = FPDF()
    document.add_page()
    signed = await sign_pdf(pair, bytes(document.output()), "Certidão")
    reader = PdfFileReader(BytesIO(signed))
    (signature,) = reader.embedded_regular_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.sig_object["/Reason"] == "Certidão"
    roots = list(load_certs_from_pemder_data(pair.pem))
    status = await async_validate_pdf_signature(signature, ValidationContext(trust_roots=roots))
    assert status.bottom_line
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
