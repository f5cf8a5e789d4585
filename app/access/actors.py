"""Who is calling, in which capacity and why: plain data, made by a door, asked by services."""

from dataclasses import dataclass, field
from uuid import UUID

from app.access.viewers import Viewer


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller for the length of one request.

    `kind` is ``staff``, ``login``, ``officer`` (of an authority), ``system``, ``anonymous``, or
    ``partner``: a third party, whose `id` it is then. `customer_id` is the account that a customer
    login acts for, or the one that an authority's approved target names; `permissions` is what a
    login's membership grants there; `purpose` is one of the viewer's own (`purposes.py`). `network`
    (/24, or /48 of IPv6) and `device` ("Firefox, Windows") say coarsely where the call came from,
    as far as that is known; `address` and `source_port` say it exactly, and are for the access
    records alone. `owes_acceptance` is a login's that has yet to accept the policy in force: little
    is open to it.
    """

    kind: str
    viewer: Viewer
    purpose: str
    request_id: str
    id: UUID | None = None
    session_id: UUID | None = None
    customer_id: UUID | None = None
    permissions: tuple[str, ...] = ()
    reason: str | None = None
    network: str | None = None
    device: str | None = None
    address: str | None = field(default=None, repr=False)
    source_port: int | None = field(default=None, repr=False)
    owes_acceptance: bool = False
