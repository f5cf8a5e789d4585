"""Signing in by password. Who fails learns neither whether the address is known nor what was wrong.

Tries are counted by the address that was typed, known or not, before anything is looked up.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.access.actors import Actor
from app.core.emails import email_key, normalise_email
from app.core.errors import Failure
from app.core.statements import bound, prepare
from app.core.text import FieldRefused
from app.models import Login, Officer, StaffMember
from app.security.throttle_rules import ThrottledDeed
from app.services import entrances, second_factors
from app.services.audit_log import Deed
from app.services.entrances import (
    AUTHORITY_ACTION,
    CUSTOMER_ACTION,
    STAFF_ACTION,
    Evidence,
    Password,
)
from app.services.owners import SUBJECTS, Kind, Owner
from app.services.platform import Platform
from app.services.second_factors import Code
from app.services.sessions import Tokens


async def customer(
    platform: Platform,
    username: str,
    password: str,
    account: UUID | None,
    caller: Actor,
    code: Code | None = None,
) -> Tokens:
    """Open a session for a login, on one of its accounts: `account`, else the oldest membership.

    Raises `Failure("second_factor_required")` for the right password of a login that has a second
    factor, without a code; `Failure("invalid_credentials")` for whatever else is wrong, after the
    same hashing; `Failure("too_many_requests")` for who tried too often, `Failure("hashing_busy")`
    when too many sign in at once.
    """
    key = _key(username)
    await platform.throttle.attempt("customer_sign_in", network=caller.network, account=key)
    found = await _find(platform, _LOGIN, key)
    known = await _known(platform, found, password)
    if found is None or known is None:
        raise await _refused(platform, CUSTOMER_ACTION, "login", found, caller)
    owner = Owner("login", found["id"])
    if code is None and await second_factors.stands(platform, owner):
        raise await _refused(
            platform, CUSTOMER_ACTION, "login", found, caller, "second_factor_required"
        )
    evidence = await _evidence(platform, owner, known, code, caller)
    tokens = evidence and await entrances.customer(platform, owner.id, account, caller, evidence)
    if not tokens:
        raise await _refused(platform, CUSTOMER_ACTION, "login", found, caller)
    await platform.throttle.forgive("customer_sign_in", network=caller.network, account=key)
    if code is not None:
        await second_factors.forgive(platform, owner, caller.network)
    return tokens


async def staff(
    platform: Platform, username: str, password: str, code: Code, caller: Actor
) -> Tokens:
    """Open a session for a staff member: password and a fresh code, always both.

    Raises `Failure("invalid_credentials")` for whatever is wrong, after the same hashing;
    `Failure("too_many_requests")` for who tried too often.
    """
    return await _by_both(platform, _AS_STAFF, username, password, code, caller)


async def officer(
    platform: Platform, username: str, password: str, code: Code, caller: Actor
) -> Tokens:
    """The same for an authority's officer, who is in office, of an agency that is not suspended.

    Raises `Failure` as `staff` does, and with ``officer_not_vetted`` for the right password and
    code of somebody who waits for the call-back.
    """
    return await _by_both(platform, _AS_OFFICER, username, password, code, caller)


@dataclass(frozen=True, slots=True)
class _Way:
    """How those come in who always show both: whom the statement finds, and who opens.

    `waiting` is the status of those who may not come in yet, and are told so.
    """

    kind: Kind
    throttled: ThrottledDeed
    action: str
    statement: Any
    open: Callable[[Platform, UUID, Actor, Evidence], Awaitable[Tokens | None]]
    waiting: str | None = None


async def _by_both(
    platform: Platform, way: _Way, username: str, password: str, code: Code, caller: Actor
) -> Tokens:
    subject, key = SUBJECTS[way.kind], _key(username)
    await platform.throttle.attempt(way.throttled, network=caller.network, account=key)
    found = await _find(platform, way.statement, key)
    waits = found is not None and found["status"] == way.waiting
    known = await _known(platform, found, password, "active" if not waits else way.waiting)
    if found is None or known is None:
        raise await _refused(platform, way.action, subject, found, caller)
    owner = Owner(way.kind, found["id"])
    evidence = await _evidence(platform, owner, known, code, caller)
    if waits and evidence is not None and await _used(platform, evidence, caller):
        raise await _refused(platform, way.action, subject, found, caller, "officer_not_vetted")
    tokens = evidence and await way.open(platform, owner.id, caller, evidence)
    if not tokens:
        raise await _refused(platform, way.action, subject, found, caller)
    await platform.throttle.forgive(way.throttled, network=caller.network, account=key)
    await second_factors.forgive(platform, owner, caller.network)
    return tokens


_LOGIN = select(Login.id, Login.status, Login.password_hash).where(
    Login.email_key == bound("email_key", Login.email_key.type)
)
_STAFF = select(StaffMember.id, StaffMember.status, StaffMember.password_hash).where(
    StaffMember.email_key == bound("email_key", StaffMember.email_key.type)
)

_OFFICER = select(Officer.id, Officer.status, Officer.password_hash).where(
    Officer.email_key == bound("email_key", Officer.email_key.type)
)
_AS_STAFF = _Way("staff", "staff_sign_in", STAFF_ACTION, _STAFF, entrances.staff)
_AS_OFFICER = _Way(
    "officer", "authority_sign_in", AUTHORITY_ACTION, _OFFICER, entrances.officer, "confirmed"
)

_prepare_once = lru_cache(maxsize=8)(prepare)  # making a statement costs as much as running it


def _key(username: str) -> str:
    """The address that was typed, as it is compared; empty for what can be none."""
    try:
        return email_key(normalise_email(username))
    except FieldRefused:
        return ""  # asked all the same: it costs what a known address does


async def _find(platform: Platform, statement: Any, key: str) -> dict[str, Any] | None:
    prepared = _prepare_once(statement, platform.database.dialect)
    rows = await platform.database.fetch(prepared, {"email_key": key})
    names = [column.name for column in statement.selected_columns]
    return dict(zip(names, rows[0], strict=True)) if rows else None


async def _known(
    platform: Platform,
    found: Mapping[str, Any] | None,
    password: str,
    status: str | None = "active",
) -> Password | None:
    """The password of somebody of that status, if it is right. Nobody's is as much work."""
    stored = found["password_hash"] if found else None
    verdict = await platform.hashing.verify(password, stored)
    if found is None or not verdict.ok or found["status"] != status:
        return None
    fresh = await platform.hashing.hash(password) if verdict.needs_rehash else None
    return Password(found["password_hash"], fresh, platform.judge.is_common(password))


async def _evidence(
    platform: Platform, owner: Owner, known: Password, code: Code | None, caller: Actor
) -> Evidence | None:
    """The password, with the proof that lies in the code; None for a code that is not good."""
    if code is None:
        return Evidence(known)
    await second_factors.count_guess(platform, owner, caller.network)
    proof = await second_factors.check(platform, owner, code)
    return None if proof is None else Evidence(known, proof)


async def _used(platform: Platform, evidence: Evidence, caller: Actor) -> bool:
    """Use the second factor up, of somebody who is told something, but not let in."""
    async with platform.database.transaction() as connection:
        proof = evidence.proof
        return proof is not None and await second_factors.use(platform, connection, proof, caller)


async def _refused(
    platform: Platform,
    action: str,
    subject_type: str,
    found: Mapping[str, Any] | None,
    caller: Actor,
    code: str = "invalid_credentials",
) -> Failure:
    subject = found["id"] if found else None
    await platform.audit.write(
        caller,
        Deed(action, outcome="refused", subject_type=subject_type, subject_id=subject),
    )
    return Failure(code)
