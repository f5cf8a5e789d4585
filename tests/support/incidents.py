"""Incidents for tests: what staff send, and the usual way from draft to done."""

from datetime import timedelta
from typing import Any

import httpx

from app.core.language import Language
from app.services import incident_work
from tests.support.people import StaffPerson
from tests.support.service import Service

REASON_TEXT: dict[Language, str] = {
    "pt-BR": "Na noite de ontem alguém entrou em contas com senhas de outro site.",
    "en": "Last night somebody entered accounts with passwords of another site.",
}
INCIDENTS = "/v1/staff/incidents"

# Everybody is signed in once, on one account, and has renewed once (PostgreSQL).
SIGNED_IN = """
    INSERT INTO sessions (id, kind, login_id, customer_id, device, network, factors, created_at,
                          last_used_at, proved_at, expires_at)
    SELECT gen_random_uuid(), 'customer', login_id, customer_id, 'Firefox, Windows',
           '203.0.113.0/24', 'password', now(), now(), now(), now() + interval '30 days'
    FROM memberships
"""
RENEWED = """
    INSERT INTO refresh_tokens (digest, session_id, created_at, expires_at, spent_at)
    SELECT decode(md5(id::text || copy) || md5(copy || id::text), 'hex'), id, now(),
           now() + interval '30 days', CASE copy WHEN 1 THEN now() END
    FROM sessions CROSS JOIN generate_series(1, 2) AS copy WHERE kind = 'customer'
"""


def draft(service: Service, selection: dict[str, Any], **members: Any) -> dict[str, Any]:
    """What somebody enters an hour after the agency learnt of it."""
    known_at = service.clock() - timedelta(hours=1)
    return {
        "title": "Senhas de outro site",
        "reason_code": "confirmed_breach",
        "reason_text": REASON_TEXT,
        "known_at": known_at.isoformat(),
        "selection": selection,
    } | members


async def entered(
    service: Service, staff: StaffPerson, selection: dict[str, Any], **members: Any
) -> dict[str, Any]:
    """A draft, as it was answered."""
    answer = await service.client.post(
        INCIDENTS, json=draft(service, selection, **members), headers=staff.headers
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def confirm(
    service: Service, staff: StaffPerson, incident: dict[str, Any], count: int | None = None
) -> httpx.Response:
    """Confirm a draft with the count that it told, or another."""
    return await service.client.post(
        f"{INCIDENTS}/{incident['id']}/confirm",
        json={"expected_count": incident["expected"] if count is None else count},
        headers=staff.headers,
    )


async def dealt_with(
    service: Service, first: StaffPerson, second: StaffPerson, selection: dict[str, Any]
) -> dict[str, Any]:
    """An incident that was entered, confirmed by another person, and worked to its end."""
    incident = await entered(service, first, selection)
    answer = await confirm(service, second, incident)
    assert answer.status_code == 200, answer.text
    await incident_work.work(service.platform)
    read = await service.client.get(f"{INCIDENTS}/{incident['id']}", headers=first.headers)
    assert read.status_code == 200, read.text
    found: dict[str, Any] = read.json()
    return found
