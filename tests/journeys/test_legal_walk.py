"""The state table walked over HTTP by random people: no way to a package but the table's.

Hypothesis draws who types a request in and who does what; what the table and four eyes say of it,
what must have been read, which files are there and how long it is secret, is worked out here once
more, in a few lines, and must be what the service answers and what the database holds.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from app.access.legal_reasons import REASONS
from app.access.legal_workflow import READ_FIRST, STEPS, State
from app.models import LegalRequest, LegalSecrecyOrder, LegalStep
from app.services import legal_steps
from app.services.system import operator
from tests.support.fuzzing import Loop
from tests.support.legal import DESK, entered, secrecy, tag, uploaded, verify
from tests.support.officers import add_agency
from tests.support.people import StaffPerson, add_staff
from tests.support.policies import prove_presence
from tests.support.records import rows
from tests.support.service import Service, serving
from tests.support.signed_documents import pdf

PEOPLE: Final = ("officer", "other_officer", "director", "other_director", "third_director")
HTTP_DEEDS: Final = tuple(
    dict.fromkeys(step.deed for step in STEPS.values() if step.who != "system")
)
SYSTEM_DEEDS: Final = ("collected", "deliver", "lapse")
PACKAGED: Final = frozenset({State.PACKAGED, State.DELIVERED, State.ACKNOWLEDGED})
TAKES_FILES: Final = frozenset(
    {State.DRAFT, State.RECEIVED, State.IDENTITY_CHECK, State.INFORMATION_REQUESTED}
)
MOST_FILES: Final = 3
"""The walk adds no more: what happens at the tenth is told elsewhere."""


class Desk:
    """A started service and the people of its desk, on a loop of their own."""

    def __init__(self, loop: Loop, house: Service) -> None:
        self.loop, self.house = loop, house
        self.people: dict[str, StaffPerson] = {}
        self.begun = house.clock()

    def prepare(self) -> None:
        """Hire everybody, and enter the agency."""
        self.loop.run(self._prepare())

    async def _prepare(self) -> None:
        for name in PEOPLE:
            role = "director" if "director" in name else "privacy_officer"
            self.people[name] = await add_staff(self.house.platform, role)
        by = self.people["director"].id
        self.agency = (await add_agency(self.house.platform, by=by)).id

    def enter(self, who: str) -> str:
        """A request on paper, typed in by somebody."""
        secret = {"secrecy_basis": "CPP, art. 20", "secrecy_until": self.until(30)}
        found = self.loop.run(entered(self.house, self.people[who], self.agency, **secret))
        return str(found["id"])

    def until(self, days: int) -> str:
        """The same moment, whenever it is asked for."""
        return (self.begun + timedelta(days=days)).isoformat()

    def send(
        self, who: str, request_id: str, body: Mapping[str, Any], read: str | None = None
    ) -> tuple[int, str]:
        """What a deed is answered: the status, and the state or the problem.

        Where it must be said, `read` says what was read; else it is what stands there.
        """
        return self.loop.run(self._send(self.people[who], request_id, body, read))

    async def _send(
        self, who: StaffPerson, request_id: str, body: Mapping[str, Any], read: str | None
    ) -> tuple[int, str]:
        await verify(self.house)
        await prove_presence(self.house, who)
        headers = dict(who.headers)
        if read is not None:
            headers |= {"If-Match": read} if read else {}
        elif body["deed"] in READ_FIRST:
            headers |= await tag(self.house, who, request_id)
        answer = await self.house.client.post(
            f"{DESK}/{request_id}/steps", json=body, headers=headers
        )
        content = answer.json()
        return answer.status_code, content.get("status" if answer.is_success else "code")

    def tag(self, who: str, request_id: str) -> str:
        """What somebody could have read of it, until now."""
        return self.loop.run(tag(self.house, self.people[who], request_id))["If-Match"]

    def add(self, who: str, request_id: str) -> tuple[int, str]:
        """What somebody is answered who scans the order."""
        answer = self.loop.run(uploaded(self.house, self.people[who], request_id, pdf()))
        return answer.status_code, answer.json().get("code", "")

    def fetch(self, who: str, request_id: str, part: str) -> tuple[int, str]:
        """What somebody is answered who wants what was collected, or its key."""
        return self.loop.run(self._fetch(self.people[who], request_id, part))

    async def _fetch(self, who: StaffPerson, request_id: str, part: str) -> tuple[int, str]:
        await prove_presence(self.house, who)
        answer = await self.house.client.get(
            f"{DESK}/{request_id}/package/{part}",
            headers={**who.headers, "X-Reason": "Entrega ao juizo"},
        )
        return answer.status_code, answer.json()["code"]

    def keep_secret(
        self, who: str, request_id: str, days: int | None
    ) -> tuple[int, Mapping[str, Any]]:
        """What somebody is answered who has it secret until then, or no more."""
        until = None if days is None else self.until(days)
        return self.loop.run(self._secrecy(self.people[who], request_id, "", secrecy(until)))

    def confirm(self, who: str, request_id: str, proposal: str) -> tuple[int, Mapping[str, Any]]:
        """What somebody is answered who confirms that it ends sooner."""
        path = f"/{proposal}/confirmation"
        return self.loop.run(self._secrecy(self.people[who], request_id, path, None))

    async def _secrecy(
        self, who: StaffPerson, request_id: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, Any]]:
        await prove_presence(self.house, who)
        address = f"{DESK}/{request_id}/secrecy-orders{path}"
        answer = await self.house.client.post(address, json=body, headers=who.headers)
        return answer.status_code, answer.json()

    def orders(self, request_id: str) -> list[Mapping[str, Any]]:
        """Every order of secrecy that was ever in force, the oldest first."""
        table = LegalSecrecyOrder.__table__
        chosen = (
            select(table)
            .where(table.c.request_id == UUID(request_id), table.c.entry == "ordered")
            .order_by(table.c.number)
        )
        return [dict(row._mapping) for row in self.loop.run(rows(self.house.platform, chosen))]

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
            LegalRequest.entered_by,
            LegalRequest.reviewed_by,
            LegalRequest.approved_by,
            LegalRequest.checked_by,
            LegalRequest.decisions,
            LegalRequest.documents_sha256,
            LegalRequest.secrecy_until,
        ).where(LegalRequest.id == UUID(request_id))
        (found,) = self.loop.run(rows(self.house.platform, chosen))
        return dict(found._mapping)

    def pinned(self, request_id: str, deed: str) -> str | None:
        """The files that lay there when it was last done."""
        chosen = (
            select(LegalStep.documents_sha256)
            .where(LegalStep.request_id == UUID(request_id), LegalStep.deed == deed)
            .order_by(LegalStep.id.desc())
            .limit(1)
        )
        (found,) = self.loop.run(rows(self.house.platform, chosen))
        digest: str | None = found.documents_sha256
        return digest


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
        @initialize(who=st.sampled_from(PEOPLE))
        def begin(self, who: str) -> None:
            self.enterer = who
            self.request = desk.enter(who)
            self.draft = desk.tag("director", self.request)
            self.state = State.DRAFT
            self.role = self._nobody()
            self.files = 0
            self.decided: str | None = None
            self.days: int | None = 30
            self.proposal: tuple[str, str, int | None] | None = None
            self.over: str | None = None

        def _nobody(self) -> dict[str, str | None]:
            """Who typed it in stays who they are, however often it begins again."""
            parts = dict.fromkeys(("reviewer", "approver", "checker"))
            return {**parts, "enterer": self.enterer}

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
            elif deed in ("confirm", "approve") and not self.files:
                assert (status, told) == (409, "document_missing")
            else:
                assert (status, told) == (200, step.to.value), (deed, self.state)
                self._done(who, deed, step.to)

        @rule(who=st.sampled_from(PEOPLE))
        def scan(self, who: str) -> None:
            if self.state not in TAKES_FILES:
                assert desk.add(who, self.request) == (409, "legal_request_state")
            elif self.files < MOST_FILES:
                assert desk.add(who, self.request) == (201, "")
                self.files += 1

        @rule(
            who=st.sampled_from(PEOPLE),
            deed=st.sampled_from(sorted(READ_FIRST)),
            how=st.sampled_from(("", "*", "draft")),
        )
        def answer_for_what_was_not_read(self, who: str, deed: str, how: str) -> None:
            if how == "draft" and self.state is State.DRAFT:
                return
            read = self.draft if how == "draft" else how
            expected = (428, "precondition_required") if not how else (412, "precondition_failed")
            assert desk.send(who, self.request, said(deed), read) == expected

        @rule(who=st.sampled_from(PEOPLE), days=st.sampled_from((10, 30, 60, 90, None)))
        def keep_secret(self, who: str, days: int | None) -> None:
            status, told = desk.keep_secret(who, self.request, days)
            if days is None and self.days is None:
                assert (status, told["code"]) == (422, "validation_failed")
                return
            assert status == 200
            if self.proposal is not None:
                self.over, self.proposal = self.proposal[0], None
            if days is None or (self.days is not None and days < self.days):
                assert told["entry"] == "proposed"
                self.proposal = (told["id"], who, days)
            else:
                assert told["entry"] == "ordered"
                self.days = days

        @rule(who=st.sampled_from(PEOPLE))
        def end_secrecy_sooner(self, who: str) -> None:
            if self.proposal is None:
                return
            proposal, proposer, days = self.proposal
            status, told = desk.confirm(who, self.request, proposal)
            if "director" not in who:
                assert (status, told["code"]) == (403, "forbidden")
            elif who == proposer:
                assert (status, told["code"]) == (403, "second_person_required")
            else:
                assert (status, told["entry"]) == (200, "ordered")
                self.days, self.over, self.proposal = days, proposal, None

        @rule(who=st.sampled_from(("director", "other_director", "third_director")))
        def confirm_what_is_over(self, who: str) -> None:
            if self.over is not None:
                status, told = desk.confirm(who, self.request, self.over)
                assert (status, told["code"]) == (409, "secrecy_proposal_over")

        @invariant()
        def secrecy_ends_sooner_by_two_alone(self) -> None:
            until = desk.stored(self.request)["secrecy_until"]
            moment = None if self.days is None else datetime.fromisoformat(desk.until(self.days))
            assert until == moment
            orders = desk.orders(self.request)
            ends = [each["secrecy_until"] for each in orders]
            assert ends[-1] == until
            for before, after, by in zip(ends, ends[1:], orders[1:], strict=False):
                if before is not None and (after is None or after < before):
                    assert by["proposed_by"] not in (None, by["actor_id"])

        @rule(who=st.sampled_from(PEOPLE), part=st.sampled_from(("content", "key")))
        def fetch(self, who: str, part: str) -> None:
            """No package is made here; who might ever have it is told before that."""
            expected = (409, "legal_package_state")
            if "director" not in who:
                expected = (403, "forbidden")
            elif who in (self.enterer, "director"):  # who said what the agency's domains are
                expected = (403, "second_person_required")
            assert desk.fetch(who, self.request, part) == expected

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
                assert stored["entered_by"] not in people[1:]
                granted = {each["item"] for each in stored["decisions"]}
                assert granted <= {"name", "address"}

        @invariant()
        def what_is_packaged_was_seen_by_both(self) -> None:
            if self.state in PACKAGED:
                files = desk.stored(self.request)["documents_sha256"]
                assert files is not None
                for deed in ("confirm", "approve", "check"):
                    assert desk.pinned(self.request, deed) == files

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
    request = desk.enter("officer")
    assert desk.add("officer", request) == (201, "")
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
