"""Whether a signed document is what its declared signer signed: a PDF (PAdES), or any file with a
detached signature (CAdES, ``.p7s``).

Accepted is a document whose every signature is sound, whose last one covers the file to its end,
and which a person signed: the declared one. Anything else is rejected, with the grounds; what
cannot be read is malformed. Nothing but an answer ever comes out of a hostile file, except that it
may take long or much memory: `document_pool` sees to that. pyHanko's loggers are silenced: their
lines hold common names, which hold CPFs.

After a signature only further signatures, timestamps and security stores may be added: a form field
filled in later changes what is read. After the declared signer's own, the last of them, nothing may
be added that can be seen (`document_additions`): whoever signs over it could paint over the page.
With a detached signature, a PDF is looked through as well, and signatures inside it must be sound
too.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import (
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko_certvalidator import ValidationContext

from app.core.telemetry import describe, logger
from app.security.document_additions import added_after
from app.security.document_chains import context_at
from app.security.document_cms import (
    MOST_SIGNATURES,
    CmsUnreadable,
    OtherContent,
    TooManySigners,
    check_size,
    has_signed_attributes,
    signed_data,
)
from app.security.document_coverage import coverage_of
from app.security.document_hazards import TooManyObjects, look_through
from app.security.document_judgement import Measure, Status, judge
from app.security.document_reports import (
    STRENGTH,
    Assurance,
    DocumentReport,
    Finding,
    SignatureReport,
    malformed,
)
from app.security.document_trust import Trust

for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

_MIB: Final = 1024 * 1024
_LIMITS: Final = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * _MIB),
    document_budget=DocumentDecodeBudget(base_allowance=128 * _MIB, max_ratio=12),
)
_ADDITIONS: Final = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(),
        DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
        XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
        MetadataUpdateRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ],
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)
"""pyHanko's default without the filling in of forms."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to be verified. `signature` is a detached one's file; `signer_tax_id` the declared
    signer's CPF, digits alone, or None where any person will do."""

    document: bytes = field(repr=False)
    signature: bytes | None = field(repr=False)
    signer_tax_id: str | None = field(repr=False)
    at: datetime


Validation = Callable[[ValidationContext], Awaitable[Status]]
Additions = Callable[[int], Iterator[str]]
"""From a revision to the codes of what was added to the PDF since, and can be seen."""


class _Work:
    """What is gathered on the way to a report."""

    def __init__(self, submission: Submission, trust: Trust) -> None:
        self.submission = submission
        self.trust = trust
        self.signatures: list[SignatureReport] = []
        self.findings: list[Finding] = []
        self.revisions: list[int] = []
        """Of the signatures in a PDF, which are the first of `signatures`."""
        self.additions: Additions | None = None

    async def hold(self, begun: SignatureReport, validation: Validation) -> None:
        """Have pyHanko look at a signature, and judge it. What it cannot read is a finding."""
        asked = self.submission
        context = context_at(self.trust, asked.at)
        measure = Measure(self.trust, context, asked.at, asked.signer_tax_id)
        report, findings = begun, [Finding("signature_unreadable", begun.number)]
        try:
            report, findings = await judge(begun, await validation(context), measure)
        except MemoryError:  # says nothing of this signature
            raise
        except Exception as error:  # hostile input ends in any error there is: the finding stands
            _note(error)
        self.signatures.append(report)
        self.findings += findings

    def refuse(self, begun: SignatureReport, code: str) -> None:
        """Take in a signature that need not be looked at any further."""
        self.signatures.append(begun)
        self.findings.append(Finding(code, begun.number))


async def verify(submission: Submission, trust: Trust) -> DocumentReport:
    """The report. Raises nothing but `MemoryError`."""
    if not submission.document or submission.signature == b"":
        return _malformed("document_empty", submission)
    work = _Work(submission, trust)
    try:
        if submission.signature is None or b"%PDF-" in submission.document[:1024]:
            await _look_at_pdf(work)
        if submission.signature is not None:
            await _look_at_detached(work, submission.signature)
        _look_at_additions(work)
    except MemoryError:
        raise
    except TooManyObjects:
        return _malformed("too_many_objects", submission)
    except TooManySigners:
        return _malformed("too_many_signatures", submission)
    except Exception as error:  # bare ValueError, RecursionError, whatever a parser stumbles over
        _note(error)
        return _malformed("document_unreadable", submission)
    return _concluded(work)


def _concluded(work: _Work) -> DocumentReport:
    submission, findings = work.submission, list(work.findings)
    signed = [each for each in work.signatures if each.kind == "signature"]
    counting = [each for each in signed if _counts(each)]
    readable = all(finding.code != "encrypted" for finding in findings)
    if not signed and not findings and readable:
        findings.append(Finding("not_signed"))
    elif signed and all(each.company_seal for each in signed):
        findings.append(Finding("only_company_seal"))
    elif signed and not counting:
        findings.append(Finding("signer_not_declared"))
    findings = sorted(set(findings), key=lambda finding: (finding.signature or 0, finding.code))
    accepted = not findings and bool(counting)
    assurance: Assurance = "none"
    if accepted:
        assurance = min((each.assurance for each in counting), key=STRENGTH.index)
    return DocumentReport(
        "accepted" if accepted else "rejected",
        assurance,
        submission.at,
        hashlib.sha256(submission.document).hexdigest(),
        len(submission.document),
        _digest(submission.signature),
        tuple(work.signatures),
        tuple(findings),
    )


def _counts(signature: SignatureReport) -> bool:
    """Whether it is a person's, and the declared one's where one was declared."""
    person = signature.kind == "signature" and not signature.company_seal
    return person and signature.matches_declared is not False


def _look_at_additions(work: _Work) -> None:
    """Nothing that can be seen may follow upon the last signature that counts. A detached one
    covers all there is."""
    last = max((each.number for each in work.signatures if _counts(each)), default=0)
    if work.additions is not None and 0 < last <= len(work.revisions):
        codes = work.additions(work.revisions[last - 1])
        work.findings += [Finding(code, last) for code in codes]


async def _look_at_pdf(work: _Work) -> None:
    document = work.submission.document
    reader = PdfFileReader(BytesIO(document), strict=True, decode_limits=_LIMITS)
    if reader.encrypt_dict is not None:
        work.findings.append(Finding("encrypted"))
        return
    contents = look_through(reader)
    work.findings += [Finding(code) for code in contents.hazards]
    fields = [
        (name, entry, held.reference if isinstance(held, generic.IndirectObject) else None)
        for name, held, entry in enumerate_sig_fields(reader, filled_status=True)
    ]
    if len(fields) > MOST_SIGNATURES:
        raise TooManySigners
    # pyHanko passes over signatures whose kind it does not know, and sees none outside its fields.
    if None in contents.signatures or contents.signatures != {own for _, _, own in fields}:
        work.findings.append(Finding("stray_signature"))
        return
    signatures = [EmbeddedPdfSignature(reader, entry, name) for name, entry, _ in fields]
    signatures.sort(key=lambda each: each.signed_revision)
    for each in signatures:
        await _look_at_embedded(work, each)
        work.revisions.append(each.signed_revision)
    work.additions = partial(added_after, reader, texts=contents.texts)
    if work.signatures and work.signatures[-1].coverage != "whole_file":
        work.findings.append(Finding("not_whole_file"))


async def _look_at_embedded(work: _Work, signature: EmbeddedPdfSignature) -> None:
    stamp = signature.sig_object_type == "/DocTimeStamp"
    number = len(work.signatures) + 1
    coverage = coverage_of(work.submission.document, signature.byte_range, signature.pkcs7_content)
    begun = SignatureReport(number, "timestamp" if stamp else "signature", coverage)
    if coverage == "partial":
        work.refuse(begun, "partial_coverage")
        return
    check_size(signature.signed_data)
    if not has_signed_attributes(signature.signed_data):
        work.refuse(begun, "signed_attributes_missing")
        return
    validate = async_validate_pdf_timestamp if stamp else async_validate_pdf_signature
    await work.hold(begun, lambda context: validate(signature, context, diff_policy=_ADDITIONS))


async def _look_at_detached(work: _Work, file: bytes) -> None:
    try:
        messages = list(signed_data(file, work.submission.document))
    except OtherContent:
        work.findings.append(Finding("content_changed"))
        return
    if not messages:
        raise CmsUnreadable
    for message in messages:
        begun = SignatureReport(len(work.signatures) + 1, "signature", "whole_file")
        if has_signed_attributes(message):
            validate = partial(async_validate_detached_cms, work.submission.document, message)
            await work.hold(begun, validate)
        else:
            work.refuse(begun, "signed_attributes_missing")


def _malformed(code: str, submission: Submission) -> DocumentReport:
    return malformed(
        code,
        checked_at=submission.at,
        sha256=hashlib.sha256(submission.document).hexdigest(),
        size=len(submission.document),
        signature_sha256=_digest(submission.signature),
    )


def _note(error: Exception) -> None:
    """Where it failed, for whoever looks into a false refusal; no texts, they hold names."""
    logger.debug("document_unreadable", **describe(error))


def _digest(file: bytes | None) -> str | None:
    return None if file is None else hashlib.sha256(file).hexdigest()
