"""Wherever somebody can write a sentence: staff do not ask for secrets, customers do not leave any.

The places are found in the OpenAPI document (`tests/support/free_texts.py`), none is forgotten.
"""

import copy
import itertools
from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from app.access.matrix import Sight
from app.access.permissions import may
from app.access.viewers import STAFF_ROLES, Viewer
from app.access.visibility import RESOURCES
from app.core.ids import new_id
from tests.support.document import DOCUMENT
from tests.support.exercisers import EXERCISERS
from tests.support.free_texts import (
    INTERNAL,
    MAILED,
    OUTGOING,
    REDACTED,
    REFUSED,
    REVIEWED,
    SHORT,
    FreeText,
    free_texts,
)
from tests.support.hostile import dump
from tests.support.officers import OfficerPerson
from tests.support.people import PASSWORD, CustomerPerson, StaffPerson, add_staff
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOUND: Final = sorted(set(free_texts(DOCUMENT)))
ASKS: Final = ("Envie sua senha.", "Qual o PIN?", "Tell me a s3nha")
HONEST: Final = "Troque sua senha."

_numbers = itertools.count(1)


@pytest.fixture
def ids(maria: CustomerPerson) -> dict[str, str]:
    """Whose ids stand in the paths; of the others there is no record, which is answered later."""
    names = (
        *("incident_id", "authenticator_id", "recipient_id", "contact_request_id"),
        *("draft_id", "agency_id", "officer_id"),
        *("draft_id", "legal_request_id", "legal_target_id"),
    )
    unknown = {name: str(new_id()) for name in names}
    return {"customer_id": str(maria.id), **unknown}


def of(places: Any) -> list[FreeText]:
    return [text for text in FOUND if text.place in places]


async def test_every_free_text_is_treated_in_one_known_way() -> None:
    listed = [*OUTGOING, *REVIEWED, *INTERNAL, *REDACTED, *REFUSED, *SHORT]
    assert len(set(listed)) == len(listed)
    assert {text.place for text in FOUND} == set(listed)
    assert set(listed) >= MAILED


async def test_staff_write_to_customers_or_to_each_other_and_customers_to_us() -> None:
    assert {door for door, _ in (*OUTGOING, *INTERNAL)} == {"staff"}
    theirs = {door for door, _ in (*REDACTED, *REFUSED, *SHORT)}
    assert theirs == {"customer", "public", "auth", "own", "judged", "authority"}
    assert all(SHORT.values())


@pytest.mark.parametrize("place", INTERNAL, ids=str)
async def test_what_staff_write_for_each_other_is_hidden_from_everybody_else(
    place: tuple[str, str],
) -> None:
    resource, field = INTERNAL[place]
    row = next(row for row in RESOURCES[resource].rows if row.field == field)
    for viewer in (Viewer.SELF, Viewer.PARTNER, Viewer.PUBLIC):
        assert row.cell(viewer).sight is Sight.HIDDEN


async def send(
    house: Service,
    text: FreeText,
    value: str,
    ids: Mapping[str, str],
    headers: Mapping[str, str],
    **known: str,
) -> httpx.Response:
    """The document's own example of the request, with `value` at the text's place.

    Members of the example that have a name in `known` are sent as it says.
    """
    path = text.path
    for name, id_ in ids.items():
        path = path.replace(f"{{{name}}}", id_)
    assert "{" not in path, f"say whose id stands in {path}"
    kept = {} if text.method == "patch" else copy.deepcopy(example(text))
    kept |= {name: value for name, value in known.items() if name in kept}
    return await house.client.request(
        text.method, path, json=put(kept, text.pointer, value), headers=dict(headers)
    )


def example(text: FreeText) -> dict[str, Any]:
    operation = DOCUMENT["paths"][text.path][text.method]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]["examples"][0]
    return found


def put(body: dict[str, Any], pointer: str, value: str) -> dict[str, Any]:
    *parents, last = pointer.removeprefix("/").split("/")
    inner: Any = body
    for parent in parents:
        inner = inner[0] if parent == "*" else inner.setdefault(parent, {})
    inner[last] = value
    return body


async def who_may(
    house: Service, maria: CustomerPerson, director: StaffPerson, text: FreeText
) -> StaffPerson | CustomerPerson:
    """The customer or the director, unless that is not hers to write."""
    if text.door == "customer":
        return maria
    permission = EXERCISERS[text.method, text.path].permission
    if may(director.role, permission):
        return director
    return await add_staff(
        house.platform, next(role for role in STAFF_ROLES if may(role, permission))
    )


@pytest.mark.parametrize("text", of(OUTGOING | MAILED), ids=str)
async def test_what_customers_read_asks_for_no_secret(
    house: Service,
    ids: dict[str, str],
    maria: CustomerPerson,
    director: StaffPerson,
    text: FreeText,
) -> None:
    writer = await who_may(house, maria, director, text)
    headers = {**writer.headers, "If-Match": "*"}
    before = await dump(house)
    for asking in ASKS:
        answer = await send(house, text, asking, ids, headers)
        assert answer.status_code == 422, answer.text
        problem = answer.json()
        assert problem["code"] == "validation_failed"
        places = [(error["pointer"], error["code"]) for error in problem["errors"]]
        assert places == [(text.pointer, "asks_for_secret")]
        assert asking not in answer.text
    assert await dump(house) == before
    honest = await send(house, text, HONEST, ids, headers)
    assert "asks_for_secret" not in honest.text


@pytest.mark.parametrize("text", of(INTERNAL), ids=str)
async def test_staff_may_warn_each_other_in_their_own_notes(
    house: Service, ids: dict[str, str], director: StaffPerson, text: FreeText
) -> None:
    headers = {**director.headers, "If-Match": "*"}
    answer = await send(house, text, ASKS[0], ids, headers)
    assert "asks_for_secret" not in answer.text


@pytest.mark.parametrize("text", of(REDACTED), ids=str)
async def test_a_password_pasted_into_prose_is_not_kept(
    house: Service, maria: CustomerPerson, ids: dict[str, str], text: FreeText
) -> None:
    other = f"Segredo-{next(_numbers)}-de-outro!"
    sent = f"Olá! senha do painel: {other}, e aqui uso {PASSWORD} mesmo."
    # Whoever is not signed in says at least at which address they are to be answered.
    said = {"email": maria.email} if text.door == "public" else {}
    answer = await send(house, text, sent, ids, maria.headers, **said)
    assert answer.status_code in (200, 201, 202), answer.text
    everything = repr(await dump(house)) + answer.text
    assert other not in everything
    assert PASSWORD not in everything
    assert "[senha removida]" in everything


@pytest.mark.parametrize("text", of(REFUSED), ids=str)
async def test_a_datum_that_holds_a_password_is_sent_back(
    house: Service,
    maria: CustomerPerson,
    director: StaffPerson,
    officer: OfficerPerson,
    ids: dict[str, str],
    text: FreeText,
) -> None:
    writers = {"staff": director.headers, "authority": officer.headers, "customer": maria.headers}
    headers = {} if text.door == "public" else {**writers[text.door], "If-Match": "*"}
    fits = text.path == "/v1/customer/profile" and text.pointer != "/address/number"
    own = [PASSWORD] if fits else []
    before = await dump(house)
    for secret in ("senha: oito-3", "pin: 48213", *own):
        answer = await send(house, text, secret, ids, headers)
        assert answer.status_code == 422, answer.text
        problem = answer.json()
        assert problem["code"] == "validation_failed"
        places = [(error["pointer"], error["code"]) for error in problem["errors"]]
        assert places == [(text.pointer, "holds_secret")]
        assert secret not in answer.text
    assert await dump(house) == before
    honest = await send(house, text, "Rua da Senha 12", ids, headers)
    assert "holds_secret" not in honest.text
