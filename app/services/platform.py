"""What services work with: made once at start-up, handed to every verb as its first argument."""

import asyncio
from dataclasses import dataclass, field

from app.core.clock import Clock
from app.core.database import Database
from app.core.gathering import Gatherings
from app.core.settings import Settings
from app.core.turns import Turns
from app.projection.projection import Projection
from app.security.blurring import Blur
from app.security.breached_passwords import BreachedPasswords
from app.security.common_passwords import CommonPasswords
from app.security.counters import MemoryCounters, RedisCounters
from app.security.csrf import CsrfTokens
from app.security.document_pool import DocumentPool
from app.security.form_tokens import FormTokens
from app.security.hashing_pool import HashingPool
from app.security.keys import Keyring
from app.security.passkeys import RelyingParty, relying_party
from app.security.password_strength import PasswordJudge
from app.security.passwords import PasswordHasher
from app.security.sealing import Sealer
from app.security.service_certificate import ServiceCertificates
from app.security.throttling import Throttle
from app.security.tokens import AccessTokens
from app.security.visitor_marks import VisitorMarks
from app.services.audit_log import AuditLog
from app.services.mail_templates import MailTemplates
from app.services.session_notes import SessionNotes
from app.services.session_watch import SessionWatch


@dataclass(frozen=True, slots=True)
class Platform:
    """The service's parts. `open_platform` makes one, `close` ends it."""

    settings: Settings
    clock: Clock
    database: Database
    projection: Projection
    audit: AuditLog
    gatherings: Gatherings
    turns: Turns
    sessions: SessionWatch
    session_notes: SessionNotes
    keyring: Keyring
    certificates: ServiceCertificates
    tokens: AccessTokens
    hashing: HashingPool
    judge: PasswordJudge
    breached: BreachedPasswords
    documents: DocumentPool
    throttle: Throttle
    csrf: CsrfTokens
    form_tokens: FormTokens
    visitor_marks: VisitorMarks
    blur: Blur
    rotation_key: bytes = field(repr=False)
    """What each refresh token's successor is derived with."""
    totp_sealer: Sealer
    answer_sealer: Sealer
    mail_sealer: Sealer
    file_sealer: Sealer
    package_sealer: Sealer
    relying_party: RelyingParty
    registration_sealer: Sealer
    access_sealer: Sealer
    hold_sealer: Sealer
    mail_templates: MailTemplates

    async def close(self) -> None:
        """Write what is waiting, end threads and processes, close the connections."""
        await self.gatherings.close()
        await self.audit.close()
        await self.session_notes.close()
        self.hashing.close()
        await asyncio.to_thread(self.documents.close)  # a document may take its time
        await self.breached.close()
        await self.throttle.close()
        await self.database.close()


def open_platform(settings: Settings, clock: Clock, keyring: Keyring) -> Platform:
    """Build every part; opens no connection.

    Raises `MatrixError` if matrix and tables disagree, `OSError` or `ValueError` for an unfit file
    of common passwords, `ValueError` for an address of Redis that is none, `KeysError` for an unfit
    certificate.
    """
    database = Database(settings.database, pool=settings.database_pool)
    projection = Projection(
        database.dialect,
        tag_key=keyring.secret("entity-tags"),
        cursor_key=keyring.secret("cursors"),
        fiscal_years=settings.fiscal_retention_years,
    )
    notes = SessionNotes(database, clock)
    return Platform(
        settings=settings,
        clock=clock,
        database=database,
        projection=projection,
        audit=AuditLog(database, projection.hash, clock),
        gatherings=Gatherings(),
        turns=Turns(),
        sessions=SessionWatch(database, clock, used=notes.used),
        session_notes=notes,
        keyring=keyring,
        certificates=open_certificates(settings, clock),
        tokens=AccessTokens(keyring, settings.public_url, settings.access_token_seconds, clock),
        hashing=HashingPool(password_hasher(settings), settings.hash_workers, settings.hash_queue),
        judge=PasswordJudge(CommonPasswords(settings.common_passwords_file)),
        breached=BreachedPasswords(settings.breached_passwords_url),
        documents=document_pool(settings),
        throttle=Throttle(
            MemoryCounters(clock),
            RedisCounters(settings.redis_url) if settings.redis_url else None,
            keyring.secret("throttle"),
            on=settings.throttle == "on",
        ),
        csrf=CsrfTokens(keyring.secret("csrf-tokens")),
        form_tokens=FormTokens(keyring.secret("contact-forms")),
        visitor_marks=VisitorMarks(keyring.secret("visitor-marks")),
        blur=Blur(keyring.secret("figures")),
        rotation_key=keyring.secret("refresh-tokens"),
        totp_sealer=Sealer(keyring.secret("totp-secrets")),
        answer_sealer=Sealer(keyring.secret("idempotent-answers")),
        mail_sealer=Sealer(keyring.secret("outbox-messages")),
        file_sealer=Sealer(keyring.secret("stored-files")),
        package_sealer=Sealer(keyring.secret("legal-packages")),
        relying_party=relying_party(
            (settings.area_url, settings.public_url, *settings.cors_origins),
            settings.agency_name,
            settings.passkey_domain,
        ),
        registration_sealer=Sealer(keyring.secret("pending-registrations")),
        access_sealer=Sealer(keyring.secret("access-records")),
        hold_sealer=Sealer(keyring.secret("held-copies")),
        mail_templates=MailTemplates(settings.agency_name),
    )


def document_pool(settings: Settings) -> DocumentPool:
    """Verifies signed documents as the settings ask for; starts nothing yet."""
    return DocumentPool(
        settings.trust_path,
        workers=settings.document_workers,
        queue_length=settings.document_queue,
        memory_mib=settings.document_memory_mib,
        seconds=settings.document_seconds,
    )


def open_certificates(settings: Settings, clock: Clock) -> ServiceCertificates:
    """What documents are signed with. Raises `KeysError` for one that is not fit for use."""
    certificates = ServiceCertificates(
        settings.keys_path, settings.agency_name, production=settings.production, clock=clock
    )
    certificates.check()
    return certificates


def password_hasher(settings: Settings) -> PasswordHasher:
    """Hashes at the cost that the settings ask for."""
    return PasswordHasher(
        time_cost=settings.argon2_time_cost,
        memory_cost_kib=settings.argon2_memory_kib,
        parallelism=settings.argon2_parallelism,
    )
