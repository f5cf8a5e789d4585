"""What asks for a secret is refused, however it is written; what is honestly said passes."""

import re
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.folding import unadorned
from app.security import asking, disguises, look_alikes
from app.security.asking import asks_for_secret, rule_met
from app.security.asking_rules import RULES
from app.security.asking_words import WORDS
from tests.security.corpora import DISGUISES, HARMLESS, texts

ASKS = texts("asks")
HONEST = texts("honest")
PLAIN = ASKS[: ASKS.index("Envie sua s e n h a")]
"""The texts to be refused in which nothing is disguised."""

NAMES = re.compile(r"\b(?:senha|password)\b", re.IGNORECASE)
WORDS_AT_HAND = ("senha", "envie", "não", "sua", "qual", "é", "e", "a", "nos", "it", "send", "you")
HOSTILE = (
    *("a", "s ", "a. ", "s e n h ", "sen ha ", "suasenh", "senhasenha", "passwor ", "pa$$", "'"),
    *("*", "s*nh* ", "p***word ", "!", "@", "\n", "_", "[ ]", "[         ", "https://", ". "),
    *("envie ", "envie a ", "senha ", "senha e ", "senha: ", "senha envie ", "send it ", "1 "),
    *("qual a a a a a ", "favor enviar ", "favor a enviar a ", "nao voce se ", "codigo de "),
    *("nunca , em nenhuma hipotese , ", "team asks for ", "senha em em em em envie ", "nos "),
    *("\u0301", "a\u0315\u0300", "\ufdfa", "\ud800", "\u3164", "\U0001f170", "\u0455"),
)


@pytest.mark.parametrize("text", ASKS)
def test_what_asks_for_a_secret_is_refused(text: str) -> None:
    assert asks_for_secret(text)


@pytest.mark.parametrize("text", HONEST)
def test_what_is_honestly_said_is_let_pass(text: str) -> None:
    assert rule_met(text) is None


def test_the_corpora_are_as_large_as_promised() -> None:
    assert len(set(PLAIN)) >= 80
    assert len(set(HONEST)) >= 80
    assert len(set(ASKS)) == len(ASKS)
    assert len(set(HONEST)) == len(HONEST)


def test_every_rule_is_needed() -> None:
    met = {rule_met(text) for text in ASKS}
    assert met == {line.split()[0] for line in RULES.strip().splitlines()} | {"disguised"}


@pytest.mark.parametrize("change", HARMLESS)
def test_layout_case_and_accents_change_nothing(change: str) -> None:
    for text in HONEST:
        assert rule_met(HARMLESS[change](text)) is None, text
    for text in PLAIN:
        assert asks_for_secret(HARMLESS[change](text)), text


@pytest.mark.parametrize("way", DISGUISES)
def test_no_disguise_helps(way: str) -> None:
    named = [text for text in PLAIN if NAMES.search(text)]
    assert len(named) >= 80
    for text in named:
        disguised = NAMES.sub(lambda found: DISGUISES[way](found[0]), text)
        assert asks_for_secret(disguised), disguised


@pytest.mark.parametrize("way", ["spaced", "dotted", "numbered", "signs", "Cyrillic", "starred"])
def test_a_disguised_secret_is_refused_whatever_is_said_of_it(way: str) -> None:
    for word in ("senha", "password"):
        assert rule_met(f"Nunca pedimos: {DISGUISES[way](word)}.") == "disguised"


def test_an_honest_text_does_not_excuse_the_next_sentence() -> None:
    for honest in HONEST:
        assert asks_for_secret(f"{honest}\n\nEnvie sua senha."), honest
        assert asks_for_secret(f"{honest}\n\nSend us your password."), honest


def test_two_honest_texts_are_honest() -> None:
    for one, other in pairwise(HONEST):
        assert rule_met(f"{one}\n\n{other}") is None


def test_the_rules_are_written_as_they_are_read() -> None:
    for name, entries in WORDS.items():
        for entry in entries.split(","):
            assert entry.strip(), f"{name}: an empty entry"
            assert unadorned(entry) == entry, f"{name}: {entry}"
            assert re.fullmatch(r"[a-z0-9+ \n]+", entry), f"{name}: {entry}"
    marks = {"START", "END", "STOPPED", "QUESTION", "COLON", "BLANK"}
    for line in RULES.strip().splitlines():
        pattern, _, unless = line.partition("|")
        _, *elements = pattern.split()
        assert {element.rstrip("*+") for element in elements} <= {*WORDS, *marks, "~", "~~", "-"}
        assert set(unless.split()) <= {"new", "vague", "kept", "ours", "told", "warned"}
    used = {element.rstrip("*+") for line in RULES.splitlines() for element in line.split()}
    by_code = {"NEGATION", "STRANGER", "ASKING", "LINK", "LIGHT", "READER", "CONDITION", "KNOW"}
    by_code |= {
        "NEW",
        "VAGUE",
        "KEEPER",
        "SPEAKER",
        "BRIDGE",
        "STOP",
        "SUBJECT_OF",
        "COMPOUND",
        "NOTHING",
        "LEAD",
    }
    assert set(WORDS) <= used | by_code


def test_look_alikes_are_letters_of_others() -> None:
    for ours, letters in look_alikes.LETTERS.items():
        for letter in letters:
            assert letter.isalpha(), hex(ord(letter))
            assert not letter.isascii()
            assert rule_met(f"senha {letter}") is None
            assert disguises.Vocabulary([f"x{ours}x"], [], []).read(f"x{letter}x")[0].text == (
                f"x{ours}x"
            )
    every = "".join(look_alikes.LETTERS.values())
    assert len(set(every)) == len(every)


@given(text=st.text(st.characters(codec=None)))
def test_scanning_is_total(text: str) -> None:
    rule_met(text)


@given(
    text=st.lists(
        st.sampled_from([*" .,:?!\n", *WORDS_AT_HAND]),
        max_size=60,
    ).map(" ".join)
)
def test_scanning_knows_no_state(text: str) -> None:
    assert rule_met(text) == rule_met(text)


def steps(text: str) -> int:
    """How often the scanner looks at something, in a text."""
    count = 0
    fits, whole = asking._Attempt.fits, disguises.Vocabulary._whole

    def counted_fits(attempt: asking._Attempt, step: int, place: int) -> bool:
        nonlocal count
        count += 1
        return fits(attempt, step, place)

    def counted_whole(
        vocabulary: disguises.Vocabulary, tokens: list[disguises.Token], place: int
    ) -> tuple[int, disguises.Token]:
        nonlocal count
        count += 1
        return whole(vocabulary, tokens, place)

    with (
        patch.object(asking._Attempt, "fits", counted_fits),
        patch.object(disguises.Vocabulary, "_whole", counted_whole),
    ):
        rule_met(text)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_grows_with_the_text_and_no_faster(piece: str) -> None:
    quarter, whole = (piece * 20_000)[:5_000], (piece * 20_000)[:20_000]
    few, many = steps(quarter), steps(whole)
    assert many <= 5 * few + 1_000
    assert many <= 60 * len(whole)


@settings(deadline=None)  # what it costs is counted, not timed
@given(piece=st.text(min_size=1, max_size=12))
def test_any_text_repeated_is_bounded_work(piece: str) -> None:
    text = (piece * 2_000)[:2_000]
    assert steps(text) <= 60 * len(unadorned(text)) + 1_000
