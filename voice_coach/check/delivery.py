"""How an answer was delivered: pace, pauses, and words of hesitation; beside the coverage and never part of it.

Talking and pauses are measured on the sound (`talk`), since a recogniser's word times close gaps. Words are counted
from the transcript: recognisers leave out most fillers, so those counts are floors.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE, Delivery, Stretch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.records import Finding, Transcript

PAUSE = SAMPLE_RATE * 7 // 10
"""A shorter gap is breath between two thoughts."""
PAUSES = 3
"""How many of the longest are kept."""


def _counted(*phrases: str) -> re.Pattern[str]:
    # An apostrophe is within a word: the "m" of "I'm" is no hesitation.
    return re.compile(rf"(?<![\w'])(?:{'|'.join(phrases)})(?![\w'])")


FILLERS = _counted(
    "u+h+",
    "u+m+",
    "e+r+m*",
    "a+h+",
    "hm+",
    "m{2,}",
    "you know",
    "i mean",
    "like i said",
    "or whatever",
    "and so on",
)
HEDGES = _counted(
    "maybe", "perhaps", "probably", "possibly", "sort of", "kind of", "i guess", "i think", "i suppose", "i believe",
    "somehow", "i'm not sure", "i am not sure", "not really sure", "something like that", "stuff like that",
)  # fmt: skip
DECISIONS = _counted(
    r"(?:i|we)(?:'d|'ll| would| will|'m going to| am going to| are going to|'re going to)(?! not\b)",
    r"let's", r"(?:i|we) (?:choose|chose|pick|picked|decided|prefer|use|go with)",
)  # fmt: skip
REASONS = _counted(
    "because", "since", "so that", "therefore", "that's why", "that is why", "which is why", "the reason",
    "due to", "which means", "otherwise", "in order to", "as a result",
)  # fmt: skip


def delivery(
    transcript: Transcript,
    samples: int | None,
    talk: Sequence[Stretch] | None = None,
    findings: Sequence[Finding] = (),
    target: float | None = None,
) -> Delivery:
    """Measures an answer.

    Args:
        transcript: its words; those without times count as words only.
        samples: length of the recording, or None where nothing was recorded.
        talk: where somebody talked, in order, measured on the sound; None where it was not measured.
        findings: of the judgement, to find the first required concept that was spoken to.
        target: words a minute that the drill asks for.
    """
    text = re.sub(r"[^a-z' ]+", " ", transcript.text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    counts = {
        "words": len(transcript.words),
        "fillers": len(FILLERS.findall(text)),
        "hedges": len(HEDGES.findall(text)),
        "decisions": len(DECISIONS.findall(text)),
        "reasons": len(REASONS.findall(text)),
    }
    times = [
        (word.start, word.stop)
        for word in transcript.words
        if word.start is not None and word.stop is not None
    ]
    spans = [(stretch.start, stretch.stop) for stretch in talk] if talk else times
    gaps = sorted(
        (Stretch(start=before, stop=after) for (_, before), (after, _) in pairwise(spans) if after > before),
        key=lambda gap: (gap.start - gap.stop, gap.start),
    )
    # The pace is that of the talking: waiting before the first word and after the last is no part of it.
    minutes = (spans[-1][1] - spans[0][0]) / SAMPLE_RATE / 60 if spans else 0
    return Delivery(
        **counts,
        samples=samples,
        words_per_minute=round(len(times) / minutes, 1) if times and minutes > 0 else None,
        target_words_per_minute=target if times else None,
        first_word=times[0][0] if times else None,
        longest_pause=(gaps[0].stop - gaps[0].start if gaps else 0) if times else None,
        talking=None if talk is None else sum(stretch.stop - stretch.start for stretch in talk),
        pauses=tuple(gap for gap in gaps if gap.stop - gap.start >= PAUSE)[:PAUSES],
        first_concept=_first_concept(transcript, findings),
    )


def pace(text: str, seconds: float) -> float:
    """Words a minute at which `text` takes `seconds`."""
    return round(60 * len(text.split()) / seconds, 1)


def _first_concept(transcript: Transcript, findings: Sequence[Finding]) -> int | None:
    """Where the earliest words begin that explain or name a concept; None where there are none, or no times."""
    spans = [
        span for finding in findings if finding.verdict in {"explained", "named"} for span in finding.evidence
    ]
    starts = [times[0] for span in spans if (times := span.times(transcript))]
    return min(starts, default=None)
