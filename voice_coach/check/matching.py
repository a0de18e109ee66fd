"""Concepts the reader was not trained on: recognised by likeness to a rubric's own examples, without training.

A stretch speaks to a concept as far as its embedding is like the concept's examples, and more like them than like any
other concept's (Snell et al., "Prototypical networks for few-shot learning", 2017). What it does there, explaining or
only naming or dismissing, is the reader's stance, which knows no topic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.cues import CueSet
from voice_coach.check.head import Bars
from voice_coach.check.reader import STANCES_READ, VERDICTS_READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.check.anchors import Anchors
    from voice_coach.check.reader import Embeddings
    from voice_coach.content.models import Concept
    from voice_coach.records import Span, Verdict

_NEAREST = 3
_FEW = 8
_CLAIM = 0.7
"""Takes a cosine for a probability: half alike makes the claim."""
CUE = 0.06
"""What a cue in the words is worth, as cosine."""
BARS = Bars(explained=0.40, named=0.45)
"""What a verdict takes here; likeness is less sure of itself than what was trained."""
_KINDS = [STANCES_READ.index(name) for name in VERDICTS_READ[1:]]
_OTHERWISE = [STANCES_READ.index(name) for name in ("others", "homonym", "restate", "off")]


@dataclass(frozen=True, slots=True)
class Steps:
    """From cosines to probabilities.

    Attributes:
        like: cosine at which a stretch is as likely to speak to something as not, and `slope` how sharply.
        ahead: by how much more it is like this than like another where it is three times as likely to mean this.
    """

    like: float
    slope: float
    ahead: float


NEAR = Steps(like=0.15, slope=0.03, ahead=0.01)
"""For the nearest examples of a concept."""


@dataclass(frozen=True, slots=True)
class Target:
    """A concept made ready.

    Attributes:
        cues: its word patterns.
        spoken: embeddings of what its examples say, of shape (texts, WIDTH).
        near_misses: embeddings of what sounds like it and is not.
        others: embeddings of what each other concept of the rubric says.
    """

    cues: CueSet
    spoken: Embeddings
    near_misses: Embeddings
    others: tuple[Embeddings, ...]


def targets(concepts: Sequence[Concept], anchors: Anchors, wanted: frozenset[str]) -> dict[str, Target]:
    """The wanted concepts of a rubric, each told apart from all others; of those not wanted a few texts serve.

    Raises:
        CheckError: the reader failed.
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
            near_misses=anchors.embed(concept.examples.not_),
            others=tuple(said[other] for other in said if other != concept.id),
        )
        for concept in concepts
        if concept.id in wanted
    }


def _spread(texts: Sequence[str]) -> tuple[str, ...]:
    """A few of the texts, from all along the list."""
    return tuple(texts[:: max(1, len(texts) // _FEW)])[:_FEW]


def verdicts(
    target: Target, windows: Embeddings, cues: NDArray[np.float64], stance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What each stretch does for the concept, as probabilities of shape (stretches, VERDICTS_READ).

    Args:
        target: the concept.
        windows: embeddings of the stretches.
        cues: how many of its cues each matches.
        stance: as `Stretches.stance`.
    """
    like = _nearest(windows, target.spoken) + CUE * np.minimum(cues, 2)
    rivals = [_nearest(windows, other) for other in target.others]
    # A near miss counts only where it is nearer than any example.
    missed = _nearest(windows, target.near_misses, 1) >= _nearest(windows, target.spoken, 1)
    spoken = speaking(like, rivals, NEAR) * ~missed
    kinds = stance[:, _KINDS]
    kinds = kinds / kinds.sum(axis=1, keepdims=True) * (1 - stance[:, _OTHERWISE].sum(axis=1, keepdims=True))
    does = spoken[:, None] * kinds
    return np.column_stack((1 - does.sum(axis=1), does))


def speaking(
    like: NDArray[np.float64], rivals: Sequence[NDArray[np.float64]], steps: Steps
) -> NDArray[np.float64]:
    """How likely each stretch speaks to something, by cosines to it and to each rival, all of shape (stretches,)."""
    ahead = like - np.max(rivals, axis=0) if rivals else np.ones(len(like))
    return _sigmoid((like - steps.like) / steps.slope) * _sigmoid(ahead / steps.ahead)


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))


def weighed(own: NDArray[np.float64], spans: Sequence[Span]) -> dict[Verdict, float]:
    """How likely each verdict is for the whole answer: the best passage counts, unless it is set aside after.

    Args:
        own: as `verdicts` gives it.
        spans: the words of each stretch, at least one.
    """
    explained, named = own[:, 1], own[:, 2]
    against = np.maximum(own[:, 3], own[:, 4])
    best = int(explained.argmax())
    after = np.array([span.first >= spans[best].stop for span in spans])
    does = float(explained[best] * (1 - against[after].max(initial=0)))
    only, refused = float(named.max()), float(against.max())
    odds: dict[Verdict, float] = {
        "explained": does,
        "named": (1 - does) * only,
        "dismissed": (1 - does) * refused,
        "missed": (1 - does) * (1 - only) * (1 - refused),
    }
    total = sum(odds.values())
    return {verdict: value / total for verdict, value in odds.items()}


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
