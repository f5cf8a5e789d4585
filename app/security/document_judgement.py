"""From what pyHanko says of one signature to its line in the report, and its findings."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from asn1crypto import x509
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.status import (
    DocumentTimestampStatus,
    PdfSignatureStatus,
    StandardCMSSignatureStatus,
)
from pyhanko_certvalidator import ValidationContext

from app.security.document_chains import links, why_untrusted
from app.security.document_reports import Finding, SignatureReport, TimeSource
from app.security.document_signers import signer_of
from app.security.document_trust import Trust

Status = StandardCMSSignatureStatus | DocumentTimestampStatus
CLOCKS_APART: Final = timedelta(minutes=5)
_DECLARED: Final[TimeSource] = "declared"
_STAMPED: Final[TimeSource] = "timestamp"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a signature is held against; `declared` is the declared signer's CPF, if any."""

    trust: Trust
    context: ValidationContext
    at: datetime
    declared: str | None = field(repr=False)


async def judge(
    begun: SignatureReport, status: Status, measure: Measure
) -> tuple[SignatureReport, list[Finding]]:
    """The finished line for `begun`, and everything that is wrong with it.

    `measure.context` is the one that made `status`. Whatever pyHanko does not call sound has at
    least one finding.
    """
    report, codes = replace(begun, digest=status.md_algorithm), list(_integrity(status))
    if why := await _why(status, measure.context):
        codes.append(why)
        if status.revocation_details is not None:
            report = replace(report, revoked_at=status.revocation_details.revocation_date)
    elif status.validation_path is not None:
        root = status.validation_path.first
        report = replace(
            report,
            assurance=measure.trust.assurance_of(root),
            chain=links(status.validation_path),
        )
    if isinstance(status, DocumentTimestampStatus):
        report = replace(report, signed_at=status.timestamp, signed_at_source="timestamp")
    else:
        report, more = _signer(report, status, measure.declared)
        codes += more
        report = _timed(report, status)
        codes += _time_faults(report, status.signing_cert, measure.at)
    if not codes and not _sound(status):
        codes.append("signature_unsound")
    return report, [Finding(code, begun.number) for code in dict.fromkeys(codes)]


def _sound(status: Status) -> bool:
    if isinstance(status, DocumentTimestampStatus):
        return bool(status.intact and status.valid and status.trusted)
    return bool(status.bottom_line)


def _integrity(status: Status) -> Iterator[str]:
    if not status.intact:
        yield "content_changed"
    if not status.valid:
        yield "signature_invalid"
    if isinstance(status, PdfSignatureStatus):
        if not status.docmdp_ok:
            yield "changed_after_signing"
        if not status.seed_value_ok:
            yield "seed_value_violated"
    if isinstance(status, DocumentTimestampStatus) and status.modification_level in (
        None,
        ModificationLevel.OTHER,
    ):
        yield "changed_after_signing"
    if isinstance(status, StandardCMSSignatureStatus):
        for stamp in (status.timestamp_validity, status.content_timestamp_validity):
            if stamp is not None and not (stamp.valid and stamp.intact and stamp.trusted):
                yield "timestamp_unsound"


async def _why(status: Status, context: ValidationContext) -> str | None:
    problem = status.trust_problem_indic
    if problem in (
        AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE,
        AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    ):
        return "weak_algorithm"
    if isinstance(status, StandardCMSSignatureStatus) and status.signing_cert.ca:
        return "certificate_not_for_signing"
    if problem is None:  # the chain of a signature that does not hold was not looked at
        return None
    why = await why_untrusted(status.signing_cert, context)
    if why is None and problem == AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE:
        return "certificate_not_for_signing"
    return why or "chain_unsound"


def _signer(
    report: SignatureReport, status: StandardCMSSignatureStatus, declared: str | None
) -> tuple[SignatureReport, list[str]]:
    signer = signer_of(status.signing_cert)
    matches = None
    if declared is not None:
        matches = not signer.company and signer.tax_id == declared
    report = replace(
        report,
        name=signer.name,
        masked_tax_id=signer.masked_tax_id,
        matches_declared=matches,
        company_seal=signer.company,
    )
    return report, [signer.fault] if signer.fault else []


def _timed(report: SignatureReport, status: StandardCMSSignatureStatus) -> SignatureReport:
    stamp = status.timestamp_validity
    moment, source = status.signer_reported_dt, _DECLARED
    if stamp is not None and stamp.valid and stamp.intact and stamp.trusted:
        moment, source = stamp.timestamp, _STAMPED
    if moment is None or moment.tzinfo is None:  # without a zone it says nothing
        return report
    return replace(report, signed_at=moment.astimezone(UTC), signed_at_source=source)


def _time_faults(
    report: SignatureReport, certificate: x509.Certificate, at: datetime
) -> Iterator[str]:
    if report.signed_at is None:
        return
    if report.signed_at > at + CLOCKS_APART:
        yield "signed_in_future"
    if report.signed_at < certificate.not_valid_before - CLOCKS_APART:
        yield "signed_before_certificate"
