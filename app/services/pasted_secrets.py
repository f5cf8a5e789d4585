"""A password that customers paste into what they write is never stored (P5).

Out of prose it is taken; a datum that holds one, a name or a street, is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.core.errors import Failure, FieldError
from app.core.language import DEFAULT, LANGUAGES, Language
from app.models import Login
from app.security import pasted
from app.services.platform import Platform

OF_A_REGISTRATION: Final = (
    "name",
    *(f"address.{part}" for part in ("street", "number", "complement", "district", "city")),
)
"""The fields of a registration that take any words, dotted."""


async def redact(platform: Platform, login_id: UUID, text: str, *, network: str | None) -> str:
    """`redact_each` of a single text."""
    return (await redact_each(platform, login_id, {"": text}, network=network))[""]


async def redact_each(
    platform: Platform, login_id: UUID, texts: Mapping[str, str], *, network: str | None
) -> dict[str, str]:
    """`texts` without the secrets that their shapes give away, and without the writer's password.

    At most `pasted.MOST_CANDIDATES` words are tried against the login's hash, wrapped or not. To be
    called before a transaction is opened: it reads, and hashing takes long. What is stored shows
    whether a word was the password: so the texts count as a try of it, their words together, which
    are mostly the same one wrapped and not. They have a pace of their own, so that no text keeps
    anybody from changing the password; once it is spent, `redact_by_shape` decides. Raises
    `Failure("hashing_busy")` rather than let through what nobody looked at.
    """
    kept = {field: pasted.redact_pasted_secrets(text) for field, text in texts.items()}
    suspects = pasted.candidates("\n".join(kept.values()))
    if not suspects:
        return kept
    stored, language = await _credential(platform, login_id)
    if stored is None:
        return kept
    if not await _may_try(platform, login_id, network):
        return redact_by_shape(texts)
    found = await _own_among(platform, login_id, suspects, stored, network)
    return _without(kept, found, language)


def redact_by_shape(texts: Mapping[str, str]) -> dict[str, str]:
    """`texts` without whatever looks like a password, right or wrong: no hash is tried.

    For strangers: what is stored would tell whoever reads it, staff above all, whether a word was
    the password of the address that was named.
    """
    return {field: pasted.redact_lookalikes(text) for field, text in texts.items()}


def require_no_secret(texts: Mapping[str, object], password: str = "") -> None:
    """Raise `Failure("validation_failed")` for a text that holds a secret, where it stands.

    `texts` are by dotted field; what is no text passes. A secret is what its shape gives away, and
    the `password` that was sent along.
    """
    _refuse(
        [
            field
            for field, text in texts.items()
            if isinstance(text, str)
            and (
                pasted.redact_pasted_secrets(text) != text or (password != "" and password in text)
            )
        ]
    )


async def require_no_secret_of(
    platform: Platform, login_id: UUID, texts: Mapping[str, object], *, network: str | None
) -> None:
    """`require_no_secret`, and none of the texts holds the login's own password.

    At most `pasted.MOST_CANDIDATES` words of them all are tried, before a transaction is opened,
    and counted as `redact` does, since the refusal tells; once that pace is spent, a text is
    refused that `redact_by_shape` would change. Raises `Failure("hashing_busy")` rather than let
    through what nobody looked at.
    """
    require_no_secret(texts)
    written = {field: text for field, text in texts.items() if isinstance(text, str)}
    suspects = pasted.candidates("\n".join(written.values()))
    stored = (await _credential(platform, login_id))[0] if suspects else None
    if stored is None:
        return
    if not await _may_try(platform, login_id, network):
        kept = redact_by_shape(written)
        _refuse([field for field, text in written.items() if kept[field] != text])
        return
    found = await _own_among(platform, login_id, suspects, stored, network)
    if found is not None:
        _refuse([field for field, text in written.items() if found in text])


async def _may_try(platform: Platform, login_id: UUID, network: str | None) -> bool:
    """Count a try of the login's password; whether its pace allows for it."""
    try:
        await platform.throttle.attempt("own_texts", network=network, account=str(login_id))
    except Failure:  # `too_many_requests`: what is written is kept all the same
        return False
    return True


async def _own_among(
    platform: Platform,
    login_id: UUID,
    suspects: Sequence[str],
    stored: str,
    network: str | None,
) -> str | None:
    """Which of the words is the login's password. All of them together are one try of it."""
    for suspect in suspects:
        if (await platform.hashing.verify(suspect, stored)).ok:
            await platform.throttle.forgive("own_texts", network=network, account=str(login_id))
            return suspect
    return None


def _refuse(fields: list[str]) -> None:
    if fields:
        errors = [FieldError("/" + field.replace(".", "/"), "holds_secret") for field in fields]
        raise Failure("validation_failed", errors=errors)


def _without(texts: Mapping[str, str], secret: str | None, language: Language) -> dict[str, str]:
    if secret is None:
        return dict(texts)
    return {field: pasted.remove(text, secret, language) for field, text in texts.items()}


async def _credential(platform: Platform, login_id: UUID) -> tuple[str | None, Language]:
    """A login's hash, if a password works, and the language it is written to in."""
    chosen = select(Login.password_hash, Login.language).where(Login.id == login_id)
    async with platform.database.snapshot() as connection:
        row = (await connection.execute(chosen)).one_or_none()
    if row is None:
        return None, DEFAULT
    return row[0], row[1] if row[1] in LANGUAGES else DEFAULT
