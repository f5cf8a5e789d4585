"""Request bodies about customers: registration, and edits as JSON Merge Patch (RFC 7396)."""

from typing import Annotated, Any, Final, Literal

from pydantic import MISSING, ConfigDict, Field, StrictBool, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from app.access.processing import ASKED_OF_ACCOUNTS
from app.core.documents import CustomerKind, normalise_tax_id
from app.core.text import FieldRefused
from app.schemas.body import Body
from app.schemas.fields import (
    CNPJ_PATTERN,
    CPF_PATTERN,
    WHOLE,
    Checked,
    Email,
    Language,
    Password,
    PersonName,
    Phone,
    PostalCode,
    State,
    TaxIdText,
    line,
    multiline,
)


def _known_purpose(text: str) -> str:
    if text not in ASKED_OF_ACCOUNTS:
        raise FieldRefused("unknown_purpose")
    return text


Street = Annotated[str, line(200, "Avenida Paulista")]
Number = Annotated[str, line(20, "1578", "S/N")]
Complement = Annotated[str, line(100, "Sala 12")]
District = Annotated[str, line(100, "Bela Vista")]
City = Annotated[str, line(80, "São Paulo")]
AttentionNote = Annotated[str, multiline(2000, "Prefere ser atendida depois das 14h.")]
Purpose = Annotated[str, Checked(_known_purpose, {"enum": sorted(ASKED_OF_ACCOUNTS)})]
Status = Literal["active", "suspended", "closed"]

_ADDRESS: Final[dict[str, Any]] = {
    "street": "Avenida Paulista",
    "number": "1578",
    "complement": "Sala 12",
    "district": "Bela Vista",
    "city": "São Paulo",
    "state": "SP",
    "postal_code": "01310-100",
}
_PREFERENCES: Final[dict[str, Any]] = {"language": "pt-BR", "contact_channel": "whatsapp"}


class Address(Body):
    """A Brazilian postal address, whole: only the complement may be missing."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ADDRESS]})

    street: Street
    number: Number
    complement: Complement | None = None
    district: District
    city: City
    state: State
    postal_code: PostalCode


class AddressPatch(Body):
    """The members of an address that change. Null clears the complement; the others stay filled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": "1600"}]})

    street: Street | MISSING = MISSING
    number: Number | MISSING = MISSING
    complement: Complement | MISSING | None = MISSING
    district: District | MISSING = MISSING
    city: City | MISSING = MISSING
    state: State | MISSING = MISSING
    postal_code: PostalCode | MISSING = MISSING


class Preferences(Body):
    """How a customer likes to be addressed. Null is "no preference"; in a patch it clears one."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREFERENCES]})

    language: Language | None = None
    contact_channel: Literal["email", "phone", "whatsapp", "mail"] | None = None
    contact_period: Literal["morning", "afternoon", "evening"] | None = None


class ConsentChoice(Body):
    """A yes or a no to one purpose. A purpose that nobody asks consent for is refused.

    `version` is that of the words that were shown. A yes without it is a yes to those in force, and
    its receipt says that nobody named them.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"purpose": "marketing", "granted": True, "version": 1}]}
    )

    purpose: Purpose
    granted: StrictBool
    version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE] | None = None


# That a person's tax id is a CPF and a company's a CNPJ, for those who read the schema.
_TAX_ID_OF_KIND: Final[dict[str, Any]] = {
    "if": {"properties": {"kind": {"const": "person"}}},
    "then": {"properties": {"tax_id": {"pattern": CPF_PATTERN}}},
    "else": {"properties": {"tax_id": {"pattern": CNPJ_PATTERN}}},
}


class Registration(Body):
    """A new account and the login of whoever opens it.

    A person's `tax_id` is a CPF, a company's a CNPJ. Each consent purpose may appear once. Null
    stands for "not given".
    """

    model_config = ConfigDict(
        json_schema_extra={
            **_TAX_ID_OF_KIND,
            "examples": [
                {
                    "kind": "person",
                    "name": "Maria D'Ávila",
                    "email": "maria@exemplo.com.br",
                    "password": "quatro-gatos-7-telhados",
                    "phone": "(11) 91234-5678",
                    "tax_id": "529.982.247-25",
                    "address": _ADDRESS,
                    "preferences": _PREFERENCES,
                    "accepted_policy_version": 1,
                    "consents": [{"purpose": "marketing", "granted": False}],
                },
                {
                    "kind": "company",
                    "name": "Padaria Brandão Ltda",
                    "email": "contato@padaria.exemplo.com.br",
                    "password": "quatro-gatos-7-telhados",
                    "tax_id": "12.ABC.345/01DE-35",
                    "accepted_policy_version": 1,
                },
            ],
        }
    )

    kind: CustomerKind
    name: PersonName
    email: Email
    password: Password
    phone: Phone | None = None
    tax_id: TaxIdText | None = None
    address: Address | None = None
    preferences: Preferences | None = None
    accepted_policy_version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE]
    consents: Annotated[list[ConsentChoice], Field(max_length=len(ASKED_OF_ACCOUNTS))] | None = None

    @field_validator("tax_id")
    @classmethod
    def _tax_id_is_of_the_kind(cls, tax_id: str | None, info: ValidationInfo) -> str | None:
        kind: CustomerKind | None = info.data.get("kind")  # absent where it was refused itself
        if tax_id is not None:
            try:
                normalise_tax_id(tax_id, kind)
            except FieldRefused as refused:
                raise PydanticCustomError(refused.code, refused.code) from None
        return tax_id

    @field_validator("consents")
    @classmethod
    def _each_purpose_once(cls, consents: list[ConsentChoice] | None) -> list[ConsentChoice] | None:
        purposes = [choice.purpose for choice in consents or ()]
        if len(set(purposes)) != len(purposes):
            raise PydanticCustomError("duplicate_item", "duplicate_item")
        return consents


class CustomerPatch(Body):
    """A merge patch: what is not named stays, null clears. See `changes`.

    Not checked here but by `services/customers.py`, which knows the record: that a `tax_id` is of
    the customer's kind, and that an address is whole once it is patched.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"phone": "(11) 91234-5678", "address": {"number": "1600", "complement": None}},
                {"preferences": {"contact_period": "evening"}},
            ]
        }
    )

    status: Status | MISSING = MISSING
    name: PersonName | MISSING = MISSING
    email: Email | MISSING = MISSING
    phone: Phone | MISSING | None = MISSING
    tax_id: TaxIdText | MISSING | None = MISSING
    address: AddressPatch | MISSING | None = MISSING
    preferences: Preferences | MISSING | None = MISSING
    attention_note: AttentionNote | MISSING | None = MISSING


def changes(patch: CustomerPatch) -> dict[str, object]:
    """What `patch` names, and nothing else, by the field names of the visibility matrix.

    Address members are dotted (``address.city``); an address of null names every one of them.
    `preferences` is a merge patch of its own: a dict of the members named (None clears one), or
    None, which clears all of them.
    """
    named: dict[str, object] = {}
    for member, value in patch.model_dump(exclude_unset=True).items():
        if member != "address":
            named[member] = value
        elif value is None:
            named |= {f"address.{part}": None for part in Address.model_fields}
        else:
            named |= {f"address.{part}": content for part, content in value.items()}
    return named
