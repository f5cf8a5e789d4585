"""The state table walked over HTTP by random people: no way to a package but the table's.

Hypothesis draws who does what; what the table and four eyes say of it is worked out here once more,
in a few lines, and must be what the service answers and what the database holds.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from app.access.legal_reasons import REASONS
from app.access.legal_workflow import STEPS, State
from app.models import LegalRequest
from app.services import legal_steps
from app.services.system import operator
from tests.support.fuzzing import Loop
from tests.support.legal import DESK, entered
from tests.support.officers import add_agency
from tests.support.people import StaffPerson, add_staff
from tests.support.policies import prove_presence
from tests.support.records import rows
from tests.support.service import Service, serving

PEOPLE: Final = ("officer", "other_officer", "director", "other_director", "third_director")
HTTP_DEEDS: Final = tuple(
    dict.fromkeys(step.deed for step in STEPS.values() if step.who != "system")
)
SYSTEM_DEEDS: Final = ("collected", "deliver", "lapse")
PACKAGED: Final = frozenset({State.PACKAGED, State.DELIVERED, State.ACKNOWLEDGED})


class Desk:
    """A started service and the people of its desk, on a loop of their own."""

    def __init__(self, loop: Loop, house: Service) -> None:
        self.loop, self.house = loop, house
        self.people: dict[str, StaffPerson] = {}

    def prepare(self) -> None:
        """Hire everybody, and enter the agency."""
        self.loop.run(self._prepare())

    async def _prepare(self) -> None:
        for name in PEOPLE:
            role = "director" if "director" in name else "privacy_officer"
            self.people[name] = await add_staff(self.house.platform, role)
        by = self.people["director"].id
        self.agency = (await add_agency(self.house.platform, by=by)).id

    def enter(self) -> str:
        """A request on paper."""
        found = self.loop.run(entered(self.house, self.people["officer"], self.agency))
        return str(found["id"])

    def send(self, who: str, request_id: str, body: Mapping[str, Any]) -> tuple[int, str]:
        """What a deed is answered: the status, and the state or the problem."""
        return self.loop.run(self._send(self.people[who], request_id, body))

    async def _send(
        self, who: StaffPerson, request_id: str, body: Mapping[str, Any]
    ) -> tuple[int, str]:
        await prove_presence(self.house, who)
        answer = await self.house.client.post(
            f"{DESK}/{request_id}/steps", json=body, headers=who.headers
        )
        content = answer.json()
        return answer.status_code, content.get("status" if answer.is_success else "code")

    def work(self, request_id: str, deed: str) -> bool:
        """A deed of the worker's."""
        return self.loop.run(self._work(request_id, deed))

    async def _work(self, request_id: str, deed: str) -> bool:
        platform = self.house.platform
        async with platform.database.transaction() as connection:
            return await legal_steps.advance_by_system(
                platform, connection, operator(), UUID(request_id), deed
            )

    def stored(self, request_id: str) -> Mapping[str, Any]:
        """The request as the database has it."""
        chosen = select(
            LegalRequest.status,
            LegalRequest.reviewed_by,
            LegalRequest.approved_by,
            LegalRequest.checked_by,
            LegalRequest.decisions,
        ).where(LegalRequest.id == UUID(request_id))
        (found,) = self.loop.run(rows(self.house.platform, chosen))
        return dict(found._mapping)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """On either database."""
    with Loop().started() as loop, loop.entered(serving(database_url, tmp_path)) as house:
        made = Desk(loop, house)
        made.prepare()
        yield made


def said(deed: str) -> dict[str, Any]:
    """A deed with all the words that it could want."""
    reason = next((code for code, each in REASONS.items() if deed in each.deeds), None)
    body: dict[str, Any] = {
        "deed": deed,
        "message": "Segue o que falta.",
        "note": "Original visto.",
    }
    if reason is not None:
        body["reason"] = reason
    if deed == "narrow":
        body["refused"] = [{"item": "address", "reason": "not_necessary"}]
    return body


def walk(desk: Desk) -> type[RuleBasedStateMachine]:
    """The machine over one service: Hypothesis makes a new one for each walk."""

    class Walk(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.request = desk.enter()
            self.state = State.DRAFT
            self.role = self._nobody()
            self.decided: str | None = None

        def _nobody(self) -> dict[str, str | None]:
            """Who typed it in stays who they are, however often it begins again."""
            parts = dict.fromkeys(("reviewer", "approver", "checker"))
            return {**parts, "enterer": "officer"}

        @rule(who=st.sampled_from(PEOPLE), deed=st.sampled_from(HTTP_DEEDS))
        def act(self, who: str, deed: str) -> None:
            step = STEPS.get((deed, self.state))
            status, told = desk.send(who, self.request, said(deed))
            anothers = step is not None and step.who == "director" and "director" not in who
            if step is None or step.who == "system" or anothers:
                assert (status, told) == (409, "legal_request_state")
            elif who in {self.role[part] for part in step.apart_from} or (
                deed == "dismiss" and who == self.decided
            ):
                assert (status, told) == (403, "second_person_required")
            else:
                assert (status, told) == (200, step.to.value), (deed, self.state)
                self._done(who, deed, step.to)

        @rule(who=st.sampled_from(PEOPLE), pick=st.integers(0, 99))
        def go_on(self, who: str, pick: int) -> None:
            """A deed that starts here: by chance alone, few would come far."""
            here = [step for step in STEPS.values() if step.origin is self.state]
            if here:
                step = here[pick % len(here)]
                self.work(step.deed) if step.who == "system" else self.act(who, step.deed)

        @rule(deed=st.sampled_from(SYSTEM_DEEDS))
        def work(self, deed: str) -> None:
            step = STEPS.get((deed, self.state))
            fits = step is not None and step.who == "system"
            assert desk.work(self.request, deed) is fits
            if step is not None and fits:
                self.state = step.to

        @invariant()
        def nothing_is_packaged_but_by_three(self) -> None:
            stored = desk.stored(self.request)
            assert stored["status"] == self.state.value
            people = [stored[each] for each in ("reviewed_by", "approved_by", "checked_by")]
            if self.state in PACKAGED:
                assert None not in people
                assert len(set(people)) == 3
                granted = {each["item"] for each in stored["decisions"]}
                assert granted <= {"name", "address"}

        def _done(self, who: str, deed: str, to: State) -> None:
            if deed in ("return", "resume"):
                self.role = self._nobody()
            elif deed == "narrow" or (deed == "forward" and self.state is State.LEGAL_REVIEW):
                self.role["reviewer"] = who
            elif deed in ("approve", "check"):
                self.role["approver" if deed == "approve" else "checker"] = who
            if deed in ("reject", "narrow"):
                self.decided = who
            self.state = to

    return Walk


def test_every_walk_keeps_to_the_table(desk: Desk) -> None:
    machine = walk(desk)
    chosen = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine.TestCase.settings = chosen
    machine.TestCase().runTest()


def test_the_straight_way_is_open(desk: Desk) -> None:
    """The machine would hardly find it by chance."""
    request = desk.enter()
    for who, deed in (
        *(("officer", deed) for deed in ("submit", "begin", "confirm", "forward")),
        ("director", "approve"),
    ):
        assert desk.send(who, request, said(deed))[0] == 200
    assert desk.work(request, "collected")
    for who, status in (("officer", 403), ("director", 403), ("other_officer", 200)):
        assert desk.send(who, request, {"deed": "check"})[0] == status
    assert desk.work(request, "deliver")
    assert not desk.work(request, "deliver")
    assert desk.stored(request)["status"] == "delivered"
