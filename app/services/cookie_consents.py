"""What visitors without an account say about cookies, and what stands for their browser.

Nothing is answered in advance, and what was not asked is a no. A yes counts for six months.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Dialect, Uuid, select

from app.access.actors import Actor
from app.access.processing import ASKED_OF_VISITORS, OURSELVES
from app.core.errors import Failure, FieldError
from app.core.language import Language
from app.core.statements import Prepared, bound, prepare
from app.models import ConsentState
from app.projection.projection import to_json
from app.schemas.cookie_consents import CookieChoice
from app.services import consent_effects, consent_ledger, visitor_signals
from app.services.authorization import require
from app.services.consent_sayings import Statement
from app.services.platform import Platform
from app.services.standing_consents import standing
from app.services.visitors import LIFETIME, Visitor

SAY: Final = "public:cookie_consent:record"
READ: Final = "public:cookie_consent:read"

_SHOWN: Final = ("id", "purpose", "purpose_version", "state", "expires_at", "at")
_NOT_ASKED: Final = dict.fromkeys(_SHOWN) | {"state": "not_asked"}


async def say(
    platform: Platform,
    actor: Actor,
    visitor: Visitor,
    choices: Sequence[CookieChoice],
    language: Language,
) -> tuple[UUID, bytes]:
    """One event for each choice; the visitor's id, a new one for a browser without, and `read`.

    A no erases at once what was stored on the strength of a yes. A yes while the browser signals
    its no is kept as said, and does not count (see `visitor_signals.py`). Raises `Failure` with
    ``validation_failed`` for a yes that does not say to which words, ``unknown_purpose`` or
    ``purpose_version_not_current`` as the ledger does, ``too_many_requests``.
    """
    require(actor, SAY)
    _demand_words(choices)
    await platform.throttle.attempt(
        "cookie_consent",
        network=actor.network,
        account=None if visitor.id is None else str(visitor.id),
    )
    visitor_id = visitor.id or platform.visitor_marks.new()
    async with platform.database.transaction() as connection:
        for choice in choices:
            statement = Statement(
                subject_id=visitor_id,
                subject_kind="visitor",
                purpose=choice.purpose,
                granted=choice.granted,
                version=choice.version,
                channel="web",
                language=language,
                expires_at=platform.clock() + LIFETIME,
                evidence=visitor_signals.DESPITE if visitor.signals else {},
            )
            event = await consent_ledger.record(platform, connection, actor, statement)
            await consent_effects.follow(platform, connection, event)
        if visitor.signals:  # after the choices: it has the last word, whatever was said
            await visitor_signals.note_within(platform, connection, actor, visitor_id)
    return visitor_id, await _told(platform, Visitor(visitor_id, visitor.signals))


async def read(platform: Platform, actor: Actor, visitor: Visitor) -> bytes:
    """What stands for the caller's browser, as JSON; for one that is not known: nothing.

    A signal that it sends is noted (see `visitor_signals.py`).
    """
    require(actor, READ)
    if visitor.id is not None and visitor.signals:
        await visitor_signals.note(platform, actor, visitor.id)
    return await _told(platform, visitor)


async def _told(platform: Platform, visitor: Visitor) -> bytes:
    said: dict[str, dict[str, Any]] = {}
    allowed: frozenset[str] = frozenset()
    if visitor.id is not None:
        statement = _states(platform.database.dialect)
        for row in await platform.database.fetch(statement, {"subject": visitor.id}):
            state = dict(zip(_SHOWN, row, strict=True))
            said[state["purpose"]] = state
        if not visitor.signals:
            allowed = await standing(platform, visitor.id)
    items = [
        said.get(purpose, _NOT_ASKED | {"purpose": purpose}) | {"allowed": purpose in allowed}
        for purpose in sorted(ASKED_OF_VISITORS)
    ]
    return to_json({"items": items, "signal": visitor.signals})


def _demand_words(choices: Sequence[CookieChoice]) -> None:
    """A yes is a yes to something: the words that were shown (LGPD art. 8, §4)."""
    errors = [
        FieldError(f"/choices/{place}/version", "version_missing")
        for place, choice in enumerate(choices)
        if choice.granted and choice.version is None
    ]
    if errors:
        raise Failure("validation_failed", errors=errors)


@lru_cache(maxsize=4)
def _states(dialect: Dialect) -> Prepared:
    chosen = select(*(getattr(ConsentState, name) for name in _SHOWN)).where(
        ConsentState.subject_id == bound("subject", Uuid()),
        ConsentState.recipient_id == OURSELVES,
    )
    return prepare(chosen, dialect)
