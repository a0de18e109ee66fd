"""Concepts the reader was not trained on: recognised by likeness to a rubric's own examples, without training.

A stretch speaks to a concept as far as its embedding is like the concept's examples, and more like them than like any
other concept's (Snell et al., "Prototypical networks for few-shot learning", 2017), with a linear classifier beside
that is solved for from all the rubric's examples. What it does there, explaining or only naming or dismissing, is the
reader's stance, which knows no topic. What that makes of the whole answer is a head's to say, which was fitted on
rubrics of many fields (`tests/benchmarks/training/fit_matching.py`) and knows none of their concepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.cues import CueSet
from voice_coach.check.features import log_odds
from voice_coach.check.reader import STANCES_READ, VERDICTS_READ
from voice_coach.check.stretches import cue_counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.check.anchors import Anchors
    from voice_coach.check.reader import Embeddings, Stretches
    from voice_coach.content.models import Concept

MORE = ("ahead", "like-statement", "cues", "explains-anything")
"""What the head sees beside `FEATURES`: by how much the likest stretch is likeliest of all concepts, how like the
concept's statement any is, how many cues the answer has, and how surely any stretch explains something."""

_NEAREST = 3
_FEW = 8
_CLAIM = 0.7
"""Takes a cosine for a probability: half alike makes the claim."""
_CUE, _MOST_CUES = 0.06, 2
"""What a cue in a stretch is worth, as cosine, and how many count."""
_CUES_IN_ALL = 4
"""Cues of the whole answer that count."""
_STRANGER, _EACH = 0.4, 0.05
"""How like a concept that nobody wrote any stretch is taken to be, less so much for each that somebody did: a lone
concept has no other to be told apart from, five hardly need such help."""
_CLASSIFIER, _RIDGE = 0.2, 1.0
"""What the classifier counts beside a cosine, and its penalty, in a ridge regression of which concept it is."""
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


NEAR = Steps(like=0.18, slope=0.05, ahead=0.02)
"""For what `Ready.likeness` gives."""


@dataclass(frozen=True, slots=True)
class Target:
    """A concept made ready.

    Attributes:
        cues: its word patterns.
        spoken: embeddings of what its examples say, of shape (texts, WIDTH).
        near_misses: embeddings of what sounds like it and is not, and `statement` that of its statement; both without
            a row where the concept is not wanted.
    """

    cues: CueSet
    spoken: Embeddings
    near_misses: Embeddings
    statement: Embeddings


@dataclass(frozen=True, slots=True)
class Ready:
    """A rubric made ready.

    Attributes:
        targets: its concepts by id, all of them.
        wanted: ids of those that the reader was not trained on.
        classifier: of shape (WIDTH, concepts), the examples' own direction of each.
    """

    targets: dict[str, Target]
    wanted: frozenset[str]
    classifier: NDArray[np.float64]

    def likeness(self, windows: Embeddings, cues: NDArray[np.float64]) -> NDArray[np.float64]:
        """How like each concept's examples each stretch is, of shape (stretches, concepts).

        Args:
            windows: embeddings of the stretches.
            cues: how many cues of each concept each matches, of the same shape.
        """
        nearest = np.column_stack([_nearest(windows, target.spoken) for target in self.targets.values()])
        classified = _CLASSIFIER * (windows.astype(np.float64) @ self.classifier)
        return np.asarray(nearest + classified + _CUE * np.minimum(cues, _MOST_CUES))


@dataclass(frozen=True, slots=True)
class Match:
    """What an answer gives one concept.

    Attributes:
        own: what each stretch does for it, as probabilities of shape (stretches, VERDICTS_READ).
        more: the numbers of `MORE`.
    """

    own: NDArray[np.float64]
    more: NDArray[np.float64]


def ready(concepts: Sequence[Concept], anchors: Anchors, wanted: frozenset[str]) -> Ready:
    """The concepts of a rubric, each told apart from all others; of those not wanted a few texts serve.

    Raises:
        CheckError: the reader failed.
        ContentError: a cue cannot be parsed.
    """

    def target(concept: Concept) -> Target:
        examples, cues = concept.examples, CueSet(concept.cues)
        if concept.id not in wanted:
            return Target(
                cues, anchors.embed(_spread(examples.explained)), anchors.embed(()), anchors.embed(())
            )
        spoken = (*examples.explained, *examples.named, *examples.dismissed)
        return Target(
            cues, anchors.embed(spoken), anchors.embed(examples.not_), anchors.embed([concept.statement])
        )

    targets = {concept.id: target(concept) for concept in concepts}
    return Ready(targets, wanted, _classifier(list(targets.values())))


def _classifier(targets: Sequence[Target]) -> NDArray[np.float64]:
    """Which concept an embedding speaks to: a ridge regression on all examples, where near misses are no concept's."""
    texts = np.concatenate([part for target in targets for part in (target.spoken, target.near_misses)])
    rows = texts.astype(np.float64)
    spoken = np.zeros((len(rows), len(targets)))
    first = 0
    for column, target in enumerate(targets):
        spoken[first : first + len(target.spoken), column] = 1
        first += len(target.spoken) + len(target.near_misses)
    return np.asarray(rows.T @ np.linalg.solve(rows @ rows.T + _RIDGE * np.eye(len(rows)), spoken))


def _spread(texts: Sequence[str]) -> tuple[str, ...]:
    """A few of the texts, from all along the list."""
    return tuple(texts[:: max(1, len(texts) // _FEW)])[:_FEW]


def matched(
    ready: Ready, windows: Embeddings, words: Sequence[str], stretches: Stretches
) -> dict[str, Match]:
    """What an answer gives each wanted concept.

    Args:
        ready: the rubric.
        windows: embeddings of the stretches.
        words: of the answer.
        stretches: what the reader makes of them, any number.
    """
    cues = np.column_stack(
        [cue_counts(target.cues, words, stretches.spans) for target in ready.targets.values()]
    )
    likeness = ready.likeness(windows, cues)
    stranger = np.full((len(windows), 1), _STRANGER - _EACH * len(ready.targets))
    kinds = stretches.stance[:, _KINDS]
    elsewhere = stretches.stance[:, _OTHERWISE].sum(axis=1, keepdims=True)
    kinds = kinds / kinds.sum(axis=1, keepdims=True) * (1 - elsewhere)
    found = {}
    for column, (concept, target) in enumerate(ready.targets.items()):
        if concept not in ready.wanted:
            continue
        like = likeness[:, column]
        rival = np.hstack((np.delete(likeness, column, axis=1), stranger)).max(axis=1)
        # A near miss counts only where it is nearer than any example.
        missed = _nearest(windows, target.near_misses, 1) >= _nearest(windows, target.spoken, 1)
        speaks = speaking(like, [rival], NEAR) * ~missed
        does = speaks[:, None] * kinds
        stated = windows @ target.statement[0]
        in_all = min(np.minimum(cues[:, column], _MOST_CUES).sum(), _CUES_IN_ALL)
        most = (*(values.max(initial=-1) for values in (like - rival, stated)), in_all)
        found[concept] = Match(
            own=np.column_stack((1 - does.sum(axis=1), does)),
            more=np.array([*most, log_odds(kinds[:, 0].max(initial=0))], np.float64),
        )
    return found


def speaking(
    like: NDArray[np.float64], rivals: Sequence[NDArray[np.float64]], steps: Steps
) -> NDArray[np.float64]:
    """How likely each stretch speaks to something, by cosines to it and to each rival, all of shape (stretches,)."""
    ahead = like - np.max(rivals, axis=0) if rivals else np.ones(len(like))
    return _sigmoid((like - steps.like) / steps.slope) * _sigmoid(ahead / steps.ahead)


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))


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
