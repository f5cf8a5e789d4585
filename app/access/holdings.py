"""What a member holds in an account, and when one holding is more than another (promise P24).

Nobody gives more than they hold, in permissions or in time, and nobody touches a member who holds
permissions that they do not.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.access.permissions import OWNER


@dataclass(frozen=True, slots=True)
class Holding:
    """Permissions, and until when: None is without end."""

    permissions: frozenset[str]
    until: datetime | None = None

    def may_all(self, permissions: Collection[str]) -> bool:
        """Whether each of the permissions is held. An owner holds all of them."""
        return OWNER in self.permissions or self.permissions.issuperset(permissions)

    def covers(self, other: "Holding") -> bool:
        """Whether the other holding is no more than this one."""
        lasts = self.until is None or (other.until is not None and other.until <= self.until)
        return lasts and self.may_all(other.permissions)

    @property
    def is_lasting_owner(self) -> bool:
        """Whether it keeps the account from ever being nobody's."""
        return OWNER in self.permissions and self.until is None
