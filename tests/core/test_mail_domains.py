"""Which domains are some body's own, and which addresses lie in one."""

import pytest

from app.core.emails import normalise_email
from app.core.free_mail import FREE_MAIL, SUFFIXES
from app.core.mail_domains import domain_of, lies_in, normalise_domain
from app.core.text import FieldRefused

OFFICIAL = ("promotoria.exemplo.gov.br",)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("mpsp.mp.br", "mpsp.mp.br"),
        ("Policiacivil.SP.gov.br", "policiacivil.sp.gov.br"),
        ("a-b.exemplo.gov.br", "a-b.exemplo.gov.br"),
        ("tjsp.jus.br", "tjsp.jus.br"),
    ],
)
def test_a_domain_of_some_body_is_kept_in_lower_case(text: str, domain: str) -> None:
    assert normalise_domain(text) == domain


@pytest.mark.parametrize("domain", sorted(FREE_MAIL | SUFFIXES))
def test_what_anybody_can_have_is_no_official_domain(domain: str) -> None:
    with pytest.raises(FieldRefused, match="domain_of_anybody"):
        normalise_domain(domain.upper())
    if domain in FREE_MAIL:
        with pytest.raises(FieldRefused, match="domain_of_anybody"):
            normalise_domain(f"promotoria.{domain}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "br",
        "gov",
        " mpsp.mp.br",
        "mpsp.mp.br\n",
        "mpsp.mp.br.",
        ".mpsp.mp.br",
        "mpsp..mp.br",
        "-mpsp.mp.br",
        "@mpsp.mp.br",
        "*.mp.br",
        "mpsp.mp.br,gmail.com",
        "127.0.0.1",
        "mps\u0440.mp.br",  # a Cyrillic letter
        "xn--mps-qdd.mp.br",
        "mpsp.xn--p-8ia.br",
        "ｍpsp.mp.br",
        f"{'a' * 64}.mp.br",
        ".".join(["abcdefgh"] * 30),
    ],
)
def test_what_is_no_name_in_ascii_is_refused(text: str) -> None:
    with pytest.raises(FieldRefused, match="invalid_domain"):
        normalise_domain(text)


@pytest.mark.parametrize(
    ("email", "official"),
    [
        ("ana@promotoria.exemplo.gov.br", True),
        ("Ana@PROMOTORIA.exemplo.gov.br", True),
        ("ana@campinas.promotoria.exemplo.gov.br", True),
        ("ana@exemplo.gov.br", False),
        ("ana@outra-promotoria.exemplo.gov.br", False),
        ("ana@xpromotoria.exemplo.gov.br", False),
        ("ana@promotoria.exemplo.gov.br.golpe.com", False),
        ("ana@promotoria-exemplo.gov.br", False),
        ("ana@promot\u043eria.exemplo.gov.br", False),  # a Cyrillic letter
        ("ana@promotor\u0131a.exemplo.gov.br", False),  # a dotless i
        ("promotoria.exemplo.gov.br@gmail.com", False),
    ],
)
def test_an_address_lies_in_a_domain_or_under_it(email: str, official: bool) -> None:
    assert lies_in(domain_of(normalise_email(email)), OFFICIAL) is official


def test_the_lists_are_written_as_domains_are_compared() -> None:
    assert FREE_MAIL
    for domain in FREE_MAIL | SUFFIXES:
        assert domain == domain.lower().strip(".")
