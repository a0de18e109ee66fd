"""Concepts the reader was not trained on: recognised by likeness to a rubric's own examples, without training.

A stretch speaks to a concept as far as its embedding lies towards the concept's examples and away from what the other
concepts' say (Rocchio, "Relevance feedback in information retrieval", 1971; Snell et al., "Prototypical networks for
few-shot learning", 2017). What it does there, explaining or only naming or dismissing, is the reader's stance, which
knows no topic. A small regression over both, fitted on the core concepts as if they were unknown, gives probabilities.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.cues import CueSet
from voice_coach.check.encoder import DIMENSIONS
from voice_coach.check.reader import CONCEPTS, STANCES_READ, VERDICTS_READ
from voice_coach.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.check.anchors import Anchors
    from voice_coach.check.encoder import Embeddings
    from voice_coach.content.models import Concept

_FILE = Path(__file__).parent / "matching.json"
_STANCES = tuple(
    STANCES_READ.index(name) for name in ("nothing", "explained", "named", "dismissed", "others", "off")
)
_NEAREST = 3
_FEW = 8
_CLAIM = 0.7
"""Takes a cosine for a probability: half alike makes the claim."""

SIGNS = (
    "towards", "apart", "like-spoken", "ahead", "unlike-near-misses", "like-explained-not-named", "like-statement",
    "cue",
    *(f"stance-{STANCES_READ[index]}" for index in _STANCES),
)  # fmt: skip
"""What the regression sees of one stretch and one concept."""


@dataclass(frozen=True, slots=True)
class Target:
    """A concept made ready.

    Attributes:
        cues: its word patterns.
        spoken, explained, named, statement: embeddings of its texts, each of shape (texts, DIMENSIONS).
        near_misses: embeddings of what sounds like it and is not.
        others: embeddings of what each other concept of the rubric says.
    """

    cues: CueSet
    spoken: Embeddings
    explained: Embeddings
    named: Embeddings
    statement: Embeddings
    near_misses: Embeddings
    others: tuple[Embeddings, ...]


def targets(concepts: Sequence[Concept], anchors: Anchors, wanted: frozenset[str]) -> dict[str, Target]:
    """The wanted concepts of a rubric, each told apart from all others; of those not wanted a few texts serve.

    Raises:
        CheckError: the encoder failed.
        ContentError: a cue cannot be parsed.
    """
    said = {
        concept.id: anchors.embed(
            (*concept.examples.explained, *concept.examples.named, *concept.examples.dismissed)
            if concept.id in wanted
            else _spread(concept.examples.explained)
        )
        for concept in concepts
    }
    return {
        concept.id: Target(
            cues=CueSet(concept.cues),
            spoken=said[concept.id],
            explained=anchors.embed(concept.examples.explained),
            named=anchors.embed(concept.examples.named),
            statement=anchors.embed([concept.statement]),
            near_misses=anchors.embed(concept.examples.not_),
            others=tuple(said[other] for other in said if other != concept.id),
        )
        for concept in concepts
        if concept.id in wanted
    }


def _spread(texts: Sequence[str]) -> tuple[str, ...]:
    """A few of the texts, from all along the list."""
    return tuple(texts[:: max(1, len(texts) // _FEW)])[:_FEW]


def signs(
    target: Target, windows: Embeddings, cue: NDArray[np.float64], stance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What speaks for the concept in each stretch, of shape (stretches, SIGNS).

    Args:
        target: the concept.
        windows: embeddings of the stretches.
        cue: how many of its cues each matches.
        stance: as `Stretches.stance`.
    """
    odds = np.log((stance[:, _STANCES] + 1e-3) / (1 - stance[:, _STANCES] + 1e-3))
    like = _nearest(windows, target.spoken)
    ahead = (
        like - np.max([_nearest(windows, other) for other in target.others], axis=0)
        if target.others
        else like
    )
    return np.column_stack(
        [
            _along(windows, _talk(), _mean(target.spoken)),
            _along(
                windows, _mean(np.concatenate((target.near_misses, *target.others))), _mean(target.spoken)
            ),
            like,
            ahead,
            _nearest(windows, target.spoken, 1) - _nearest(windows, target.near_misses, 1),
            _nearest(windows, target.explained, 1) - _nearest(windows, target.named, 1),
            _nearest(windows, target.statement, 1),
            np.minimum(cue, 2),
            odds,
        ]
    )


def verdicts(found: NDArray[np.float64], concepts: int) -> NDArray[np.float64]:
    """Signs to probabilities of shape (stretches, VERDICTS_READ); "taken-back" is never said.

    Args:
        found: as `signs` gives them.
        concepts: how many the rubric has. What is said speaks to about one of them, so that of few each is likelier.

    Raises:
        CheckError: the regression's file is missing or not as expected.
    """
    weights, bias = _regression()
    logits = np.einsum("ws,vs->wv", found, weights) + bias
    logits[:, 1:] += np.log(len(CONCEPTS) / concepts)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.column_stack((odds / odds.sum(axis=1, keepdims=True), np.zeros(len(found))))


def claims(windows: Embeddings, present: Embeddings, absent: Embeddings) -> NDArray[np.float64]:
    """How sure it is that each stretch makes a flag's claim, from likeness to its examples, of shape (stretches,)."""
    like, unlike = _nearest(windows, present, 1), _nearest(windows, absent, 1)
    return np.asarray(np.where(like > unlike, like, 0) * _CLAIM)


def _nearest(windows: Embeddings, texts: Embeddings, count: int = _NEAREST) -> NDArray[np.float64]:
    """Mean cosine to the nearest texts; 0 where there are none."""
    if not len(texts):
        return np.zeros(len(windows))
    likeness = np.sort(windows @ texts.T, axis=1)[:, -count:]
    return np.asarray(likeness.mean(axis=1), np.float64)


def _along(windows: Embeddings, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far from `start` to `end` each window lies: 0 at the one, 1 at the other."""
    way = end - start
    length = float(way @ way)
    return np.asarray((windows @ way - start @ way) / length) if length else np.zeros(len(windows))


def _mean(texts: Embeddings) -> NDArray[np.float64]:
    return np.asarray(texts.mean(axis=0, dtype=np.float64)) if len(texts) else _talk()


def forget() -> None:
    """Read the regression's file anew: it was fitted again."""
    for kept in (_kept, _talk, _regression):
        kept.cache_clear()


@cache
def _kept() -> dict[str, object]:
    try:
        kept: dict[str, object] = json.loads(_FILE.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CheckError(f"{_FILE} cannot be used ({error}); install again.") from error
    return kept


@cache
def _talk() -> NDArray[np.float64]:
    """Mean embedding of what people say in such answers, of shape (DIMENSIONS,)."""
    talk = np.array(_kept()["talk"], float)
    if talk.shape != (DIMENSIONS,):
        raise CheckError(f"{_FILE} belongs to another encoder; install again.")
    return talk


@cache
def _regression() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        kept = _kept()
        rows: dict[str, dict[str, float]] = kept["weights"]  # type: ignore[assignment]
        names = VERDICTS_READ[:-1]
        weights = np.array([[rows[verdict][sign] for sign in SIGNS] for verdict in names])
        return weights, np.array([rows[verdict]["bias"] for verdict in names])
    except KeyError as error:
        raise CheckError(f"{_FILE} lacks {error}; install again.") from None
