"""Any rate and number of channels to the one format of the program, as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    import av

BYTES = 2
"""Bytes a sample."""


class Resampler:
    """Interleaved 16-bit PCM at `rate` with `channels` channels, to 16-bit mono at `SAMPLE_RATE`.

    FFmpeg's resampler keeps some samples back between calls; `flush` gives them at the end.
    """

    def __init__(self, rate: int, channels: int) -> None:
        import av

        self._rate = rate
        self._layout = "mono" if channels == 1 else f"{channels}c" if channels != 2 else "stereo"  # noqa: PLR2004 - FFmpeg's names
        self._channels = channels
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        self._position = 0

    def __call__(self, pcm: bytes) -> bytes:
        """What can be given of `pcm` (whole samples of all channels) and of what was kept back."""
        import av
        import numpy as np

        samples = np.frombuffer(pcm, dtype=np.int16).reshape(1, -1)
        if not samples.size:
            return b""
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=self._layout)
        frame.sample_rate, frame.pts = self._rate, self._position
        self._position += samples.size // self._channels
        return _pcm(self._resampler.resample(frame))

    def flush(self) -> bytes:
        """The last samples; nothing may follow."""
        return _pcm(self._resampler.resample(None)) if self._position else b""


def _pcm(frames: list[av.AudioFrame]) -> bytes:
    return b"".join(frame.to_ndarray().tobytes() for frame in frames)
