"""Hostile bodies: the right problem document, nothing of what was sent in it, no row touched."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import pytest

from tests.support.hostile import CANARY, FORM_ROUTES, JSON_ROUTES, Caller
from tests.support.people import CustomerPerson
from tests.support.writing import registration

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("untouched")]

LIMIT: Final = 1024 * 1024


def deep(levels: int) -> bytes:
    return b'{"name": ' + b"[" * levels + b"]" * levels + b"}"


MALFORMED: Final[Mapping[str, bytes]] = {
    "not JSON": f"{CANARY}".encode(),
    "half": f'{{"name": "{CANARY}"'.encode(),
    "trailing": f'{{"name": "{CANARY}"}} {{}}'.encode(),
    "trailing comma": f'{{"name": "{CANARY}",}}'.encode(),
    "single quotes": f"{{'name': '{CANARY}'}}".encode(),
    "comment": f'{{"name": "{CANARY}" /* */}}'.encode(),
    "repeated member": f'{{"name": "{CANARY}", "name": "{CANARY}"}}'.encode(),
    "repeated inside": f'{{"address": {{"city": "a", "city": "{CANARY}"}}}}'.encode(),
    "NaN": b'{"accepted_policy_version": NaN}',
    "Infinity": b'{"accepted_policy_version": Infinity}',
    "-Infinity": b'{"accepted_policy_version": -Infinity}',
    "1e999": b'{"accepted_policy_version": 1e999}',
    "lone surrogate": f'{{"name": "{CANARY}\\ud800"}}'.encode(),
    "lone surrogate in a name": f'{{"{CANARY}\\ud800": 1}}'.encode(),
    "invalid UTF-8": f'{{"name": "{CANARY}'.encode() + b'\xff"}',
    "overlong UTF-8": b'{"name": "\xc0\x80"}',
    "UTF-16": f'{{"name": "{CANARY}"}}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "raw control character": b'{"name": "a\nb"}',
    "deep": deep(40),
    "deeper than the stack": deep(100_000),
    "wide": b'{"name": [' + b"[]," * 20_000 + b"[]]}",
    "huge integer": b'{"accepted_policy_version": ' + b"9" * 5000 + b"}",
    "beyond 64 bits": b'{"accepted_policy_version": 18446744073709551616}',
}


BEACONS = "/v1/public/analytics/events"


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
async def test_what_is_no_json(caller: Caller, method: str, path: str) -> None:
    headers = {"Content-Type": "application/json"}
    for body in MALFORMED.values():
        # Where less than a megabyte is taken, a body may be too large before it is malformed.
        codes = {"malformed_json", "payload_too_large"} if path == BEACONS else "malformed_json"
        await caller.refused(method, path, codes, content=body, headers=headers)


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
async def test_json_of_another_kind(caller: Caller, method: str, path: str) -> None:
    headers = {"Content-Type": "application/json"}
    values: tuple[Any, ...] = ([], [{}], [CANARY], CANARY, 7, True, None)
    # Without a body the token to be renewed comes in a cookie; here there is none.
    nothing = "token_invalid" if path == "/v1/auth/refresh" else "validation_failed"
    for value in values:
        content = json.dumps(value).encode()
        code = nothing if value is None else "validation_failed"
        await caller.refused(method, path, code, content=content, headers=headers)
    await caller.refused(method, path, nothing, content=b"", headers=headers)
    await caller.refused(method, path, {nothing, "unsupported_media_type"})


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES)
async def test_members_that_nobody_asked_for(caller: Caller, method: str, path: str) -> None:
    for name in (CANARY, "password_hash", "id", "__proto__", "$where", "a.b", "", "nome\u0000"):
        content = json.dumps({name: CANARY}).encode()
        headers = {"Content-Type": "application/json"}
        # The director, who calls here, may not touch invoices, whatever the body.
        code = "forbidden" if path.startswith("/v1/staff/invoices") else "unknown_member"
        await caller.refused(method, path, code, content=content, headers=headers)


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES + FORM_ROUTES)
async def test_bodies_of_another_media_type(caller: Caller, method: str, path: str) -> None:
    types = [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json; charset=latin-1",
        f"text/{CANARY}",
        "",
        ";",
        "application/octet-stream",
    ]
    if path == BEACONS:  # as `navigator.sendBeacon` sends text
        types.remove("text/plain")
    types.append("application/json" if (method, path) in FORM_ROUTES else "text/json")
    for media_type in types:
        answer = await caller.refused(
            method,
            path,
            "unsupported_media_type",
            content=CANARY.encode(),
            headers={"Content-Type": media_type},
        )
        assert answer.headers["accept"]


@pytest.mark.parametrize(("method", "path"), JSON_ROUTES + FORM_ROUTES)
async def test_bodies_beyond_the_limit(caller: Caller, method: str, path: str) -> None:
    form = (method, path) in FORM_ROUTES
    headers = {"Content-Type": "application/x-www-form-urlencoded" if form else "application/json"}
    body = (CANARY * (LIMIT // len(CANARY) + 1)).encode()[: LIMIT + 1]

    def chunks() -> AsyncIterator[bytes]:
        async def pour() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 65536):
                yield body[start : start + 65536]

        return pour()

    for content in (body, chunks):
        await caller.refused(method, path, "payload_too_large", content=content, headers=headers)
    for length in ("99999999999999999999", str(LIMIT + 1)):
        lying = {**headers, "Content-Length": length}
        await caller.refused(method, path, "payload_too_large", content=b"{}", headers=lying)
    for length in ("-1", "abc", "1.5", "٣"):
        lying = {**headers, "Content-Length": length}
        await caller.refused(method, path, "malformed_request", content=b"{}", headers=lying)


VALUES: Final[Mapping[str, list[Any]]] = {
    "kind": [CANARY, None, 1, [], "PERSON"],
    "name": ["", " ", "\u200b", f"{CANARY}\u0000", "a" * 151, None, 7, [CANARY], f"{CANARY}\u202e"],
    "email": [
        *(CANARY, f"{CANARY}@", f"@{CANARY}.com", f"{CANARY}@localhost", f"{CANARY}@127.0.0.1"),
        *(f"{CANARY}@[::1]", f'"{CANARY}"@exemplo.com.br', f"é{CANARY}@exemplo.com.br"),
        *(f"{CANARY}@exemplo..br", f"{CANARY} @exemplo.com.br", f"{CANARY}@exemplo.com.br\n"),
        *(f"{CANARY}***@exemplo.com.br", "a" * 250 + "@exemplo.com.br", None, 1, {}),
    ],
    "password": ["", "curta1!", CANARY, "a" * 2000, f"{CANARY}7!\u0000", None, 1],
    "phone": [CANARY, "123", "+1", "11 91234-567٣", "(00) 91234-5678", 11912345678, [], ""],
    "tax_id": ["52998224724", "11111111111", CANARY, "12.345.678/0001-00", 52998224725, "", {}],
    "accepted_policy_version": [0, -1, 1.5, "1", True, None, 2**31, 1e20],
    "address": [CANARY, [], {"street": CANARY}, {"city": CANARY, "state": "XX"}, 3],
    "preferences": [CANARY, {"language": CANARY}, {"contact_channel": "fax"}, [], 1],
    "consents": [
        *(CANARY, {}, [CANARY], [{"purpose": CANARY, "granted": True}]),
        [{"purpose": "marketing", "granted": "yes"}],
        [{"purpose": "marketing", "granted": True}] * 2,
        [{"purpose": "marketing"}],
    ],
}


@pytest.mark.parametrize("member", VALUES)
async def test_values_that_a_registration_cannot_hold(caller: Caller, member: str) -> None:
    for value in VALUES[member]:
        answer = await caller.refused(
            "POST",
            "/v1/public/registrations",
            "validation_failed",
            json=registration(**{member: value}),
        )
        for error in answer.json()["errors"]:
            assert error["pointer"].split("/")[1] == member
    missing = registration()
    if missing.pop(member, None) is not None:
        await caller.refused("POST", "/v1/public/registrations", "validation_failed", json=missing)


@pytest.mark.parametrize("path", ["/v1/customer/profile", "/v1/staff/customers/{customer_id}"])
@pytest.mark.parametrize(
    "member", sorted(set(VALUES) & {"name", "email", "phone", "tax_id", "address", "preferences"})
)
async def test_values_that_a_change_cannot_hold(caller: Caller, path: str, member: str) -> None:
    partial = {"street": CANARY}, {"city": CANARY, "state": "XX"}
    for value in VALUES[member]:
        if value is None and member != "name" and member != "email":
            continue
        if member == "address" and value == partial[0]:
            continue  # part of an address is a good patch
        await caller.refused("PATCH", path, "validation_failed", json={member: value})


async def test_policy_versions_that_are_not_in_force(caller: Caller) -> None:
    body = registration(accepted_policy_version=2)
    await caller.refused(
        "POST", "/v1/public/registrations", "policy_version_not_current", json=body
    )


@pytest.mark.parametrize(("method", "path"), FORM_ROUTES)
async def test_forms(caller: Caller, method: str, path: str, maria: CustomerPerson) -> None:
    good = {"username": maria.email, "password": maria.password, "totp": "123456"}
    if "customer" in path:
        del good["totp"]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for name in good:
        partial = {key: value for key, value in good.items() if key != name}
        await caller.refused(method, path, "validation_failed", data=partial)
    await caller.refused(method, path, "unknown_member", data={**good, CANARY: CANARY})
    await caller.refused(method, path, "validation_failed", data={**good, "username": CANARY * 90})
    await caller.refused(method, path, "validation_failed", data={**good, "password": CANARY * 99})
    await caller.refused(method, path, "validation_failed", data={**good, "grant_type": CANARY})
    raw = f"username={CANARY}&username={CANARY}&password={CANARY}&totp=1".encode()
    codes = {"malformed_request", "unknown_member"}
    await caller.refused(method, path, codes, content=raw, headers=headers)
    for raw in (b"username=%ff%fe&password=x", b"username=\xff&password=x"):
        await caller.refused(method, path, "malformed_request", content=raw, headers=headers)
    for name in good:
        odd = {**good, name: f"{CANARY}\u0000"[-16:]}
        await caller.refused(method, path, "invalid_credentials", data=odd)
