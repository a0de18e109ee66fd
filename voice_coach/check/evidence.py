"""Which words to show as evidence: the best windows, neighbours as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.sentences import ends_sentence
from voice_coach.records import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.records import Word

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


def joined(spans: Sequence[Span], words: Sequence[Word]) -> tuple[Span, ...]:
    """Spans that do not overlap, those that follow each other within a sentence as one, in the place of its first.

    So a sentence is not quoted in two halves.
    """
    runs: list[Span] = []
    for span in sorted(spans, key=lambda span: span.first):
        if runs and runs[-1].stop == span.first and not ends_sentence(words[span.first - 1]):
            runs[-1] = Span(first=runs[-1].first, stop=span.stop)
        else:
            runs.append(span)
    return tuple(
        sorted(runs, key=lambda run: next(at for at, span in enumerate(spans) if _overlap(run, span)))
    )


def _overlap(one: Span, other: Span) -> bool:
    return one.first < other.stop and other.first < one.stop
