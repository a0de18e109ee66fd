"""What a drill's outline asks for: a stretch that says one of its points speaks to that point's concept.

The reader knows each concept as it sounds in all kinds of systems; the outline says how it sounds in this one, where
"an entry with two complaints removes itself" is monitoring. It is evidence beside the reader's: saying a point
multiplies the odds that the stretch speaks to the concept. What it does there, explaining, naming or setting aside,
remains the reader's to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.matching import Steps, speaking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.check.anchors import Anchors
    from voice_coach.check.reader import Embeddings
    from voice_coach.content.models import OutlinePoint

NEAR = Steps(like=0.42, slope=0.04, ahead=0.02)
"""For the nearest point of a concept; over the drills' samples the best stretch has 0.55 in strong answers and 0.28 in
weak ones (medians)."""
WORTH = 4.0
"""Logarithm of what saying a point surely multiplies the odds by: of something the reader holds for one in ten it makes
six in seven, of one in two hundred one in five."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline made ready: `concepts` of its points, and their embeddings of shape (points, WIDTH)."""

    concepts: tuple[str, ...]
    points: Embeddings


def ready(outline: Sequence[OutlinePoint], anchors: Anchors) -> Outline:
    """The outline with its embeddings.

    Raises:
        CheckError: the reader failed.
    """
    return Outline(
        tuple(point.concept for point in outline), anchors.embed([point.point for point in outline])
    )


def said(outline: Outline, windows: Embeddings) -> dict[str, NDArray[np.float64]]:
    """How likely each stretch says a point of each concept that has one, of shape (stretches,).

    Args:
        outline: at least one point.
        windows: embeddings of the stretches.
    """
    likeness = np.asarray(windows @ outline.points.T, np.float64)
    nearest = {
        concept: likeness[:, [at for at, other in enumerate(outline.concepts) if other == concept]].max(
            axis=1
        )
        for concept in dict.fromkeys(outline.concepts)
    }
    return {
        concept: speaking(like, [other for name, other in nearest.items() if name != concept], NEAR)
        for concept, like in nearest.items()
    }


def lifted(own: NDArray[np.float64], says: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each stretch does for a concept, of shape (stretches, VERDICTS_READ), the outline taken into account.

    Args:
        own: the same without the outline.
        says: as `said` gives it.
    """
    nothing, speaks = np.split(own, [1], axis=1)
    raised = np.hstack((nothing, speaks * np.exp(WORTH * says)[:, None]))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
