"""Signing documents with the service's certificate: detached CMS (CAdES) and PDF (PAdES), both at
level B-B. Signing takes milliseconds, opening pyHanko the better part of a second: it is done in a
thread, and pyHanko comes in when the first document is signed, for most processes never sign one.
"""

import asyncio
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Final

from app.security.certificate_files import ServiceCertificate

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

DIGEST: Final = "sha256"
FIELD: Final = "Assinatura"
"""The name of the field that holds the signature in a PDF."""


async def sign_detached(pair: ServiceCertificate, content: bytes, at: datetime) -> bytes:
    """A CMS SignedData (DER) over `content`, which it does not hold.

    It holds the certificate and says that it was signed `at`.
    """
    return await asyncio.to_thread(_detached, pair, content, at)


async def sign_pdf(pair: ServiceCertificate, document: bytes, reason: str) -> bytes:
    """The PDF with an invisible signature over the whole of it; `reason` stands in it."""
    return await asyncio.to_thread(_pdf, pair, document, reason)


def _detached(pair: ServiceCertificate, content: bytes, at: datetime) -> bytes:
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    signing = _signer(pair).async_sign_general_data(
        content, DIGEST, use_cades=True, signed_attr_settings=PdfCMSSignedAttributes(at)
    )
    signed: bytes = asyncio.run(signing).dump()
    return signed


def _pdf(pair: ServiceCertificate, document: bytes, reason: str) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        name=pair.certificate.subject.rfc4514_string(),
    )
    signer = PdfSigner(metadata, _signer(pair))
    output = BytesIO()
    asyncio.run(signer.async_sign_pdf(IncrementalPdfFileWriter(BytesIO(document)), output=output))
    return output.getvalue()


def _signer(pair: ServiceCertificate) -> "SimpleSigner":
    from pyhanko.keys.internal import (
        translate_pyca_cryptography_cert_to_asn1,
        translate_pyca_cryptography_key_to_asn1,
    )
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    chain = [translate_pyca_cryptography_cert_to_asn1(each) for each in pair.chain]
    return SimpleSigner(
        signing_cert=translate_pyca_cryptography_cert_to_asn1(pair.certificate),
        signing_key=translate_pyca_cryptography_key_to_asn1(pair.key),
        cert_registry=SimpleCertificateStore.from_certs(chain),  # type: ignore[no-untyped-call]
    )
