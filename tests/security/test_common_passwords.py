"""What everybody tries first, and the thin disguises of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security import common_passwords
from app.security.common_passwords import CommonPasswords, words

COMMON = CommonPasswords()


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "123456",
        "iloveyou",
        "senha",
        "Senha@2026",
        "SENHA-123!",
        "S.e.n.h.a 1",
        "p4$$w0rd!12",
        "5enh@",
        "2026-senha!",
        "São-Paulo-1!",
        "s4op4ul0",
        "Alainer2026!",
        "Agência-Alainer-1!",
        "\uff33enha123!",
        "123456-7890",
    ],
)
def test_listed_ones_are_found_in_disguise(password: str) -> None:
    assert COMMON.is_common(password)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "quatro-gatos-7-telhados",
        "Demonstra-2026!",
        "Kj8#mQ2$vL",
        "senha-de-um-tatu-9",
        "Senha-83920174!",  # more than six around it: a matter of the estimate
        "x" * 129,
        "abc-1!",  # too little is left of it
        "\ud800",
        "\0",
    ],
)
def test_others_are_not(password: str) -> None:
    assert not COMMON.is_common(password)


def test_a_listed_password_is_found_whatever_its_length(tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    long = "um texto bem comprido, que saiu num cartaz da empresa, com 7 linhas!"
    file.write_text(f"{long}\n", "utf-8")
    more = CommonPasswords(file)
    assert more.is_common(long)
    assert more.is_common(long.upper().replace(" ", "_"))
    assert not COMMON.is_common(long)


def test_the_operators_list_is_read_as_ours(tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    file.write_bytes("\ufeffPadaria-Brandão!\r\n\r\n  capivara verde  \n".encode())
    more = CommonPasswords(file)
    assert more.is_common("padaria-brandao!")
    assert more.is_common("P@d@riaBr4nd40-99")
    assert more.is_common("Capivara-Verde-1")
    assert more.is_common("Senha@2026")
    assert not more.is_common("")
    assert not COMMON.is_common("padaria-brandao!")


def test_a_file_that_cannot_be_used_says_why_and_not_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OSError, match="nothere"):
        CommonPasswords(tmp_path / "nothere.txt")
    file = tmp_path / "latin.txt"
    file.write_bytes("sacada-João\n".encode("latin-1"))
    with pytest.raises(ValueError, match="not UTF-8") as told:
        CommonPasswords(file)
    assert "sacada" not in str(told.value)
    monkeypatch.setattr(common_passwords, "MOST_LINES", 2)
    file.write_text("um\ndois\ntres\n")
    with pytest.raises(ValueError, match="more than 2 lines"):
        CommonPasswords(file)


def test_our_list_is_as_it_says() -> None:
    listed = words()
    assert len(listed) == len(set(listed)) > 500
    assert {"senha", "brasil", "alainer", "flamengo"} <= set(listed)
    for word in listed:
        assert word.isascii()
        assert word.isalnum()
        assert word == word.lower()


@given(text=st.text(st.characters(codec=None), max_size=1100))
def test_looking_up_is_total(text: str) -> None:
    assert COMMON.is_common(text) in (True, False)
