"""Communications (Marco Civil arts. 7º II and III, 10 §2): what passed between customer and agency.

What the customer wrote while signed in, with what they were answered. What a stranger wrote under
their address is nobody's.
"""

from typing import Final

from app.services import contact_requests
from app.services.collectors.collector import Collector

CATEGORY: Final = "communications"

WRITTEN: Final = Collector(
    CATEGORY,
    contact_requests.RESOURCE,
    timed=True,
    wants_period=True,
    owner="login_id",
    ends="kept_until",
)
