"""The transparency report: published by the worker when a period is settled, for everybody."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import insert, update

from app.core.ids import new_id
from app.models import LegalRequest, LegalStep, LegalTarget, TransparencyReport
from app.services import transparency_reports
from tests.support.officers import AgencyMade, add_agency
from tests.support.people import StaffPerson, add_customer
from tests.support.records import count
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")
ADDRESS = "/v1/public/transparency-report"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def agency(house: Service, director: StaffPerson) -> AgencyMade:
    return await add_agency(house.platform, by=director.id)


async def add_request(
    house: Service,
    agency: AgencyMade,
    by: StaffPerson,
    at: datetime,
    *deeds: str,
    customer: UUID | None = None,
    **columns: Any,
) -> None:
    """A request that was received at a moment, with steps an hour apart."""
    request_id = new_id()
    row = {
        "id": request_id,
        "reference": f"SG-{request_id.hex[-12:]}",
        "channel": "paper",
        "agency_id": agency.id,
        "entered_by": by.id,
        "kind": "registration_data",
        "basis": "mci_10_3",
        "issuing_body": "2ª Promotoria",
        "signer_name": "Ana",
        "signer_tax_id": "11144477735",
        "signer_office": "prosecutor",
        "motivation": "Apuração.",
        "items": ("name",),
        "targets": [{}],
        "legal_due_at": at,
        "language": "pt-BR",
        "status": "received",
        "status_at": at,
        "findings": [],
        "decisions": [],
        "created_at": at,
        "submitted_at": at,
        **columns,
    }
    steps = [
        {
            "id": new_id(),
            "request_id": request_id,
            "at": at + number * timedelta(hours=1),
            "deed": deed.partition("=")[0],
            "origin": "legal_review",
            "to": "received",
            "actor_kind": "system",
            "reason": deed.partition("=")[2] or None,
        }
        for number, deed in enumerate(("submit", *deeds))
    ]
    target = {
        "id": new_id(),
        "request_id": request_id,
        "position": 0,
        "customer_id": customer,
        "matched_by": ("name", "email"),
        "matched_at": at,
        "outcome": "matched",
        "candidate_count": 1,
        "candidates": [],
    }
    async with house.platform.database.transaction() as connection:
        await connection.execute(insert(LegalRequest).values(**row))
        await connection.execute(insert(LegalStep), steps)
        await connection.execute(insert(LegalTarget).values(**target))


async def read(house: Service, **parameters: str) -> httpx.Response:
    return await house.client.get(ADDRESS, params=parameters)


async def publish_at(house: Service, moment: datetime) -> None:
    house.clock.ahead = timedelta()
    house.clock.ahead = moment - house.clock()
    await transparency_reports.publish(house.platform)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def published(house: Service, agency: AgencyMade, director: StaffPerson) -> None:
    """The reports of 2027, each as soon as it could be."""
    start = datetime(2027, 2, 1, 12, tzinfo=UTC)
    customers = [(await add_customer(house.platform)).id for _ in range(10)]
    for number, customer in enumerate(customers):
        received = start + timedelta(days=number)
        deeds = ("forward", "approve", "deliver")
        await add_request(house, agency, director, received, *deeds, customer=customer)
    for _ in range(4):
        deed = "reject=no_competence"
        await add_request(house, agency, director, start, deed, customer=customers[0])
    await publish_at(house, datetime(2027, 7, 31, 2, 59, tzinfo=UTC))
    assert refusals(await read(house, period="2027-H1")) == ["period: report_not_published"]
    await publish_at(house, datetime(2027, 7, 31, 3, 1, tzinfo=UTC))
    assert (await read(house)).json()["period"] == "2027-H1"
    for _ in range(11):
        await add_request(house, agency, director, start + timedelta(days=200), "withdraw")
    await publish_at(house, datetime(2028, 1, 31, 3, 1, tzinfo=UTC))
    house.clock.ahead = timedelta()


@pytest_asyncio.fixture(loop_scope="module")
async def in_2028(house: Service, published: None, later: Callable[..., None]) -> None:
    """Some time after the reports of 2027."""
    later(seconds=(datetime(2028, 2, 2, tzinfo=UTC) - house.clock()).total_seconds())


def refusals(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [f"{error['parameter']}: {error['code']}" for error in answer.json()["errors"]]


@pytest.mark.usefixtures("in_2028")
async def test_a_half_year_is_published_with_all_that_may_be_told(house: Service) -> None:
    answer = await read(house, period="2027-H1")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.json() == {
        "period": "2027-H1",
        "from": "2027-01-01",
        "to": "2027-06-30",
        "settled_at": "2027-07-31T03:00:00Z",
        "smallest_group": 10,
        "received": 14,
        "by_kind": [
            {
                "kind": "registration_data",
                "requests": 14,
                "by_basis": [{"basis": "mci_10_3", "requests": 14}],
            }
        ],
        "outcomes": [],  # four were refused: ten granted would tell it
        "refused_by_reason": [],
        "customers_affected": 10,
        "median_hours_to_answer": 3,
    }


@pytest.mark.usefixtures("in_2028")
async def test_a_year_tells_what_its_halves_tell_together(house: Service) -> None:
    year = (await read(house, period="2027")).json()
    halves = [(await read(house, period=f"2027-H{half}")).json() for half in (1, 2)]
    assert year["received"] == sum(half["received"] for half in halves) == 25
    assert (halves[1]["outcomes"], year["outcomes"]) == (
        [{"outcome": "withdrawn", "requests": 11}],
        [],  # the first half names none
    )
    assert year["customers_affected"] is None
    assert (await read(house)).json() == halves[1]


@pytest.mark.usefixtures("in_2028")
async def test_what_is_no_period_or_has_no_report_yet(house: Service) -> None:
    for period in ("2028-H1", "2028", "2031"):
        assert refusals(await read(house, period=period)) == ["period: report_not_published"]
    for period in ("", "2027-H3", "2027-Q1", "H1", "2027-01"):
        assert refusals(await read(house, period=period)) == ["period: invalid_report_period"]
    assert (await read(house, period="2026-H1")).status_code == 404  # before the first request


@pytest.mark.usefixtures("in_2028")
async def test_what_happens_later_changes_no_report(
    house: Service, agency: AgencyMade, director: StaffPerson
) -> None:
    before = [(await read(house, period=period)).content for period in ("2027-H1", "2027")]
    await add_request(house, agency, director, datetime(2027, 6, 1, tzinfo=UTC), "withdraw")
    async with house.platform.database.transaction() as connection:
        await connection.execute(update(LegalTarget).values(customer_id=None))
    for _ in range(2):
        await transparency_reports.publish(house.platform)
    after = [(await read(house, period=period)).content for period in ("2027-H1", "2027")]
    assert after == before
    assert await count(house.platform, TransparencyReport) == 3


@pytest.mark.usefixtures("in_2028")
async def test_a_report_is_a_table_too(house: Service) -> None:
    answer = await read(house, period="2027-H1", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "transparency-report-2027-H1.csv" in answer.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert {line["period"] for line in lines} == {"2027-H1"}
    told = {(line["figure"], line["group"], line["within"]): line["value"] for line in lines}
    assert told == {
        ("received", "", ""): "14",
        ("received_by_kind", "registration_data", ""): "14",
        ("received_by_basis", "mci_10_3", "registration_data"): "14",
        ("customers_affected", "", ""): "10",
        ("median_hours_to_answer", "", ""): "3",
    }
