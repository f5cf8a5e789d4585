"""How to call the routes of the files that legal requests come with."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from app.access.viewers import Viewer
from app.models import Base
from tests.support.canaries import plant
from tests.support.exercising import Exerciser, Route, items
from tests.support.legal import DESK, DOOR
from tests.support.stage import Stage

ONE: Final = f"{DESK}/{{legal_request_id}}/documents"
OWN: Final = f"{DOOR}/{{legal_request_id}}/documents"

DOCUMENTS_ARE_NO_RECORDS: Final[Mapping[Route, str]] = {
    (
        "delete",
        f"{ONE}/{{legal_document_id}}",
    ): "nothing is shown; journeys/test_legal_documents.py",
    ("delete", f"{OWN}/{{legal_document_id}}"): "nothing is shown; the same",
    ("get", f"{ONE}/{{legal_document_id}}/content"): "a file, as it was sent; the same",
}
"""Routes that show no record, and where else they are held to account."""

_planted: dict[str, Any] = {}
"""What the last preparation made, for the request that follows it."""


async def _draft(stage: Stage) -> None:
    """A draft of the stage's officer, and a request that came on paper: both take files."""
    tables = Base.metadata.tables
    by = stage.staff[Viewer.DIRECTOR].id
    paper = {"channel": "paper", "officer_id": None, "entered_by": by}
    async with stage.platform.database.transaction() as connection:
        for name, fixed in (
            (DOOR, {"officer_id": stage.officer.id, "status": "draft"}),
            (DESK, paper),
        ):
            made = await plant(connection, tables["legal_requests"], stage.canaries, **fixed)
            _planted[name] = made.values["id"]


async def _filed(stage: Stage) -> None:
    """A request of the stage's officer that was received, with a file."""
    tables = Base.metadata.tables
    async with stage.platform.database.transaction() as connection:
        request = await plant(
            connection, tables["legal_requests"], stage.canaries, officer_id=stage.officer.id
        )
        file = await plant(connection, tables["stored_files"], stage.canaries)
        ids = {"request_id": request.values["id"], "file_id": file.values["id"]}
        await plant(connection, tables["legal_documents"], stage.canaries, **ids)
    _planted[DOOR] = request.values["id"]


async def _list(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    request_id = stage.canaries["legal_requests"].values["id"]
    return await stage.client.get(f"{DESK}/{request_id}/documents?limit=200", headers=headers)


async def _list_own(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
    address = f"{DOOR}/{_planted[DOOR]}/documents?limit=200"
    return await stage.client.get(address, headers=headers)


def _upload(door: str) -> Any:
    async def send(stage: Stage, _: Viewer, headers: dict[str, str]) -> httpx.Response:
        return await stage.client.post(
            f"{door}/{_planted[door]}/documents?kind=annex&name=anexo.pdf",
            content=b"%PDF-1.7",
            headers={**headers, "Content-Type": "application/pdf"},
        )

    return send


DOCUMENT_EXERCISERS: Final[Mapping[Route, Exerciser]] = {
    ("get", ONE): Exerciser("staff:legal_document:list", "legal_document", _list, records=items),
    ("post", ONE): Exerciser(
        "staff:legal_document:create",
        "legal_document",
        _upload(DESK),
        canary=False,
        prepare=_draft,
    ),
    ("get", OWN): Exerciser(
        "authority:legal_document:list",
        "legal_document",
        _list_own,
        records=items,
        canary=False,
        prepare=_filed,
    ),
    ("post", OWN): Exerciser(
        "authority:legal_document:create",
        "legal_document",
        _upload(DOOR),
        canary=False,
        prepare=_draft,
    ),
}
