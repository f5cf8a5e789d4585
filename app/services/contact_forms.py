"""Forms that strangers send: what one costs, how it was sent, and that it is sent once.

No outside service is asked, and nothing is thrown away: a form that was not sent as people send
them is told apart by its signs (`security/spam_signs.py`). For a question about personal data these
only set it apart; with another topic who sends it is told to fetch a fresh form.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.database import insert_unless_there
from app.core.errors import Failure
from app.core.statements import bound, prepare
from app.models import ContactForm
from app.projection.projection import to_json
from app.schemas.contact_requests import NewContactRequest
from app.security import form_tokens
from app.security.form_tokens import FormToken
from app.services.authorization import require
from app.services.platform import Platform

READ: Final = "public:contact_form:read"
LIFETIME: Final = timedelta(hours=2)
LEAST_TIME: Final = timedelta(seconds=3)
"""Nobody reads and fills in a form faster."""
USUAL_BITS: Final = 12
"""Some 4,000 hashes: a browser does them in a tenth of a second, one after another."""
MOST_BITS: Final = 18
"""64 times that: seconds. A network may be a mobile operator's gateway."""
COUNTED_WITHIN: Final = timedelta(hours=1)
UNCOUNTED: Final = 4
"""Forms of one network in an hour that cost no more than usual; each doubling adds a bit."""
REFUSED: Final = frozenset({"token_missing", "token_expired", "token_used", "work_missing"})
"""Signs that whoever asks nothing about personal data can mend themselves, with a fresh form."""
_AHEAD: Final = timedelta(seconds=60)
"""How far another replica's clock may be ahead."""
_REMEMBERED: Final = timedelta(days=1)
"""How long a used form is known after it expired: a clock may be set back."""

_COUNTED = (
    select(func.count())
    .select_from(ContactForm)
    .where(
        ContactForm.origin == bound("origin", ContactForm.origin.type),
        ContactForm.used_at > bound("since", ContactForm.used_at.type),
    )
)
_prepare_once = lru_cache(maxsize=4)(prepare)  # making a statement costs as much as running it


@dataclass(frozen=True, slots=True)
class Sent:
    """How a form was sent: its token, if that is good so far, and the signs of spam in it."""

    token: FormToken | None
    signs: tuple[str, ...]


async def issue(platform: Platform, actor: Actor) -> bytes:
    """A fresh form, as JSON (`schemas.ContactForm`). Nothing of it is stored.

    Raises `Failure("too_many_requests")`.
    """
    require(actor, READ)
    await platform.throttle.attempt("contact_form", network=actor.network)
    now = platform.clock()
    bits = bits_after(await _used_lately(platform, actor, now))
    return to_json(
        {
            "form_token": platform.form_tokens.issue(now, bits, actor.network),
            "algorithm": "SHA-256",
            "bits": bits,
            "not_before": now + LEAST_TIME,
            "expires_at": now + LIFETIME,
        }
    )


def bits_after(used: int) -> int:
    """The work that a form costs a network that has used so many within the last hour."""
    return min(USUAL_BITS + (used // UNCOUNTED).bit_length(), MOST_BITS)


def look(platform: Platform, actor: Actor, form: NewContactRequest) -> Sent:
    """How a form was sent, as far as it tells by itself."""
    given = form.model_dump(include={"form_token", "work", "website"})
    text, work = given.get("form_token") or "", given.get("work") or ""
    signs = ["trap_filled"] if (given.get("website") or "").strip() else []
    token = platform.form_tokens.read(text)
    if token is None:
        return Sent(None, (*signs, "token_missing"))
    now = platform.clock()
    if not now - LIFETIME < token.issued_at <= now + _AHEAD:
        return Sent(None, (*signs, "token_expired"))
    if not form_tokens.is_done(text, work, token.bits):
        return Sent(None, (*signs, "work_missing"))
    if now - token.issued_at < LEAST_TIME:
        signs.append("too_quick")
    if token.origin != platform.form_tokens.origin(actor.network):
        signs.append("other_network")
    return Sent(token, tuple(signs))


async def use(
    platform: Platform, connection: AsyncConnection, actor: Actor, sent: Sent
) -> tuple[str, ...]:
    """Use the form's token up; the signs of how it was sent, complete.

    Of two at once one is the first. It stays used only if the transaction stands.
    """
    if sent.token is None:
        return sent.signs
    row = {
        "id": sent.token.id,
        "origin": platform.form_tokens.origin(actor.network),
        "used_at": platform.clock(),
        "expires_at": sent.token.issued_at + LIFETIME,
    }
    first = await insert_unless_there(connection, ContactForm, row)
    return sent.signs if first else (*sent.signs, "token_used")


def require_good(topic: str, signs: tuple[str, ...]) -> None:
    """Raise `Failure("form_token_invalid")` for a form to be fetched anew, but for `privacy`."""
    if topic != "privacy" and not REFUSED.isdisjoint(signs):
        raise Failure("form_token_invalid")


async def purge(platform: Platform) -> None:
    """Forget the forms whose token expired a day ago."""
    async with platform.database.transaction() as connection:
        await connection.execute(
            delete(ContactForm).where(ContactForm.expires_at < platform.clock() - _REMEMBERED)
        )


async def _used_lately(platform: Platform, actor: Actor, now: datetime) -> int:
    statement = _prepare_once(_COUNTED, platform.database.dialect)
    values = {"origin": platform.form_tokens.origin(actor.network), "since": now - COUNTED_WITHIN}
    rows = await platform.database.fetch(statement, values)
    return int(rows[0][0])
