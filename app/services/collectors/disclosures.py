"""Disclosures: what of the customer left for third parties, for whom and when."""

from typing import Final

from app.services import disclosures
from app.services.collectors.collector import Collector

CATEGORY: Final = "disclosures"

LEFT: Final = Collector(CATEGORY, disclosures.RESOURCE, timed=True)
