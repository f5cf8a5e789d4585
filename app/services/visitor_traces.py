"""What is stored of visits on the strength of a consent, and goes when that ends.

Erasers as `derived_data.py` has them: each is about the subject that said no.
"""

from typing import Final

from sqlalchemy import Uuid, delete, update

from app.core.statements import bound
from app.models import AnalyticsEvent, table_of

_TABLE: Final = table_of(AnalyticsEvent)
_SUBJECT: Final = bound("subject", Uuid())

VISITS: Final = delete(_TABLE).where(_TABLE.c.subject_id == _SUBJECT)
"""All that was measured in the browser, joined to an account or not."""

CAMPAIGNS: Final = (
    update(_TABLE)
    .where(_TABLE.c.subject_id == _SUBJECT, _TABLE.c.campaign.is_not(None))
    .values(campaign=None)
)
"""The campaigns that led the browser to us."""

JOINED: Final = delete(_TABLE).where(_TABLE.c.customer_id == _SUBJECT)
"""The visits that were joined to the account, altogether: they are not given back."""
