"""E-mail addresses: their shape, their kept form, and what makes two of them one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.emails import LONGEST_EMAIL, email_key, mailbox_key, normalise_email
from app.core.text import FieldRefused
from tests.support.formats import EMAILS

ANY_TEXT = st.text(st.characters(codec=None)) | st.text('aB@.-+*"ç\u0430 \n', max_size=24)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cliente1@exemplo86.com.br", "cliente1@exemplo86.com.br"),
        (" Cliente1@Exemplo86.COM.BR\u00a0", "Cliente1@exemplo86.com.br"),
        ("o'brien+tag@exemplo.com.br", "o'brien+tag@exemplo.com.br"),
        ("maria@ação.com.br", "maria@xn--ao-siap.com.br"),
        ("maria@xn--ao-siap.com.br", "maria@xn--ao-siap.com.br"),
        ("maria@ｅxemplo.com.br", "maria@exemplo.com.br"),
        ("maria@\u0430pple.com", "maria@xn--pple-43d.com"),  # a Cyrillic a gives itself away
    ],
)
def test_the_domain_is_put_in_one_form(text: str, kept: str) -> None:
    assert normalise_email(text) == kept
    assert normalise_email(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "maria",
        "maria@",
        "@exemplo.com.br",
        "maria@exemplo",
        "maria silva@exemplo.com.br",
        "maria@@exemplo.com.br",
        "maria..silva@exemplo.com.br",
        "maria@exemplo.com.br.",
        "maria@exem_plo.com.br",
        "maria@[127.0.0.1]",
        "maria@127.0.0.1",
        "maria@localhost",
        "maria@servidor.local",
        "maria@exemplo.invalid",
        '"maria silva"@exemplo.com.br',
        "Maria <maria@exemplo.com.br>",
        "ação@exemplo.com.br",
        "m***@exemplo.com.br",
        "maria@exemplo.com.br\n",
        "maria@exemplo.com.br\r\nBcc: outra@exemplo.com.br",
        "maria\u0000@exemplo.com.br",
        "maria@exemplo.com.br\u202e",
        "maria@exe\u00admplo.com.br",
        "\ud800@exemplo.com.br",
        "maria@\ud800.com.br",
        "a" * 65 + "@exemplo.com.br",
        "maria@" + "a." * 124 + "br",
        "a" * 1_000_000,
        "@" * 1_000_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    for function in (normalise_email, email_key, mailbox_key):
        with pytest.raises(FieldRefused, match=r"^invalid_email$") as caught:
            function(text)
        assert caught.value.__context__ is None


def test_case_and_spelling_of_the_domain_make_no_second_person() -> None:
    assert email_key("MARIA@Ação.com.br") == email_key(" maria@xn--AO-siap.com.BR ")
    assert email_key("Cliente1@exemplo86.com.br") == email_key("CLIENTE1@EXEMPLO86.COM.BR")
    assert email_key("maria@straße.de") != email_key("maria@strasse.de")  # two domains
    assert email_key("maria+a@exemplo.com.br") != email_key("maria@exemplo.com.br")


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Maria+Loja@Exemplo.com.br", "maria@exemplo.com.br"),
        ("maria@exemplo.com.br", "maria@exemplo.com.br"),
        ("maria.silva+a+b@exemplo.com.br", "maria.silva@exemplo.com.br"),
        ("M.a.r.i.a+1@GMail.com", "maria@gmail.com"),
        ("+55@exemplo.com.br", "+55@exemplo.com.br"),
    ],
)
def test_spellings_of_one_mailbox_are_one(address: str, mailbox: str) -> None:
    assert mailbox_key(address) == mailbox_key(mailbox) == mailbox


@given(address=EMAILS)
def test_ordinary_addresses_are_taken(address: str) -> None:
    assert normalise_email(address) == address
    assert email_key(address.upper()) == email_key(address)


@given(text=ANY_TEXT)
def test_addresses_are_total_ascii_and_stable(text: str) -> None:
    try:
        kept = normalise_email(text)
    except FieldRefused:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert len(kept) <= LONGEST_EMAIL
    assert normalise_email(kept) == kept
    assert email_key(email_key(text)) == email_key(kept) == email_key(text)
