"""The background loop: small regular duties, on any number of processes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.core import telemetry
from app.services import (
    access_records,
    analytics_events,
    challenges,
    consent_expiry,
    contact_acknowledgements,
    contact_forms,
    contact_reminders,
    contact_retention,
    email_changes,
    enrolments,
    idempotency,
    incident_work,
    legal_collection,
    legal_delivery,
    legal_holds,
    legal_lapses,
    legal_notices,
    legal_reminders,
    legal_verification,
    officer_expiry,
    one_time_tokens,
    outbox,
    pending_forms,
    policy_notices,
    seals,
    sessions,
    stored_files,
    transparency_reports,
)
from app.services.platform import Platform
from app.worker import delivery


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done every so many seconds.

    An `endless` one is begun again when it broke off, and winds down by itself when cancelled.
    """

    name: str
    seconds: float
    do: Callable[[Platform], Awaitable[object]]
    endless: bool = False


DUTIES = (
    Duty("work_on_incidents", 1, incident_work.work),
    Duty("collect_for_legal_requests", 5, legal_collection.work),
    Duty("release_legal_packages", 5, legal_delivery.work),
    Duty("expire_legal_packages", 600, legal_delivery.expire),
    Duty("expire_consents", 5, consent_expiry.work),
    Duty("expire_officers", 600, officer_expiry.work),
    Duty("tell_of_legal_requests", 60, legal_notices.work),
    Duty("end_legal_holds", 600, legal_holds.work),
    Duty("verify_legal_documents", 5, legal_verification.work),
    Duty("deliver_mail", 1, delivery.run, endless=True),
    Duty("tell_of_policies", 300, policy_notices.keep_up),
    Duty("purge_outbox", 3600, outbox.purge),
    Duty("seal_audit_log", 60, seals.seal),
    Duty("purge_idempotency_keys", 3600, idempotency.purge),
    Duty("purge_sessions", 3600, sessions.purge),
    Duty("purge_one_time_tokens", 3600, one_time_tokens.purge),
    Duty("purge_challenges", 3600, challenges.purge),
    Duty("purge_unconfirmed_factors", 3600, enrolments.purge),
    Duty("lapse_email_changes", 3600, email_changes.lapse),
    Duty("purge_pending_registrations", 3600, pending_forms.purge),
    Duty("acknowledge_contact_requests", 600, contact_acknowledgements.catch_up),
    Duty("remind_of_contact_requests", 600, contact_reminders.remind),
    Duty("remind_of_legal_requests", 300, legal_reminders.remind),
    Duty("lapse_legal_requests", 600, legal_lapses.work),
    Duty("publish_transparency_reports", 3600, transparency_reports.publish),
    Duty("purge_contact_requests", 3600, contact_retention.purge),
    Duty("purge_contact_forms", 3600, contact_forms.purge),
    Duty("purge_access_records", 3600, access_records.purge),
    Duty("purge_analytics_events", 3600, analytics_events.purge),
    Duty("purge_stored_files", 60, stored_files.purge),
)

GRACE: Final = 20.0
"""Seconds that a duty under way gets to end when the worker is told to stop."""


async def run(platform: Platform) -> None:
    """Do every duty at its pace until cancelled; one that fails is tried again at its next turn.

    Cancelled, it lets the duties that are under way come to their ends.
    """
    async with asyncio.TaskGroup() as duties:  # unlike `gather` it waits for all that it cancels
        for duty in DUTIES:
            duties.create_task(_repeat(platform, duty))


async def _repeat(platform: Platform, duty: Duty) -> None:
    while True:
        try:
            await _to_its_end(duty.do(platform), cancel=duty.endless)
        except Exception as error:  # the next turn may go better; the log says what happened
            telemetry.logger.warning("duty_failed", duty=duty.name, **telemetry.describe(error))
        await asyncio.sleep(duty.seconds)


async def _to_its_end(deed: Awaitable[object], *, cancel: bool) -> None:
    """Cut off in the middle, a transaction would take its connection along."""
    under_way = asyncio.ensure_future(deed)
    try:
        await asyncio.shield(under_way)
    except asyncio.CancelledError:
        if cancel:
            under_way.cancel()
        await asyncio.wait([under_way], timeout=GRACE)
        under_way.cancel()
        with suppress(Exception, asyncio.CancelledError):  # nobody is left to hear of it
            await under_way
        raise
