"""What is kept of addresses: where, never who."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.page_addresses import LONGEST_PATH, campaign_words, page_path, referring_host
from app.core.text import FieldRefused

TOKEN = "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/", "/"),
        ("/planos/hospedagem?nome=maria#topo", "/planos/hospedagem"),
        ("/planos#topo?x", "/planos"),
        ("/sair;jsessionid=1A2B", "/sair"),
        ("/blog/2026/11/novidades-da-semana", "/blog/2026/11/novidades-da-semana"),
        ("/clientes/maria@exemplo.com.br/faturas", "/clientes/*/faturas"),
        ("/clientes/maria%40exemplo.com.br", "/clientes/*"),
        ("/cpf/529.982.247-25", "/cpf/*"),
        ("/cpf/%35%32%39%39%38%32%32%34%37%32%35", "/cpf/*"),
        (f"/convite/{TOKEN}", "/convite/*"),
        ("/pedidos/01a19467-e800-79ad-b8eb-e568ab252afb/pagar", "/pedidos/*/pagar"),
        ("//outro.exemplo/x", "//outro.exemplo/x"),
        ("/" + "a" * 1999, "/" + "a" * (LONGEST_PATH - 1)),
    ],
)
def test_a_path_says_where_alone(address: str, path: str) -> None:
    assert page_path(address) == path


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", "invalid_path"),
        ("planos", "invalid_path"),
        ("https://exemplo.com.br/", "invalid_path"),
        ("/" + "a" * 2000, "text_too_long"),
        ("/\ud800", "text_not_unicode"),
        ("/\x00", "text_control_characters"),
        ("/\u202e", "text_control_characters"),
    ],
)
def test_what_is_no_path_is_refused(address: str, code: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        page_path(address)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.Exemplo.com.br/busca?q=maria", "www.exemplo.com.br"),
        ("http://exemplo.com.br:8080/", "exemplo.com.br"),
        ("https://maria:senha@exemplo.com.br/", "exemplo.com.br"),
        ("https://xn--caf-dma.exemplo", "xn--caf-dma.exemplo"),
        ("", None),
        ("exemplo.com.br", None),
        ("android-app://com.google.android.gm", None),
        ("https://203.0.113.9/", None),
        ("https://[2001:db8::1]/", None),
        ("https://[", None),
        ("https://intranet/", None),
        ("https://exemplo..br/", None),
        ("https://" + "a" * 250 + ".com.br/", None),
    ],
)
def test_of_a_referrer_its_host_is_kept(address: str, host: str | None) -> None:
    assert referring_host(address) == host


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("natal-2026", "natal-2026"),
        (" Promoção de Natal_20261224! ", "promoção-de-natal-20261224"),
        ("maria@exemplo.com.br", "*"),
        ("lembrete 529.982.247-25", "*"),
        (TOKEN, "*"),
        ("", "*"),
        ("--", "*"),
    ],
)
def test_of_a_campaign_its_words_are_kept(text: str, words: str) -> None:
    assert campaign_words(text) == words
    assert campaign_words(words) == words


@given(st.text(max_size=300))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for read, sent in ((page_path, "/" + text), (referring_host, "https://" + text)):
        try:
            kept = read(sent)
        except FieldRefused:
            continue
        assert kept is None or (len(kept) <= 253 and "@" not in kept and "?" not in kept)
