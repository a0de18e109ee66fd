"""Directions in embedding space: from what something is not to what it is.

The score of a text lies along the line between two means (Rocchio, "Relevance feedback in information retrieval",
1971): 0 at the mean of the negatives, 1 at the mean of the positives. It needs no training, so that it serves
concepts written yesterday, and on answers it ranks better than the nearest single example does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voice_coach.check.encoder import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voice_coach.check.encoder import Embeddings

Vector = NDArray[np.float64]
Column = NDArray[np.float64]
"""One number per window."""


@dataclass(frozen=True, slots=True)
class Axis:
    """`direction` of shape (DIMENSIONS,), scaled so that the score minus `offset` is 0 and 1 at the two means."""

    direction: Vector
    offset: float

    def score(self, embeddings: Embeddings) -> Column:
        """Where each embedding lies along the axis."""
        return np.asarray(embeddings @ self.direction - self.offset, np.float64)


def between(negative: Vector, positive: Vector) -> Axis:
    """The axis from one mean to the other; every score is 0 where the two are the same."""
    way = positive - negative
    length = float(way @ way)
    direction = way / length if length else way
    return Axis(direction, float(direction @ negative))


def mixed(*parts: tuple[float, Vector | None]) -> Vector:
    """The weighted mean of those vectors that are there; the origin where none is."""
    there = [(weight, vector) for weight, vector in parts if vector is not None]
    total = sum(weight for weight, _ in there)
    return np.asarray(sum((weight * vector for weight, vector in there), np.zeros(DIMENSIONS)) / (total or 1))


def mean(embeddings: Embeddings) -> Vector | None:
    """The mean of all rows, or None where there are none."""
    return np.asarray(embeddings.mean(axis=0, dtype=np.float64)) if len(embeddings) else None


class Rest:
    """Means over all groups of embeddings but one, at a constant cost each."""

    def __init__(self, groups: Mapping[str, Embeddings]) -> None:
        self._sums = {key: group.sum(axis=0, dtype=np.float64) for key, group in groups.items()}
        self._rows = {key: len(group) for key, group in groups.items()}
        self._sum = sum(self._sums.values(), np.zeros(DIMENSIONS))

    def without(self, key: str | None) -> Vector | None:
        """The mean of all rows outside that group, or None where there are none."""
        rows = sum(self._rows.values()) - self._rows.get(key or "", 0)
        return (self._sum - self._sums.get(key or "", 0)) / rows if rows else None
