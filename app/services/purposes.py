"""The register of processing purposes, published: what each consent names (LGPD arts. 8, 9, 37)."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from app.access.actors import Actor
from app.core.clock import Clock
from app.core.columns import UtcDateTime
from app.core.errors import Failure
from app.core.language import LANGUAGES
from app.core.statements import bound, prepare
from app.models import Purpose
from app.projection.plans import View
from app.projection.projection import Shown
from app.services import outbox_grounds
from app.services.authorization import require
from app.services.platform import Platform
from app.services.purpose_register import RegisterError, registered

RESOURCE: Final = "purpose"
READ: Final = "public:purpose:read"


@dataclass(frozen=True, slots=True)
class Words:
    """What a consent names: a purpose's version in force, and the hash of what it says.

    `title` is by language, `fields` as the matrix names them.
    """

    key: str
    version: int
    hash: str
    title: Mapping[str, str]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counting:
    """A purpose's version in force, and the oldest one to which a yes still counts."""

    key: str
    version: int
    kept_from: int


WORDS: Final = (Purpose.key, Purpose.version, Purpose.hash, Purpose.title, Purpose.fields)
"""The columns of `Words`."""
_KEY: Final = re.compile(r"[a-z0-9_]{1,64}")


async def list_current(platform: Platform, actor: Actor) -> list[View]:
    """Each purpose in its version in force, by key."""
    require(actor, READ)
    latest = aliased(Purpose)
    newest = (
        select(func.max(latest.version))
        .where(latest.key == Purpose.key, latest.published_at <= _now())
        .correlate(Purpose)
        .scalar_subquery()
    )
    return await _views(platform, actor, Purpose.version == newest)


async def list_versions(platform: Platform, actor: Actor, key: str) -> list[View]:
    """Every version of one purpose, the newest first. Raises `Failure("not_found")`."""
    require(actor, READ)
    return (await _named(platform, actor, key))[::-1]


async def read_version(platform: Platform, actor: Actor, key: str, version: int) -> Shown:
    """One version, in force or past: its words for as long as there is a consent that names them.

    Raises `Failure("not_found")`.
    """
    require(actor, READ)
    for found in await _named(platform, actor, key):
        if found["version"] == version:
            return platform.projection.show(platform.projection.plan(actor, RESOURCE), found)
    raise Failure("not_found")


async def find(platform: Platform, actor: Actor, key: str, version: int) -> View | None:
    """The words that a consent names, for whoever is shown that consent."""
    plan = platform.projection.plan(actor, RESOURCE)
    statement = platform.projection.selection(plan).where(
        Purpose.key == bound("key", Purpose.key.type),
        Purpose.version == bound("version", Purpose.version.type),
    )
    values = {"key": key, "version": version}
    rows = await platform.database.fetch(
        prepare(statement, platform.database.dialect),
        platform.projection.scope(actor, platform.clock()) | values,
    )
    return platform.projection.view(plan, rows[0]) if rows else None


def as_csv(purposes: Sequence[Mapping[str, Any]]) -> str:
    """The purposes as a table (RFC 4180), a column per field, texts in a column per language."""
    rows = [dict(_flat(purpose)) for purpose in purposes]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["key"])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _flat(purpose: Mapping[str, Any]) -> list[tuple[str, Any]]:
    cells: list[tuple[str, Any]] = []
    for field, value in purpose.items():
        if isinstance(value, Mapping):
            cells += [(f"{field}.{language}", value[language]) for language in LANGUAGES]
        elif isinstance(value, (list, tuple)):
            cells.append((field, " ".join(value)))
        else:
            cells.append((field, value.isoformat() if hasattr(value, "isoformat") else value))
    return cells


async def in_force(connection: AsyncConnection, key: str, at: datetime) -> Words | None:
    """The version of a purpose that is, or was, in force at a moment."""
    statement = (
        select(*WORDS)
        .where(Purpose.key == key, Purpose.published_at <= at)
        .order_by(Purpose.version.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else Words(*row)


async def version(connection: AsyncConnection, key: str, number: int) -> Words:
    """One version of a purpose, which must be there."""
    statement = select(*WORDS).where(Purpose.key == key, Purpose.version == number)
    return Words(*(await connection.execute(statement)).one())


async def counting(connection: AsyncConnection, at: datetime) -> list[Counting]:
    """What each purpose in force demands of the yeses to it, by key."""
    newest = (
        select(Purpose.key, func.max(Purpose.version).label("version"))
        .where(Purpose.published_at <= at)
        .group_by(Purpose.key)
        .subquery("newest")
    )
    statement = (
        select(Purpose.key, Purpose.version, Purpose.consent_kept_from)
        .join(newest, (newest.c.key == Purpose.key) & (newest.c.version == Purpose.version))
        .order_by(Purpose.key)
    )
    return [Counting(*row) for row in await connection.execute(statement)]


async def install(connection: AsyncConnection, clock: Clock) -> int:
    """Publish what the register holds and the database does not; how many versions that were.

    Raises `RegisterError` for a published version whose words are others now.
    """
    known = {
        (row.key, row.version): row.hash
        for row in await connection.execute(select(Purpose.key, Purpose.version, Purpose.hash))
    }
    for purpose in registered():
        if known.get((purpose.key, purpose.version), purpose.hash) != purpose.hash:
            raise RegisterError(
                f"purpose {purpose.key}, version {purpose.version}: its words were changed after "
                "it was published; add a version instead"
            )
    now = clock()
    fresh = [
        {
            "key": purpose.key,
            "version": purpose.version,
            "hash": purpose.hash,
            "published_at": now,
            **purpose.content,
        }
        for purpose in registered()
        if (purpose.key, purpose.version) not in known
    ]
    if fresh:
        await connection.execute(insert(Purpose), fresh)
        kept_from = {row["key"]: row["consent_kept_from"] for row in fresh}
        await outbox_grounds.cancel_outdated(connection, now, kept_from)
    return len(fresh)


async def _named(platform: Platform, actor: Actor, key: str) -> list[View]:
    """The versions of one purpose, oldest first."""
    named = Purpose.key == bound("key", Purpose.key.type)
    if not _KEY.fullmatch(key) or not (found := await _views(platform, actor, named, key=key)):
        raise Failure("not_found")
    return found


async def _views(
    platform: Platform, actor: Actor, condition: ColumnElement[bool], **values: Any
) -> list[View]:
    plan = platform.projection.plan(actor, RESOURCE)
    statement = (
        platform.projection.selection(plan).where(condition).order_by(Purpose.key, Purpose.version)
    )
    now = platform.clock()
    rows = await platform.database.fetch(
        prepare(statement, platform.database.dialect),
        platform.projection.scope(actor, now) | {"now": now} | values,
    )
    return [platform.projection.view(plan, row) for row in rows]


def _now() -> ColumnElement[Any]:
    return bound("now", UtcDateTime())
