"""What each deed of a legal request does beside moving it on: `legal_steps.py` does the deeds."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.legal_bases import BASES
from app.access.legal_workflow import State, Step
from app.core.errors import Refusal
from app.services import legal_choices, legal_documents, legal_scope, legal_targets
from app.services.legal_clocks import due_at, resumed
from app.services.legal_findings import findings_of
from app.services.legal_holds import PRESERVATION
from app.services.legal_requests import RESOURCE
from app.services.platform import Platform

PEOPLE: Final = ("reviewed_by", "approved_by", "approved_again_by", "checked_by")
BY_SIGHT: Final = "confirmed_by_sight"
"""The finding that no signature was verified: somebody of the desk says that they saw the paper."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step under way: the request as it was, and what is said with it."""

    step: Step
    before: Mapping[str, Any]
    now: datetime
    by: UUID | None
    action: str
    refused: Mapping[str, str]
    reason: str | None = None


Effect = Callable[[Platform, AsyncConnection, Taken], Coroutine[Any, Any, dict[str, Any]]]
"""From a step to the columns that it changes beside the state."""


async def of(platform: Platform, connection: AsyncConnection, taken: Taken) -> dict[str, Any]:
    """Carry out what belongs to a step, in its own transaction; the columns that it changes.

    Raises `Refusal` with ``nothing_granted``, ``nothing_refused``, ``must_be_narrowed``,
    ``document_missing``, ``signature_unsound``, ``target_ambiguous``, ``second_person_required``.
    """
    changes: dict[str, Any] = {"status": taken.step.to.value}
    if "order" in taken.step.needs:
        await _demand_order(connection, taken)
    if "persons" in taken.step.needs:
        await _demand_persons(connection, taken)
    effect = EFFECTS.get(taken.step.deed)
    if effect is not None:
        changes |= await effect(platform, connection, taken)
    return changes


async def _submit(_platform: Platform, connection: AsyncConnection, taken: Taken) -> dict[str, Any]:
    before, now = taken.before, taken.now
    await _demand_sent_order(connection, taken)
    return {
        "submitted_at": now,
        "legal_due_at": due_at(BASES[before["basis"]], now, before["due_at"]),
    }


async def _begin(platform: Platform, connection: AsyncConnection, taken: Taken) -> dict[str, Any]:
    """People are looked up at the desk's call, never at the sender's: the time that it takes tells
    how many are known."""
    before = taken.before
    await legal_targets.match(platform, connection, before["id"], before["targets"], taken.now)
    found = await findings_of(connection, before)
    known = [finding for finding in before["findings"] if finding not in found]
    return {"findings": [*found, *known]}


async def _ask(_p: Platform, _c: AsyncConnection, taken: Taken) -> dict[str, Any]:
    return {"clock_stopped_at": taken.now}


async def _inform(_p: Platform, connection: AsyncConnection, taken: Taken) -> dict[str, Any]:
    await _demand_sent_order(connection, taken)
    stopped = taken.before["clock_stopped_at"] or taken.now
    due = resumed(taken.before["legal_due_at"], stopped, taken.now)
    return {"clock_stopped_at": None, "legal_due_at": due}


async def _confirm(_p: Platform, connection: AsyncConnection, taken: Taken) -> dict[str, Any]:
    """Signatures stand for every order of the request, or a person of the desk for the originals:
    which of them stands among the findings."""
    before = taken.before
    if await legal_documents.has_pending(connection, before["id"]):
        raise _refused(taken, "signature_unsound")
    signed = await legal_documents.all_accepted(connection, before["id"])
    if not signed and (taken.reason is None or before["channel"] == "authority"):
        raise _refused(taken, "signature_unsound")
    known = [each for each in before["findings"] if each["code"] != BY_SIGHT]
    findings = known if signed else [*known, {"code": BY_SIGHT}]
    return {} if findings == before["findings"] else {"findings": findings}


async def _narrow(_p: Platform, _c: AsyncConnection, taken: Taken) -> dict[str, Any]:
    decisions = _decisions(taken)
    if all(decision["decision"] != "refused" for decision in decisions):
        raise _refused(taken, "nothing_refused")
    _demand_granted(taken, decisions)
    return {"decisions": decisions, "reviewed_by": taken.by}


async def _forward(_p: Platform, _c: AsyncConnection, taken: Taken) -> dict[str, Any]:
    if taken.step.origin is State.NARROWED:
        return {}
    decisions = _decisions(taken)
    if any(decision["decision"] == "refused" for decision in decisions):
        raise _refused(taken, "must_be_narrowed")
    return {"decisions": decisions, "reviewed_by": taken.by}


async def _approve(_p: Platform, connection: AsyncConnection, taken: Taken) -> dict[str, Any]:
    before = taken.before
    if await legal_choices.has_chosen(connection, before["id"], taken.by):
        raise _refused(taken, "second_person_required")
    needed = legal_scope.approvals_needed(BASES[before["basis"]], before["targets"])
    if needed == 1:
        return {"approved_by": taken.by}
    if before["approved_by"] is None:
        return {"approved_by": taken.by, "status": before["status"]}
    return {"approved_again_by": taken.by}


async def _check(_p: Platform, _c: AsyncConnection, taken: Taken) -> dict[str, Any]:
    return {"checked_by": taken.by}


async def _begin_again(_p: Platform, _c: AsyncConnection, _taken: Taken) -> dict[str, Any]:
    """What was decided counts no more: everybody looks anew."""
    return {"decisions": [], **dict.fromkeys(PEOPLE)}


async def _appeal(_p: Platform, _c: AsyncConnection, taken: Taken) -> dict[str, Any]:
    return {"clock_stopped_at": taken.now}


async def _resume(platform: Platform, connection: AsyncConnection, taken: Taken) -> dict[str, Any]:
    """Everybody looks anew, and the clock goes on from where it stood."""
    stopped = taken.before["clock_stopped_at"] or taken.now
    due = resumed(taken.before["legal_due_at"], stopped, taken.now)
    anew = await _begin_again(platform, connection, taken)
    return {**anew, "clock_stopped_at": None, "legal_due_at": due}


async def _close(_p: Platform, _c: AsyncConnection, taken: Taken) -> dict[str, Any]:
    return {"closed_at": taken.now}


async def _demand_order(connection: AsyncConnection, taken: Taken) -> None:
    if not await legal_documents.has_order(connection, taken.before["id"]):
        raise _refused(taken, "document_missing")


async def _demand_persons(connection: AsyncConnection, taken: Taken) -> None:
    """Whoever makes two hard to tell apart hides neither: the desk says first who is meant."""
    preserving = BASES[taken.before["basis"]].tier == PRESERVATION
    if await legal_choices.is_open(connection, taken.before["id"], preserving=preserving):
        raise _refused(taken, "target_ambiguous")


async def _demand_sent_order(connection: AsyncConnection, taken: Taken) -> None:
    """What comes by the authorities' door comes with a signed order; a paper is scanned later."""
    if taken.before["channel"] == "authority":
        await _demand_order(connection, taken)


def _decisions(taken: Taken) -> list[legal_scope.Decision]:
    before = taken.before
    return legal_scope.decide(BASES[before["basis"]], before["items"], taken.refused)


def _demand_granted(taken: Taken, decisions: Sequence[legal_scope.Decision]) -> None:
    """What grants nothing is no narrowing: it is rejected, with its reason."""
    if all(decision["decision"] == "refused" for decision in decisions):
        raise _refused(taken, "nothing_granted")


def _refused(taken: Taken, code: str) -> Refusal:
    return Refusal(code, action=taken.action, subject_type=RESOURCE, subject_id=taken.before["id"])


EFFECTS: Final[Mapping[str, Effect]] = {
    "submit": _submit,
    "begin": _begin,
    "ask": _ask,
    "inform": _inform,
    "confirm": _confirm,
    "narrow": _narrow,
    "forward": _forward,
    "approve": _approve,
    "check": _check,
    "return": _begin_again,
    "appeal": _appeal,
    "contest": _appeal,
    "resume": _resume,
    "close": _close,
    "dismiss": _close,
}
"""By deed; the others do nothing beside."""
