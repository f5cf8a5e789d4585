"""A password that customers paste into what they write is taken out before it is stored (P5)."""

from uuid import UUID

from sqlalchemy import select

from app.core.language import DEFAULT, LANGUAGES, Language
from app.models import Login
from app.security import pasted
from app.services.platform import Platform


async def redact(platform: Platform, login_id: UUID, text: str, *, network: str | None) -> str:
    """`text` without the secrets that its shapes give away, and without the writer's own password.

    At most `pasted.MOST_CANDIDATES` words are tried against the login's hash, wrapped or not. To be
    called before a transaction is opened: it reads, and hashing takes long. What is stored shows
    whether a word was the password: so a text counts as a try of it, as when one changes it; its
    words together, which are mostly the same one wrapped and not. Raises `Failure`, with
    ``hashing_busy`` or ``too_many_requests``, rather than let through what nobody looked at.
    """
    kept = pasted.redact_pasted_secrets(text)
    suspects = pasted.candidates(kept)
    if not suspects:
        return kept
    stored, language = await _credential(platform, login_id)
    if stored is None:
        return kept
    tried = {"network": network, "account": str(login_id)}
    await platform.throttle.attempt("own_password", **tried)
    for suspect in suspects:
        if (await platform.hashing.verify(suspect, stored)).ok:
            await platform.throttle.forgive("own_password", **tried)
            return pasted.remove(kept, suspect, language)
    return kept


async def _credential(platform: Platform, login_id: UUID) -> tuple[str | None, Language]:
    """The login's hash, if a password works, and the language it is written to in."""
    chosen = select(Login.password_hash, Login.language).where(Login.id == login_id)
    async with platform.database.snapshot() as connection:
        row = (await connection.execute(chosen)).one_or_none()
    if row is None:
        return None, DEFAULT
    return row[0], row[1] if row[1] in LANGUAGES else DEFAULT
