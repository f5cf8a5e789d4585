"""`app/services/refusals.py`: a "no" stands on record before it is said."""

import pytest

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.errors import Refusal
from app.core.ids import new_id
from app.services.refusals import record
from tests.support.records import events
from tests.support.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_refusal_is_recorded_with_who_what_and_which_of_our_fields(house: Service) -> None:
    subject, staff, session = new_id(), new_id(), new_id()
    actor = Actor(
        "staff", Viewer.SUPPORT, "customer_support", "req-1", id=staff, session_id=session
    )
    refusal = Refusal(
        "unknown_member",
        action="staff:customer:update",
        fields=("attention_note", "status"),
        subject_type="customer",
        subject_id=subject,
    )
    await record(house.platform, actor, refusal)
    [event] = await events(house.platform, request_id="req-1")
    assert (event.outcome, event.action) == ("refused", "staff:customer:update")
    assert (event.actor_kind, event.actor_id, event.role) == ("staff", staff, "support")
    assert (event.session_id, event.purpose) == (session, "customer_support")
    assert (event.subject_type, event.subject_id) == ("customer", subject)
    assert event.fields == ("attention_note", "status")
    assert event.rows == 0
    assert event.policy_hash == house.platform.projection.hash
