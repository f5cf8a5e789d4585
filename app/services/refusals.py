"""Refusals on record: who was told "you may not", and for which fields of ours."""

from app.access.actors import Actor
from app.core.errors import Refusal
from app.services.audit_log import Deed
from app.services.platform import Platform


async def record(platform: Platform, actor: Actor, refusal: Refusal) -> None:
    """Put a refusal on record before it is answered. Raises `Failure("audit_unavailable")`."""
    await platform.audit.write(
        actor,
        Deed(
            refusal.action,
            outcome="refused",
            subject_type=refusal.subject_type,
            subject_id=refusal.subject_id,
            fields=refusal.fields,
        ),
    )
