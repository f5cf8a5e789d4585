"""Signing keys are rotated and retired under a running service."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from jose import jwt

from tests.support.people import CustomerPerson, add_customer, bearer
from tests.support.service import Service, serving


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(database_url, tmp_path) as service:
        yield service


async def published(house: Service) -> list[dict[str, Any]]:
    answer = await house.client.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/jwk-set+json")
    keys: list[dict[str, Any]] = answer.json()["keys"]
    return keys


async def profile(house: Service, token: str) -> httpx.Response:
    return await house.client.get("/v1/customer/profile", headers=bearer(token))


async def renewed(house: Service, maria: CustomerPerson) -> str:
    answer = await house.client.post(
        "/v1/auth/refresh", json={"refresh_token": maria.refresh_token}
    )
    return str(answer.json()["access_token"])


async def test_anybody_can_verify_a_token_with_the_published_keys(house: Service) -> None:
    maria = await add_customer(house.platform)
    [key] = await published(house)
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in key
    assert jwt.get_unverified_header(maria.token)["kid"] == key["kid"]
    claims = jwt.decode(maria.token, key, algorithms=["ES256"], audience="customer")
    assert {"iss", "aud", "sub", "sid", "jti", "iat", "exp"} <= set(claims)
    assert claims["sub"] == str(maria.login_id)
    assert claims["exp"] - claims["iat"] == 900


async def test_old_tokens_outlive_a_rotation_and_not_the_retirement(house: Service) -> None:
    maria = await add_customer(house.platform)
    [before] = await published(house)
    new_kid = house.platform.keyring.rotate()
    assert [key["kid"] for key in await published(house)] == [new_kid, before["kid"]]
    assert (await profile(house, maria.token)).status_code == 200
    fresh = await renewed(house, maria)
    assert jwt.get_unverified_header(fresh)["kid"] == new_kid
    assert (await profile(house, fresh)).status_code == 200

    house.platform.keyring.retire(before["kid"])
    assert [key["kid"] for key in await published(house)] == [new_kid]
    refused = await profile(house, maria.token)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    assert (await profile(house, fresh)).status_code == 200
