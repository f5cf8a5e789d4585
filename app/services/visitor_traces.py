"""What is stored of visits on the strength of a consent, and goes when that ends.

Erasers as `derived_data.py` has them: each takes the subject that said no.
"""

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.models import AnalyticsEvent


async def erase_visits(connection: AsyncConnection, visitor_id: UUID) -> None:
    """All that was measured in the browser, joined to an account or not."""
    await connection.execute(delete(AnalyticsEvent).where(AnalyticsEvent.subject_id == visitor_id))


async def erase_campaigns(connection: AsyncConnection, visitor_id: UUID) -> None:
    """The campaigns that led the browser to us."""
    known = AnalyticsEvent.subject_id == visitor_id, AnalyticsEvent.campaign.is_not(None)
    await connection.execute(update(AnalyticsEvent).where(*known).values(campaign=None))


async def erase_joined(connection: AsyncConnection, customer_id: UUID) -> None:
    """The visits that were joined to the account, altogether: they are not given back."""
    await connection.execute(
        delete(AnalyticsEvent).where(AnalyticsEvent.customer_id == customer_id)
    )
