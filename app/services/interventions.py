"""Interventions on one login, and the reports of all of them."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.core.errors import Refusal
from app.core.language import LANGUAGES
from app.projection.projection import Page, Shown, to_json
from app.schemas.interventions import InterventionOrder
from app.services import disabling, idempotency, records
from app.services.audit_log import Deed
from app.services.authorization import require_grounds
from app.services.intervention_reports import Cause
from app.services.listings import find_page
from app.services.outgoing_texts import require_no_ask
from app.services.platform import Platform
from app.services.presence import require_presence

RESOURCE = "intervention"
CREATE = "staff:intervention:create"


async def create(
    platform: Platform, actor: Actor, order: InterventionOrder, claim: idempotency.Claim | None
) -> bytes:
    """Disable the password of one login; the intervention as the caller may see it, as JSON.

    Raises `Refusal` without permission or grounds, and ``not_found`` for a login that does not
    exist; `Failure("validation_failed")` for a text that asks for a secret,
    `Failure("step_up_required")` without a fresh proof of presence.
    """
    require_grounds(actor, CREATE)
    require_no_ask(order.reason_text, "/reason_text")
    assert actor.id is not None  # noqa: S101 - staff are somebody
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        if claim is not None:
            before = await idempotency.answered(platform, connection, claim)
            if before is not None:
                shown = UUID(orjson.loads(before)["id"])
                await _put_on_record(platform, connection, actor, shown, order.login_id)
                return before
        cause = Cause(
            staff_id=actor.id,
            role=actor.viewer,
            reason_code=order.reason_code,
            reason_text=dict.fromkeys(LANGUAGES, order.reason_text),
        )
        done = await disabling.disable(platform, connection, cause, [order.login_id])
        if not done.interventions:
            raise Refusal(
                "not_found", action=CREATE, subject_type="login", subject_id=order.login_id
            )
        intervention_id = done.interventions[order.login_id]
        await _put_on_record(platform, connection, actor, intervention_id, order.login_id)
        plan = platform.projection.plan(actor, RESOURCE)
        values = platform.projection.scope(actor, platform.clock()) | {"id": intervention_id}
        row = (await connection.execute(platform.projection.one(plan), values)).one()
        answer = to_json(platform.projection.view(plan, row))
        if claim is not None:
            await idempotency.keep(platform, connection, claim, answer)
    done.forget(platform)
    return answer


async def list_page(
    platform: Platform, actor: Actor, parameters: Sequence[tuple[str, str]]
) -> Page:
    """A page of interventions, newest first; on record. Raises as `find_page` does.

    Staff see everybody's, a customer those on their own login.
    """
    action = f"{'customer' if actor.kind == 'login' else 'staff'}:intervention:list"
    page, deed = await find_page(platform, actor, action, RESOURCE, parameters)
    shown = {item["login_id"] for item in page.items if "login_id" in item}
    await platform.audit.write(actor, replace(deed, subjects=sorted(shown)))
    return page


async def read(platform: Platform, actor: Actor, intervention_id: UUID) -> Shown:
    """A report to its own login; on record. Raises `Refusal`, `Failure("not_found")`."""
    return await records.read(
        platform, actor, "customer:intervention:read", RESOURCE, intervention_id
    )


async def _put_on_record(
    platform: Platform,
    connection: AsyncConnection,
    actor: Actor,
    intervention_id: UUID,
    login_id: UUID,
) -> None:
    """Whoever is answered is shown the record, the second time too."""
    deed = Deed(
        CREATE,
        subject_type=RESOURCE,
        subject_id=intervention_id,
        fields=platform.projection.plan(actor, RESOURCE).visible,
        rows=1,
        subjects=[login_id],
    )
    await platform.audit.add(connection, actor, deed)
