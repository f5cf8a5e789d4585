"""A row of the export: what it becomes, and what is said of one that is wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import FieldRefused
from app.services.legacy_file import COLUMNS, Record
from app.services.legacy_report import Fault
from app.services.legacy_rows import OldHash, Reading, legacy_id, moment, read
from tests.support import legacy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DIGEST = "0123456789abcdef0123456789ABCDEF"

BLANK_ADDRESS = dict.fromkeys(
    ("logradouro", "numero", "complemento", "bairro", "cidade", "uf", "cep"), ""
)


def reading(number: int = 1, /, **cells: str) -> Reading:
    return read(Record(7, legacy.row(number, **cells)), NOW)


def codes(**cells: str) -> list[tuple[str | None, str]]:
    """What is wrong with the row when these cells replace good ones."""
    found = reading(**cells)
    assert (found.candidate is None) == bool(found.faults)
    assert {fault.line for fault in found.faults} <= {7}
    return [(fault.column, fault.code) for fault in found.faults]


def test_a_good_row_becomes_a_customer() -> None:
    candidate = reading(3).candidate
    assert candidate is not None
    assert candidate.legacy_id == "3"
    assert candidate.marketing is True
    assert candidate.old_hash == OldHash(legacy.md5("00003" + legacy.password(3)), "00003")
    assert candidate.columns == {
        "kind": "person",
        "status": "active",
        "name": "Antônia D'Ávila 3",
        "name_key": "antonia d avila 3",
        "email": "cliente3@exemplo86.com.br",
        "email_key": "cliente3@exemplo86.com.br",
        "phone": "+5511965124034",
        "tax_id": legacy.row(3)["cpf_cnpj"],
        "street": "Rua D'Ávila",
        "number": "103",
        "complement": None,
        "district": "Centro",
        "city": "São Paulo",
        "city_key": "sao paulo",
        "state": "SP",
        "postal_code": "01310100",
        "preferences": {},
        "created_at": datetime(2011, 11, 18, 1, 21, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"tipo": "PJ", "cpf_cnpj": "12.ABC.345/01DE-35"}, {"tax_id": "12ABC34501DE35"}),
        ({"cpf_cnpj": "529.982.247-25"}, {"tax_id": "52998224725"}),
        ({"cpf_cnpj": "", "telefone": " "}, {"tax_id": None, "phone": None}),
        ({"telefone": "+5511965171986"}, {"phone": "+5511965171986"}),
        ({"email": " Ana@Exemplo86.COM.BR "}, {"email": "Ana@exemplo86.com.br"}),
        ({"email": "Ana@exemplo86.com.br"}, {"email_key": "ana@exemplo86.com.br"}),
        ({"complemento": "Bloco B; fundos"}, {"complement": "Bloco B; fundos"}),
        (BLANK_ADDRESS, {"street": None, "city": None, "city_key": "", "postal_code": None}),
        ({"preferencias": ""}, {"preferences": {}}),
        ({"preferencias": "idioma=en"}, {"preferences": {"language": "en"}}),
        ({"preferencias": "canal=telefone"}, {"preferences": {"contact_channel": "phone"}}),
        ({"preferencias": "canal=whatsapp"}, {"preferences": {"contact_channel": "whatsapp"}}),
        ({"preferencias": "canal=correio"}, {"preferences": {"contact_channel": "mail"}}),
        (
            {"preferencias": " canal = email ; idioma = pt-BR ; "},
            {"preferences": {"language": "pt-BR", "contact_channel": "email"}},
        ),
        ({"situacao": "suspenso"}, {"status": "suspended"}),
        ({"situacao": "encerrado"}, {"status": "closed"}),
    ],
)
def test_cells_become_columns(cells: dict[str, str], columns: dict[str, object]) -> None:
    found = reading(**cells)
    assert found.faults == ()
    assert found.candidate is not None
    assert {name: found.candidate.columns[name] for name in columns} == columns


@pytest.mark.parametrize(("cell", "marketing"), [("S", True), ("N", False), ("", None)])
def test_only_a_stated_consent_is_one(cell: str, marketing: bool | None) -> None:
    candidate = reading(aceita_marketing=cell).candidate
    assert candidate is not None
    assert candidate.marketing is marketing


@pytest.mark.parametrize(
    ("cell", "old"),
    [
        (DIGEST, OldHash(DIGEST, None)),
        (f"{DIGEST}:3d8a9", OldHash(DIGEST, "3d8a9")),
        (f"{DIGEST}:a:b ", OldHash(DIGEST, "a:b ")),
    ],
)
def test_old_hashes_are_taken_apart(cell: str, old: OldHash) -> None:
    candidate = reading(senha=cell).candidate
    assert candidate is not None
    assert candidate.old_hash == old


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"id": ""}, ("id", "missing")),
        ({"id": "12 3"}, ("id", "invalid_legacy_id")),
        ({"id": "\u0661"}, ("id", "invalid_legacy_id")),
        ({"id": "1" * 65}, ("id", "invalid_legacy_id")),
        ({"tipo": "XX"}, ("tipo", "not_one_of")),
        ({"tipo": "pf"}, ("tipo", "not_one_of")),
        ({"nome": " "}, ("nome", "missing")),
        ({"nome": "\u200b"}, ("nome", "text_empty")),
        ({"nome": "Nome\x00Nulo"}, ("nome", "text_control_characters")),
        ({"nome": "Ana\nMaria"}, ("nome", "text_control_characters")),
        ({"nome": "Ana \udcff"}, ("nome", "text_not_unicode")),
        ({"nome": "a" * 151}, ("nome", "text_too_long")),
        ({"email": ""}, ("email", "missing")),
        ({"email": "sem-arroba"}, ("email", "invalid_email")),
        ({"email": "x y@z.com"}, ("email", "invalid_email")),
        ({"telefone": "123"}, ("telefone", "invalid_phone")),
        ({"cpf_cnpj": "529.982.247-26"}, ("cpf_cnpj", "invalid_cpf")),
        ({"cpf_cnpj": "12ABC34501DE35"}, ("cpf_cnpj", "tax_id_not_of_kind")),
        ({"cpf_cnpj": "11111111111"}, ("cpf_cnpj", "invalid_cpf")),
        ({"numero": ""}, ("numero", "missing")),
        (BLANK_ADDRESS | {"cidade": "São Paulo"}, ("logradouro", "missing")),
        ({"cidade": "a" * 81}, ("cidade", "text_too_long")),
        ({"uf": "XX"}, ("uf", "invalid_state")),
        ({"cep": "0131010"}, ("cep", "invalid_postal_code")),
        ({"preferencias": "idioma=fr"}, ("preferencias", "unknown_preference")),
        ({"preferencias": "cor=azul"}, ("preferencias", "unknown_preference")),
        ({"preferencias": "idioma"}, ("preferencias", "unknown_preference")),
        ({"preferencias": "idioma=en;idioma=en"}, ("preferencias", "duplicate_item")),
        ({"aceita_marketing": "talvez"}, ("aceita_marketing", "not_one_of")),
        ({"senha": ""}, ("senha", "missing")),
        ({"senha": "senhaemclaro"}, ("senha", "unknown_password_hash")),
        ({"senha": DIGEST[1:]}, ("senha", "unknown_password_hash")),
        ({"senha": f"{DIGEST}:"}, ("senha", "unknown_password_hash")),
        ({"senha": f"{DIGEST}:{'x' * 65}"}, ("senha", "unknown_password_hash")),
        ({"senha": f"{DIGEST}:s\x00l"}, ("senha", "unknown_password_hash")),
        ({"senha": f"{DIGEST}:\udcff"}, ("senha", "unknown_password_hash")),
        ({"senha": f"{DIGEST}\n"}, ("senha", "unknown_password_hash")),
        ({"criado_em": "31/02/2020 10:00"}, ("criado_em", "invalid_local_time")),
        ({"criado_em": "2020-02-28 10:00"}, ("criado_em", "invalid_local_time")),
        ({"criado_em": "22/11/2026 09:01"}, ("criado_em", "date_not_past")),
        ({"situacao": "morto"}, ("situacao", "not_one_of")),
    ],
)
def test_a_faulty_cell_refuses_the_row(cells: dict[str, str], expected: tuple[str, str]) -> None:
    assert expected in codes(**cells)
    assert len(codes(**cells)) == (1 if "cidade" not in cells or len(cells) == 1 else 5)


def test_all_faults_of_a_row_are_told() -> None:
    assert codes(nome=" ", uf="XX", senha="aberta", criado_em="ontem", tipo="?") == [
        ("tipo", "not_one_of"),
        ("nome", "missing"),
        ("criado_em", "invalid_local_time"),
        ("uf", "invalid_state"),
        ("senha", "unknown_password_hash"),
    ]


def test_the_address_of_a_refused_row_is_still_known() -> None:
    found = reading(uf="XX", email="ANA@exemplo86.com.br")
    assert found.email_key == "ana@exemplo86.com.br"
    assert reading(email="?").email_key is None


# The history of São Paulo's clocks: summer time from 1985 to 2019 most years, never after.
@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("15/07/2018 12:00", "2018-07-15T15:00"),  # winter: three hours behind
        ("15/01/2018 12:00", "2018-01-15T14:00"),  # summer time: two
        ("15/01/2020 12:00", "2020-01-15T15:00"),  # abolished in 2019
        ("01/12/1985 12:00", "1985-12-01T14:00"),
        ("01/12/1984 12:00", "1984-12-01T15:00"),
        ("03/11/2018 23:59", "2018-11-04T02:59"),  # the last minute before the gap
        ("04/11/2018 00:30", "2018-11-04T03:30"),  # never was: as if the clock had stood
        ("04/11/2018 01:00", "2018-11-04T03:00"),  # the first minute after it
        ("17/02/2018 22:59", "2018-02-18T00:59"),
        ("17/02/2018 23:30", "2018-02-18T01:30"),  # was twice: the first time
        ("18/02/2018 00:00", "2018-02-18T03:00"),
        (" 29/02/2020 00:00 ", "2020-02-29T03:00"),
    ],
)
def test_times_are_sao_paulos_as_they_were_on_that_day(local: str, utc: str) -> None:
    assert moment(local) == datetime.fromisoformat(f"{utc}:00+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "", "29/02/2019 10:00", "00/00/0000 00:00", "01/13/2019 10:00", "01/01/2019 24:00",
        "01/01/2019", "1/1/2019 10:00", "01/01/2019 10:00:00", "01/01/19 10:00",
        "\u0661\u0661/01/2019 10:00", "31/12/9999 23:59", "01/01/2019 10:00\n",
    ],
)  # fmt: skip
def test_what_is_no_local_time_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match="invalid_local_time"):
        moment(text)


def test_the_oldest_date_there_is_can_be_read() -> None:
    assert moment("01/01/0001 00:00").year == 1


any_text = st.one_of(
    st.text(st.characters(), max_size=40),  # lone surrogates included
    st.from_regex(r"[0-9/.:;=() -]{1,30}", fullmatch=True),
    st.sampled_from(["PF", "PJ", "S", "ativo", "SP", "idioma=en", "31/12/9999 23:59", DIGEST]),
    st.text(max_size=5).map(lambda text: f"{DIGEST}:{text}"),
    st.text(max_size=5).map(lambda text: f"canal={text};idioma"),
)


@given(cells=st.fixed_dictionaries(dict.fromkeys(COLUMNS, any_text)))
def test_no_text_in_any_cell_stops_the_reader(cells: dict[str, str]) -> None:
    record = Record(7, cells)
    found = read(record, NOW)
    assert (found.candidate is None) == bool(found.faults)
    assert (legacy_id(record) is None) == any(fault.column == "id" for fault in found.faults)


@given(
    column=st.sampled_from(COLUMNS),
    text=st.from_regex(r"canario[0-9A-Za-z\x00-\x1f;=/.:@-]{4,20}", fullmatch=True),
)
def test_no_fault_repeats_the_value(column: str, text: str) -> None:
    found = reading(**{column: text})
    for fault in found.faults:
        assert "canario" not in f"{fault!r} {fault} {fault.as_json()}"
    assert "canario" not in repr(found)


def test_nothing_personal_shows_in_a_repr() -> None:
    record = Record(7, legacy.row(3))
    found = read(record, NOW)
    shown = f"{record!r} {found!r}"
    assert found.candidate is not None
    for cell in ("nome", "email", "cpf_cnpj", "senha", "logradouro"):
        assert legacy.row(3)[cell] not in shown
    assert legacy.row(3)["senha"].partition(":")[0] not in shown


def test_a_fault_is_told_in_both_languages() -> None:
    assert Fault(3, "uf", "invalid_state").as_json() == {
        "line": 3,
        "column": "uf",
        "code": "invalid_state",
        "message": "Use a sigla da UF, como SP.",
        "message_en": "Use the state's letters, as in SP.",
    }
    whole = Fault(3, None, "wrong_column_count", {"columns": 18})
    assert str(whole) == (
        "line 3: wrong_column_count - The line has not the 18 columns of the header."
    )
