"""Which windows to show as evidence: the best that lie apart from each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.records import Span

_NEAR = 0.75
"""A further quote is shown where it scores at least so much of the best."""


def best_spans(windows: Sequence[Span], scores: NDArray[np.float64], most: int) -> tuple[Span, ...]:
    """Up to `most` windows that do not overlap, best first; at least one where any score is finite.

    Args:
        windows: candidates.
        scores: one per window; minus infinity bars a window.
        most: how many at most.
    """
    chosen: list[Span] = []
    best = 0.0
    for index in np.argsort(-scores, kind="stable"):
        span, score = windows[index], float(scores[index])
        if not np.isfinite(score) or len(chosen) == most:
            break
        if any(_overlap(span, other) for other in chosen):
            continue
        if not chosen:
            best = score
        elif score < _NEAR * best or best <= 0:
            break
        chosen.append(span)
    return tuple(chosen)


def _overlap(one: Span, other: Span) -> bool:
    return one.first < other.stop and other.first < one.stop
