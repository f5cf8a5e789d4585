"""One started service per module and database: tests bring their own people into it.

For test files that say ``pytestmark = pytest.mark.asyncio(loop_scope="module")``.
"""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.support.hostile import Caller, dump
from tests.support.officers import OfficerPerson, add_agency, add_officer
from tests.support.people import CustomerPerson, StaffPerson, add_customer, add_staff
from tests.support.service import Service, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service, shared by the tests of a module."""
    async with serving(shared_database_url, tmp_path_factory.mktemp("house")) as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def maria(house: Service) -> CustomerPerson:
    """A customer who is signed in."""
    return await add_customer(house.platform)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def director(house: Service) -> StaffPerson:
    """The member of staff who may do most."""
    return await add_staff(house.platform, "director")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(house: Service, director: StaffPerson) -> OfficerPerson:
    """An officer of an authority who is in office, and signed in."""
    return await add_officer(house.platform, await add_agency(house.platform, by=director.id))


@pytest.fixture
def caller(
    house: Service, maria: CustomerPerson, director: StaffPerson, officer: OfficerPerson
) -> Caller:
    """Sends what nobody should, as any of them."""
    return Caller(house, maria, director, officer)


@pytest_asyncio.fixture(loop_scope="module")
async def untouched(house: Service, caller: Caller) -> AsyncIterator[None]:
    """The database is the same, byte for byte, after the test."""
    before = await dump(house)
    yield
    assert await dump(house) == before


@pytest_asyncio.fixture(loop_scope="module")
async def later(house: Service) -> AsyncIterator[Callable[..., None]]:
    """Moves the clock; it is put back after the test."""

    def move(**ahead: float) -> None:
        house.clock.ahead = timedelta(**ahead)

    yield move
    house.clock.ahead = timedelta()
