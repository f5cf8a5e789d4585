"""What of a request is granted: item by item, never more than its basis reaches."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.access.legal_bases import ITEMS, MANY_TARGETS, Basis, refusal
from app.access.legal_reasons import REASONS

Decision = dict[str, str | None]
"""``{item, decision, reason, article}``, as `LegalRequest.decisions` keeps it."""


def decide(
    basis: Basis, items: Sequence[str], refused: Mapping[str, str] | None = None
) -> list[Decision]:
    """One decision per item. `refused` are items that the reviewer refuses too, with the reason.

    An item beyond the basis is refused whatever anybody says; preservation discloses none.
    """
    return [_decision(basis, item, (refused or {}).get(item)) for item in items]


def approvals_needed(basis: Basis, targets: Sequence[Any]) -> int:
    """How many directors must approve."""
    return max(basis.approvals, 2 if len(targets) > MANY_TARGETS else 1)


def _decision(basis: Basis, item: str, reason: str | None) -> Decision:
    article = refusal(basis, item)
    if basis.tier == "P":
        return _of(item, "preserved", None, basis.article)
    if article is not None:
        return _of(item, "refused", "beyond_basis", article)
    if reason is not None:
        return _of(item, "refused", reason, REASONS[reason].article)
    if ITEMS[item].fields == ():
        return _of(item, "not_held", None, None)
    return _of(item, "granted", None, basis.article)


def _of(item: str, decision: str, reason: str | None, article: str | None) -> Decision:
    return {"item": item, "decision": decision, "reason": reason, "article": article}
