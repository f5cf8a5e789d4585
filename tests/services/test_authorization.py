"""`app/services/authorization.py`: the first line of every service."""

import pytest

from app.access.actors import Actor
from app.access.permissions import PERMISSIONS
from app.access.purposes import PURPOSES
from app.access.viewers import Viewer
from app.core.errors import Refusal
from app.services.authorization import LONGEST_REASON, require, require_grounds
from tests.support.each import case

READ = "staff:customer:read"


def actor(viewer: Viewer, *, purpose: str | None = None, reason: str | None = None) -> Actor:
    chosen = PURPOSES[viewer][0] if purpose is None else purpose
    own = ("owner",) if viewer is Viewer.SELF else ()
    return Actor("staff", viewer, chosen, "a-request", permissions=own, reason=reason)


@pytest.mark.parametrize("viewer", Viewer)
def test_only_the_permission_table_lets_anybody(viewer: Viewer) -> None:
    for permission in (*PERMISSIONS, "staff:customer:delete", ""):
        with case(permission):
            if viewer in PERMISSIONS.get(permission, ()):
                require(actor(viewer), permission)
                continue
            with pytest.raises(Refusal) as refused:
                require(actor(viewer), permission)
            assert (refused.value.code, refused.value.action) == ("forbidden", permission)


@pytest.mark.parametrize("viewer", sorted(PERMISSIONS[READ]))
def test_each_of_a_roles_own_purposes_is_a_ground_and_no_other(viewer: Viewer) -> None:
    for purpose in PURPOSES[viewer]:
        require_grounds(actor(viewer, purpose=purpose, reason="Chamado 12"), READ)
    foreign = {purpose for other in PURPOSES.values() for purpose in other} - {*PURPOSES[viewer]}
    for purpose in [*foreign, ""]:
        with pytest.raises(Refusal) as refused:
            require_grounds(actor(viewer, purpose=purpose, reason="Chamado 12"), READ)
        assert refused.value.code == "purpose_not_allowed"
        assert refused.value.params == {"accepted": ", ".join(PURPOSES[viewer])}


def test_an_engineer_without_a_reason_reads_nothing() -> None:
    with pytest.raises(Refusal) as refused:
        require_grounds(actor(Viewer.SYSTEMS_ENGINEER), READ)
    assert refused.value.code == "reason_required"
    assert refused.value.params["max"] == LONGEST_REASON
    require_grounds(actor(Viewer.SYSTEMS_ENGINEER, reason="Falha 4711"), READ)


def test_permission_comes_before_purpose_and_reason() -> None:
    nobody = actor(Viewer.PUBLIC, purpose="")
    with pytest.raises(Refusal) as refused:
        require_grounds(nobody, READ)
    assert refused.value.code == "forbidden"
