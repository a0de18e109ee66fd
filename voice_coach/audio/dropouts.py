"""Signs that a microphone does not deliver what it should, from its blocks and the clock alone."""

from __future__ import annotations

SILENCE_SECONDS = 2.0
WINDOW_SECONDS = 2.0
LEAST_SECONDS = 0.2
"""A smaller loss is told only where the driver reports an overflow; jitter and clock drift stay below."""
LEAST_FLAGGED_SECONDS = 0.05


class DeadSilence:
    """Tells once for each stretch of digital silence, when it has lasted `SILENCE_SECONDS`."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self, silent: bool, seconds: float) -> bool:
        """Whether the stretch became long enough with this block of `seconds`."""
        before = self._seconds
        self._seconds = before + seconds if silent else 0.0
        return before < SILENCE_SECONDS <= self._seconds


class LostSound:
    """Compares the sound that came with the time that passed.

    A block that comes late makes sound seem to be missing until those behind it have caught up. So within
    each window only the smallest shortfall counts; where it has grown since the window before, that much
    sound was lost, whatever the driver says.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._received = 0.0
        self._floor: float | None = None
        self._window_end = 0.0
        self._smallest = 0.0
        self._flagged = False

    def __call__(self, seconds: float, at: float, overflowed: bool) -> float:
        """How much was lost, in seconds, if a window that ended with this block shows it; else 0.

        Args:
            seconds: sound in the block.
            at: when it came, by a monotonic clock.
            overflowed: whether the driver says that it dropped something.
        """
        if self._start is None:
            self._start, self._window_end = at - seconds, at + WINDOW_SECONDS
            self._smallest = float("inf")
        self._received += seconds
        self._smallest = min(self._smallest, at - self._start - self._received)
        self._flagged |= overflowed
        return self._close_window(at) if at >= self._window_end else 0.0

    def _close_window(self, at: float) -> float:
        grown = 0.0 if self._floor is None else self._smallest - self._floor
        least = LEAST_FLAGGED_SECONDS if self._flagged else LEAST_SECONDS
        self._floor, self._smallest = self._smallest, float("inf")
        self._window_end = at + WINDOW_SECONDS
        if grown < least:
            return 0.0
        self._flagged = False
        return grown
