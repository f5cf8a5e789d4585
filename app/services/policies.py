"""The privacy policy's versions as everybody may read them, and the first, of `migrate`."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.clock import Clock
from app.core.columns import UtcDateTime
from app.core.errors import Failure
from app.core.ids import new_id
from app.core.language import Language
from app.core.statements import bound, prepare
from app.models import Policy
from app.projection.projection import Page, Shown
from app.services.authorization import require
from app.services.listings import find_page
from app.services.platform import Platform

RESOURCE: Final = "policy"
READ: Final = "public:policy:read"
FIRST: Final = 1
LANGUAGE: Final = "pt-BR"
"""The language that binds; the other text is its translation."""
LISTED: Final = (
    "id",
    "version",
    "hash",
    "hash_en",
    "published_at",
    "announced_at",
    "withdrawn_at",
    "requires_acceptance",
    "summary",
    "summary_en",
)
"""What a list shows of a version: all but the texts."""
_SUMMARIES: Final[Mapping[Language, str]] = {"pt-BR": "Primeira versão.", "en": "First version."}


@dataclass(frozen=True, slots=True)
class Version:
    """A version by number and hash: what an acceptance names."""

    version: int
    hash: str


async def show_current(platform: Platform, actor: Actor) -> Shown:
    """The version in force, with its texts. Raises `Failure("not_found")` before any is."""
    return await _show(platform, actor, _in_force())


async def show(platform: Platform, actor: Actor, version: int) -> Shown:
    """One version that was announced, in force or not. Raises `Failure("not_found")`."""
    return await _show(platform, actor, Policy.version == bound("version", Integer()), version)


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of the versions that were announced, newest first; raises as `find_page` does."""
    page, _ = await find_page(
        platform, actor, "public:policy:list", RESOURCE, parameters, shown=LISTED
    )
    return page  # not on record: what is published to everybody says nothing about anybody


async def current(connection: AsyncConnection, clock: Clock) -> Version | None:
    """The version in force now."""
    statement = (
        select(Policy.version, Policy.hash)
        .where(_in_force())
        .order_by(Policy.version.desc())
        .limit(1)
    )
    row = (await connection.execute(statement, {"now": clock()})).first()
    return None if row is None else Version(row.version, row.hash)


async def acceptable(connection: AsyncConnection, clock: Clock, version: int) -> Version | None:
    """The version of this number, if it can be accepted: it is in force, or will be."""
    in_force = await current(connection, clock)
    statement = select(Policy.version, Policy.hash).where(
        Policy.version == version, Policy.withdrawn_at.is_(None)
    )
    row = (await connection.execute(statement)).first()
    if row is None or (in_force is not None and version < in_force.version):
        return None
    return Version(row.version, row.hash)


async def install_first(connection: AsyncConnection, clock: Clock) -> bool:
    """Publish the first text that ships with the service, unless any version stands already.

    It wants to be accepted: registering does that, and whoever comes from elsewhere is asked.
    """
    if (await connection.execute(select(Policy.version).limit(1))).first() is not None:
        return False
    text, text_en = _shipped("pt-BR"), _shipped("en")
    now = clock()
    await connection.execute(
        insert(Policy).values(
            version=FIRST,
            id=new_id(),
            hash=text_hash(text),
            hash_en=text_hash(text_en),
            announced_at=now,
            published_at=now,
            language=LANGUAGE,
            text=text,
            text_en=text_en,
            summary=_SUMMARIES["pt-BR"],
            summary_en=_SUMMARIES["en"],
            requires_acceptance=True,
        )
    )
    return True


def text_hash(text: str) -> str:
    """SHA-256 (hex) of the text in UTF-8: what acceptances name and anybody can compute."""
    return hashlib.sha256(text.encode()).hexdigest()


def _in_force() -> ColumnElement[bool]:
    """Announced for a moment that has come (bound as ``now``). The newest of these counts."""
    begun = Policy.published_at <= bound("now", UtcDateTime())
    return begun & Policy.withdrawn_at.is_(None)


async def _show(
    platform: Platform, actor: Actor, which: ColumnElement[bool], version: int | None = None
) -> Shown:
    require(actor, READ)
    plan = platform.projection.plan(actor, RESOURCE)
    newest = Policy.version.desc()
    statement = platform.projection.selection(plan).where(which).order_by(newest).limit(1)
    values: dict[str, Any] = {"now": platform.clock(), "version": version}
    rows = await platform.database.fetch(prepare(statement, platform.database.dialect), values)
    if not rows:
        raise Failure("not_found")
    return platform.projection.show(plan, platform.projection.view(plan, rows[0]))


def _shipped(language: Language) -> str:
    file = resources.files("app.services") / f"texts/policy-{FIRST}.{language}.md"
    return file.read_text(encoding="utf-8")
