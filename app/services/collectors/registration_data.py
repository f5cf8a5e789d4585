"""Registration data (CPP art. 13-A, Marco Civil art. 10 §3): the account, and who owns it.

It is what stands when it is collected, and what a hold kept as it stood then: no period bounds it.
"""

from typing import Final

from app.services.collectors.collector import Collector

CATEGORY: Final = "registration_data"

ACCOUNT: Final = Collector(CATEGORY, "customer")
OWNERS: Final = Collector(CATEGORY, "login", owner="id")
