"""Red flags: claims that cost the candidate, raised only on words that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.evidence import best_spans
from voice_coach.check.features import LISTING
from voice_coach.records import RedFlag

if TYPE_CHECKING:
    from voice_coach.check.axes import Column
    from voice_coach.check.reading import Reading
    from voice_coach.check.targets import FlagTarget

_WITH_CUE, _WITH_CUES, _ALONE = 0.6, 0.4, 1.5
"""How far along its axis a window must lie with one cue, with several, with none."""
_LISTS = 0.3
"""Share of clauses that are lists of terms from which listing stands in place of a design."""


def raised(reading: Reading, flags: tuple[FlagTarget, ...]) -> tuple[RedFlag, ...]:
    """The flags that the answer raises, in the rubric's order, each with the words that did."""
    if not reading.windows:
        return ()
    found = []
    for flag in flags:
        spans = best_spans(reading.windows, claim(reading, flag), most=1)
        found.extend(RedFlag(id=flag.id, evidence=span) for span in spans)
    return tuple(found)


def claim(reading: Reading, flag: FlagTarget) -> Column:
    """How strongly each window makes the claim; minus infinity where it does not."""
    claims = flag.claims.score(reading.embeddings)
    cues = reading.hits(flag.cues)
    enough = np.where(cues >= 2, _WITH_CUES, np.where(cues >= 1, _WITH_CUE, _ALONE))  # noqa: PLR2004 - several
    makes = (claims > enough) & _own_claim(reading, flag)
    if flag.listing:
        makes |= _lists(reading)
    return np.where(makes, claims, -np.inf)


def _own_claim(reading: Reading, flag: FlagTarget) -> Column:
    """Whether a window is nearer to making the claim than to rejecting it, and is not a report of others."""
    speech = reading.speech
    reports_others = (speech["others"] > 0) & (speech["decision"] + speech["takeover"] == 0)
    if not len(flag.absent) or not len(flag.present):
        return ~reports_others
    present = (reading.embeddings @ flag.present.T).max(axis=1)
    absent = (reading.embeddings @ flag.absent.T).max(axis=1)
    return (present > absent) & ~reports_others


def _lists(reading: Reading) -> Column:
    """The windows that are lists of terms, where much of the answer is."""
    lists = reading.function_words < LISTING
    return lists if lists[: reading.clauses].mean() >= _LISTS else np.zeros_like(lists)
