"""Whoever has a document of ours gets the certificates that it is verified with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from cryptography import x509

from tests.support.service import Service, serving

ADDRESS = "/v1/public/certificate"


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def published(house: Service) -> list[x509.Certificate]:
    answer = await house.client.get(ADDRESS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pem-certificate-chain"
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert b"PRIVATE" not in answer.content
    return x509.load_pem_x509_certificates(answer.content)


async def test_every_certificate_stays_published(house: Service) -> None:
    certificates = house.platform.certificates
    first = certificates.signing()
    assert await published(house) == [first.certificate]
    certificates.rotate()
    second = certificates.signing()
    both = [second.certificate, first.certificate]
    assert await published(house) == both
    certificates.retire(first.kid)
    assert await published(house) == both
