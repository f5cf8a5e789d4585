"""`migrations/`: what becomes of the rows that are there, up and down again."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from app.core.database import Database
from app.core.ids import new_id
from tests.support.databases import DatabaseKind, Databases, alembic_config

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def url(databases: Databases, database_kind: DatabaseKind) -> Iterator[str]:
    with databases.fresh(database_kind, migrated=False) as made:
        yield made


def done(url: str, deed: Any) -> Any:
    """What `deed(connection)` returns, in a transaction of its own."""

    async def do() -> Any:
        database = Database(url)
        try:
            async with database.transaction() as connection:
                return await connection.run_sync(deed)
        finally:
            await database.close()

    return asyncio.run(do())


def rows(url: str, name: str) -> dict[UUID, dict[str, Any]]:
    """A table as it stands in the database, whatever the models say, by id."""

    def read(connection: Connection) -> dict[UUID, dict[str, Any]]:
        found = Table(name, MetaData(), autoload_with=connection)
        read = [dict(row) for row in connection.execute(select(found)).mappings()]
        return {UUID(str(row["id"])): row for row in read}

    found: dict[UUID, dict[str, Any]] = done(url, read)
    return found


def add(url: str, name: str, row: dict[str, Any]) -> UUID:
    """One more row of a table as it stands in the database; ids as that database keeps them."""
    row = {"id": new_id()} | row

    def write(connection: Connection) -> None:
        found = Table(name, MetaData(), autoload_with=connection)
        plain = connection.dialect.name == "sqlite"
        values = {
            key: value.hex if plain and isinstance(value, UUID) else value
            for key, value in row.items()
            if key in found.columns
        }
        connection.execute(insert(found).values(**values))

    done(url, write)
    return UUID(str(row["id"]))


def member(number: int, **columns: Any) -> dict[str, Any]:
    email = f"equipe-{number}@alainer.com.br"
    return {
        "email": email,
        "email_key": email,
        "name": "Equipe",
        "role": "support",
        "status": "active",
        "password_hash": "x",
        "created_at": NOW,
    } | columns


def test_staffs_secrets_become_authenticators_and_secrets_again(url: str) -> None:
    config = alembic_config(url)
    command.upgrade(config, "0003")
    fresh = add(url, "staff_members", member(1, totp_secret=b"sealed-1"))
    used = add(url, "staff_members", member(2, totp_secret=b"sealed-2", totp_last_step=7))

    command.upgrade(config, "0004")
    assert "totp_secret" not in rows(url, "staff_members")[fresh]
    moved = rows(url, "authenticators")
    assert {key: (row["secret"], row["last_step"]) for key, row in moved.items()} == {
        fresh: (b"sealed-1", None),
        used: (b"sealed-2", 7),
    }
    for key, row in moved.items():
        assert UUID(str(row["staff_id"])) == key
        assert (row["kind"], row["login_id"], row["transports"]) == ("totp", None, "")
        assert row["confirmed_at"] is not None

    # Meanwhile one takes another into use, and one starts with another and never confirms it.
    second = {"kind": "totp", "name": "Novo", "created_at": NOW, "secret": b"sealed-3"}
    later = {"confirmed_at": NOW + timedelta(days=1)}
    add(url, "authenticators", second | later | {"staff_id": used})
    add(url, "authenticators", second | {"staff_id": fresh})
    only_a_passkey = add(url, "staff_members", member(3))

    command.downgrade(config, "0003")
    back = {
        key: (row["totp_secret"], row["totp_last_step"])
        for key, row in rows(url, "staff_members").items()
    }
    assert back == {
        fresh: (b"sealed-1", None),
        used: (b"sealed-2", 7),
        only_a_passkey: (b"", None),  # opens nothing
    }
    assert len(rows(url, "authenticators")) == 2

    command.upgrade(config, "head")
    again = rows(url, "authenticators")
    assert again[fresh]["secret"] == b"sealed-1"
    assert (again[used]["secret"], again[used]["last_step"]) == (b"sealed-2", 7)
    assert len(again) == 5


def test_the_first_policy_is_said_in_english_and_what_came_after_is_taken_back(url: str) -> None:
    config = alembic_config(url)
    command.upgrade(config, "0006")
    shipped = Path(str(resources.files("app.services"))) / "texts/policy-1.pt-BR.md"
    first = {"version": 1, "hash": "x", "published_at": NOW, "language": "pt-BR"}
    add(url, "policies", first | {"text": shipped.read_text(encoding="utf-8")})

    command.upgrade(config, "head")
    (policy,) = rows(url, "policies").values()
    assert policy["text_en"].startswith("# Privacy and security policy")
    assert policy["hash_en"] == hashlib.sha256(policy["text_en"].encode()).hexdigest()
    assert (policy["requires_acceptance"], policy["withdrawn_at"]) == (True, None)
    assert policy["announced_at"] == policy["published_at"]
    later = {"published_at": NOW + timedelta(days=9), "withdrawn_at": NOW + timedelta(days=1)}
    add(url, "policies", {**policy, "id": new_id(), "version": 2, **later})

    command.downgrade(config, "0006")
    versions = text("SELECT version FROM policies")
    kept = done(url, lambda connection: connection.execute(versions).scalars().all())
    assert kept == [1]


def test_what_was_disclosed_so_far_names_where_its_mail_is_to(url: str) -> None:
    config = alembic_config(url)
    command.upgrade(config, "0010")
    staff = add(url, "staff_members", member(1))
    party: dict[str, Any] = {
        "name": "Parceiro",
        "country": "PT",
        "contact_email": "hoje@parceiro.exemplo.pt",
    }
    party |= {"safeguards": "Contrato.", "status": "active", "created_at": NOW, "created_by": staff}
    recipient = add(url, "recipients", party)
    subject = add(url, "consent_subjects", {"kind": "account", "events": 1})
    said: dict[str, Any] = {"subject_id": subject, "sequence": 1, "purpose": "third_party_sharing"}
    said |= {"purpose_version": 1, "purpose_hash": "0" * 64, "state": "granted", "channel": "web"}
    said |= {"recipient_id": recipient, "actor_kind": "login", "evidence": {}, "at": NOW}
    event = add(url, "consent_events", said)
    person: dict[str, Any] = {
        "kind": "person",
        "status": "active",
        "name": "Ana",
        "name_key": "ana",
    }
    person |= {"email": "ana@exemplo.com.br", "email_key": "ana@exemplo.com.br", "city_key": ""}
    customer = add(url, "customers", person | {"preferences": {}, "created_at": NOW})
    mail: dict[str, Any] = {
        "template": "disclosure",
        "language": "en",
        "recipient": "antes@parceiro.exemplo.pt",
    }
    mail |= {"params": {}, "state": "sent", "attempts": 1, "created_at": NOW, "settled_at": NOW}
    entry: dict[str, Any] = {
        "customer_id": customer,
        "recipient_id": recipient,
        "consent_event_id": event,
    }
    entry |= {"purpose": "third_party_sharing", "fields": "customer.name", "bytes": 2, "at": NOW}
    entry |= {"sha256": "0" * 64, "content_type": "application/json", "actor_kind": "staff"}
    entry |= {"request_id": "r"}
    known = add(url, "disclosures", entry | {"message_id": add(url, "outbox_messages", mail)})
    forgotten = add(url, "disclosures", entry | {"message_id": new_id()})

    for _ in range(2):
        command.upgrade(config, "0011")
        found = rows(url, "disclosures")
        assert found[known]["sent_to"] == "antes@parceiro.exemplo.pt"
        assert found[forgotten]["sent_to"] is None
        with pytest.raises(DBAPIError, match="append-only"):
            done(url, lambda on: on.execute(text("UPDATE disclosures SET sent_to = 'x'")))
        command.downgrade(config, "0010")
        assert "sent_to" not in rows(url, "disclosures")[known]


def test_the_secrecy_that_stands_is_the_first_order_that_is_known(url: str) -> None:
    config = alembic_config(url)
    command.upgrade(config, "0020")
    by = add(url, "staff_members", member(1))
    agency = {
        "name": "Promotoria",
        "kind": "prosecution",
        "jurisdiction": "BR-SP",
        "domains": "exemplo.gov.br",
        "callback_phone": "+551132000000",
        "phone_source": "Portal",
        "status": "active",
        "created_at": NOW,
        **dict.fromkeys(("created_by", "phone_set_by", "domains_set_by"), by),
    }
    request = {
        "agency_id": add(url, "agencies", agency),
        "channel": "paper",
        "entered_by": by,
        "kind": "registration_data",
        "basis": "mci_10_3",
        "issuing_body": "Promotoria",
        "signer_name": "Ana",
        "signer_tax_id": "11144477735",
        "signer_office": "prosecutor",
        "motivation": "Furto",
        "items": "name",
        **{name: [] for name in ("targets", "findings", "decisions")},
        "language": "pt-BR",
        "status": "received",
        **dict.fromkeys(("legal_due_at", "status_at", "created_at"), NOW),
    }
    until = NOW + timedelta(days=30)
    secret = {"secrecy_basis": "CPP, art. 20", "secrecy_until": until}
    kept = add(url, "legal_requests", request | {"reference": "SG-1"} | secret)
    add(url, "legal_requests", request | {"reference": "SG-2"})

    command.upgrade(config, "head")
    [(order_id, first)] = rows(url, "legal_secrecy_orders").items()
    assert order_id == UUID(int=kept.int ^ 1)
    assert UUID(str(first["request_id"])) == kept
    assert (first["number"], first["entry"], first["change"]) == (1, "ordered", "set")
    assert (first["actor_kind"], UUID(str(first["actor_id"]))) == ("staff", by)
    assert first["secrecy_until"].replace(tzinfo=UTC) == until
    assert rows(url, "legal_requests")[kept]["answer_email"] is None

    command.downgrade(config, "0020")
    command.upgrade(config, "head")
    assert len(rows(url, "legal_secrecy_orders")) == 1
