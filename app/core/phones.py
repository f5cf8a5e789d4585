"""Telephone numbers, stored as E.164 (``+5511912345678``)."""

import re

import phonenumbers

from app.core.text import FieldRefused, trim

# `phonenumbers` also digs numbers out of prose, letters and digits of other scripts.
_PHONE = re.compile(r"\+?[0-9(][0-9 ().\-]{5,30}")


def normalise_phone(text: str, region: str = "BR") -> str:
    """E.164 of a number that can exist: a known area code, the mobile ninth digit, the length.

    Numbers without ``+`` are numbers of `region` (ISO 3166). Refuses `invalid_phone`.
    """
    number = _parsed(trim(text), region)
    if number is None or not phonenumbers.is_valid_number(number):
        raise FieldRefused("invalid_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    if not _PHONE.fullmatch(text):
        return None
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None  # not raised on: it quotes the number
