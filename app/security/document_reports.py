"""What a verification says: frozen, put as JSON on record, shown to both sides as it stands.

No CPF stands in it in full: of one that a certificate holds the middle is kept, as masks do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from app.core.messages.signatures import FINDINGS, UNREADABLE

Verdict = Literal["accepted", "rejected", "malformed"]
Assurance = Literal["icp_brasil_qualified", "gov_br_advanced", "none"]
Coverage = Literal["whole_file", "revision", "partial"]
TimeSource = Literal["timestamp", "declared"]

STRENGTH: Final[tuple[Assurance, ...]] = ("none", "gov_br_advanced", "icp_brasil_qualified")
"""The levels of assurance (Lei 14.063/2020, art. 4), weakest first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A ground for refusal; `signature` counts from one, and is None for the whole document."""

    code: str
    signature: int | None = None

    def __post_init__(self) -> None:
        if self.code not in FINDINGS:
            raise ValueError("a finding without words")


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A certificate, from the signer's to the root. Only authorities are named here."""

    authority: str | None
    serial_number: str
    sha256: str
    valid_from: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature, or one timestamp over the whole document."""

    number: int
    kind: Literal["signature", "timestamp"]
    coverage: Coverage
    assurance: Assurance = "none"
    """Of the root that the chain ends in; ``none`` wherever the chain does not hold."""
    name: str | None = None
    masked_tax_id: str | None = None
    matches_declared: bool | None = None
    """Whether the CPF is the declared signer's; None where none was declared."""
    company_seal: bool = False
    signed_at: datetime | None = None
    signed_at_source: TimeSource | None = None
    digest: str | None = None
    revoked_at: datetime | None = None
    chain: tuple[ChainLink, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """The whole. Accepted means: no findings, and a person's signature, the declared one's."""

    verdict: Verdict
    assurance: Assurance
    """The weakest among the signatures that count; ``none`` unless accepted."""
    checked_at: datetime
    """The moment that certificates and revocation lists were held against."""
    sha256: str | None
    """Of the document, in hexadecimal; None for one that was too large to be read."""
    size: int
    signature_sha256: str | None = None
    """Of the file with the detached signature."""
    signatures: tuple[SignatureReport, ...] = ()
    findings: tuple[Finding, ...] = ()

    def as_record(self) -> dict[str, Any]:
        """Plain JSON values, to be kept."""
        record: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return record

    def as_json(self) -> bytes:
        """The same as text."""
        return _ADAPTER.dump_json(self)


_ADAPTER: Final = TypeAdapter(DocumentReport)


def report_from_json(text: bytes) -> DocumentReport:
    """The report that `as_json` wrote. Raises ValueError for anything else."""
    return _ADAPTER.validate_json(text)


def malformed(
    code: str,
    *,
    checked_at: datetime,
    sha256: str | None,
    size: int,
    signature_sha256: str | None = None,
) -> DocumentReport:
    """The report on what cannot be read."""
    if code not in UNREADABLE:
        raise ValueError("not a reason of an unreadable document")
    return DocumentReport(
        "malformed",
        "none",
        checked_at,
        sha256,
        size,
        signature_sha256=signature_sha256,
        findings=(Finding(code),),
    )
