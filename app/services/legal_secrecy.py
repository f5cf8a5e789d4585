"""Another order of secrecy about a request: how long those named in it are not told.

An order ends, and its end tells the customer (`legal_notice_rules.py`); whoever wants it to last
must say so before. It takes the place of the one before, and reaches every notice that was not
sent; what a customer was told already nobody can take back.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from app.access.actors import Actor
from app.core.errors import Failure, FieldError
from app.models import LegalRequest
from app.projection.projection import Shown
from app.schemas.legal_notices import SecrecyOrder
from app.services import legal_notices, legal_requests, records
from app.services.audit_log import Deed
from app.services.legal_clocks import LONGEST_SECRECY
from app.services.platform import Platform
from app.services.presence import require_presence

ORDER: Final = "staff:legal_request:keep_secret"


async def order(platform: Platform, actor: Actor, request_id: UUID, form: SecrecyOrder) -> Shown:
    """Record the order; the request after.

    Raises `Refusal` without permission or grounds, `Failure` with ``not_found``, and with
    ``validation_failed`` for an end that is past, or further off than any order binds.
    """
    resource = legal_requests.RESOURCE
    await records.require_in_rows(platform, actor, ORDER, resource, request_id)
    now, until = platform.clock(), form.secrecy_until
    if until <= now:
        raise _unfit(FieldError("/secrecy_until", "date_not_future"))
    if until > now + LONGEST_SECRECY:
        raise _unfit(FieldError("/secrecy_until", "date_too_far", {"years": 2}))
    plan = platform.projection.plan(actor, resource)
    values = {"secrecy_basis": form.secrecy_basis, "secrecy_until": until}
    async with platform.database.transaction() as connection:
        await require_presence(platform, connection, actor)
        locked = select(LegalRequest.id).where(LegalRequest.id == request_id).with_for_update()
        await connection.execute(locked)
        await connection.execute(
            update(LegalRequest).where(LegalRequest.id == request_id).values(**values)
        )
        await legal_notices.reconsider(platform, connection, request_id)
        done = Deed(
            ORDER,
            subject_type=resource,
            subject_id=request_id,
            fields=tuple(sorted(values)),
            rows=1,
        )
        reveal = legal_requests.reveal(plan, ORDER, request_id)
        await platform.audit.add(connection, actor, done, reveal)
        return await legal_requests.shown(platform, connection, actor, plan, request_id)


def _unfit(error: FieldError) -> Failure:
    return Failure("validation_failed", errors=[error])
