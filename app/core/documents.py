"""CPF and CNPJ, the tax ids of people and companies.

CNPJ is alphanumeric since July 2026 (Instrução Normativa RFB 2.229/2024): a character counts as
its code minus 48, which leaves the digits' own values as they were.
"""

import re
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final, Literal

from app.core.text import FieldRefused, trim

TaxIdKind = Literal["cpf", "cnpj"]
CustomerKind = Literal["person", "company"]

# The mask's signs may be missing, but may not stand elsewhere. The classes are ASCII on purpose.
CPF_SHAPE: Final = r"[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}"
CNPJ_SHAPE: Final = r"[0-9A-Za-z]{2}\.?[0-9A-Za-z]{3}\.?[0-9A-Za-z]{3}/?[0-9A-Za-z]{4}-?[0-9]{2}"
_CPF = re.compile(CPF_SHAPE)
_CNPJ = re.compile(CNPJ_SHAPE)
_MASK = str.maketrans("", "", "./-")
_KIND_OF: Final[dict[CustomerKind, TaxIdKind]] = {"person": "cpf", "company": "cnpj"}


@dataclass(frozen=True, slots=True)
class TaxId:
    """A valid tax id without its mask: 11 digits, or 12 upper-case characters and 2 digits."""

    kind: TaxIdKind
    digits: str = field(repr=False)


def normalise_tax_id(text: str, customer_kind: CustomerKind | None = None) -> TaxId:
    """The tax id in `text`, with or without mask.

    Refuses `invalid_cpf` and `invalid_cnpj` where the shape is right and the digits are not,
    `invalid_tax_id` for any other shape, and `tax_id_not_of_kind` where a person gives a CNPJ
    or a company a CPF, if `customer_kind` is given.
    """
    trimmed = trim(text)
    if _CPF.fullmatch(trimmed):
        tax_id = TaxId("cpf", trimmed.translate(_MASK))
    elif _CNPJ.fullmatch(trimmed):  # before upper-casing, which makes ASCII of some other letters
        tax_id = TaxId("cnpj", trimmed.translate(_MASK).upper())
    else:
        raise FieldRefused("invalid_tax_id")
    base = tax_id.digits[:-2]
    if len(set(tax_id.digits)) == 1 or tax_id.digits != base + _check_digits(base):
        raise FieldRefused(f"invalid_{tax_id.kind}")
    if customer_kind is not None and _KIND_OF[customer_kind] != tax_id.kind:
        raise FieldRefused("tax_id_not_of_kind")
    return tax_id


def with_check_digits(base: str) -> str:
    """The CPF of nine digits or the CNPJ of twelve characters, for made-up people."""
    return base + _check_digits(base)


def cpf_with_check_digits(base: str) -> str:
    """The CPF, without mask, that begins with these nine ASCII digits: for made-up people."""
    return base + _check_digits(base)


def _check_digits(base: str) -> str:
    """Both check digits. Weights run from the right: 2 to 9 again and again, for a CPF 2 to 11."""
    highest = 11 if len(base) == 9 else 9
    checked = base
    for _ in range(2):
        weights = cycle(range(2, highest + 1))
        remainder = (
            sum(
                (ord(character) - 48) * weight
                for character, weight in zip(reversed(checked), weights, strict=False)
            )
            % 11
        )
        checked += "0" if remainder < 2 else str(11 - remainder)
    return checked[-2:]
