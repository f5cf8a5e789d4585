"""Legacy customers in the tables: who is there already, and a batch of new ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.processing import MARKETING
from app.core.ids import coarse_id, new_id
from app.models import Customer, CustomerWord, LegacyCustomer, Login, Membership
from app.services import consent_ledger
from app.services.audit_log import Deed
from app.services.consent_sayings import Statement
from app.services.customers import RESOURCE, word_rows
from app.services.legacy_rows import Candidate
from app.services.platform import Platform
from app.services.system import operator

ACTION: Final = "system:customer:import"
TURN: Final = "legacy-import"
FIELDS: Final = (
    "kind", "status", "name", "email", "phone", "tax_id", "address.street", "address.number",
    "address.complement", "address.district", "address.city", "address.state",
    "address.postal_code", "preferences", "created_at",
)  # fmt: skip
"""What an import writes, by the names of the visibility matrix."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A candidate with the password hash to store, and the ids it gets."""

    candidate: Candidate
    password_hash: str = field(repr=False)
    customer_id: UUID
    login_id: UUID


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a batch; `displaced` lost their e-mail to a login made meanwhile."""

    imported: int
    already_there: int
    displaced: tuple[Candidate, ...]


async def known_ids(connection: AsyncConnection, legacy_ids: Iterable[str]) -> frozenset[str]:
    """Those of the ids whose customers are there already."""
    statement = select(LegacyCustomer.legacy_id).where(LegacyCustomer.legacy_id.in_(legacy_ids))
    return frozenset((await connection.execute(statement)).scalars())


async def taken_emails(connection: AsyncConnection, keys: Iterable[str]) -> frozenset[str]:
    """Those of the e-mail keys that a login has already."""
    statement = select(Login.email_key).where(Login.email_key.in_(keys))
    return frozenset((await connection.execute(statement)).scalars())


async def store(
    platform: Platform,
    connection: AsyncConnection,
    batch: Sequence[Candidate],
    wrapped: Mapping[str, str],
) -> Stored:
    """Insert a batch: customers with login, ownership, consent, and one audit event for all.

    `wrapped` holds what to store as password, by legacy id. Whoever came meanwhile, by another
    import or a registration, stays as they are. Nobody has accepted a policy of this system yet.
    """
    await platform.database.take_turns(connection, TURN)
    known = await known_ids(connection, [candidate.legacy_id for candidate in batch])
    now = platform.clock()
    fresh = [
        Arrival(candidate, wrapped[candidate.legacy_id], coarse_id(now), new_id())
        for candidate in batch
        if candidate.legacy_id not in known
    ]
    logins = await _insert_logins(connection, fresh)
    arrived = [arrival for arrival in fresh if arrival.login_id in logins]
    if arrived:
        await _insert_customers(platform, connection, arrived)
    return Stored(
        imported=len(arrived),
        already_there=len(batch) - len(fresh),
        displaced=tuple(one.candidate for one in fresh if one.login_id not in logins),
    )


async def _insert_logins(
    connection: AsyncConnection, arrivals: Sequence[Arrival]
) -> frozenset[UUID]:
    """The ids of the logins that were inserted: those whose e-mail was free."""
    if not arrivals:
        return frozenset()
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = dialect_insert(Login).on_conflict_do_nothing().returning(Login.id)
    rows = [
        {
            "id": arrival.login_id,
            **{name: arrival.candidate.columns[name] for name in ("email", "email_key", "name")},
            "status": "active",
            "password_hash": arrival.password_hash,
            "created_at": arrival.candidate.columns["created_at"],
        }
        for arrival in arrivals
    ]
    return frozenset((await connection.execute(statement, rows)).scalars())


async def _insert_customers(
    platform: Platform, connection: AsyncConnection, arrivals: Sequence[Arrival]
) -> None:
    now = platform.clock()
    customers = [
        {
            "id": arrival.customer_id,
            "closed_at": now if arrival.candidate.columns["status"] == "closed" else None,
            **arrival.candidate.columns,
        }
        for arrival in arrivals
    ]
    await connection.execute(insert(Customer), customers)
    words = [row for one in customers for row in word_rows(one["id"], one["name"])]
    if words:
        await connection.execute(insert(CustomerWord), words)
    await connection.execute(
        insert(Membership),
        [
            {
                "id": new_id(),
                "login_id": arrival.login_id,
                "customer_id": arrival.customer_id,
                "permissions": ("owner",),
                "created_at": arrival.candidate.columns["created_at"],
            }
            for arrival in arrivals
        ],
    )
    await connection.execute(
        insert(LegacyCustomer),
        [
            {
                "legacy_id": arrival.candidate.legacy_id,
                "customer_id": arrival.customer_id,
                "imported_at": now,
            }
            for arrival in arrivals
        ],
    )
    consents = [
        Statement(
            subject_id=arrival.customer_id,
            purpose=MARKETING,
            granted=arrival.candidate.marketing,
            channel="import",
            evidence={"source": "legacy export"},
        )
        for arrival in arrivals
        if arrival.candidate.marketing is not None
    ]
    # When it was said, and to which words, is not in the export.
    await consent_ledger.record_first(connection, consents, now, words=None, actor_kind="system")
    shown = tuple(arrival.customer_id for arrival in arrivals)
    deed = Deed(ACTION, subject_type=RESOURCE, fields=FIELDS, rows=len(shown), subjects=shown)
    await platform.audit.add(connection, operator(), deed)
