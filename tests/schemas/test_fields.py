"""The types of request members: their codes, their schemas, and that the two agree."""

from typing import Annotated, Any

import jsonschema_rs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field, SecretStr, TypeAdapter, ValidationError

from app.core.addresses import STATES
from app.core.messages import FIELDS
from app.schemas.fields import (
    WHOLE,
    Cpf,
    Day,
    Email,
    Instant,
    Password,
    PersonName,
    Phone,
    PostalCode,
    ProcessNumber,
    State,
    TaxIdText,
    TriedPassword,
    line,
    multiline,
)
from tests.support.formats import FORMATS

TYPES: dict[str, TypeAdapter[Any]] = {
    "line": TypeAdapter(Annotated[str, line(40, "Centro")]),
    "multiline": TypeAdapter(Annotated[str, multiline(40, "um\ndois")]),
    "name": TypeAdapter(PersonName),
    "email": TypeAdapter(Email),
    "phone": TypeAdapter(Phone),
    "tax_id": TypeAdapter(TaxIdText),
    "cpf": TypeAdapter(Cpf),
    "process_number": TypeAdapter(ProcessNumber),
    "postal_code": TypeAdapter(PostalCode),
    "state": TypeAdapter(State),
    "moment": TypeAdapter(Instant),
    "day": TypeAdapter(Day),
    "password": TypeAdapter(Password),
    "tried_password": TypeAdapter(TriedPassword),
}
NUMBER: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=1, le=200), WHOLE])

_VALID = st.one_of(*FORMATS.values()) | st.sampled_from([*STATES, "Ana", "a\u200db", "\ufeffAna"])
_NOISE = st.sampled_from(
    ["", " ", "\u00a0", "\u3000", "\n", "\t", "\u0000", "\u200b", "-", "1", "A"]
)
NEAR_TEXT = st.one_of(
    st.text(st.characters(codec=None)),
    st.builds("{}{}{}".format, _NOISE, _VALID, _NOISE),
    st.text("0123456789 ()+-./@aZ\u00a0\n", max_size=30),
)


def refusals(adapter: TypeAdapter[Any], value: object) -> set[str]:
    """The codes that `value` is refused with: none when it is accepted."""
    try:
        adapter.validate_python(value)
    except ValidationError as refused:
        return {error["type"] for error in refused.errors()}
    return set()


def errors(adapter: TypeAdapter[Any], value: object) -> list[tuple[str, dict[str, Any]]]:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    return [(error["type"], error.get("ctx", {})) for error in caught.value.errors()]


def schema_of(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(TYPES[name].json_schema(), validate_formats=True)


@pytest.mark.parametrize("name", TYPES)
def test_examples_are_true(name: str) -> None:
    schema = TYPES[name].json_schema()
    if name != "tried_password":
        assert schema["examples"]
    for value in schema.get("examples", []):
        TYPES[name].validate_python(value)
        assert schema_of(name).is_valid(value), value


@pytest.mark.parametrize("name", TYPES)
@given(text=NEAR_TEXT)
@example(text="(11) 91234-5678")
@example(text="4004-1234")
@example(text="x1-\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa\ufdfa")
@example(text="e\u0301" * 39 + "x1-")
@example(text="maria@ação.com.br")
def test_whatever_is_accepted_is_valid_by_the_schema(name: str, text: str) -> None:
    codes = refusals(TYPES[name], text)
    assert codes <= set(FIELDS)
    assert codes or schema_of(name).is_valid(text)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("email", "idn-email"),
        ("phone", "phone"),
        ("tax_id", "cpf-or-cnpj"),
        ("cpf", "cpf"),
        ("process_number", "cnj-process-number"),
        ("postal_code", "cep"),
        ("password", "password"),
        ("tried_password", "password"),
    ],
)
@given(data=st.data())
def test_the_made_values_are_accepted_and_valid(name: str, form: str, data: st.DataObject) -> None:
    assert TYPES[name].json_schema()["format"] == form
    value = data.draw(FORMATS[form])
    TYPES[name].validate_python(value)
    assert schema_of(name).is_valid(value)


@pytest.mark.parametrize(
    ("name", "sent", "code"),
    [
        ("line", "a\u0000", "text_control_characters"),
        ("line", "a\nb", "text_control_characters"),
        ("line", "a\u202eb", "text_control_characters"),
        ("line", "\ud800", "text_not_unicode"),
        ("line", "  ", "text_empty"),
        ("multiline", "\n\t ", "text_empty"),
        ("name", "x" * 151, "text_too_long"),
        ("email", "maria", "invalid_email"),
        ("email", " maria@exemplo.com.br", "invalid_email"),
        ("phone", "190", "invalid_phone"),
        ("phone", "(20) 99118-6040", "invalid_phone"),
        ("phone", "11991186040\n", "invalid_phone"),
        ("phone", "015 11 991186040", "invalid_phone"),  # a carrier code: valid, but not the schema
        ("tax_id", "52998224724", "invalid_cpf"),
        ("tax_id", "12ABC34501DE36", "invalid_cnpj"),
        ("tax_id", "5299822472", "invalid_tax_id"),
        ("postal_code", "00000-000", "invalid_postal_code"),
        ("moment", "2026-01-31", "invalid_datetime"),
        ("moment", "2026-01-31T12:00:00", "invalid_datetime"),
        ("day", "2026-02-30", "invalid_date"),
        ("state", "sp", "invalid_state"),
        ("state", "XX", "invalid_state"),
        ("password", "senha", "password_weak"),
        ("tried_password", "", "text_empty"),
        ("tried_password", "x" * 1025, "text_too_long"),
        ("tried_password", "\ud800", "text_not_unicode"),
    ],
)
def test_a_refusal_has_its_code(name: str, sent: str, code: str) -> None:
    assert [type_ for type_, _ in errors(TYPES[name], sent)] == [code]


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("sent", [None, 5, True, b"Ana", ["Ana"], {"a": 1}])
def test_only_text_is_text(name: str, sent: object) -> None:
    assert [type_ for type_, _ in errors(TYPES[name], sent)] == ["string_type"]


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("name", "  Joa\u0303o   D'Ávila ", "João D'Ávila"),
        ("email", "Maria@Exemplo.COM.BR", "Maria@exemplo.com.br"),
        ("phone", "(11) 91234-5678", "+5511912345678"),
        ("phone", "0800 123 4567", "+558001234567"),
        ("phone", "+1 650 253 0000", "+16502530000"),
        ("tax_id", "12.abc.345/01de-35", "12ABC34501DE35"),
        ("postal_code", "01310-100", "01310100"),
        ("state", "SP", "SP"),
    ],
)
def test_values_come_out_as_they_are_stored(name: str, sent: str, kept: str) -> None:
    assert TYPES[name].validate_python(sent) == kept


def test_figures_and_reasons_travel_with_the_code() -> None:
    assert errors(TYPES["line"], "x" * 41) == [("text_too_long", {"max": 40})]
    assert errors(TYPES["password"], "senha") == [
        (
            "password_weak",
            {
                "reasons": "password_too_short,password_no_digit,password_no_symbol",
                "min": 10,
                "max": 128,
            },
        )
    ]


@pytest.mark.parametrize("name", ["password", "tried_password"])
def test_a_password_does_not_show_itself_and_stays_as_typed(name: str) -> None:
    sent = "Senha-1234-e\u0301"
    secret = TYPES[name].validate_python(sent)
    assert isinstance(secret, SecretStr)
    assert secret.get_secret_value() == sent
    assert "1234" not in repr(secret) + str(secret)
    assert b"1234" not in TYPES[name].dump_json(secret)
    assert TYPES[name].json_schema()["writeOnly"] is True


@pytest.mark.parametrize("sent", [False, True, "7", b"7"])
def test_neither_booleans_nor_text_are_integers(sent: object) -> None:
    assert errors(NUMBER, sent) == [("invalid_integer", {})]


def test_integers_are_those_of_json_schema_and_their_bounds_are_in_it() -> None:
    assert NUMBER.validate_python(70) == NUMBER.validate_python(70.0) == 70
    for sent in (70.5, 0, 201, float("inf"), float("nan"), 10**400, None, [1]):
        assert errors(NUMBER, sent)
    assert NUMBER.json_schema() == {"type": "integer", "minimum": 1, "maximum": 200}
