"""Embeddings of a rubric's texts, computed once and kept on disk.

One file per list of texts, named by the reader and the texts, so that a changed rubric never meets old numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.reader import WIDTH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from voice_coach.check.reader import Embeddings, Reader


class Anchors:
    """Embeds through a reader, remembering in a folder.

    Args:
        reader: computes what is not there yet.
        folder: made when needed; None keeps nothing on disk.
    """

    def __init__(self, reader: Reader, folder: Path | None = None) -> None:
        self._reader = reader
        self._folder = folder

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """Embeddings of the texts, in order.

        Raises:
            CheckError: the reader failed.
        """
        if self._folder is None or not texts:
            return self._reader.embed(texts)
        key = hashlib.sha256(json.dumps([self._reader.version, *texts]).encode()).hexdigest()
        path = self._folder / f"{key[:32]}.npy"
        kept = _read(path, len(texts))
        if kept is None:
            kept = self._reader.embed(texts)
            _write(path, kept)
        return kept


def _read(path: Path, rows: int) -> Embeddings | None:
    """What the file holds, or None where it is not there or not what we would have written."""
    try:
        kept = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    sound = kept.shape == (rows, WIDTH) and kept.dtype == np.float32 and bool(np.isfinite(kept).all())
    return kept if sound else None


def _write(path: Path, embeddings: Embeddings) -> None:
    """Whole or not at all; a folder that cannot be written costs time later, nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            np.save(part, embeddings)
        os.replace(part.name, path)  # noqa: PTH105 - the name is a string
    except OSError:
        return
