"""CPF and CNPJ, against other people's checks, and where those are wrong (`design/brazil.md`)."""

import pytest
import stdnum.br.cnpj
import stdnum.br.cpf
import validate_docbr
from hypothesis import given
from hypothesis import strategies as st

from app.core.documents import CustomerKind, TaxId, cpf_with_check_digits, normalise_tax_id
from app.core.text import FieldRefused
from tests.support.formats import CNPJS, CPFS

DIGITS = "0123456789"


def refusal(text: str, kind: CustomerKind | None = None) -> str:
    with pytest.raises(FieldRefused) as caught:
        normalise_tax_id(text, kind)
    return caught.value.code


def is_valid(text: str) -> bool:
    try:
        normalise_tax_id(text)
    except FieldRefused:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "kind", "digits"),
    [
        ("52998224725", "cpf", "52998224725"),
        ("529.982.247-25", "cpf", "52998224725"),
        (" \u00a0529.982.247-25 ", "cpf", "52998224725"),
        ("529.98224725", "cpf", "52998224725"),
        ("11222333000181", "cnpj", "11222333000181"),
        ("11.222.333/0001-81", "cnpj", "11222333000181"),
        ("12ABC34501DE35", "cnpj", "12ABC34501DE35"),
        ("12.abc.345/01de-35", "cnpj", "12ABC34501DE35"),
    ],
)
def test_with_or_without_mask(text: str, kind: str, digits: str) -> None:
    tax_id = normalise_tax_id(text)
    assert (tax_id.kind, tax_id.digits) == (kind, digits)
    assert normalise_tax_id(tax_id.digits) == tax_id


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("52998224724", "invalid_cpf"),
        ("52998224735", "invalid_cpf"),
        *[(digit * 11, "invalid_cpf") for digit in DIGITS],
        ("11222333000182", "invalid_cnpj"),
        ("12ABC34501DE36", "invalid_cnpj"),
        *[(digit * 14, "invalid_cnpj") for digit in DIGITS],
        ("", "invalid_tax_id"),
        ("5299822472", "invalid_tax_id"),
        ("529982247250", "invalid_tax_id"),
        ("529-982-247.25", "invalid_tax_id"),
        ("***.982.247-**", "invalid_tax_id"),
        ("52998224725\n", "invalid_tax_id"),
        ("52998224725\u0000", "invalid_tax_id"),
        ("５２９９８２２４７２５", "invalid_tax_id"),
        ("12ABC34501DEAB", "invalid_tax_id"),  # check digits are digits
        ("1\u017fABC34501DE35", "invalid_tax_id"),  # the long s becomes S in upper case
        ("1\u0131ABC34501DE35", "invalid_tax_id"),  # the dotless i becomes I
        ("1²ABC34501DE35", "invalid_tax_id"),
        ("\ud800" * 11, "invalid_tax_id"),
        ("9" * 1_000_000, "invalid_tax_id"),
    ],
)
def test_anything_else_is_refused(text: str, code: str) -> None:
    assert refusal(text) == code


def test_people_have_a_cpf_and_companies_a_cnpj() -> None:
    assert normalise_tax_id("52998224725", "person").kind == "cpf"
    assert normalise_tax_id("12ABC34501DE35", "company").kind == "cnpj"
    assert refusal("12ABC34501DE35", "person") == "tax_id_not_of_kind"
    assert refusal("52998224725", "company") == "tax_id_not_of_kind"
    assert refusal("52998224724", "company") == "invalid_cpf"


def test_a_tax_id_does_not_show_itself() -> None:
    assert repr(TaxId("cpf", "52998224725")) == "TaxId(kind='cpf')"


@given(cpf=CPFS)
def test_cpfs_of_the_rule_are_valid(cpf: str) -> None:
    assert normalise_tax_id(cpf) == TaxId("cpf", cpf)
    assert validate_docbr.CPF().validate(cpf)
    assert stdnum.br.cpf.is_valid(cpf)


@given(cnpj=CNPJS)
def test_cnpjs_of_the_rule_are_valid(cnpj: str) -> None:
    assert normalise_tax_id(cnpj.lower()) == TaxId("cnpj", cnpj)
    assert validate_docbr.CNPJ().validate(cnpj)
    assert stdnum.br.cnpj.is_valid(cnpj) or cnpj.startswith("00000000")


@given(cpf=CPFS)
def test_check_digits_can_be_made(cpf: str) -> None:
    assert cpf_with_check_digits(cpf[:9]) == cpf


@given(cpf=CPFS, digits=st.text(DIGITS, min_size=2, max_size=2))
def test_one_pair_of_check_digits_is_right(cpf: str, digits: str) -> None:
    assert is_valid(cpf[:9] + digits) == (cpf[9:] == digits)


@given(cnpj=CNPJS, digits=st.text(DIGITS, min_size=2, max_size=2))
def test_one_pair_of_check_digits_is_right_for_companies(cnpj: str, digits: str) -> None:
    assert is_valid(cnpj[:12] + digits) == (cnpj[12:] == digits)


@given(digits=st.text(DIGITS, min_size=11, max_size=11))
def test_the_oracles_agree_on_eleven_digits(digits: str) -> None:
    expected = is_valid(digits)
    assert validate_docbr.CPF().validate(digits) == expected
    assert stdnum.br.cpf.is_valid(digits) == expected or len(set(digits)) == 1


@given(text=st.text(st.characters(codec=None)) | st.text(DIGITS + "./- ABZ\n", max_size=20))
def test_checking_is_total(text: str) -> None:
    if is_valid(text):
        assert len(normalise_tax_id(text).digits) in (11, 14)


class TestWhereTheOraclesAreWrong:
    def test_validate_docbr_takes_a_line_end(self) -> None:
        assert validate_docbr.CPF().validate("52998224725\n")
        assert not is_valid("52998224725\n")

    def test_python_stdnum_takes_equal_digits_and_full_width_ones(self) -> None:
        for text in ("11111111111", "５２９９８２２４７２５"):
            assert stdnum.br.cpf.is_valid(text)
            assert not is_valid(text)
