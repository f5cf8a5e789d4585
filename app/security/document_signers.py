"""Who a certificate speaks for: ICP-Brasil's other names in it, never its common name.

DOC-ICP-04: ``2.16.76.1.3.1`` holds a person's data (birth date 8 digits, CPF 11, then others);
``.3`` a company's CNPJ and ``.4`` the data of the person responsible for it. A certificate with
either of the latter is a company's: whoever holds its key proves origin, not a person's will.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from asn1crypto import core, x509

from app.core.documents import normalise_tax_id
from app.core.text import FieldRefused, clean_line

_PERSON: Final = "2.16.76.1.3.1"
_COMPANY: Final = frozenset({"2.16.76.1.3.3", "2.16.76.1.3.4"})
_DATA = re.compile(r"[0-9]{19}", re.ASCII)
_LONGEST_NAME: Final = 120
# Common names end in ":12345678909"; whatever else has as many digits goes too.
_NUMBERS = re.compile(r":\s*[0-9A-Za-z./-]{11,18}$|\d[\d./-]{9,}\d")

TaxIdFault = Literal["signer_tax_id_missing", "signer_tax_id_invalid"]


@dataclass(frozen=True, slots=True)
class Signer:
    """The holder of a certificate; `fault` says why there is no `tax_id` where there should be."""

    name: str | None
    company: bool
    tax_id: str | None = field(repr=False)
    fault: TaxIdFault | None = None

    @property
    def masked_tax_id(self) -> str | None:
        """The CPF with its middle alone, as the masks of the visibility matrix print it."""
        if self.tax_id is None:
            return None
        return f"***.{self.tax_id[3:6]}.{self.tax_id[6:9]}-**"


def signer_of(certificate: x509.Certificate) -> Signer:
    """Reads the certificate, trusted or not. Raises ValueError for one that cannot be read."""
    people, company = [], False
    for name in certificate.subject_alt_name_value or ():
        if name.name != "other_name":
            continue
        kind = name.chosen["type_id"].dotted
        company = company or kind in _COMPANY
        if kind == _PERSON:
            people.append(name.chosen["value"])
    shown = shown_name(certificate.subject)
    if company:
        return Signer(shown, True, None)
    if not people:
        return Signer(shown, False, None, "signer_tax_id_missing")
    tax_id = _tax_id(people[0]) if len(people) == 1 else None
    return Signer(shown, False, tax_id, None if tax_id else "signer_tax_id_invalid")


def shown_name(name: x509.Name) -> str | None:
    """The common name, or the organisation, without long numbers in it; None if unfit to show."""
    values = name.native
    text = values.get("common_name") or values.get("organization_name")
    if isinstance(text, list):
        text = text[-1]
    if not isinstance(text, str):
        return None
    try:
        return clean_line(_NUMBERS.sub("", text[:_LONGEST_NAME]), _LONGEST_NAME)
    except FieldRefused:
        return None


def _tax_id(value: core.Any) -> str | None:
    """The CPF in a person's data: an octet string in old certificates, text in others."""
    held = value.parsed.native
    text = held.decode("ascii", "replace") if isinstance(held, bytes) else str(held)
    data = _DATA.match(text)
    if data is None:
        return None
    try:
        return normalise_tax_id(data[0][8:], "person").digits
    except FieldRefused:
        return None
