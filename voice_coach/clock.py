"""Time as an argument: the real clock, which tests replace by one they wind by hand."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Now, for people (`now`) and for measuring (`monotonic`), and waiting."""

    def now(self) -> datetime:
        """The present moment, with its time zone (UTC)."""

    def monotonic(self) -> float:
        """Seconds that never run backwards, whatever happens to the wall clock."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """`time.monotonic`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """`time.sleep`."""
        time.sleep(seconds)
