"""Why a request, or an item of one, is not granted: coded, each with its article.

A reason is always signed by the person who gave it. What a basis does not reach is refused with
the article of `legal_bases.refusal`, whatever the reviewer writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.access.matrix import MatrixError

TABLE = """
    reason                 deeds          article
    not_identified         reject,ask     Decreto 8.771/2016, art. 11
    signature_unsound      reject,ask     Lei 14.063/2020, art. 4º; MP 2.200-2/2001, art. 10
    no_competence          reject         Lei 12.965/2014, art. 10, § 3º
    no_motivation          reject,ask     Decreto 8.771/2016, art. 11, § 1º
    generic_or_collective  reject,narrow  Decreto 8.771/2016, art. 11, § 3º
    beyond_basis           reject,narrow  Lei 12.965/2014, art. 10
    period_missing         reject,ask     Lei 12.965/2014, art. 22, III
    period_too_long        reject,narrow  Lei 12.965/2014, art. 22, III
    not_necessary          reject,narrow  Lei 13.709/2018, art. 6º, III
    duplicate              reject         Lei 12.965/2014, art. 22
    incomplete             reject,ask     Decreto 8.771/2016, art. 11
    order_ended            reject         Lei 12.965/2014, art. 22
    not_addressed_to_us    reject         Lei 12.965/2014, art. 10
    original_seen          confirm        Lei 13.105/2015 (CPC), art. 405
    unlawful_order         contest        Constituição Federal, art. 5º, XII
    upheld                 resume         Lei 9.784/1999, art. 56
    overruled              dismiss        Lei 9.784/1999, art. 56
    scope_differs          return         Lei 13.709/2018, art. 6º, III
"""
"""Each reason: the deeds that it may be given for, and the law that it rests on."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, and what it is for."""

    code: str
    deeds: frozenset[str]
    article: str


def _read(table: str) -> Mapping[str, Reason]:
    _heading, *lines = [line.split(maxsplit=2) for line in table.splitlines() if line.strip()]
    reasons: dict[str, Reason] = {}
    for code, deeds, article in lines:
        if code in reasons:
            raise MatrixError(f"legal reasons: {code} stands twice")
        reasons[code] = Reason(code, frozenset(deeds.split(",")), article.strip())
    return reasons


REASONS: Final = _read(TABLE)

MAY_HAVE_REASON: Final = frozenset({"confirm"})
"""The deeds that are done for a reason only where something is amiss: a signature cannot be
verified, and the original was seen."""

NEEDS_REASON: Final = (
    frozenset().union(*(reason.deeds for reason in REASONS.values())) - MAY_HAVE_REASON
)
"""The deeds that nobody does without one."""
