"""How an answer was delivered: pace and pauses, beside the coverage and never part of it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE, Delivery

if TYPE_CHECKING:
    from voice_coach.records import Transcript


def delivery(transcript: Transcript, samples: int | None) -> Delivery:
    """Measures an answer.

    Args:
        transcript: its words; those without times count as words only.
        samples: length of the recording, or None where nothing was recorded.
    """
    times = [(word.start, word.stop) for word in transcript.words if word.start is not None and word.stop is not None]
    if not times:
        return Delivery(words=len(transcript.words), samples=samples)
    first, last = times[0][0], max(stop for _, stop in times)
    # The pace is that of the talking: waiting before the first word and after the last is no part of it.
    minutes = (last - first) / SAMPLE_RATE / 60
    return Delivery(
        words=len(transcript.words),
        samples=samples,
        words_per_minute=round(len(times) / minutes, 1) if minutes > 0 else None,
        first_word=first,
        longest_pause=max((max(0, after[0] - before[1]) for before, after in pairwise(times)), default=0),
    )
