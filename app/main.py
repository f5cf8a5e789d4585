"""The composition root: doors, error handlers, and what lives as long as the process does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.requests import Request

from app.core import telemetry
from app.core.clock import Clock, system_clock
from app.core.errors import Refusal
from app.core.garbage import spare_the_collector
from app.core.settings import Settings
from app.routers import docs, health, metrics, openapi, problems
from app.routers.auth import keys, passkeys, step_up, tokens
from app.routers.authority import authenticators as authority_authenticators
from app.routers.authority import legal_colleagues
from app.routers.authority import legal_documents as authority_legal_documents
from app.routers.authority import legal_packages as authority_legal_packages
from app.routers.authority import legal_requests as authority_legal_requests
from app.routers.authority import login as authority_login
from app.routers.authority import password as authority_password
from app.routers.authority import sessions as authority_sessions
from app.routers.customer import (
    access_log,
    access_records,
    accounts,
    consents,
    customer_changes,
    disclosures,
    email_changes,
    email_verification,
    invitations,
    invoices,
    login,
    members,
    membership,
    policy_acceptances,
    profile,
    recipients,
)
from app.routers.customer import analytics_events as customer_analytics_events
from app.routers.customer import authenticators as customer_authenticators
from app.routers.customer import contact_requests as own_contact_requests
from app.routers.customer import interventions as own_interventions
from app.routers.customer import legal_requests as own_legal_requests
from app.routers.customer import password as customer_password
from app.routers.customer import sessions as customer_sessions
from app.routers.envelope import Envelope
from app.routers.public import (
    agencies,
    analytics_events,
    authority_recoveries,
    authority_registrations,
    certificate,
    consent_receipts,
    cookie_consents,
    email_verifications,
    password_resets,
    password_strength,
    policies,
    purposes,
    registrations,
    transparency_reports,
)
from app.routers.public import contact_requests as public_contact_requests
from app.routers.public import email_changes as public_email_changes
from app.routers.public import invitations as public_invitations
from app.routers.staff import agencies as staff_agencies
from app.routers.staff import (
    analytics,
    audit_events,
    customers,
    incidents,
    interventions,
    legal_custody,
    legal_holds,
    legal_secrecy,
    legal_targets,
    messages,
    officers,
    policy_drafts,
    visibility,
)
from app.routers.staff import authenticators as staff_authenticators
from app.routers.staff import consents as staff_consents
from app.routers.staff import contact_requests as staff_contact_requests
from app.routers.staff import customer_changes as staff_customer_changes
from app.routers.staff import disclosures as staff_disclosures
from app.routers.staff import invoices as staff_invoices
from app.routers.staff import legal_documents as staff_legal_documents
from app.routers.staff import legal_packages as staff_legal_packages
from app.routers.staff import legal_requests as staff_legal_requests
from app.routers.staff import members as staff_members
from app.routers.staff import password as staff_password
from app.routers.staff import policies as staff_policies
from app.routers.staff import recipients as staff_recipients
from app.routers.staff import sessions as staff_sessions
from app.services import messages as mails
from app.services import migrations
from app.services.keyrings import open_keyring
from app.services.platform import Platform, open_platform
from app.services.refusals import record
from app.worker.loop import run as run_worker

DOORS = (
    customers.router,  # the hottest first: routes are tried in this order, a microsecond each
    tokens.router,
    consents.router,
    staff_customer_changes.router,
    visibility.router,
    audit_events.router,
    interventions.router,
    incidents.router,
    messages.router,
    profile.router,
    customer_changes.router,
    access_log.router,
    access_records.router,
    login.router,
    customer_sessions.router,
    staff_sessions.router,
    customer_password.router,
    staff_password.router,
    accounts.router,
    membership.router,
    members.router,
    invitations.router,
    invoices.router,
    staff_consents.router,
    staff_members.router,
    staff_invoices.router,
    recipients.router,
    staff_recipients.router,
    staff_contact_requests.router,
    own_contact_requests.router,
    public_contact_requests.router,
    disclosures.router,
    staff_disclosures.router,
    staff_agencies.router,
    officers.router,
    authority_login.router,
    authority_sessions.router,
    authority_password.router,
    authority_authenticators.router,
    agencies.router,
    authority_registrations.router,
    authority_recoveries.router,
    staff_legal_requests.router,
    legal_holds.router,
    legal_secrecy.router,
    legal_targets.router,
    authority_legal_requests.router,
    own_legal_requests.router,
    legal_colleagues.router,
    legal_custody.router,
    transparency_reports.router,
    staff_legal_packages.router,
    authority_legal_packages.router,
    staff_legal_documents.router,
    authority_legal_documents.router,
    public_invitations.router,
    own_interventions.router,
    customer_authenticators.router,
    staff_authenticators.router,
    email_changes.router,
    email_verification.router,
    passkeys.router,
    step_up.router,
    keys.router,
    policies.router,
    purposes.router,
    consent_receipts.router,
    certificate.router,
    policy_acceptances.router,
    policy_drafts.router,
    staff_policies.router,
    cookie_consents.router,
    analytics_events.router,
    customer_analytics_events.router,
    analytics.router,
    registrations.router,
    password_strength.router,
    password_resets.router,
    email_verifications.router,
    public_email_changes.router,
    health.router,
    metrics.router,
    docs.router,
)


def create_app(settings: Settings | None = None, *, clock: Clock = system_clock) -> FastAPI:
    """The service. Its parts are opened when it starts and closed when it stops.

    Raises `KeysError` or `MatrixError` at start-up, before anything is served.
    """
    settings = settings or Settings()
    app = FastAPI(
        title="Salvaguarda",
        version="1.0.0",
        openapi_url=None,  # `routers/docs.py` serves it, beside a page that needs no other host
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would be built from the Host header
        telemetry={"logs": False, "tracing": False, "metrics": False},  # they hold values
        lifespan=lambda app: _living(app, settings, clock),
    )
    problems.install(app)
    for router in DOORS:
        # Not `include_router`: it matches each path twice, which costs a tenth of a hot read. Our
        # routers are told everything where they are made.
        app.router.routes.extend(router.routes)
    openapi.install(app)
    app.add_middleware(
        Envelope,
        production=settings.production,
        origins=settings.cors_origins,
        body_limit=settings.body_limit,
        body_idle_seconds=settings.body_idle_seconds,
        body_seconds=settings.body_seconds,
    )
    return app


@asynccontextmanager
async def _living(app: FastAPI, settings: Settings, clock: Clock) -> AsyncIterator[None]:
    telemetry.configure(production=settings.production, level=settings.log_level)
    platform = open_platform(settings, clock, open_keyring(settings))
    app.state.platform = platform
    app.state.readiness = health.Checks(
        {
            "database": lambda: migrations.reachable(platform),
            "migrations": lambda: migrations.at_head(platform),
            "audit": platform.audit.check,
        }
    )
    app.state.mails_waiting = lambda: mails.waiting(platform)
    app.state.record_refusal = _record_refusal
    worker = (
        asyncio.create_task(run_worker(platform)) if settings.worker_mode == "embedded" else None
    )
    if settings.production:  # such a process serves one app, and for long
        spare_the_collector()
    try:
        yield
    finally:
        if worker is not None:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker
        await app.state.readiness.close()
        await platform.close()


async def _record_refusal(request: Request, refusal: Refusal) -> None:
    platform: Platform = request.app.state.platform
    await record(platform, request.state.actor, refusal)
