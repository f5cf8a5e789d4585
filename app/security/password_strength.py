"""The judgement of a new password: the rules, and how soon it would be guessed (promise P4)."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from app.core.passwords import LONGEST_NEW_PASSWORD, broken_rules
from app.security.common_passwords import CommonPasswords
from app.security.guesses import estimate
from app.security.personal_data import Person, is_personal

LEAST_SCORE: Final = 3
"""Below it a password is refused: under 10^8 guesses.

Sign-ins are throttled, so guessing online never comes near. Whoever stole the database tries some
ten a second on each core against our Argon2id: 10^8 are four months of a core, and that for one
account. A point more (10^10) would refuse what people can still remember.
"""

_MOST_WHEN_REFUSED: Final = LEAST_SCORE - 1
_MOST_WHEN_KNOWN: Final = 1


@dataclass(frozen=True, slots=True)
class Strength:
    """What a password is worth.

    `score` is 0 to 4, and 3 or more exactly where there are no `reasons` against it. Those are
    codes of the catalogue of fields: the broken rules (`broken_rules`), `password_common`,
    `password_personal`, `password_guessable`, `password_breached`. `suggestions` are codes of
    their own catalogue; there are some where the password is easy to guess.
    """

    score: int
    reasons: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()

    @property
    def acceptable(self) -> bool:
        """Whether it may be set."""
        return not self.reasons

    def with_breach(self) -> "Strength":
        """The same password, found in a list of leaked ones."""
        reasons = (*self.reasons, "password_breached")
        return Strength(min(self.score, _MOST_WHEN_KNOWN), reasons, self.suggestions)


class PasswordJudge:
    """Judges passwords against `common` ones; safe to share between threads."""

    def __init__(self, common: CommonPasswords) -> None:
        self._common = common

    def judge(self, password: str, person: Person) -> Strength:
        """How good `password` is for `person`. Never raises; bounded for any text.

        It works for milliseconds (tens of them at worst): not for the event loop.
        """
        broken = broken_rules(password)
        if any(code.startswith("text_") for code in broken):
            return Strength(0, broken)
        password = unicodedata.normalize("NFKC", password[: LONGEST_NEW_PASSWORD + 1])
        if len(password) > LONGEST_NEW_PASSWORD:  # not looked at any further
            return Strength(0, broken)
        found = estimate(password, person.pieces())
        known = {
            "password_common": self._common.is_common(password),
            "password_personal": is_personal(password, person),
        }
        reasons = [*broken, *(code for code, hit in known.items() if hit)]
        easy = found.score < LEAST_SCORE
        if easy and not known["password_common"]:
            reasons.append("password_guessable")
        score = found.score
        if reasons:
            score = min(score, _MOST_WHEN_KNOWN if any(known.values()) else _MOST_WHEN_REFUSED)
        suggestions = (*found.habits, "add_words") if easy or reasons else ()
        return Strength(score, tuple(reasons), suggestions)

    def is_common(self, password: str) -> bool:
        """Whether everybody tries this password first: microseconds, for any text."""
        return self._common.is_common(password)
