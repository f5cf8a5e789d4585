"""How one route is called by the tests of the whole product; `exercisers.py` has all of them."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import httpx

from app.access.viewers import Viewer
from app.projection.plans import Plan
from tests.support.stage import Stage

Route = tuple[str, str]
Send = Callable[[Stage, Viewer, dict[str, str]], Coroutine[Any, Any, httpx.Response]]
Expected = tuple[str, frozenset[str], int]
"""An audit row: action, fields, rows."""


def items(content: Any) -> list[Any]:
    """The records of a page."""
    return list(content["items"])


def said(content: Any) -> list[Any]:
    """What was ever said of consents: the questions that nobody answered are no records."""
    return [state for state in items(content) if state["state"] != "not_asked"]


def alone(content: Any) -> list[Any]:
    """The one record that an answer is."""
    return [content]


def one_row(entry: "Exerciser", plan: Plan, shown: int) -> list[Expected]:
    """One audit row that names whatever the route shows."""
    return [(entry.permission, frozenset(entry.shown_of(plan)), shown)]


async def nothing(_stage: Stage) -> None:
    """Most routes need nothing but the stage as it stands."""


@dataclass(frozen=True, slots=True)
class Exerciser:
    """One route: the permission it needs, the resource it shows, how to ask, what to expect.

    `canary` tells whether the answer shows the stage's canary row of the resource. `prepare` puts
    into the tables, behind the service's back, what each single request uses up. `part` names the
    fields of a route that shows less than the viewer's plan, `beside` what the same record holds
    of another resource, `derived` what the answer works out from the fields that it shows. `send`
    gives a reason where every role must give one (`reasoned`). `followed` is a deed that the first
    brings about, with a row of its own about something else.
    """

    permission: str
    resource: str
    send: Send
    records: Callable[[Any], list[Any]] = alone
    expected: Callable[["Exerciser", Plan, int], list[Expected]] = one_row
    canary: bool = True
    prepare: Callable[[Stage], Coroutine[Any, Any, None]] = nothing
    part: tuple[str, ...] | None = None
    beside: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    reasoned: bool = False
    followed: str | None = None

    @property
    def is_list(self) -> bool:
        """Whether the answer is a page."""
        return self.records in (items, said)

    def shown_of(self, plan: Plan) -> tuple[str, ...]:
        """The fields that the route shows to the plan's viewer."""
        return plan.visible if self.part is None else self.part

    async def exercise(
        self, stage: Stage, viewer: Viewer, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Prepare, forget what that took, and ask."""
        await self.prepare(stage)
        stage.tap.clear()
        return await self.send(stage, viewer, headers or stage.headers(viewer))
