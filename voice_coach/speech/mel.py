"""Whisper's log-mel features, twenty seconds at a time: made of all sound at once they take a megabyte a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    from faster_whisper.feature_extractor import FeatureExtractor

PIECE = 20 * SAMPLE_RATE
"""Samples."""
AROUND = 10
"""Frames of sound on each side of a piece that are looked at and left out, so that a piece's edges are no edges."""
FLOOR = 2.0
"""How far below the loudest everything counts as quiet: eight powers of ten, in the features' scale."""


class PiecewiseMel:
    """A feature extractor that gives what `extractor` gives, to within 1e-6, for a fraction of the memory.

    Each piece has a floor of its own, never above that of the whole, which is put in at the end.
    """

    def __init__(self, extractor: FeatureExtractor) -> None:
        self._extractor = extractor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def __call__(self, samples: Any, **options: Any) -> Any:
        """Features of shape (mel bands, frames) of samples between -1 and 1."""
        import numpy as np

        hop = self._extractor.hop_length
        pieces = []
        for start in range(0, max(1, len(samples)), PIECE):
            before, stop = min(start, AROUND * hop), start + PIECE
            inside = samples[start - before : stop + AROUND * hop]
            if stop < len(samples):
                found = self._extractor(inside, padding=0, **options)
                pieces.append(found[:, before // hop : (before + PIECE) // hop])
            else:
                pieces.append(self._extractor(inside, **options)[:, before // hop :])
        whole = np.concatenate(pieces, axis=1)
        return np.maximum(whole, whole.max() - FLOOR, out=whole)
