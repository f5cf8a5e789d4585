"""Consents: what the customer said, to which words, and what stands of it now.

Of a period: what was said in it, and each yes that was in force at some moment of it
(`projection/periods.py`). A yes that was taken back since is in the ledger alone; what stands now
is told as far as it was said before the period's end, and was no no from before its beginning.
"""

from typing import Final

from app.services.collectors.collector import Collector

CATEGORY: Final = "consents"

SAID: Final = Collector(CATEGORY, "consent_event", timed=True)
STANDING: Final = Collector(CATEGORY, "consent_state", timed=True)
