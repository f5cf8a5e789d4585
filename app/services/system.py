"""The operator as an actor: what nobody signed in for is on record as theirs."""

from app.access.actors import Actor
from app.access.viewers import Viewer
from app.core.ids import new_id


def operator() -> Actor:
    """Whoever gives commands on the server."""
    return Actor(
        kind="system", viewer=Viewer.PUBLIC, purpose="system_operation", request_id=str(new_id())
    )
