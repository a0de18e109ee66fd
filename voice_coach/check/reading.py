"""An answer read once for all concepts: its tokens, windows, embeddings and what each window does as speech."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
from numpy.typing import NDArray

from voice_coach.check.signals import FUNCTION_WORDS, Signal, marks
from voice_coach.check.text import Token, starts, tokens
from voice_coach.check.windows import clauses, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voice_coach.check.axes import Column
    from voice_coach.check.cues import CueSet
    from voice_coach.check.encoder import Embeddings, Encoder
    from voice_coach.records import Span, Transcript

_RESTATED, _FEWEST_SHARED = 0.7, 3
"""A window restates the question where this share of its content words, and so many, are the question's own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of an answer before any concept is looked at.

    Attributes:
        tokens: of all words.
        windows: where evidence may lie.
        bounds: of shape (windows, 2), each window's first token and the one after its last.
        embeddings: of shape (windows, DIMENSIONS).
        clauses: how many of the windows are single clauses; they come first.
        speech: per signal how often it begins in each window.
        numbers: how many numbers each window holds.
        function_words: their share in each window; low in a list of terms.
    """

    tokens: tuple[Token, ...]
    windows: tuple[Span, ...]
    bounds: NDArray[np.int64]
    embeddings: Embeddings
    clauses: int
    speech: dict[Signal, Column]
    numbers: Column
    function_words: Column

    def hits(self, cues: CueSet) -> Column:
        """How many tokens of each window begin a match of a cue."""
        return count({hit.start for hit in cues.hits(self.tokens)}, self.bounds)


def read(transcript: Transcript, question: str, encoder: Encoder) -> Reading:
    """Reads an answer.

    Args:
        transcript: at least one word.
        question: the prompt and its constraints, or empty.
        encoder: of the windows.

    Raises:
        CheckError: the encoder failed.
    """
    words = [word.text for word in transcript.words]
    text = tokens(words)
    first = starts(text, len(words))
    asked = frozenset(token.stem for token in tokens(question.split()))

    def speaks(span: Span) -> bool:
        said = text[first[span.first] : first[span.stop]]
        return bool(said) and not _restates(said, asked)

    single = clauses(transcript.words)
    kept = tuple(filter(speaks, single))
    spans = (*kept, *filter(speaks, pairs(single)))
    bounds = np.array([(first[span.first], first[span.stop]) for span in spans], np.int64).reshape(-1, 2)
    embeddings = encoder.embed([_plain(words[span.first : span.stop]) for span in spans])
    found = marks(text)
    lengths = np.maximum(bounds[:, 1] - bounds[:, 0], 1)
    numbers = [index for index, token in enumerate(text) if token.is_number]
    function_words = [index for index, token in enumerate(text) if token.form in FUNCTION_WORDS]
    return Reading(
        tokens=text,
        windows=spans,
        bounds=bounds,
        embeddings=embeddings,
        clauses=len(kept),
        speech={signal: count(found[signal], bounds) for signal in get_args(Signal)},
        numbers=count(numbers, bounds),
        function_words=count(function_words, bounds) / lengths,
    )


def count(at: Iterable[int], bounds: NDArray[np.int64]) -> Column:
    """How many of the token indices lie in each window, given by its first token and the one after its last."""
    places = np.sort(np.fromiter(at, np.int64))
    return np.diff(np.searchsorted(places, bounds), axis=1)[:, 0].astype(np.float64)


def _plain(words: Sequence[str]) -> str:
    """Lower case without punctuation: what was said, however the recogniser wrote it."""
    return re.sub(r"[^\w' ]+", " ", " ".join(words).lower()).strip()


def _restates(said: Sequence[Token], asked: frozenset[str]) -> bool:
    """Whether what is said is mostly words of the question: reading it out is no answer."""
    content = [token.stem for token in said if token.form not in FUNCTION_WORDS]
    shared = sum(stem in asked for stem in content)
    return shared >= _FEWEST_SHARED and shared >= _RESTATED * len(content)
