"""Disabling passwords, of one login or of some hundreds at once: the deed behind interventions.

Everything is done to all of the logins together, so that an incident over a hundred thousand takes
a number of statements for each batch, and none for each login. It is all one transaction, the
caller's, who puts it on record there: it stands or falls together.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.ids import new_id
from app.core.language import Language
from app.core.statements import among
from app.models import (
    Authenticator,
    Challenge,
    Intervention,
    Login,
    RefreshToken,
    Session,
    table_of,
)
from app.services import (
    email_recalls,
    intervention_reports,
    inviters,
    one_time_tokens,
    outbox,
    second_factor_removal,
)
from app.services.intervention_reports import Cause
from app.services.new_passwords import INTERVENTION
from app.services.password_mails import NEW_PASSWORD_PAGE
from app.services.platform import Platform

LIFETIME: Final = timedelta(hours=24)
"""How long the customer's link to choose a new password is good."""
END_REASON: Final = "intervention"


@dataclass(frozen=True, slots=True)
class Disabled:
    """What was done: an intervention by login, and the sessions that ended.

    Once the transaction is committed, `forget` makes this process refuse those sessions at once;
    the others notice within a second.
    """

    interventions: dict[UUID, UUID]
    sessions: tuple[UUID, ...]

    def forget(self, platform: Platform) -> None:
        """Remember nothing of the ended sessions."""
        platform.sessions.forget(*self.sessions)


@dataclass(frozen=True, slots=True)
class _Person:
    id: UUID
    email: str
    name: str
    language: Language


@dataclass(frozen=True, slots=True)
class _Report:
    facts: Mapping[str, Any]
    text: str


async def disable(
    platform: Platform,
    connection: AsyncConnection,
    cause: Cause,
    login_ids: Sequence[UUID],
) -> Disabled:
    """Disable the passwords of these logins; one that does not exist is passed over.

    A login without a password is dealt with as any other: its sessions and tokens end, too. One
    whose address was moved within the last week gets back the one from before; link and report go
    there (`email_recalls.py`). The caller puts it on record, with these logins as its subjects.
    """
    now = platform.clock()
    accounts = await email_recalls.lock_accounts(platform, connection, login_ids)
    people = await _locked(connection, login_ids)
    if not people:
        return Disabled({}, ())
    ids = [person.id for person in people]
    anchors = await email_recalls.recall(
        platform, connection, {person.id: person.email for person in people}, accounts
    )
    people = [replace(each, email=anchors.get(each.id, each.email)) for each in people]
    ended = await shut_out(platform, connection, ids, END_REASON)
    links = await one_time_tokens.issue_each(
        platform, connection, INTERVENTION, lifetime=LIFETIME, login_ids=ids
    )
    reports = _reports(platform, cause, now, people, ended)
    written = await _write_reports(connection, cause, now, people, reports)
    until = (now + LIFETIME).isoformat()
    await outbox.queue(
        platform,
        connection,
        *(
            _mail(platform, cause, person, reports[person.id], until, links[person.id])
            for person in people
        ),
    )
    return Disabled(written, tuple(row.id for row in ended))


async def shut_out(
    platform: Platform, connection: AsyncConnection, ids: Sequence[UUID], reason: str
) -> Sequence[Any]:
    """Have the passwords of these logins, locked, open nothing; end what was open, or begun.

    Returns the sessions that ended (`id`, `login_id`, `expires_at`), to be forgotten once the
    transaction is committed. A link by mail lets their humans in again.
    """
    now = platform.clock()
    await connection.execute(
        update(Login)
        .where(among(Login.id, ids, connection.dialect))
        .values(password_hash=None, reset_required_at=now)
    )
    ended = await _end_sessions(connection, ids, now, reason)
    await _end_beginnings(platform, connection, ids)
    await inviters.withdraw_all(platform, connection, ids)
    recent = now - second_factor_removal.RECENT
    await second_factor_removal.remove_recent(connection, ids, recent)
    return ended


async def _locked(connection: AsyncConnection, login_ids: Sequence[UUID]) -> list[_Person]:
    """The logins, locked in the order of their ids: two deeds at once never wait for each other."""
    rows = await connection.execute(
        select(Login.id, Login.email, Login.name, Login.language)
        .where(among(Login.id, login_ids, connection.dialect))
        .order_by(Login.id)
        .with_for_update(key_share=True)  # foreign keys to the logins are not held up
    )
    return [
        _Person(row.id, row.email, row.name, intervention_reports.language_of(row.language))
        for row in rows
    ]


async def _end_sessions(
    connection: AsyncConnection, ids: Sequence[UUID], now: datetime, reason: str
) -> Sequence[Any]:
    """End every session; a refresh token of theirs is spent, so that using it stands out."""
    theirs = among(Session.login_id, ids, connection.dialect)
    tokens = select(Session.id).where(theirs)
    await connection.execute(
        update(RefreshToken)
        .where(RefreshToken.session_id.in_(tokens), RefreshToken.spent_at.is_(None))
        .values(spent_at=now)
    )
    ended = await connection.execute(
        update(Session)
        .where(theirs, Session.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
        .returning(Session.id, Session.login_id, Session.expires_at)
    )
    return ended.all()


async def _end_beginnings(
    platform: Platform, connection: AsyncConnection, ids: Sequence[UUID]
) -> None:
    """Void what was begun and could be finished by whoever had the password."""
    await one_time_tokens.void_each(platform, connection, ids)
    await connection.execute(
        delete(Authenticator).where(
            among(Authenticator.login_id, ids, connection.dialect),
            Authenticator.confirmed_at.is_(None),
        )
    )
    await connection.execute(
        delete(Challenge).where(among(Challenge.login_id, ids, connection.dialect))
    )


def _reports(
    platform: Platform,
    cause: Cause,
    now: datetime,
    people: Sequence[_Person],
    ended: Sequence[Any],
) -> dict[UUID, _Report]:
    """The report of each login: those of a deed differ by language and sessions, and no more."""
    counts = Counter(row.login_id for row in ended if row.expires_at > now)
    known: dict[tuple[Language, int], _Report] = {}
    for kind in {(person.language, counts[person.id]) for person in people}:
        facts = intervention_reports.facts(cause, kind[0], now, kind[1])
        known[kind] = _Report(facts, intervention_reports.render(platform, kind[0], facts))
    return {person.id: known[person.language, counts[person.id]] for person in people}


async def _write_reports(
    connection: AsyncConnection,
    cause: Cause,
    now: datetime,
    people: Sequence[_Person],
    reports: Mapping[UUID, _Report],
) -> dict[UUID, UUID]:
    """A row for each login; returns their ids by login."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "login_id": person.id,
            "incident_id": cause.incident_id,
            "staff_id": cause.staff_id,
            "role": cause.role.value,
            "reason_code": cause.reason_code,
            "language": person.language,
            "report": reports[person.id].text,
            "created_at": now,
        }
        for person in people
    ]
    await connection.execute(insert(table_of(Intervention)), rows)
    return {row["login_id"]: row["id"] for row in rows}


def _mail(
    platform: Platform, cause: Cause, person: _Person, report: _Report, until: str, token: str
) -> outbox.Message:
    incident = cause.incident_id
    return outbox.Message(
        template=intervention_reports.TEMPLATE,
        recipient=person.email,
        language=person.language,
        params={**report.facts, "name": person.name, "expires_at": until},
        secret={"link": outbox.link(platform, NEW_PASSWORD_PAGE, token)},
        key=None if incident is None else f"incident:{incident}:{person.id}",
        batch=None if incident is None else batch_of(incident),
        login_id=person.id,
    )


def batch_of(incident_id: UUID) -> str:
    """The name under which an incident's mails are counted."""
    return f"incident:{incident_id}"
