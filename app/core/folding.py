"""The folded form of text: what sorting and searching by name compare, accents and case ignored."""

import re
import unicodedata

# Letters that Unicode does not take apart, as people without them on the keyboard type them.
_PLAIN = str.maketrans(
    {
        "\u00e6": "ae",  # ae
        "\u00f0": "d",  # eth
        "\u00f8": "o",  # o with stroke
        "\u00fe": "th",  # thorn
        "\u0111": "d",  # d with stroke
        "\u0131": "i",  # dotless i
        "\u0142": "l",  # l with stroke
        "\u0153": "oe",  # oe
    }
)
_APOSTROPHES = re.compile("['`\u00b4\u02bc\u2018\u2019\uff07]")


def fold(text: str) -> str:
    """Lower-case words without accents or punctuation, one space between; folding twice is once.

    ``Müller`` → ``muller``, ``Weiß`` → ``weiss``, ``D'Ávila & Cia.`` → ``d avila cia``.
    Takes any `str` in linear time; the result can always be encoded and is empty when nothing
    is a letter or digit. It may be longer than `text`.
    """
    return " ".join("".join(c if c.isalnum() else " " for c in unadorned(text)).split())


def unadorned(text: str) -> str:
    """`text` in lower case, without accents or invisible characters, its punctuation kept.

    Full-width, mathematical and other compatible forms are made plain. Linear time; may be longer.
    """
    # Marks go first: sorting a long run of them, as decomposing does, takes quadratic time.
    folded = _without_marks(text)
    # Unicode's compatibility caseless form (definition D146): one round is not always stable.
    for _ in range(2):
        folded = unicodedata.normalize("NFKD", folded.casefold())
    return _without_marks(folded).translate(_PLAIN)


def words(text: str) -> tuple[str, ...]:
    """The distinct words to index `text` by, or to look for: each one a prefix of an indexed word.

    Words around an apostrophe count apart and joined, so that ``avila``, ``davila`` and ``d'ávila``
    all find ``D'Ávila``.
    """
    apart = fold(text).split()
    joined = fold(_APOSTROPHES.sub("", text)).split()
    return tuple(dict.fromkeys(apart + joined))


def _without_marks(text: str) -> str:
    """Without combining marks and invisible format characters (joiners, soft hyphens)."""
    if text.isascii():
        return text
    return "".join(c for c in text if unicodedata.category(c) not in {"Mn", "Mc", "Me", "Cf"})
