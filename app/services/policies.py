"""The privacy policy's versions: the current one, and the first, which `migrate` installs."""

import hashlib
from dataclasses import dataclass
from importlib import resources

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.clock import Clock
from app.core.errors import Failure
from app.core.statements import prepare
from app.models import Policy
from app.projection.projection import Shown
from app.services.authorization import require
from app.services.platform import Platform

RESOURCE = "policy"
FIRST = 1
LANGUAGE = "pt-BR"


@dataclass(frozen=True, slots=True)
class Version:
    """A published version by number and hash: what an acceptance names."""

    version: int
    hash: str


async def show_current(platform: Platform, actor: Actor) -> Shown:
    """The version in force, with its text. Raises `Failure("not_found")` before any is."""
    require(actor, "public:policy:read")
    plan = platform.projection.plan(actor, RESOURCE)
    statement = platform.projection.selection(plan).order_by(Policy.version.desc()).limit(1)
    rows = await platform.database.fetch(
        prepare(statement, platform.database.dialect),
        platform.projection.scope(actor, platform.clock()),
    )
    if not rows:
        raise Failure("not_found")
    return platform.projection.show(plan, platform.projection.view(plan, rows[0]))


async def current(connection: AsyncConnection, clock: Clock) -> Version | None:
    """The version in force now."""
    statement = (
        select(Policy.version, Policy.hash)
        .where(Policy.published_at <= clock())
        .order_by(Policy.version.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else Version(row.version, row.hash)


async def install_first(connection: AsyncConnection, clock: Clock) -> bool:
    """Publish the first text that ships with the service, unless any version stands already."""
    if (await connection.execute(select(Policy.version).limit(1))).first() is not None:
        return False
    text = (resources.files("app.services") / f"texts/policy-{FIRST}.{LANGUAGE}.md").read_text(
        encoding="utf-8"
    )
    await connection.execute(
        insert(Policy).values(
            version=FIRST,
            hash=text_hash(text),
            published_at=clock(),
            language=LANGUAGE,
            text=text,
        )
    )
    return True


def text_hash(text: str) -> str:
    """SHA-256 (hex) of the text in UTF-8: what acceptances name and anybody can compute."""
    return hashlib.sha256(text.encode()).hexdigest()
