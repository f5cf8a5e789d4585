"""`app/services/demo.py`: made-up people a newcomer can sign in as."""

import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from app.access.viewers import STAFF_ROLES
from app.core.documents import normalise_tax_id
from app.core.errors import Failure
from app.core.phones import normalise_phone
from app.models import ConsentEvent, Customer, CustomerWord, Login, PolicyAcceptance
from app.services import demo, demo_accountant, sign_in
from app.services.second_factors import Code
from tests.support.people import bearer, stranger
from tests.support.records import count, events, rows
from tests.support.service import Service, serving


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def load(house: Service, customers: int, *, only_if_empty: bool = False) -> list[int]:
    """The steps of progress."""
    steps: list[int] = []
    await demo.load(house.platform, customers, steps.append, only_if_empty=only_if_empty)
    return steps


async def test_everybody_can_sign_in_as_the_instructions_say(house: Service) -> None:
    await load(house, 3)
    for number in (1, 3):
        await sign_in.customer(
            house.platform, f"cliente{number}@{demo.DOMAIN}", demo.PASSWORD, None, stranger("r")
        )
    lines = "\n".join(demo.instructions(house.platform.settings))
    assert demo.PASSWORD in lines
    for role in STAFF_ROLES:
        secret = next(
            line.split()[-1] for line in lines.splitlines() if line.split()[:1] == [role.value]
        )
        code = Code(totp=pyotp.TOTP(secret).now())
        await sign_in.staff(
            house.platform, f"{role}@{demo.DOMAIN}", demo.PASSWORD, code, stranger("r")
        )


async def test_the_first_customer_trusts_an_accountant_with_the_invoices(house: Service) -> None:
    await load(house, 2)
    assert demo_accountant.EMAIL in "\n".join(demo.instructions(house.platform.settings))
    tokens = await sign_in.customer(
        house.platform, demo_accountant.EMAIL, demo.PASSWORD, None, stranger("r")
    )
    headers = bearer(tokens.access_token)
    shown = await house.client.get("/v1/customer/invoices", headers=headers)
    assert [invoice["status"] for invoice in shown.json()["items"]] == ["open", "paid"]
    refused = await house.client.get("/v1/customer/profile", headers=headers)
    assert refused.status_code == 403


async def test_the_secrets_are_for_the_operators_eyes_only(house: Service) -> None:
    await load(house, 0)
    file = house.platform.settings.var_dir / demo.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_people_are_whole_and_valid(house: Service) -> None:
    await load(house, 40)
    found = await rows(house.platform, select(Customer))
    assert len(found) == len({row.tax_id for row in found}) == 40
    for row in found:
        assert normalise_tax_id(row.tax_id, "person").digits == row.tax_id
        assert normalise_phone(row.phone) == row.phone
        assert row.postal_code.isdigit()
        assert len(row.postal_code) == 8
        assert (row.status == "closed") == (row.closed_at is not None)
        assert row.created_at <= house.clock()
    for table in (Login, PolicyAcceptance):
        assert await count(house.platform, table) == 40 + 1  # the accountant
    assert await count(house.platform, CustomerWord) > 40
    assert 0 < await count(house.platform, ConsentEvent) < 40
    hashes = select(func.count(Login.password_hash.distinct()))
    assert (await rows(house.platform, hashes))[0][0] == 1


async def test_a_second_demo_goes_on_where_the_first_ended(house: Service) -> None:
    assert await load(house, 2) == [2]
    before = (house.platform.settings.var_dir / demo.FILE).read_text()
    assert await load(house, 3) == [3]
    emails = {row[0] for row in await rows(house.platform, select(Login.email))}
    customers = {f"cliente{number}@{demo.DOMAIN}" for number in range(1, 6)}
    assert emails == {*customers, demo_accountant.EMAIL}
    assert (house.platform.settings.var_dir / demo.FILE).read_text() == before


async def test_an_inhabited_database_is_left_alone_when_asked_to(house: Service) -> None:
    assert await load(house, 1, only_if_empty=True) == [1]
    assert await load(house, 1, only_if_empty=True) == []
    assert await count(house.platform, Customer) == 1


async def test_progress_comes_in_batches_each_on_record(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "BATCH", 2)
    assert await load(house, 5) == [2, 2, 1]
    found = await events(house.platform, action="system:customer:load_demo")
    assert [event.rows for event in found] == [2, 2, 1]


async def test_without_a_policy_nobody_can_have_accepted_it(house: Service) -> None:
    house.clock.ahead = timedelta(days=-1)
    with pytest.raises(Failure) as told:
        await load(house, 1)
    assert told.value.code == "policy_version_not_current"
    assert await count(house.platform, Customer) == 0


async def test_without_a_demo_there_are_no_instructions(house: Service) -> None:
    assert demo.instructions(house.platform.settings) == []
