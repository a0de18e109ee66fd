"""Evidence windows: clauses of a spoken answer, and pairs of neighbouring clauses.

A recogniser's text may have no punctuation, so a clause end is a matter of degree: punctuation where there is some,
a pause where words have times, a word that usually opens a clause. The words are cut where these are strongest
while pieces stay near `TARGET` words, by dynamic programming over all cuts: linear in the number of words.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.records import Word

SHORTEST, TARGET, LONGEST = 6, 12, 18
"""Words in a clause; only an answer shorter than that has a shorter one."""

LONGEST_PAIR = 30
"""Words in two clauses together."""

_PAUSE = SAMPLE_RATE // 2
_SENTENCE_END, _PAUSE_END, _COMMA_END, _MARKER_START = 30.0, 18.0, 14.0, 10.0
"""How much better a cut here is, in squared words away from the target length."""

_TOO_SHORT = 1e4
"""Cost of a clause below `SHORTEST`: more than any gain, so that it is chosen only where there is no other way."""

_MARKERS = frozenset(
    "so then and but because also now okay ok well plus otherwise unless if when which while since after before "
    "instead though although or where until then finally first second third next um uh".split()
)


def clauses(words: Sequence[Word]) -> tuple[Span, ...]:
    """The words cut into clauses: in order, without gap or overlap."""
    count = len(words)
    gains = [_gain(words, cut) for cut in range(count + 1)]
    best = [0.0] + [float("inf")] * count
    previous = [0] * (count + 1)
    for stop in range(1, count + 1):
        for first in range(max(0, stop - LONGEST), stop):
            length = stop - first
            short = _TOO_SHORT if length < SHORTEST else 0.0
            cost = best[first] + (length - TARGET) ** 2 + short - gains[stop]
            if cost < best[stop]:
                best[stop], previous[stop] = cost, first
    spans: list[Span] = []
    stop = count
    while stop:
        spans.append(Span(first=previous[stop], stop=stop))
        stop = previous[stop]
    return tuple(reversed(spans))


def pairs(single: Sequence[Span]) -> tuple[Span, ...]:
    """Neighbouring clauses joined, where that is short enough to read at a glance."""
    joined = (Span(first=one.first, stop=other.stop) for one, other in itertools.pairwise(single))
    return tuple(pair for pair in joined if pair.stop - pair.first <= LONGEST_PAIR)


def _gain(words: Sequence[Word], cut: int) -> float:
    """How much a cut before word `cut` looks like the end of a clause."""
    if cut in (0, len(words)):
        return 0.0
    before, after = words[cut - 1], words[cut]
    ending = before.text.rstrip("\"')]\u201d\u2019")[-1:]
    gain = 0.0
    if ending in set(".?!;:"):
        gain = _SENTENCE_END
    elif ending in set(",-\u2013\u2014"):
        gain = _COMMA_END
    if before.stop is not None and after.start is not None and after.start - before.stop >= _PAUSE:
        gain = max(gain, _PAUSE_END)
    if after.text.lower().strip(",.") in _MARKERS:
        gain += _MARKER_START
    return gain
