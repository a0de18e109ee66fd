"""An answer as thoughts: where the reader says that one begins, so that evidence is what a person said in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voice_coach.records import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST, LONGEST = 3, 40
"""Words in a thought; only an answer shorter than that has a shorter one."""


def thoughts(begins: NDArray[np.float32]) -> tuple[Span, ...]:
    """The most likely cuts, by dynamic programming over all of them: linear in the words.

    Args:
        begins: of shape (words,), the probability that a thought begins with the word.

    Returns:
        Spans in order, without gap or overlap; one covers whatever is shorter than `SHORTEST`.
    """
    words = len(begins)
    cut = np.log(np.clip(begins, 1e-4, 1 - 1e-4))
    keep = np.log(np.clip(1 - begins, 1e-4, 1 - 1e-4))
    gain = cut - keep  # of cutting before a word
    best = np.full(words + 1, -np.inf)
    best[0] = 0.0
    previous = np.zeros(words + 1, int)
    for stop in range(1, words + 1):
        for first in range(max(0, stop - LONGEST), max(stop - SHORTEST, 0) + 1):
            value = best[first] + (gain[first] if first else 0.0)
            if value > best[stop]:
                best[stop], previous[stop] = value, first
    spans: list[Span] = []
    stop = words
    while stop:
        first = int(previous[stop]) if np.isfinite(best[stop]) else 0
        spans.append(Span(first=first, stop=stop))
        stop = first
    return tuple(reversed(spans))
