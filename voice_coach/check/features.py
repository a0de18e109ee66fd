"""What the head sees of one concept in one answer: a few numbers that can be checked by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from voice_coach.check.axes import Column
    from voice_coach.check.encoder import Embeddings
    from voice_coach.check.reading import Reading
    from voice_coach.check.targets import ConceptTarget

FEATURES = (
    "explains",  # how much the three best windows explain it
    "named",  # likeness of the best window to the nearest utterance that only names it
    "statement",  # likeness of the best window to its statement
    "cue",  # cue matches in one window, at most 2
    "set-aside",  # how much a window that dismisses something speaks to it, 0 where none does
    "denial",  # words of denial where it is spoken to
    "crowd",  # cues of other concepts where it is spoken to
    "margin",  # where it is explained, how much nearer that is to explaining than to naming
)

LISTING = 0.3
"""A window with fewer function words is a list of terms, not speech; explanations have 0.35 and more."""
CROWD = 3
"""With cues of so many other concepts a clause is a list, too."""

_FOCUS = 0.1
"""Softness of "where it is spoken to": windows that score this much less count a third."""
_OTHERS_PRACTICE, _DISMISSAL, _LIST, _VAGUE, _SPECIFIC = 0.3, 0.25, 0.5, 0.05, 0.03
"""What a window loses for reporting others, dismissing, listing and each vague word; what it gains per specific
word, up to four. Unit: the distance between not explaining the concept and explaining it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What each window gives one concept.

    Attributes:
        explains: how much it explains the concept, after what speaks against it.
        speaks: how much it brings the concept up.
        names: likeness to utterances that only name it, more with a cue.
        set_aside: `speaks` where the window dismisses something, else 0.
        listing: whether the window is a list of terms.
        features: as `FEATURES`, for the answer as a whole.
    """

    explains: Column
    speaks: Column
    names: Column
    set_aside: Column
    listing: NDArray[np.bool_]
    features: NDArray[np.float64]


def ground(reading: Reading, concept: ConceptTarget, cue: Column, crowd: Column) -> Ground:
    """Looks at one concept.

    Args:
        reading: an answer with at least one window.
        concept: what to look for.
        cue: matches of its cues in each window.
        crowd: how many other concepts have a match in each window.
    """
    speech = reading.speech
    listing = (reading.function_words < LISTING) | (crowd >= CROWD)
    explains = concept.explains.score(reading.embeddings) + _merit(reading)
    speaks = concept.speaks.score(reading.embeddings)
    named = _likeness(reading.embeddings, concept.named)
    nearness = _likeness(reading.embeddings, concept.explained) - named
    set_aside = np.maximum(speaks, 0) * np.minimum(speech["dismissal"], 1)
    spoken_at = _focus(speaks)
    features = np.array(
        [
            np.sort(explains)[-3:].mean(),
            named.max(),
            _likeness(reading.embeddings, concept.statement).max(),
            min(cue.max(), 2),
            set_aside.max(),
            spoken_at @ np.minimum(speech["denial"], 3),
            spoken_at @ np.minimum(crowd, 5),
            _focus(concept.explains.score(reading.embeddings)) @ nearness,
        ]
    )
    return Ground(
        explains=explains,
        speaks=speaks,
        names=named + 0.2 * np.minimum(cue, 1),
        set_aside=set_aside,
        listing=listing,
        features=features,
    )


def _merit(reading: Reading) -> Column:
    """What a window gains or loses as an explanation of anything."""
    speech = reading.speech
    reports_others = (speech["others"] > 0) & (speech["decision"] + speech["takeover"] == 0)
    specific = (
        speech["reason"] + speech["condition"] + speech["decision"] + speech["mechanism"] + reading.numbers
    )
    return np.asarray(
        _SPECIFIC * np.minimum(specific, 4)
        - _VAGUE * np.minimum(speech["vague"], 3)
        - _OTHERS_PRACTICE * reports_others
        - _DISMISSAL * (speech["dismissal"] > 0)
        - _LIST * (reading.function_words < LISTING)
    )


def _likeness(windows: Embeddings, anchors: Embeddings) -> Column:
    """Cosine of each window to the nearest anchor, 0 where there are no anchors."""
    if not len(anchors):
        return np.zeros(len(windows))
    return np.asarray((windows @ anchors.T).max(axis=1), np.float64)


def _focus(scores: Column) -> Column:
    """Weights that sum to one, most on the best windows (softmax)."""
    weights = np.exp((scores - scores.max()) / _FOCUS)
    return np.asarray(weights / weights.sum())
