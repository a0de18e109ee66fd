"""The stretches of an answer that are judged: clauses and pairs of them, but not those that read out the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.text import FUNCTION_WORDS, starts, tokens
from voice_coach.check.windows import clauses, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.check.cues import CueSet
    from voice_coach.check.text import Token
    from voice_coach.records import Span, Word

_RESTATED, _FEWEST_SHARED = 0.7, 3
"""A stretch restates the question where this share of its content words, and so many, are the question's own."""
LISTING = 0.2
"""A stretch with fewer function words is a list of terms, not speech; explanations have 0.35 and more."""


def stretches(words: Sequence[Word], question: str) -> tuple[Span, ...]:
    """Clauses, then pairs of neighbouring ones, of an answer to the question, which may be empty."""
    text = tokens(word.text for word in words)
    first = starts(text, len(words))
    asked = frozenset(token.stem for token in tokens(question.split()))

    def speaks(span: Span) -> bool:
        said = text[first[span.first] : first[span.stop]]
        return bool(said) and not _restates(said, asked)

    single = clauses(words)
    return (*filter(speaks, single), *filter(speaks, pairs(single)))


def listing(spans: Sequence[Span], words: Sequence[Word]) -> NDArray[np.bool_]:
    """Which spans of the words are lists of terms, of shape (spans,)."""
    text = tokens(word.text for word in words)
    first = starts(text, len(words))
    shares = [
        np.mean([token.form in FUNCTION_WORDS for token in text[first[span.first] : first[span.stop]]])
        for span in spans
    ]
    return np.asarray(shares) < LISTING


def cue_counts(cues: CueSet, words: Sequence[str], spans: Sequence[Span]) -> NDArray[np.float64]:
    """How many matches of a cue begin in each span, of shape (spans,)."""
    text = tokens(words)
    first = starts(text, len(words))
    at = np.array(sorted({hit.start for hit in cues.hits(text)}))
    bounds = np.array([(first[span.first], first[span.stop]) for span in spans]).reshape(-1, 2)
    return np.diff(np.searchsorted(at, bounds), axis=1)[:, 0].astype(np.float64)


def _restates(said: Sequence[Token], asked: frozenset[str]) -> bool:
    """Whether what is said is mostly words of the question: reading it out is no answer."""
    content = [token.stem for token in said if token.form not in FUNCTION_WORDS]
    shared = sum(stem in asked for stem in content)
    return shared >= _FEWEST_SHARED and shared >= _RESTATED * len(content)
