"""schemathesis, all checks, over the whole document, as each kind of caller: it finds nothing.

`FUZZ_EXAMPLES` (per operation) and `FUZZ_SEED` make a run longer, or another one.

The coverage phase costs most by far, and what it sends follows from the document alone: a short run
sends the customers' half to one database and the staff's to the other, a long one all to both. What
fuzzing tries there is mostly the document again: the other database gets a third of it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import insert
from starlette.types import ASGIApp

from app.access.viewers import Viewer
from app.models import TransparencyReport
from tests.support.canaries import PLAIN
from tests.support.databases import DatabaseKind
from tests.support.document import DOCUMENT
from tests.support.fuzzing import (
    PHASES,
    SEED,
    Findings,
    Loop,
    fuzz,
    narrowed,
    over_there,
    with_any_tag,
)
from tests.support.officers import OfficerPerson, add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.service import Service, serving

USUAL: Final = 12
EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", USUAL))
CHEAP: Final = tuple(phase for phase in PHASES if phase != "coverage")
ROLES: Final = (Viewer.DIRECTOR, Viewer.SUPPORT, Viewer.SYSTEMS_ENGINEER)

# The document's own example of a sign-in, which is thus a good one.
EMAIL: Final = "maria@exemplo.com.br"
PASSWORD: Final = "quatro-gatos-7-telhados"

# One that the worker would publish later than anybody can wait here.
REPORT: Final = {
    "period": "2026-H1",
    "published_at": datetime(2026, 7, 31, tzinfo=UTC),
    "figures": PLAIN["transparency_reports", "figures"],
}

OUT_OF_REACH: Final = {
    "GET /metrics",  # wants the operator's token
    "GET /v1/customer/members/{membership_id}",  # wants an id that lists tell
    "GET /v1/customer/interventions/{intervention_id}",  # wants an intervention
    "POST /v1/customer/authenticators/recovery-codes",  # wants a second factor
    "POST /v1/auth/staff/token",  # wants a code of this minute
    "POST /v1/auth/authority/token",  # the same
    "POST /v1/public/authority-registrations",  # wants an agency of the directory
    "POST /v1/public/authority-registrations/confirm",  # wants a token out of a mail
    # want a token out of a mail
    "POST /v1/public/authority-recoveries/confirm",
    "POST /v1/public/password-resets/confirm",
    "POST /v1/public/email-changes/confirm",
    "POST /v1/public/email-changes/undo",
    "POST /v1/public/email-verifications/confirm",
    "POST /v1/public/registrations/confirm",
    # want the answer of an authenticator, or its code of this minute
    "POST /v1/auth/customer/passkey/token",
    "POST /v1/auth/staff/passkey/token",
    "POST /v1/auth/step-up",
    *(
        f"POST /v1/{door}/authenticators/{rest}"
        for door in ("customer", "staff", "authority")
        for rest in ("totp/{authenticator_id}/confirm", "passkeys")
    ),
    "DELETE /v1/customer/sessions/{session_id}",  # wants a session of who is new each time
    "POST /v1/public/invitations/accept",  # wants a token out of a mail
    "POST /v1/customer/invitations/accept",  # the same
    "DELETE /v1/customer/membership",  # the last owner stays
    "PATCH /v1/customer/members/{membership_id}",  # wants another member than the caller
    "DELETE /v1/customer/members/{membership_id}",  # the same
    "GET /v1/customer/invoices/{invoice_id}",  # wants billing to have issued one
}
"""What no caller does well who knows the document alone."""


@dataclass(frozen=True, slots=True)
class House:
    """The service on a loop of its own, and everybody who calls."""

    loop: Loop
    service: Service
    app: ASGIApp
    maria: CustomerPerson
    staff: Mapping[Viewer, StaffPerson]
    officer: OfficerPerson


@pytest.fixture(scope="module")
def house(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    opening = serving(
        shared_database_url, folder, access_token_seconds=3600, log_level="error", database_pool=2
    )
    with Loop().started() as loop, loop.entered(opening) as service:

        async def officer() -> OfficerPerson:
            director = await add_staff(service.platform, Viewer.DIRECTOR)
            agency = await add_agency(service.platform, by=director.id)
            return await add_officer(service.platform, agency, password=PASSWORD)

        async def arrive() -> tuple[CustomerPerson, dict[Viewer, StaffPerson], OfficerPerson]:
            platform = service.platform
            maria = await add_customer(platform, login_email=EMAIL, password=PASSWORD)
            for _ in range(5):
                await add_customer(platform)
            async with platform.database.transaction() as connection:
                await connection.execute(insert(TransparencyReport).values(**REPORT))
            staff = {role: await add_staff(platform, role) for role in ROLES}
            return maria, staff, await officer()

        async def fresh(path: str) -> str:
            if path.startswith("/v1/staff"):
                return (await add_staff(service.platform, "support", password=PASSWORD)).token
            if path.startswith("/v1/authority"):
                return (await officer()).token
            return (await add_customer(service.platform, password=PASSWORD)).token

        maria, staff, beatriz = loop.run(arrive())
        yield House(loop, service, over_there(service.app, loop, fresh), maria, staff, beatriz)


def only(document: Mapping[str, Any], door: str = "") -> dict[str, Any]:
    """The document with the door of staff or of officers alone, or without both."""
    chosen = {}
    for path, of in document["paths"].items():
        here = next((name for name in ("staff", "authority") if f"/v1/{name}/" in path), "")
        if here == door:
            chosen[path] = of
    return {**document, "paths": chosen}


def found(
    house: House,
    document: dict[str, Any],
    headers: Mapping[str, str],
    *,
    covered: bool,
    at_home: bool,
) -> Findings:
    phases = PHASES if covered or EXAMPLES > USUAL else CHEAP
    examples = EXAMPLES if at_home or EXAMPLES > USUAL else EXAMPLES // 3
    seed = int(os.environ.get("FUZZ_SEED", SEED))
    return fuzz(document, house.app, headers=headers, examples=examples, seed=seed, phases=phases)


def test_nothing_is_found_as_a_customer_and_as_nobody(
    house: House, database_kind: DatabaseKind
) -> None:
    document = with_any_tag(only(DOCUMENT))
    at_home = database_kind == "postgresql"
    findings = found(house, document, house.maria.headers, covered=at_home, at_home=at_home)
    assert not findings.failures, str(findings)
    never = {
        operation: statuses
        for operation, statuses in findings.statuses.items()
        if operation not in OUT_OF_REACH and not any(status < 300 for status in statuses)
    }
    assert not never, "never went well"


def test_nothing_is_found_as_an_officer(house: House, database_kind: DatabaseKind) -> None:
    document = with_any_tag(only(DOCUMENT, "authority"))
    at_home = database_kind == "sqlite"
    headers = house.officer.headers
    findings = found(house, document, headers, covered=at_home, at_home=at_home)
    assert not findings.failures, str(findings)
    assert 200 in findings.statuses["GET /v1/authority/login"], "nobody was ever read"


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_found_as_staff(house: House, database_kind: DatabaseKind, role: Viewer) -> None:
    person = house.staff[role]
    telling = house.service.client.get("/v1/staff/visibility", headers=person.headers)
    own = house.loop.run(telling).json()
    document = with_any_tag(narrowed(only(DOCUMENT, "staff"), own, "customer"))
    for operation in document["paths"]["/v1/staff/customers/{customer_id}"].values():
        for parameter in operation["parameters"]:
            if parameter["name"] == "customer_id":
                parameter["example"] = str(house.maria.id)
    if "audit_event" not in own["resources"]:
        del document["paths"]["/v1/staff/audit-events"]
    at_home = database_kind == "sqlite"
    covered = at_home and role is Viewer.DIRECTOR
    findings = found(house, document, person.headers, covered=covered, at_home=at_home)
    assert not findings.failures, str(findings)
    reading = findings.statuses["GET /v1/staff/customers/{customer_id}"]
    assert 200 in reading, "no customer was ever read"
