"""A caller who means harm, and a judge of what they are told."""

import re
from collections.abc import Mapping
from typing import Any, Final

import httpx

from app.routers.problems import STATUS
from tests.support.contents import Contents, contents
from tests.support.document import DOCUMENT
from tests.support.officers import OfficerPerson
from tests.support.people import CustomerPerson, StaffPerson
from tests.support.service import Service

CANARY: Final = "kqzcanary7731"
CANARIES: Final = (CANARY, CANARY.upper(), CANARY[::-1])
APPENDED: Final = {"audit_events", "audit_subjects"}
PROBLEM: Final = "application/problem+json"


def routes(kind: str) -> list[tuple[str, str]]:
    """Method and path of each route that takes a body of this kind, from the document itself."""
    return [
        (method.upper(), path)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if any(kind in taken for taken in operation.get("requestBody", {}).get("content", ()))
    ]


JSON_ROUTES: Final = routes("json")
FORM_ROUTES: Final = routes("form-urlencoded")
EVERY_ROUTE: Final = [
    (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item
]


async def dump(house: Service) -> Contents:
    """Every row of every table but the audit log's."""
    return await contents(house.platform.database, without=APPENDED)


class Caller:
    """Sends a request in Portuguese and in English, and judges both answers."""

    def __init__(
        self,
        house: Service,
        maria: CustomerPerson,
        director: StaffPerson,
        officer: OfficerPerson,
    ) -> None:
        self.client, self._maria, self._director = house.client, maria, director
        self._officer = officer

    def path(self, template: str) -> str:
        """Every id in it is one that exists somewhere."""
        named = template.replace("{key}", "marketing")
        named = named.replace("{version}", "1").replace("{other}", "1")
        return re.sub(r"\{[a-z_]+_id\}", str(self._maria.id), named)

    def headers(self, method: str, template: str) -> dict[str, str]:
        """What the route asks of a well-behaved caller."""
        headers: dict[str, str] = {}
        if template.startswith("/v1/staff"):
            headers |= self._director.headers
        if template.startswith("/v1/authority"):
            headers |= self._officer.headers
        signed_in = ("/v1/customer", "/v1/auth/logout", "/v1/auth/step-up")
        if template.startswith(signed_in):
            headers |= self._maria.headers
        if method == "PATCH":
            headers["If-Match"] = "*"
        return headers

    async def refused(
        self,
        method: str,
        template: str,
        code: str | set[str],
        *,
        headers: Mapping[str, str | bytes] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """The answer, once it proved to be the problem `code` in both languages."""
        titles, answers = set[str](), list[httpx.Response]()
        for language in ("pt-BR", "en"):
            content = request.get("content")
            sent = dict(request) | ({"content": content()} if callable(content) else {})
            named = {
                **self.headers(method, template),
                "Accept-Language": language,
                **(headers or {}),
            }
            # In bytes, as they travel: clients send UTF-8 here, latin-1 there, and worse.
            sent["headers"] = {
                name.encode(): value.encode() if isinstance(value, str) else value
                for name, value in named.items()
            }
            answer = await self.client.request(method, self.path(template), **sent)
            judge(answer, {code} if isinstance(code, str) else code, language)
            titles.add(answer.json()["title"])
            answers.append(answer)
        assert len(titles) == 2, titles
        return answers[-1]


def judge(answer: httpx.Response, codes: set[str], language: str) -> None:
    """RFC 9457, our members, nothing that was sent."""
    problem = answer.json()
    assert problem.get("code") in codes, (answer.status_code, answer.text)
    code = problem["code"]
    assert answer.status_code == problem["status"] == STATUS[code]
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["content-language"] == language
    assert problem["type"] == f"urn:salvaguarda:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem.keys() <= {"type", "title", "status", "code", "detail", "errors"}
    for error in problem.get("errors", ()):
        assert {"pointer", "code", "message"} <= error.keys()
        assert error.keys() <= {"pointer", "code", "message", "parameter"}
    everything = answer.text + repr(answer.headers)
    for canary in CANARIES:
        assert canary not in everything, "what was sent came back"
