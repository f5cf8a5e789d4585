"""The types of request members: what `app/core` knows of each field, with its JSON Schema.

Whatever a type accepts is valid by its schema. Some of what the schema allows is refused all the
same (a wrong check digit, an area code that does not exist): each description says so, and
`tests/support/formats.py` makes values for each `format` that are not. The error's type is our
stable code. Values come out normalised, in the form in which they are stored.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, SecretStr
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.core.addresses import POSTAL_CODE_SHAPE, STATES, normalise_postal_code, normalise_state
from app.core.documents import CNPJ_SHAPE, CPF_SHAPE, normalise_tax_id
from app.core.emails import LONGEST_EMAIL, normalise_email
from app.core.links import has_link
from app.core.moments import parse_day, parse_moment, parse_month
from app.core.passwords import LONGEST_NEW_PASSWORD, SHORTEST_PASSWORD, require_strong_password
from app.core.phones import normalise_phone
from app.core.process_numbers import PROCESS_NUMBER_SHAPE, normalise_process_number
from app.core.text import (
    UNSAFE,
    UNSAFE_IN_LINES,
    UNSEEN,
    FieldRefused,
    clean_line,
    clean_text,
    require_unicode,
    trim,
)

LONGEST_PASSWORD_TRIED: Final = 1024
"""Characters of a current password, which older rules may have let be anything."""

_LINE_PATTERN = f"^[^{UNSAFE}]*[^{UNSAFE}{UNSEEN}][^{UNSAFE}]*$"
_TEXT_PATTERN = f"^[^{UNSAFE_IN_LINES}]*[^{UNSAFE}{UNSEEN}][^{UNSAFE_IN_LINES}]*$"
_BLANKS = r"[ \u00a0]*"

CPF_PATTERN: Final = f"^{_BLANKS}{CPF_SHAPE}{_BLANKS}$"
CNPJ_PATTERN: Final = f"^{_BLANKS}{CNPJ_SHAPE}{_BLANKS}$"

_PHONE_SHAPES = (
    r"\+[1-9][0-9 ().\-]{6,30}",
    # Brazil: area code and number, toll-free and shared-cost numbers.
    r"(?:55[ .\-]?)?\(?0?[1-9]{2}\)?[ .\-]?(?:9[ .\-]?[0-9]|[2-9])[0-9]{3}[ .\-]?[0-9]{4}",
    r"0?[3589]00[ .\-]?[0-9]{3}[ .\-]?[0-9]{4}",
    r"[34]00[0-9][ .\-]?[0-9]{4}",
)
_PHONE_SHAPE = f"{_BLANKS}(?:{'|'.join(_PHONE_SHAPES)}){_BLANKS}"
_PHONE = re.compile(_PHONE_SHAPE)

_AGE_RECIPIENT = "age1[02-9ac-hj-np-z]{58}"  # bech32's letters

_ID = "^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_ID_EXAMPLE = "01a19467-e800-79ad-b8eb-e568ab252afb"
_ID_SHAPE = re.compile(_ID)

# Any character beyond ASCII may be a letter, a digit or a symbol: these cannot tell.
_A_LETTER = r"[^\u0000-@\[-`{-\u007f]"
_A_DIGIT = r"[^\u0000-/:-\u007f]"
_A_SYMBOL = r"[^\u0000- 0-9A-Za-z\u007f]"


@dataclass(frozen=True, eq=False)  # by identity, so that it can be hashed, as `X | None` wants
class Checked:
    """Annotates a text member: it becomes what `check` returns, and is described by `schema`."""

    check: Callable[[str], object]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        # No length or pattern for Pydantic to check: its own error would come before ours.
        return core_schema.no_info_after_validator_function(
            self._validate,
            core_schema.str_schema(strict=True),
            serialization=core_schema.to_string_ser_schema(when_used="json"),
        )

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", **self.schema}

    def _validate(self, text: str) -> object:
        try:
            return self.check(text)
        except FieldRefused as refused:
            raise PydanticCustomError(refused.code, refused.code, refused.params) from None


def line(max_length: int, *examples: str) -> Checked:
    """Annotates one line of 1 to `max_length` characters, as in ``Annotated[str, line(80)]``."""
    return _text(lambda text: clean_line(text, max_length), max_length, _LINE_PATTERN, examples)


def multiline(max_length: int, *examples: str) -> Checked:
    """Annotates text of 1 to `max_length` characters in any number of lines."""
    return _text(lambda text: clean_text(text, max_length), max_length, _TEXT_PATTERN, examples)


def unlinked(text: Checked, description: str) -> Checked:
    """Annotates the same text where we mail it on: refused with a web or e-mail address in it."""

    def check(sent: str) -> object:
        cleaned = text.check(sent)
        if has_link(str(cleaned)):
            raise FieldRefused("text_with_link")
        return cleaned

    told = f"{description} Refused: with a web or e-mail address."
    return Checked(check, {**text.schema, "description": told})


def _text(
    check: Callable[[str], str], max_length: int, pattern: str, examples: tuple[str, ...]
) -> Checked:
    schema = {"minLength": 1, "maxLength": max_length, "pattern": pattern}
    return Checked(check, schema | {"examples": list(examples)} if examples else schema)


def _email(text: str) -> str:
    if text != trim(text):  # browsers trim it; the JSON Schema format allows no blanks around it
        raise FieldRefused("invalid_email")
    return normalise_email(text)


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(trim(text)):  # trimmed: the shape goes back over each blank before it
        raise FieldRefused("invalid_phone")
    return normalise_phone(text)


def _age_recipient(text: str) -> str:
    """Its form alone: whether it is a key is for `security/age_files.py` to say."""
    if not re.fullmatch(_AGE_RECIPIENT, text):
        raise FieldRefused("age_key_refused")
    return text


def _state(text: str) -> str:
    if text not in STATES:  # the schema lists the codes as they are: upper case, nothing around
        raise FieldRefused("invalid_state")
    return normalise_state(text)


def _new_password(text: str) -> SecretStr:
    require_strong_password(text)
    return SecretStr(text)


def _tried_password(text: str) -> SecretStr:
    if len(text) > LONGEST_PASSWORD_TRIED:
        raise FieldRefused("text_too_long", max=LONGEST_PASSWORD_TRIED)
    if not text:
        raise FieldRefused("text_empty")
    require_unicode(text)
    return SecretStr(text)


def _id(text: str) -> UUID:
    if not _ID_SHAPE.fullmatch(text):
        raise FieldRefused("invalid_uuid")
    return UUID(text)


def _not_boolean_or_text(value: object) -> object:
    # Lax integers take `false` and "7"; strict ones refuse 70.0, an integer by JSON Schema.
    if isinstance(value, bool | str | bytes):
        raise PydanticCustomError("invalid_integer", "invalid_integer")
    return value


PersonName = Annotated[str, line(150, "Maria D'Ávila", "Padaria Brandão Ltda")]
"""A person's name, or a company's: a legal person."""

Email = Annotated[
    str,
    Checked(
        _email,
        {
            "format": "idn-email",
            "maxLength": LONGEST_EMAIL,
            "description": (
                "The part before the @ in ASCII, unquoted. The domain is kept in lower case, an "
                "international one in its xn-- form. Refused: reserved domains, IP addresses, "
                "addresses masked with ***."
            ),
            "examples": ["maria@exemplo.com.br"],
        },
    ),
]

Phone = Annotated[
    str,
    Checked(
        _phone,
        {
            "format": "phone",
            "pattern": f"^{_PHONE_SHAPE}$",
            "description": (
                "With area code; Brazilian unless it starts with + and a country code. Kept as "
                "E.164. Refused when no such number can exist."
            ),
            "examples": ["+5511912345678", "(11) 91234-5678"],
        },
    ),
]

TaxIdText = Annotated[
    str,
    Checked(
        lambda text: normalise_tax_id(text).digits,
        {
            "format": "cpf-or-cnpj",
            "pattern": f"^{_BLANKS}({CPF_SHAPE}|{CNPJ_SHAPE}){_BLANKS}$",
            "description": (
                "CPF or (alphanumeric) CNPJ, with or without mask. Kept without, in upper case. "
                "Refused when the check digits are wrong or a CPF's digits are all the same."
            ),
            "examples": ["529.982.247-25", "12.ABC.345/01DE-35"],
        },
    ),
]

Cpf = Annotated[
    str,
    Checked(
        lambda text: normalise_tax_id(text, "person").digits,
        {
            "format": "cpf",
            "pattern": CPF_PATTERN,
            "description": (
                "A person's CPF, with or without mask; kept without. Refused when the check digits "
                "are wrong or all the digits are the same."
            ),
            "examples": ["529.982.247-25"],
        },
    ),
]

ProcessNumber = Annotated[
    str,
    Checked(
        normalise_process_number,
        {
            "format": "cnj-process-number",
            "pattern": f"^{_BLANKS}{PROCESS_NUMBER_SHAPE}{_BLANKS}$",
            "description": (
                "The number of a Brazilian lawsuit (CNJ), with or without its separators; kept "
                "with them. Refused when the check digits are wrong."
            ),
            "examples": ["0001234-03.2026.8.26.0100"],
        },
    ),
]

AgeRecipient = Annotated[
    str,
    Checked(
        _age_recipient,
        {
            "format": "age-recipient",
            "pattern": f"^{_AGE_RECIPIENT}$",
            "description": "An X25519 public key as age writes it. Refused: one that is none.",
            "examples": ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"],
        },
    ),
]

PostalCode = Annotated[
    str,
    Checked(
        normalise_postal_code,
        {
            "format": "cep",
            "pattern": f"^{_BLANKS}{POSTAL_CODE_SHAPE}{_BLANKS}$",
            "description": "CEP, with or without mask. Kept as eight digits. Refused: all zeros.",
            "examples": ["01310-100"],
        },
    ),
]

State = Annotated[
    str,
    Checked(_state, {"enum": list(STATES), "description": "UF", "examples": ["SP"]}),
]

Instant = Annotated[
    datetime,
    Checked(
        parse_moment,
        {
            "format": "date-time",
            "description": "RFC 3339, with its zone.",
            "examples": ["2026-12-31T23:59:59Z"],
        },
    ),
]

Day = Annotated[
    date,
    Checked(parse_day, {"format": "date", "description": "ISO 8601.", "examples": ["2026-12-10"]}),
]

Month = Annotated[
    date,
    Checked(
        parse_month,
        {
            "pattern": "^[12][0-9]{3}-(0[1-9]|1[0-2])$",
            "description": "ISO 8601.",
            "examples": ["2026-12"],
        },
    ),
]

Language = Literal["pt-BR", "en"]

Password = Annotated[
    SecretStr,
    Checked(
        _new_password,
        {
            "format": "password",
            "writeOnly": True,
            "minLength": SHORTEST_PASSWORD,
            "maxLength": LONGEST_NEW_PASSWORD,
            "allOf": [{"pattern": one} for one in (_A_LETTER, _A_DIGIT, _A_SYMBOL)],
            "description": (
                "A new password: at least one letter, one digit and one symbol or punctuation "
                "mark, no control characters. Counted in Unicode's NFKC. Refused too when many "
                "people use it, when it is easily guessed, when it holds a name, e-mail, phone, "
                "tax id or company of its owner's, or has leaked elsewhere: `errors` has an entry "
                "for each reason. `POST /v1/public/password-strength` tells them beforehand."
            ),
            "examples": ["quatro-gatos-7-telhados"],
        },
    ),
]
"""A password being chosen. It is kept as sent: `security/passwords.py` hashes its NFKC form.

Here only the rules are checked that hold for everybody; `services/passwords.py` judges the rest.
"""

TriedPassword = Annotated[
    SecretStr,
    Checked(
        _tried_password,
        {
            "format": "password",
            "writeOnly": True,
            "minLength": 1,
            "maxLength": LONGEST_PASSWORD_TRIED,
            "description": "The password as it stands.",
        },
    ),
]
"""A password being tried, exactly as sent: the old system hashed what was typed."""

SentId = Annotated[
    UUID,
    Checked(
        _id,
        {"format": "uuid", "pattern": _ID, "examples": ["01a19467-e800-79ad-b8eb-e568ab252afb"]},
    ),
]
"""The id of a record, as we write it."""

OneTimeToken = Annotated[
    str,
    Field(
        min_length=1,
        max_length=512,
        description="As it stands in the mail's link, after `#token=`; good once.",
        examples=["Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"],
    ),
]

WHOLE: Final = BeforeValidator(_not_boolean_or_text)
"""Makes an `int` an integer by JSON Schema: ``Annotated[int, Field(ge=1, le=200), WHOLE]``.

It stands behind the bounds: before them, it would hide them from the schema.
"""
