"""`app/services/collectors/`: one customer, the fields that are lawful, the period; no more."""

import io
import tracemalloc
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pyrage
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actors import Actor
from app.access.legal_bases import BASES, ITEMS
from app.access.matrix import Sight
from app.access.scopes import Scope, row_scope
from app.access.viewers import Viewer
from app.access.visibility import COMPANIONS, RESOURCES
from app.core.ids import fresh_id_at, new_id
from app.models import (
    AccessRecord,
    AuditEvent,
    ConsentEvent,
    ConsentState,
    ConsentSubject,
    ContactRequest,
    Disclosure,
    Recipient,
)
from app.projection.plans import View
from app.projection.projection import to_json
from app.services import access_records, consent_states, packages, stored_files
from app.services.collectors import COLLECTORS, answer, fields_of
from app.services.collectors.collector import Collector, Warrant
from app.services.collectors.provenance import LIVE
from app.services.package_orders import Batch, Category
from app.services.platform import Platform
from tests.support import packages as ordering
from tests.support.people import CustomerPerson, add_customer, add_member, add_staff, say_consent
from tests.support.records import count, rows
from tests.support.service import Service
from tests.support.stage import Tap, flat, selected

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = [collector for collectors in COLLECTORS.values() for collector in collectors]
START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=30)
FOR_EVER: dict[str, Any] = {
    "since": datetime(2000, 1, 1, tzinfo=UTC),
    "until": datetime(2100, 1, 1, tzinfo=UTC),
}
ADDRESS = "203.0.113.77"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def cells(resource: str) -> list[str]:
    """What a basis may open of a resource, said once more out of the matrix; in order."""
    own = [row.field for row in RESOURCES[resource].rows if _lawful(row)]
    companion = COMPANIONS.get(resource)
    if companion is None:
        return own
    other = RESOURCES[companion.resource]
    return own + [
        f"{other.name}.{row.field}"
        for row in other.rows
        if row.field in companion.fields and _lawful(row)
    ]


def _lawful(row: Any) -> bool:
    return row.cell(Viewer.AUTHORITY).sight is Sight.LAWFUL


EVERYTHING = frozenset(
    f"{collector.resource}.{field}" for collector in ALL for field in cells(collector.resource)
)
NEVER = frozenset(
    {
        *("customer.preferences", "customer.attention_note", "customer.pending_email"),
        *("customer.email_key", "customer.street", "login.password_hash", "login.email_key"),
        *("access_record.session_id", "access_record.customer_id", "consent_event.network"),
        *("consent_event.evidence", "consent_event.actor_id", "disclosure.actor_id"),
        *("disclosure.recipient.tax_id", "recipient.name", "invoice.number", "name", "ip", ""),
    }
)
"""What no basis opens, and what names nothing."""


@dataclass(frozen=True, slots=True)
class World:
    """Two customers of whom there is something in every category, and what passes to the tables."""

    house: Service
    maria: CustomerPerson
    joana: CustomerPerson
    tap: Tap


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(house: Service) -> AsyncIterator[World]:
    staff = await add_staff(house.platform, "director")
    maria, joana = await add_customer(house.platform), await add_customer(house.platform)
    for who in (maria, joana):
        await fill(house, who, staff.id)
    tap = Tap()
    tap.open(house.platform)
    yield World(house, maria, joana, tap)


async def fill(house: Service, who: CustomerPerson, staff_id: UUID) -> None:
    """Something of every category about a customer."""
    await say_consent(house.platform, who.id, granted=True)
    await say_consent(house.platform, who.id, granted=False)
    [(event_id,)] = await rows(
        house.platform, select(ConsentState.id).where(ConsentState.subject_id == who.id)
    )
    recipient, now = new_id(), house.clock()
    async with house.platform.database.transaction() as connection:
        await connection.execute(
            insert(Recipient).values(
                id=recipient,
                name=f"Contabilidade de {who.email}",
                country="BR",
                contact_email="contato@exemplo.com.br",
                safeguards="",
                status="active",
                created_at=now,
                created_by=staff_id,
            )
        )
        await connection.execute(
            insert(Disclosure).values(
                id=new_id(),
                customer_id=who.id,
                recipient_id=recipient,
                consent_event_id=event_id,
                purpose="third_party_sharing",
                fields=("customer.name",),
                bytes=10,
                sha256="0" * 64,
                content_type="application/json",
                at=now,
                actor_kind="staff",
                request_id="r",
            )
        )
    await write_in(house, who.login_id, who.id)
    await use(house, who.login_id, who.id, "registration")
    await use(house, who.login_id, who.id, "sign_in")


async def write_in(house: Service, login_id: UUID, customer_id: UUID) -> None:
    """A question of a customer's who is signed in, at the desk."""
    now, number = house.clock(), new_id()
    row = {
        "id": number,
        "reference": number.hex[-14:],
        "topic": "contact",
        "status": "open",
        **dict.fromkeys(("name", "email", "email_key", "mailbox_key"), f"{number.hex}@exemplo.com"),
        "message": f"Pergunta de {number.hex}",
        "language": "pt-BR",
        "customer_id": customer_id,
        "login_id": login_id,
        "answers": [],
        "spam_score": 0,
        "spam_signs": {},
        "received_at": now,
        "kept_until": now + timedelta(days=365),
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(ContactRequest).values(**row))


async def use(
    house: Service, login_id: UUID, customer_id: UUID, event: access_records.Event
) -> None:
    actor = Actor(
        *("login", Viewer.SELF, "own_account", "uses", login_id),
        customer_id=customer_id,
        address=ADDRESS,
        source_port=51544,
    )
    async with house.platform.database.transaction() as connection:
        await access_records.note(house.platform, connection, actor, event)


async def store(house: Service, customer_id: UUID, *moments: datetime) -> list[UUID]:
    """Access records of a customer, made at these moments; their ids."""
    made: list[dict[str, Any]] = [
        {"id": fresh_id_at(at), "at": at, "event": "sign_in", "login_id": new_id()}
        | {"customer_id": customer_id}
        for at in moments
    ]
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(AccessRecord), made)
    return [row["id"] for row in made]


def warrant_for(customer_id: UUID, *fields: str, **period: datetime) -> Warrant:
    """All fields unless some are named; for ever unless there is a period, as of its end."""
    at = period.get("until")
    named = frozenset(fields or EVERYTHING)
    return Warrant("SG-2026-x", customer_id, named, **(FOR_EVER | period), at=at)


async def collected(
    house: Service, collector: Collector, warrant: Warrant, size: int = 1000
) -> list[View]:
    """Every row, out of batches that are none of them empty or too large."""
    found: list[View] = []
    async for batch in collector.batches(house.platform, warrant, size):
        assert 0 < len(batch) <= size
        for row in batch:
            assert row.pop("provenance") == LIVE
        found += batch
    return found


def collectors() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("collector", ALL, ids=lambda each: str(each.resource))


# What there is.


async def test_every_collector_is_about_a_resource_that_a_target_opens() -> None:
    for category, its in COLLECTORS.items():
        assert {collector.category for collector in its} <= {category}
    resources = [collector.resource for collector in ALL]
    assert len(resources) == len(set(resources))
    opened = {name for name in RESOURCES if row_scope(name, Viewer.AUTHORITY) is Scope.TARGET}
    assert set(resources) == opened
    for collector in ALL:
        moments = {row.field for row in RESOURCES[collector.resource].rows}
        assert not collector.timed or moments & {"at", "received_at"}


async def test_what_people_did_and_wrote_demands_a_period(world: World) -> None:
    for collector in ALL:
        demanding = collector.resource in ("access_record", "contact_request")
        halves: list[dict[str, Any]] = [{"since": START}, {"until": START}, {}]
        for bounds in halves:
            warrant = Warrant("x", world.maria.id, EVERYTHING, **bounds)
            if demanding:
                for ask in (collector.is_held, collected_by(collector)):
                    with pytest.raises(ValueError, match="stated period"):
                        await ask(world.house.platform, warrant)
                with pytest.raises(ValueError, match="stated period"):
                    collector.query(world.house.platform, warrant)
            else:
                collector.query(world.house.platform, warrant)


def collected_by(collector: Collector) -> Any:
    async def ask(platform: Platform, warrant: Warrant) -> list[Any]:
        return [batch async for batch in collector.batches(platform, warrant)]

    return ask


@collectors()
async def test_a_collector_gives_its_customers_rows_and_nobody_elses(
    world: World, collector: Collector
) -> None:
    house = world.house
    found = await collected(house, collector, warrant_for(world.maria.id))
    assert found
    text = to_json(found).decode()
    for telling in (world.joana.email, str(world.joana.id), str(world.joana.login_id)):
        assert telling not in text
    others = await collected(house, collector, warrant_for(world.joana.id))
    assert not {row["id"] for row in found} & {row["id"] for row in others}
    for nobody in (UUID(int=0), new_id()):
        assert await collected(house, collector, warrant_for(nobody)) == []


async def test_the_values_are_those_that_are_kept(world: World) -> None:
    house, maria = world.house, world.maria
    [account] = await collected(house, COLLECTORS["registration_data"][0], warrant_for(maria.id))
    assert account["name"] == maria.row["name"]
    assert account["address"]["city"] == "São Paulo"
    [owner] = await collected(house, COLLECTORS["registration_data"][1], warrant_for(maria.id))
    assert (owner["id"], owner["email"]) == (maria.login_id, maria.email)
    uses = await collected(house, COLLECTORS["access_records"][0], warrant_for(maria.id))
    uses = sorted(uses, key=itemgetter("at"))  # of one millisecond they come in any order
    assert [(use["event"], use["ip"], use["source_port"]) for use in uses[:2]] == [
        ("registration", ADDRESS, 51544),
        ("sign_in", ADDRESS, 51544),
    ]
    said = await collected(house, COLLECTORS["consents"][0], warrant_for(maria.id))
    assert [event["state"] for event in said] == ["granted", "withdrawn"]
    [stands] = await collected(house, COLLECTORS["consents"][1], warrant_for(maria.id))
    assert stands["state"] == "withdrawn"
    [left] = await collected(house, COLLECTORS["disclosures"][0], warrant_for(maria.id))
    assert left["recipient"] == {"name": f"Contabilidade de {maria.email}", "country": "BR"}


async def test_of_an_account_only_who_owns_it_is_registration_data(world: World) -> None:
    house = world.house
    maria = await add_customer(house.platform)
    await add_member(house.platform, maria.id, "invoices", "members")
    owners = await collected(house, COLLECTORS["registration_data"][1], warrant_for(maria.id))
    assert [owner["id"] for owner in owners] == [maria.login_id]


async def test_what_others_who_may_enter_wrote_is_not_the_customers(world: World) -> None:
    house = world.house
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    await write_in(house, maria.login_id, maria.id)
    await write_in(house, member.login_id, maria.id)
    [written] = await collected(house, COLLECTORS["communications"][0], warrant_for(maria.id))
    assert set(written) >= {"reference", "message", "answers"}
    assert {"name", "email", "phone", "login_id"}.isdisjoint(written)


async def test_the_uses_of_an_account_are_everybodys(world: World) -> None:
    house = world.house
    maria = await add_customer(house.platform)
    member = await add_member(house.platform, maria.id, "invoices")
    for login_id in (maria.login_id, member.login_id):
        await use(house, login_id, maria.id, "sign_in")
    uses = await collected(house, COLLECTORS["access_records"][0], warrant_for(maria.id))
    assert {each["login_id"] for each in uses} == {maria.login_id, member.login_id}


# Fields.


async def test_items_are_fields_that_the_matrix_lets_a_basis_open(world: World) -> None:
    platform = world.house.platform
    assert {item.category for item in ITEMS.values()} == set(COLLECTORS)
    for name, item in ITEMS.items():
        fields = fields_of(platform, [name])
        assert fields <= EVERYTHING, name
        if item.fields is not None:
            owners = {f"login.{field}" for field in item.owners}
            assert fields == {f"customer.{field}" for field in item.fields} | owners
        else:
            whole = {each.resource: cells(each.resource) for each in COLLECTORS[item.category]}
            assert fields == {f"{name}.{field}" for name in whole for field in whole[name]}
    with pytest.raises(KeyError):
        fields_of(platform, ["gossip"])


async def test_who_comes_without_a_judge_gets_names_and_addresses_and_no_more(
    world: World,
) -> None:
    platform = world.house.platform
    for code in ("mci_10_3", "lei_12850_15", "lei_9613_17b", "cpp_13a", "lgpd_7_vii"):
        fields = fields_of(platform, BASES[code].items)
        warrant = Warrant(code, world.maria.id, fields, **FOR_EVER)
        for collector in ALL:
            found = await collected(world.house, collector, warrant)
            if collector.resource != "customer":
                assert found == []
                continue
            [account] = found
            assert set(account) == {"kind", "name", "address"}
            assert world.maria.email not in to_json(found).decode()


@given(data=st.data())
@examples(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_the_keys_are_what_is_lawful_and_of_the_matrix_and_the_sql_names_no_other(
    world: World, data: st.DataObject
) -> None:
    collector = data.draw(st.sampled_from(ALL))
    own = [f"{collector.resource}.{field}" for field in cells(collector.resource)]
    chosen = data.draw(st.sets(st.sampled_from(own)))
    named = chosen | data.draw(st.sets(st.sampled_from(sorted(EVERYTHING | NEVER))))
    warrant = Warrant("x", world.maria.id, frozenset(named), **FOR_EVER)
    lawful = [
        field for field in cells(collector.resource) if f"{collector.resource}.{field}" in named
    ]
    world.tap.clear()
    found = await collected(world.house, collector, warrant)
    assert bool(found) == bool(lawful)
    assert collector.fields(world.house.platform, warrant) == tuple(lawful)
    objects = frozenset(field.partition(".")[0] for field in lawful if "." in field)
    for row in found:
        assert list(flat(row, objects)) == lawful
    if not lawful:
        assert world.tap.statements == []
    for statement in world.tap.statements:
        table, _, names = selected(statement)
        assert table == RESOURCES[collector.resource].table
        assert names == [*lawful, "place"]


async def test_a_query_is_told_as_data_and_names_nobody(world: World) -> None:
    platform = world.house.platform
    period = {"since": datetime(2026, 3, 1, tzinfo=SAO_PAULO)}
    period["until"] = datetime(2026, 3, 15, tzinfo=SAO_PAULO)
    warrant = warrant_for(world.maria.id, "access_record.at", "access_record.ip", **period)
    [collector] = COLLECTORS["access_records"]
    told = collector.query(platform, warrant)
    statement = told.pop("statement")
    assert told == {
        "category": "access_records",
        "resource": "access_record",
        "rows": "target",
        "fields": ["at", "ip"],
        "period": {
            "field": "at",
            "from": "2026-03-01T03:00:00Z",
            "until": "2026-03-15T03:00:00Z",
            "rows": "happened",
        },
        "kept_since": "2025-09-15T03:00:00Z",
        "preserved": [],
        "order": ["id"],
        "policy_hash": platform.projection.hash,
    }
    world.tap.clear()
    await collected(world.house, collector, warrant)
    assert world.tap.statements == [statement]
    for each in ALL:
        query = each.query(platform, warrant_for(world.maria.id))
        assert str(world.maria.id) not in to_json(query).decode()
        assert world.maria.id.hex not in to_json(query).decode()
    nothing = collector.query(platform, warrant_for(world.maria.id, "customer.name"))
    assert (nothing["fields"], nothing["statement"]) == ([], None)


# Periods.


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        (UTC, 0),
        (SAO_PAULO, -3),
        (ZoneInfo("Asia/Kolkata"), 5.5),
        (timezone(timedelta(hours=14)), 14),
    ],
)
async def test_a_period_is_told_in_any_zone_to_the_microsecond(
    world: World, zone: Any, hours: float
) -> None:
    house, microsecond = world.house, timedelta(microseconds=1)
    maria = await add_customer(house.platform)
    since, until = datetime(2026, 3, 1, tzinfo=zone), datetime(2026, 3, 15, tzinfo=zone)
    assert since.utcoffset() == timedelta(hours=hours)
    await store(house, maria.id, since - microsecond, until, until + timedelta(days=1))
    inside = await store(house, maria.id, since, since + timedelta(days=7), until - microsecond)
    warrant = warrant_for(maria.id, "access_record.id", since=since, until=until)
    [collector] = COLLECTORS["access_records"]
    found = await collected(house, collector, warrant)
    assert [row["id"] for row in found] == inside


async def test_a_period_that_is_none_is_refused() -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - that is the point
    none: list[dict[str, Any]] = [
        {"since": naive},
        {"until": naive},
        {"since": START, "until": START},
        {"since": START, "until": START.astimezone(SAO_PAULO)},
        {"since": START, "until": START - timedelta(seconds=1)},
    ]
    for bounds in none:
        with pytest.raises(ValueError, match="period"):
            Warrant("x", new_id(), frozenset(), **bounds)


async def test_a_period_bounds_what_has_a_moment_and_leaves_what_stands(world: World) -> None:
    long_ago = {
        "since": datetime(2001, 1, 1, tzinfo=UTC),
        "until": datetime(2002, 1, 1, tzinfo=UTC),
    }
    for collector in ALL:
        found = await collected(world.house, collector, warrant_for(world.maria.id, **long_ago))
        assert bool(found) == (not collector.timed), collector.resource


YES: dict[str, Any] = {"state": "granted"}
NO: dict[str, Any] = {"state": "withdrawn"}
CONSENTS: dict[str, tuple[list[tuple[int, dict[str, Any]]], list[int], list[int]]] = {
    "stands since before": ([(-9, YES)], [-9], [-9]),
    "ended before": ([(-9, YES), (-8, NO)], [], []),
    "ended at its beginning": ([(-9, YES), (0, NO)], [0], [0]),
    "used in it, ended after": ([(-9, YES), (20, NO)], [-9], []),
    "ended in it": ([(-9, YES), (5, NO)], [-9, 5], [5]),
    "said in it": ([(5, YES)], [5], [5]),
    "said after it": ([(10, YES)], [], []),
    "said again, ended between": ([(-9, YES), (-8, NO), (-7, YES)], [-7], [-7]),
    "said anew in it": ([(-9, YES), (3, YES)], [-9, 3], [3]),
    "expired before": ([(-9, YES | {"expires": -1})], [], []),
    "expired as it began": ([(-9, YES | {"expires": 0})], [], []),
    "expired in it": ([(-9, YES | {"expires": 1})], [-9], [-9]),
    "never was": ([(-9, {"state": "denied"})], [], []),
    "to another recipient ended": ([(-9, YES), (-8, NO | {"to": 1})], [-9], [-9]),
}
"""By days from the beginning of a period of ten: what was said, and what is then given of the
ledger and of what stands."""


async def test_a_period_has_each_yes_that_was_in_force_at_some_moment_of_it(world: World) -> None:
    house, subject = world.house, new_id()
    [*recipients] = [row.id for row in await rows(house.platform, select(Recipient.id).limit(2))]
    said: list[dict[str, Any]] = []
    for purpose, (statements, _, _) in CONSENTS.items():
        for day, statement in statements:
            expires = statement.get("expires")
            said.append(
                {
                    "id": new_id(),
                    "subject_id": subject,
                    "sequence": len(said) + 1,
                    "purpose": purpose,
                    "purpose_version": 0,
                    "state": statement["state"],
                    "recipient_id": recipients[statement.get("to", 0)],
                    "expires_at": None if expires is None else START + timedelta(days=expires),
                    "channel": "import",
                    "actor_kind": "system",
                    "evidence": {},
                    "at": START + timedelta(days=day),
                }
            )
    async with house.platform.database.transaction() as connection:
        whose = {"id": subject, "kind": "account", "events": len(said)}
        await connection.execute(insert(ConsentSubject).values(**whose))
        await connection.execute(insert(ConsentEvent), said)
    await consent_states.rebuild_all(house.platform)
    warrant = warrant_for(subject, since=START, until=START + timedelta(days=10))
    for place, collector in enumerate(COLLECTORS["consents"], 1):
        found: dict[str, list[int]] = {purpose: [] for purpose in CONSENTS}
        for row in await collected(house, collector, warrant):
            found[row["purpose"]].append((row["at"] - START).days)
        assert found == {purpose: case[place] for purpose, case in CONSENTS.items()}


# Batches.


async def test_what_comes_and_goes_meanwhile_shifts_nothing(world: World) -> None:
    house = world.house
    maria = await add_customer(house.platform)
    there = await store(house, maria.id, *(START + timedelta(hours=n) for n in range(10)))
    [collector] = COLLECTORS["access_records"]
    warrant = warrant_for(maria.id, "access_record.id")
    seen: list[UUID] = []
    late = UUID(int=0)
    async for batch in collector.batches(house.platform, warrant, 4):
        seen += [row["id"] for row in batch]
        if len(seen) == 4:
            # Before the place where it stands: both are passed. After it: one is gone, one is new.
            await store(house, maria.id, START + timedelta(minutes=30))
            async with house.platform.database.transaction() as connection:
                gone = delete(AccessRecord).where(AccessRecord.id.in_((there[1], there[6])))
                await connection.execute(gone)
            [late] = await store(house, maria.id, START + timedelta(hours=6, minutes=30))
    assert seen == [*there[:6], late, *there[7:]]


async def test_a_package_is_made_of_them_of_one_moment(world: World) -> None:
    """What is added between the two readings is in neither."""
    platform, warrant = world.house.platform, warrant_for(world.maria.id)
    before = {each.resource: await collected(world.house, each, warrant) for each in ALL}

    def ordered(collector: Collector) -> Category:
        async def batches(connection: AsyncConnection) -> AsyncGenerator[Batch, None]:
            async for batch in collector.batches(platform, warrant, within=connection):
                yield [{name: row[name] for name in row if name != "provenance"} for row in batch]
            await use(world.house, world.maria.login_id, world.maria.id, "sign_in")

        fields = collector.fields(platform, warrant)
        return ordering.category(batches, f"{collector.resource}s", fields)

    identity = pyrage.x25519.Identity.generate()
    made = await packages.make(
        platform, ordering.order(*map(ordered, ALL)), str(identity.to_public())
    )
    async with platform.database.transaction() as connection:
        await stored_files.complete(platform, connection, made.stored)
    content = b"".join([block async for block in stored_files.read(platform, made.stored)])
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(content, [identity]))) as package:
        for resource, views in before.items():
            lines = package.read(f"{resource}s.jsonl").splitlines()
            assert [orjson.loads(line) for line in lines] == orjson.loads(to_json(views))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7])
async def test_batches_of_any_size_are_the_whole(world: World, size: int) -> None:
    maria = await add_customer(world.house.platform)
    there = await store(world.house, maria.id, *([START] * 6))  # all in one millisecond
    [collector] = COLLECTORS["access_records"]
    warrant = warrant_for(maria.id, "access_record.at", "access_record.id")
    found = await collected(world.house, collector, warrant, size)
    assert [row["id"] for row in found] == sorted(there)


MANY = 200_000


async def test_memory_stays_as_it_was_however_many_rows_there_are(world: World) -> None:
    house, customer_id = world.house, new_id()
    postgresql = house.platform.database.is_postgresql
    head = str(fresh_id_at(START))[:24]
    made = (
        f"('{head}' || lpad(n::text, 12, '0'))::uuid"
        if postgresql
        else (f"'{head.replace('-', '')}' || printf('%012d', n)")
    )
    given = customer_id if postgresql else customer_id.hex
    columns = "id, at, event, login_id, customer_id, source_port"
    numbers = f"(SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MANY})"  # noqa: S608 - ours
    values = f"{made}, '{START:%Y-%m-%d} 00:00:00', 'token_refresh', '{given}', '{given}', 51544"
    many = text(
        f"INSERT INTO access_records ({columns}) "  # noqa: S608 - our own numbers and names
        f"WITH RECURSIVE numbers (n) AS {numbers} SELECT {values} FROM numbers"
    )
    async with house.platform.database.transaction() as connection:
        await connection.execute(many)
    [collector] = COLLECTORS["access_records"]
    warrant, count = warrant_for(customer_id), 0
    await collector.is_held(house.platform, warrant)
    tracemalloc.start()
    try:
        async for batch in collector.batches(house.platform, warrant):
            count += len(batch)
            world.tap.clear()  # it remembers every row
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == MANY
    assert peak < 16 * 1024 * 1024  # the rows themselves would take ten times as much


# Nothing held.


async def test_what_is_not_there_is_answered_as_not_held(world: World) -> None:
    platform = world.house.platform
    for category in COLLECTORS:
        of_maria = await answer(platform, category, warrant_for(world.maria.id))
        assert of_maria == "held"
        assert await answer(platform, category, warrant_for(new_id())) == "not_held"
    with pytest.raises(KeyError):
        await answer(platform, "gossip", warrant_for(world.maria.id))
    with pytest.raises(ValueError, match="stated period"):
        await answer(platform, "access_records", Warrant("x", world.maria.id, EVERYTHING))


async def test_collecting_tells_the_customer_nothing(world: World) -> None:
    before = await count_events(world)
    for collector in ALL:
        await collected(world.house, collector, warrant_for(world.maria.id))
    assert await count_events(world) == before


async def count_events(world: World) -> int:
    return await count(world.house.platform, AuditEvent)
