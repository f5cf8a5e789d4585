"""The judgement: what is refused, why, and that no text breaks it or takes long."""

import asyncio
import threading
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from zxcvbn.matching import RANKED_DICTIONARIES

from app.core.messages import FIELDS, SUGGESTIONS
from app.security.common_passwords import CommonPasswords
from app.security.hashing_pool import HashingPool
from app.security.password_strength import LEAST_SCORE, PasswordJudge, Strength
from app.security.passwords import PasswordHasher
from app.security.personal_data import Person
from app.services.demo import PASSWORD as OF_THE_DEMO
from tests.support.people import PASSWORD as OF_THE_TESTS

JUDGE = PasswordJudge(CommonPasswords())
NOBODY = Person()
MARIA = Person(("Maria D'Ávila",), ("maria@exemplo.com.br",), ("+5511912345678", "52998224725"))
LEET = "48@({[<3691!|70$5+%2"
"""Every sign that may stand for a letter: zxcvbn alone takes seconds for some dozens of them."""


def judged(password: str, person: Person = MARIA) -> Strength:
    return JUDGE.judge(password, person)


@pytest.mark.parametrize(
    "password",
    [
        "quatro-gatos-7-telhados",  # the README's
        "Uma-senha-boa-7!",  # the README's
        OF_THE_DEMO,
        OF_THE_TESTS,
        "Chave-Boa-77!",
        "açúcar é 100% doce",
        "пароль-номер-7",
        "Kj8#mQ2$vL",
        "correct horse battery 9-staple",
        "Xq7!" + "kWz$81-bT" * 2 + "r" * 100,
    ],
)
def test_good_ones_are_taken(password: str) -> None:
    strength = judged(password)
    assert strength.acceptable
    assert strength.score >= LEAST_SCORE
    assert strength == Strength(strength.score)


@pytest.mark.parametrize(
    ("password", "reasons"),
    [
        ("", ["too_short", "no_letter", "no_digit", "no_symbol", "guessable"]),
        ("Mudar@123", ["too_short", "common"]),
        ("quatro gatos e sete telhados", ["no_digit", "no_symbol"]),
        ("x1-" * 50, ["too_long"]),
        ("\ufdfa" * 10 + "1-a", ["too_long"]),  # 18 characters each in NFKC
        ("Senha@2026", ["common"]),
        ("p4$$w0rd!12", ["common"]),
        ("Flamengo-1981!", ["common"]),
        ("Senha-12!x", ["guessable"]),
        ("Tr0ub4dour&3", ["guessable"]),
        ("a1!" + "😀" * 7, ["guessable"]),
        ("x1-" + "y" * 125, ["guessable"]),
        ("qwertyuiop-1", ["common"]),
        ("cdefghijkl-9", ["guessable"]),
        ("1!" + "ab" * 20, ["guessable"]),
        ("12/03/1987-a", ["guessable"]),
        ("Maria-9-cabras-no-telhado", ["personal"]),
        ("912345-cabras-no-telhado", ["personal"]),
        ("Maria-1!", ["too_short", "common", "personal"]),
    ],
)
def test_bad_ones_are_refused_for_every_reason(password: str, reasons: list[str]) -> None:
    strength = judged(password)
    assert list(strength.reasons) == [f"password_{reason}" for reason in reasons]
    assert not strength.acceptable
    assert strength.score < LEAST_SCORE


@pytest.mark.parametrize(
    ("password", "suggestion"),
    [
        ("x1-" + "y" * 60, "avoid_repeats"),
        ("abcdefgh-1234", "avoid_sequences"),
        ("12/03/1987-a", "avoid_dates"),
        ("7ygvfr4-1", "avoid_keyboard_patterns"),
        ("Senha-12!x", "avoid_known_words"),
    ],
)
def test_what_made_it_easy_is_told(password: str, suggestion: str) -> None:
    suggestions = judged(password).suggestions
    assert suggestion in suggestions
    assert suggestions[-1] == "add_words"


@pytest.mark.parametrize(
    ("password", "code"),
    [("Senha-12!x\ud800", "text_not_unicode"), ("Senha-12!x\0", "text_control_characters")],
)
def test_what_cannot_be_typed_twice_is_no_password(password: str, code: str) -> None:
    assert judged(password) == Strength(0, (code,))


def test_the_same_password_composed_and_not_is_judged_alike() -> None:
    assert judged("açúcar é 9x doce") == judged("ac\u0327u\u0301car e\u0301 9x doce")


def test_the_owners_words_lower_the_score() -> None:
    password = "marilise-1985!kp"
    assert judged(password, NOBODY).score > judged(password, Person.of(name="Marilise")).score


def test_a_leaked_one_is_refused() -> None:
    leaked = judged(OF_THE_TESTS).with_breach()
    assert leaked.reasons == ("password_breached",)
    assert not leaked.acceptable
    assert leaked.score < LEAST_SCORE


def test_no_caller_sees_anothers_words() -> None:
    judged("quatro-gatos-7-telhados", Person.of(name="Quatro Gatos"))
    assert not {"user_inputs", "owner"} & RANKED_DICTIONARIES.keys()
    assert judged("quatro-gatos-7-telhados", NOBODY).acceptable


HOSTILE = [
    (LEET * 7)[:128],
    (LEET * 7)[:125] + "abc",
    "".join(sign * 3 for sign in LEET) * 2,
    "aA1!" * 32,
    "P@ssw0rd!" * 14,
    "ab" * 64,
    "a" * 128,
    "😀" * 128,
    "1" * 128,
    "1990-01-01 " * 11,
    "e\u0301" * 64,
    "\ufdfa" * 128,
    "\ud800" * 128,
    "ß" * 128,
    "\u0345" * 128,
    "qwertyuiop12!" * 9,
    "x" * 1_000_000,
]


@pytest.mark.parametrize("password", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_takes_bounded_work(password: str) -> None:
    """Of the thread's own time, so that a busy machine does not count; zxcvbn alone: seconds."""
    started = time.thread_time()
    strength = judged(password)
    assert time.thread_time() - started < 1
    assert not strength.acceptable or strength.score >= LEAST_SCORE


anything = st.text(st.characters(codec=None), max_size=140)
people = st.builds(Person, *[st.lists(anything, max_size=3).map(tuple)] * 3)
spelled = st.text(LEET + "aeioust", min_size=100, max_size=128)
repeated = st.builds(
    lambda unit, times: (unit * times)[:128], st.text(min_size=1), st.integers(2, 64)
)


@settings(deadline=None)
@given(
    password=anything | spelled | repeated,
    person=st.just(NOBODY) | st.just(MARIA) | people,
)
@example(password=LEET * 6, person=MARIA)
def test_judging_is_total_and_consistent(password: str, person: Person) -> None:
    started = time.thread_time()
    strength = judged(password, person)
    assert time.thread_time() - started < 1
    assert 0 <= strength.score <= 4
    assert strength.acceptable == (strength.score >= LEAST_SCORE) == (not strength.reasons)
    assert set(strength.reasons) <= FIELDS.keys()
    assert len(set(strength.reasons)) == len(strength.reasons)
    assert set(strength.suggestions) <= SUGGESTIONS.keys()
    assert judged(password, person) == strength


@given(password=st.text(max_size=30), name=st.text(max_size=30))
@settings(deadline=None)
def test_knowing_more_of_the_owner_never_helps(password: str, name: str) -> None:
    assert judged(password, Person.of(name=name)).score <= judged(password, NOBODY).score


async def test_judging_is_done_in_the_pools_threads() -> None:
    pool = HashingPool(PasswordHasher(1, 8, 1), workers=1, queue=2)
    try:
        loop = threading.current_thread()
        names = await asyncio.gather(
            pool.run(lambda: threading.current_thread().name), pool.run(judged, OF_THE_TESTS)
        )
        assert names[0].startswith("hashing")
        assert names[0] != loop.name
        assert names[1] == judged(OF_THE_TESTS)
    finally:
        pool.close()
