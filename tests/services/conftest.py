"""One started service per module and database: tests bring their own people into it.

For test files that say ``pytestmark = pytest.mark.asyncio(loop_scope="module")``.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.service import Service, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    shared_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service, shared by the tests of a module."""
    async with serving(shared_database_url, tmp_path_factory.mktemp("house")) as service:
        yield service
