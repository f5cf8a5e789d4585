"""What changed from one version of the policy to another, computed from the texts themselves."""

import asyncio
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, select

from app.access.actors import Actor
from app.core import differences
from app.core.errors import Failure
from app.core.language import Language
from app.core.statements import bound, prepare
from app.models import Policy
from app.projection.projection import to_json
from app.services import policies, policy_drafts
from app.services.authorization import require
from app.services.platform import Platform


async def show(
    platform: Platform, actor: Actor, version: int, other: int, language: Language
) -> bytes:
    """What leads from the first version named to the second, as JSON (`PolicyDifference`).

    Raises `Failure("not_found")` for a version that was never announced.
    """
    require(actor, policies.READ)
    old, new = [await _named(platform, number, language) for number in (version, other)]
    return await _difference(old, new, language)


async def show_draft(platform: Platform, actor: Actor, draft_id: UUID, language: Language) -> bytes:
    """What a draft would change in the version in force; raises as `policy_drafts.look` does.

    Before any is in force all of the draft is new.
    """
    draft = await policy_drafts.look(platform, actor, draft_id)
    text = draft["text"] if language == policies.LANGUAGE else draft["text_en"]
    new = {"version": draft["version"], "hash": policies.text_hash(text), "text": text}
    async with platform.database.snapshot() as connection:
        version = await policies.current(connection, platform.clock)
    old: dict[str, Any] = {"version": None, "hash": None, "text": ""}
    if version is not None:
        old = await _named(platform, version.version, language)
    return await _difference(old, new, language)


async def _named(platform: Platform, version: int, language: Language) -> dict[str, Any]:
    columns: list[Any] = [Policy.hash, Policy.text]
    if language != policies.LANGUAGE:
        columns = [Policy.hash_en, Policy.text_en]
    chosen = select(*columns).where(Policy.version == bound("version", Integer()))
    statement = prepare(chosen, platform.database.dialect)
    rows = await platform.database.fetch(statement, {"version": version})
    if not rows:
        raise Failure("not_found")
    return {"version": version, "hash": rows[0][0], "text": rows[0][1]}


async def _difference(old: dict[str, Any], new: dict[str, Any], language: Language) -> bytes:
    hunks = await asyncio.to_thread(differences.between, old["text"], new["text"])
    ends = [{"version": end["version"], "hash": end["hash"]} for end in (old, new)]
    return to_json({"from": ends[0], "to": ends[1], "language": language, "hunks": hunks})
