"""The whole product on a stage: every kind of caller, canaries everywhere, taps open."""

import base64
import binascii
import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import String, Table, event, insert, select, text

from app.access.actors import Actor
from app.access.processing import MARKETING, OURSELVES
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.access.visibility import RESOURCES
from app.core import telemetry
from app.core.driver_transactions import DriverTransaction
from app.core.ids import coarse_id, new_id
from app.core.statements import Prepared, bound, prepare
from app.models import AuditSubject, Base, LegalColleague
from app.services.platform import Platform
from tests.support.canaries import Canary, plant, plant_everywhere
from tests.support.contents import Contents, contents
from tests.support.officers import OfficerPerson, add_agency, add_officer, second_person
from tests.support.people import (
    CustomerPerson,
    StaffPerson,
    add_all_staff,
    add_customer,
    add_factor,
    bearer,
    open_customer_session,
)
from tests.support.service import Service, serving

SPECIAL_HEADERS = {"x-request-id", "date"}
AUDITED: Table = Base.metadata.tables["audit_events"]


@dataclass(slots=True)
class Tap:
    """What passes between service and database: each SQL text, and each row of a lone read."""

    statements: list[str] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)

    def open(self, platform: Platform) -> None:
        """Listen to all ways in which the service speaks to its database."""
        run = platform.database._run

        async def tapped(sql: str, arguments: Sequence[Any]) -> list[Any]:
            self.statements.append(sql)
            rows = await run(sql, arguments)
            self.rows += rows
            return rows

        platform.database._run = tapped  # type: ignore[method-assign]  # a tap, not a mock
        driven = platform.database.driven

        @asynccontextmanager
        async def tapped_transaction(
            *, patience: float | None = None
        ) -> AsyncIterator[DriverTransaction]:
            async with driven(patience=patience) as transaction:
                self._listen(transaction)
                yield transaction

        platform.database.driven = tapped_transaction  # type: ignore[method-assign]  # the same
        engine = platform.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", self._note)

    def clear(self) -> None:
        """Forget what passed."""
        self.statements.clear()
        self.rows.clear()

    def _listen(self, transaction: DriverTransaction) -> None:
        run = transaction.run

        async def tapped(statement: Prepared, values: Mapping[str, Any]) -> list[Any]:
            self.statements.append(statement.sql)
            return await run(statement, values)

        transaction.run = tapped  # type: ignore[method-assign]  # a tap, not a mock

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements.append(statement)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that the product's tests act with."""

    service: Service
    staff: Mapping[Viewer, StaffPerson]
    owner: dict[str, str]
    """The headers of the canary customer's owner."""
    canaries: Mapping[str, Canary]
    """A row per table; the one of ``customers`` consents to marketing."""
    officer: OfficerPerson
    """Of an authority, in office."""
    closed: Canary
    """A closed customer, within the fiscal retention."""
    other: CustomerPerson
    tap: Tap
    log: io.BytesIO
    events_of_request: Prepared

    @property
    def client(self) -> httpx.AsyncClient:
        return self.service.client

    @property
    def platform(self) -> Platform:
        return self.service.platform

    @property
    def customer_id(self) -> UUID:
        """The canary customer."""
        found: UUID = self.canaries["customers"].values["id"]
        return found

    def address(self, path: str) -> str:
        """A path with the ids of the canaries that it is about."""
        named = path.replace("{version}", str(self.canaries["policies"].values["version"]))
        return re.sub(r"\{(\w+)_id\}", lambda name: str(self._id(name[1])), named)

    def _id(self, resource: str) -> UUID:
        found: UUID = self.canaries[RESOURCES[resource].table].values["id"]
        return found

    def headers(self, viewer: Viewer) -> dict[str, str]:
        """What the viewer sends to be let in; nothing for the public."""
        if viewer is Viewer.SELF:
            return dict(self.owner)
        if viewer is Viewer.AUTHORITY:
            return dict(self.officer.headers)
        return dict(self.staff[viewer].headers) if viewer in self.staff else {}

    def actor(self, viewer: Viewer) -> Actor:
        """The viewer as the services know one, with the usual purpose and a reason."""
        return Actor(
            kind={Viewer.SELF: "login", Viewer.AUTHORITY: "officer"}.get(viewer, "staff"),
            viewer=viewer,
            purpose=PURPOSES[viewer][0],
            request_id="stage",
            customer_id=self.customer_id if viewer is Viewer.SELF else None,
            permissions=("owner",) if viewer is Viewer.SELF else (),
            reason="Conferência de rotina",
        )

    async def events(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """The audit rows of one exchange, in order."""
        asked = {"request_id": answer.headers["x-request-id"]}
        found = await self.platform.database.fetch(self.events_of_request, asked)
        return [dict(zip(AUDITED.columns.keys(), row, strict=True)) for row in found]

    async def subjects(self, event_id: UUID) -> set[UUID]:
        """The records that a list's event says it showed."""
        chosen = select(AuditSubject.subject_id).where(AuditSubject.event_id == event_id)
        async with self.platform.database.transaction() as connection:
            return set((await connection.execute(chosen)).scalars())

    async def dump(self, *, without: Sequence[str] = ("audit_events",)) -> Contents:
        """Every row of every table but those named."""
        return await contents(self.platform.database, without=without)


@asynccontextmanager
async def staged(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[Stage]:
    """The service with one caller of each kind, canaries planted, logs kept in memory."""
    async with serving(database_url, folder, **settings) as service:
        platform = service.platform
        log = io.BytesIO()
        telemetry.configure(production=True, level="debug", stream=log)
        try:
            own_id = coarse_id(platform.clock())
            incident_id = new_id()
            fixed: dict[str, dict[str, Any]] = {
                "customers": {"id": own_id},
                "audit_events": {"subject_id": own_id},
                "incidents": {"id": incident_id},
                "outbox_messages": {"batch": f"incident:{incident_id}"},
                "consent_subjects": {"id": own_id},
                "consent_states": {"purpose": MARKETING, "recipient_id": OURSELVES},
            }
            confirmed = {
                "confirmed_by": await second_person(platform),
                "confirmed_at": platform.clock(),
            }
            fixed["agencies"] = confirmed  # to whom it is published, and who may register with it
            async with platform.database.transaction() as connection:
                canaries = await plant_everywhere(connection, fixed)
                closed = await plant(
                    connection,
                    Base.metadata.tables["customers"],
                    canaries,
                    status="closed",
                    closed_at=platform.clock(),
                )
                # Tests ask what each request left, thousands of times; the service never does.
                await connection.execute(
                    text("CREATE INDEX audit_events_of_request ON audit_events (request_id)")
                )
            mine = AUDITED.c.request_id == bound("request_id", String())
            other = await add_customer(platform, name="Outra Pessoa Qualquer", marketing=True)
            await add_factor(platform, other)
            token = await open_customer_session(platform, other.login_id, own_id)
            staff = await add_all_staff(platform)
            agency = await add_agency(platform, by=staff[Viewer.DIRECTOR].id)
            officer = await add_officer(platform, agency)
            await _act_for(platform, canaries["legal_requests"], officer)
            tap = Tap()
            tap.open(platform)
            yield Stage(
                service=service,
                staff=staff,
                officer=officer,
                owner=bearer(token),
                canaries=canaries,
                closed=closed,
                other=other,
                tap=tap,
                log=log,
                events_of_request=prepare(
                    select(AUDITED).where(mine).order_by(AUDITED.c.id), platform.database.dialect
                ),
            )
        finally:
            telemetry.configure(production=False)


def raw(answer: httpx.Response) -> bytes:
    """The whole answer as it crossed the wire, and what its cursors hold once decoded."""
    headers = b"\n".join(name + b": " + value for name, value in answer.headers.raw)
    cursors = b"".join(map(_decoded, re.findall(rb'"next_cursor":"([^"]+)"', answer.content)))
    return b"\n".join([str(answer.status_code).encode(), headers, answer.content, cursors])


def comparable(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """All of an answer but what must differ between two: the request's id and the date."""
    headers = [pair for pair in answer.headers.multi_items() if pair[0] not in SPECIAL_HEADERS]
    return answer.status_code, sorted(headers), answer.content


def flat(record: Mapping[str, Any], objects: frozenset[str]) -> dict[str, Any]:
    """A record by dotted fields; only the members of `objects` are fields of their own."""
    fields: dict[str, Any] = {}
    for name, value in record.items():
        if name in objects and isinstance(value, dict):
            fields |= {f"{name}.{member}": inner for member, inner in value.items()}
        else:
            fields[name] = value
    return fields


def selected(sql: str) -> tuple[str, list[str], list[str]]:
    """The main table of a SELECT, its selected expressions, and the names they come out under.

    One that is made for what a function does (a lock) has no table.
    """
    text = " ".join(sql.split())
    assert text.upper().startswith("SELECT ")
    if " FROM " not in text.upper():
        return "", [], []
    parts, depth, start, position = [], 0, 7, 7
    while not (depth == 0 and text[position : position + 6].upper() == " FROM "):
        if depth == 0 and text[position] == ",":
            parts.append(text[start:position].strip())
            start = position + 1
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        depth += {"CASE ": 1}.get(text[position : position + 5].upper(), 0)
        depth -= bool(re.match(r" END\b", text[position : position + 5], re.IGNORECASE))
        position += 1
    parts.append(text[start:position].strip())
    names = [part.rpartition(" AS " if " AS " in part else ".")[2].strip('"') for part in parts]
    return re.split(r"[ ,\n]", text[position + 6 :])[0], parts, names


def _decoded(cursor: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(cursor + b"=" * (-len(cursor) % 4))
    except binascii.Error:
        return b""


async def _act_for(platform: Platform, request: Canary, officer: OfficerPerson) -> None:
    """The officer is a colleague on the canary request: it is in their rows."""
    row = {
        "request_id": request.values["id"],
        "officer_id": officer.id,
        "added_at": platform.clock(),
    }
    async with platform.database.transaction() as connection:
        await connection.execute(insert(LegalColleague).values(**row))
