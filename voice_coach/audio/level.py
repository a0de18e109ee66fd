"""How loud: pure measures of 16-bit PCM."""

import math

import numpy as np

FULL_SCALE = 32768
TALK = 0.5
"""Speech probability from which a frame is talk."""
FLOOR_DBFS = -96.0
"""Below the smallest value 16 bits can hold; stands for digital silence."""


def peak_dbfs(pcm: bytes) -> float:
    """The largest sample in decibels below full scale, `FLOOR_DBFS` to 0."""
    samples = np.frombuffer(pcm, dtype=np.int16)
    return _dbfs(int(np.abs(samples.astype(np.int32)).max())) if samples.size else FLOOR_DBFS


def rms_dbfs(pcm: bytes) -> float:
    """The root mean square in decibels below full scale, `FLOOR_DBFS` to 0."""
    samples = np.frombuffer(pcm, dtype=np.int16).astype(np.float64)
    return _dbfs(math.sqrt(float(np.mean(samples**2)))) if samples.size else FLOOR_DBFS


def clipped_share(pcm: bytes) -> float:
    """Share of samples at the very ends of the range: a microphone turned up too far."""
    samples = np.frombuffer(pcm, dtype=np.int16).astype(np.int32)
    return float(np.mean(np.abs(samples) >= FULL_SCALE - 1)) if samples.size else 0.0


class Clipping:
    """Counts, frame by frame, how much of an answer's talk is clipped."""

    def __init__(self) -> None:
        self._samples = 0
        self._clipped = 0.0

    def add(self, pcm: bytes, speech: float) -> None:
        """One more frame; it counts where its speech probability makes it talk."""
        if speech >= TALK:
            self._samples += len(pcm) // 2
            self._clipped += clipped_share(pcm) * (len(pcm) // 2)

    @property
    def share(self) -> float:
        """Of the talk so far, 0 to 1."""
        return round(self._clipped / self._samples, 3) if self._samples else 0.0


def is_digital_silence(pcm: bytes) -> bool:
    """Whether every sample is zero: no microphone in a room ever delivers that."""
    return not any(pcm)


def _dbfs(amplitude: float) -> float:
    return 20 * math.log10(amplitude / FULL_SCALE) if amplitude >= 1 else FLOOR_DBFS
