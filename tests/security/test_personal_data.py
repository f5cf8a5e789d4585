"""Passwords that those who know the owner would try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.personal_data import Person, is_personal

MARIA = Person.of(
    name="Maria D'Ávila Brandão",
    email="mari.bran1985@padariaboa.com.br",
    phone="+5511912345678",
    tax_id="529.982.247-25",
    company="Log5 Sistemas Ltda",
)


@pytest.mark.parametrize(
    "password",
    [
        "Maria-9-cabras!",
        "9-cabras-MARIA!",
        "nove-m@r14-cabras",
        "M.a.r.i.a 9 cabras!",
        "m!a!r!i!a!9cabras",
        "airam-9-cabras!",
        "41r@m-9-cabras!",
        "avila-9-cabras!",
        "Ávila-9-cabras!",
        "brand\u00e3o-9-cabras",
        "8rand40-9-cabras!",
        "mari-bran-9-cabras!",
        "padaria-boa-9-cabras!",
        "sistemas-9-cabras!",
        "5is7emas-9-cabras!",
        "ltda-9-cabras!x",
        "912345-cabras!",
        "cabras-91.23-45!",
        "cabras-543219!x",  # the phone, backwards
        "cabras-529.982-x!",
        "982247-cabras!x",
        "cabras-742289!x",  # the tax id, backwards
    ],
)
def test_what_is_known_of_the_owner_is_found(password: str) -> None:
    assert is_personal(password, MARIA)
    assert not is_personal(password, Person())


@pytest.mark.parametrize(
    "password",
    [
        "quatro-gatos-7-telhados",
        "mar-9-cabras!",  # three letters
        "91234-cabras!",  # five digits
        "91-cabras-2345!",  # not in a row
        "com.br-9-cabras!",
        "",
    ],
)
def test_what_is_not_is_not(password: str) -> None:
    assert not is_personal(password, MARIA)


@pytest.mark.parametrize(
    ("person", "password"),
    [
        (Person.of(name="Ana Lia"), "analia-9-cabras!"),  # no word is long enough, the name is
        (Person.of(name="Li Wu"), "li-wu-9-cabras!"),
        (Person.of(name="Lila"), "1i1a-9-cabras!"),  # one sign for both letters
        (Person.of(name="Lola"), "707a-9-cabras!"),
        (Person.of(name="Nilton 70"), "nilton-9-cabras!"),
        (Person.of(tax_id="12.ABC.345/01DE-35"), "12abc3-cabras!"),
        (Person.of(tax_id="12ABC34501DE35"), "cabras-53ed10!"),
        (Person.of(email="joao19850412@exemplo.com.br"), "850412-cabras!"),
        (Person.of(email="j@alainer.com.br"), "Alainer-9-cabras!"),
        (Person.of(email="mariazinha"), "mariazinha-9-cabras!"),  # no address at all
        (Person.of(name="Пётр Ильич"), "пётр-9-cabras!"),
    ],
)
def test_names_and_numbers_of_all_kinds(person: Person, password: str) -> None:
    assert is_personal(password, person)


def test_a_person_does_not_show_itself() -> None:
    assert repr(MARIA) == "Person()"


anything = st.text(st.characters(codec=None), max_size=400)
people = st.builds(Person, *[st.lists(anything, max_size=3).map(tuple)] * 3)


@given(
    password=st.text(max_size=128),
    person=people,
)
def test_comparing_is_total(password: str, person: Person) -> None:
    assert is_personal(password, person) in (True, False)


@given(
    name=st.from_regex(r"[A-Z][a-z]{3,11}", fullmatch=True),
    before=st.text("áx7-!", max_size=5),
    after=st.text("áx7-!", max_size=5),
)
def test_a_name_is_found_wherever_it_stands(name: str, before: str, after: str) -> None:
    assert is_personal(before + name.upper() + after, Person.of(name=name))
    assert is_personal(before + name[::-1] + after, Person.of(name=name))
