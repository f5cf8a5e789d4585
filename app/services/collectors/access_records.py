"""Access records (Marco Civil arts. 10 §1, 15 §3, 22): from where the account was used, and when.

Only for a stated period (art. 22, III), and of that only what is kept: six months. Beyond them only
what a hold keeps that the request reaches: another's hold keeps rows, and nobody learns of it.
"""

from typing import Final

from app.services import access_records
from app.services.collectors.collector import Collector

CATEGORY: Final = "access_records"

USES: Final = Collector(
    CATEGORY,
    access_records.RESOURCE,
    timed=True,
    wants_period=True,
    finish=access_records.unseal,
    kept_since=access_records.kept_since,
)
