"""`services/purposes.py`: the register as it is published, and what it refuses."""

import csv
import io

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from app.models import Purpose
from app.services import purposes
from app.services.purpose_register import RegisterError, read, registered
from tests.services.test_purpose_register import FILE
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_is_published_is_the_register(house: Service) -> None:
    answer = await house.client.get("/v1/public/purposes")
    shown = {(item["key"], item["version"]): item["hash"] for item in answer.json()["items"]}
    newest = {purpose.key: purpose for purpose in registered()}  # in the order of versions
    assert shown == {(key, purpose.version): purpose.hash for key, purpose in newest.items()}
    table = await house.client.get("/v1/public/purposes?format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(table.text)))
    assert [line["key"] for line in lines] == [item["key"] for item in answer.json()["items"]]
    assert lines[0]["title.en"] == answer.json()["items"][0]["title"]["en"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/marketing/versions/9", "/marketing/versions/99999999999", "/a%00", "/É"]
)
async def test_what_was_never_published_is_not_found(house: Service, path: str) -> None:
    assert (await house.client.get(f"/v1/public/purposes{path}")).status_code == 404


async def test_publishing_again_changes_nothing(house: Service) -> None:
    async with house.platform.database.transaction() as connection:
        assert await purposes.install(connection, house.clock) == 0


async def test_words_that_were_published_cannot_be_changed(house: Service) -> None:
    change = update(Purpose).where(Purpose.key == "marketing").values(hash="0" * 64)
    with pytest.raises(DBAPIError, match="append-only"):
        async with house.platform.database.transaction() as connection:
            await connection.execute(change)


async def test_a_file_whose_published_words_changed_stops_the_start(
    house: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = read("marketing", FILE)
    monkeypatch.setattr(purposes, "registered", lambda: edited)
    with pytest.raises(RegisterError, match="add a version"):
        async with house.platform.database.transaction() as connection:
            await purposes.install(connection, house.clock)
