"""Time as a test tells it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class Moment:
    """A wall clock (call it) and a monotonic one (`.monotonic`) that move only when told."""

    now: datetime = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)
    elapsed: float = 1000.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.elapsed

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds

    def set_wall(self, seconds: float) -> None:
        """Someone sets the wall clock, forward or back."""
        self.now += timedelta(seconds=seconds)
