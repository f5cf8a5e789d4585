"""ANPD's communication of an incident (Res. CD/ANPD 15/2024, art. 6), as far as it is filled in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.access.actors import Actor
from app.projection.plans import View
from app.projection.projection import to_json
from app.schemas.anpd_form import REQUIRED
from app.services import incidents
from app.services.platform import Platform


async def show(platform: Platform, actor: Actor, incident_id: UUID) -> bytes:
    """The form's members and what is still missing, as JSON; on record as a read of the incident.

    Raises as `incidents.look` does.
    """
    view = await incidents.look(platform, actor, incident_id)
    told = _moment(view["form"].get("anpd_communicated_at"))
    late = (told or platform.clock()) > view["anpd_due_at"]
    filled = {"controller": platform.settings.agency_name, **view["form"]}
    return to_json(
        {
            "incident_id": view["id"],
            "small_agent": platform.settings.small_agent,
            "occurred_at": view["occurred_at"],
            "known_at": view["known_at"],
            "due_at": view["anpd_due_at"],
            "communicated_at": told,
            "late": late,
            "supplement_due_at": view["supplement_due_at"],
            "logins": view["expected"],
            "form": filled,
            "missing": _missing(filled, view, late=late),
        }
    )


def _missing(filled: dict[str, Any], view: View, *, late: bool) -> list[str]:
    """What the communication still lacks; a day that nobody can determine is none of it."""
    if view["form"].get("not_communicated_because") is not None:
        return []  # the register tells why ANPD is not (art. 10, §1, VIII)
    wanted = [*REQUIRED, *(["delay_reasons"] if late else [])]
    return [name for name in wanted if filled.get(name) in (None, [])]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
