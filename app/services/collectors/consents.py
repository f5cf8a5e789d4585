"""Consents: what the customer said, to which words, and what stands of it now."""

from typing import Final

from app.services.collectors.collector import Collector

CATEGORY: Final = "consents"

SAID: Final = Collector(CATEGORY, "consent_event", timed=True)
STANDING: Final = Collector(CATEGORY, "consent_state")
