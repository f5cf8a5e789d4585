"""`app/core/links.py`: what a mail program would make a link of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.links import has_link, without_links

LINKS = (
    "https://golpe.example/entre",
    "HTTP://GOLPE",
    "www.golpe.com.br",
    "veja golpe.com agora",
    "golpe.com/entre?x=1",
    "maria@golpe.com.br",
    "sub-dominio.golpe.net:8443",
    "açaí.com.br",
    "ftp://x",
)
PLAIN = (
    "Carlos, é para a contabilidade de 2027.",
    "R$ 1.500,00 às 10:30",
    "Sr. João, versão 2.0",
    "Padaria S.A. e Filhos Ltda.",
    "entrada/saída",
    "fim...",
)


@pytest.mark.parametrize("text", LINKS)
def test_a_link_is_seen_and_taken_apart(text: str) -> None:
    assert has_link(text)
    plain = without_links(text)
    assert not has_link(plain)
    assert plain


@pytest.mark.parametrize("text", PLAIN)
def test_honest_sentences_stay_as_they_are(text: str) -> None:
    assert not has_link(text)
    assert without_links(text) == text


@given(st.text())
def test_whatever_it_was_no_link_is_left(text: str) -> None:
    assert not has_link(without_links(text))
