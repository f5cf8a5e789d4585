"""Names that the register of processing purposes and its users share."""

from typing import Final
from uuid import UUID

CONSENT: Final = "consent"
"""The legal basis that customers give and take back."""

MARKETING: Final = "marketing"
ANALYTICS: Final = "analytics"
COOKIES_ANALYTICS: Final = "cookies_analytics"
COOKIES_PREFERENCES: Final = "cookies_preferences"
COOKIES_MARKETING: Final = "cookies_marketing"
THIRD_PARTY_SHARING: Final = "third_party_sharing"

ASKED_OF_ACCOUNTS: Final = frozenset({MARKETING, ANALYTICS})
"""What a customer is asked, for the account."""
ASKED_OF_VISITORS: Final = frozenset({COOKIES_ANALYTICS, COOKIES_MARKETING, COOKIES_PREFERENCES})
"""What anybody is asked, for their browser."""
ASKED_FOR_RECIPIENTS: Final = frozenset({THIRD_PARTY_SHARING})
"""What a customer is asked for each third party."""

OURSELVES: Final = UUID(int=0)
"""The recipient of what goes to nobody but the agency, where a column wants one."""
