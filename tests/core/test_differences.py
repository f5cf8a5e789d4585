"""`app/core/differences.py`: what changed between two texts."""

from hypothesis import given
from hypothesis import strategies as st

from app.core.differences import MOST_WORDS, Hunk, Line, Part, between

WHOLE = 10**6
LINES = st.lists(st.sampled_from(["", "a", "b c", "b d", "  e", "# f"]), max_size=12)
OLD = "Um\nDois\nTrês\nQuatro\nCinco\nSeis\nSete\nOito\nNove"


@given(LINES, LINES)
def test_both_texts_can_be_read_back(before: list[str], after: list[str]) -> None:
    old, new = "\n".join(before), "\n".join(after)
    lines = [line for hunk in between(old, new, WHOLE) for line in hunk.lines]
    if old.splitlines() == new.splitlines():
        assert lines == []
        return
    assert [line.text for line in lines if line.kind != "added"] == old.splitlines()
    assert [line.text for line in lines if line.kind != "removed"] == new.splitlines()
    for line in lines:
        assert line.words == () or "".join(part.text for part in line.words) == line.text
        assert {part.kind for part in line.words} <= {line.kind, "unchanged"}


def test_a_changed_line_says_which_words() -> None:
    (hunk,) = between(OLD, OLD.replace("Cinco", "Cinco anos"), 1)
    assert hunk == Hunk(
        4,
        3,
        4,
        3,
        (
            Line("unchanged", "Quatro"),
            Line("removed", "Cinco", (Part("unchanged", "Cinco"),)),
            Line("added", "Cinco anos", (Part("unchanged", "Cinco"), Part("added", " anos"))),
            Line("unchanged", "Seis"),
        ),
    )


def test_changes_far_apart_are_hunks_of_their_own() -> None:
    new = OLD.replace("Um", "Primeiro").replace("Nove\n", "").replace("Oito", "")
    places = [(hunk.old_start, hunk.new_start) for hunk in between(OLD, new, 1)]
    assert places == [(1, 1), (7, 7)]


def test_lines_that_have_little_in_common_are_not_compared_by_word() -> None:
    (hunk,) = between("Guardamos o cadastro.", "We keep nothing")
    assert [line.words for line in hunk.lines] == [(), ()]


def test_what_comes_first_is_all_new() -> None:
    (hunk,) = between("", "Um\nDois")
    assert [(line.kind, line.text) for line in hunk.lines] == [("added", "Um"), ("added", "Dois")]


def test_a_line_without_end_is_compared_whole() -> None:
    long = "a " * MOST_WORDS
    (hunk,) = between(long, long + "b")
    assert [line.words for line in hunk.lines] == [(), ()]
