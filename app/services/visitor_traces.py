"""What is stored of visits on the strength of a consent, and goes when that ends.

Erasers as `derived_data.py` has them: each is about the subject that said no.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Delete, Uuid, delete, select, update

from app.core.statements import bound
from app.models import AnalyticsEvent, table_of

_TABLE: Final = table_of(AnalyticsEvent)
_SUBJECT: Final = bound("subject", Uuid())


def _erasing(subject: ColumnElement[Any]) -> Delete:
    """In the order of their ids: an account and a browser may say no to the same rows at once, and
    would else wait for each other."""
    rows = select(_TABLE.c.id).where(subject == _SUBJECT).order_by(_TABLE.c.id).with_for_update()
    return delete(_TABLE).where(_TABLE.c.id.in_(rows))


VISITS: Final = _erasing(_TABLE.c.subject_id)
"""All that was measured in the browser, joined to an account or not."""

CAMPAIGNS: Final = (
    update(_TABLE)
    .where(_TABLE.c.subject_id == _SUBJECT, _TABLE.c.campaign.is_not(None))
    .values(campaign=None)
)
"""The campaigns that led the browser to us."""

JOINED: Final = _erasing(_TABLE.c.customer_id)
"""The visits that were joined to the account, altogether: they are not given back."""
