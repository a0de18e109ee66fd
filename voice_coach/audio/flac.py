"""Finished answers as FLAC: half the size of the journal, bit for bit the same sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from av.audio.stream import AudioStream


def write_flac(path: Path, chunks: Iterable[bytes]) -> None:
    """Write 16-bit mono PCM at `SAMPLE_RATE` chunk by chunk; memory stays flat.

    Raises:
        OSError: the file cannot be written.
    """
    import av
    import numpy as np

    with av.open(str(path), mode="w", format="flac") as container:
        stream: AudioStream = container.add_stream("flac", rate=SAMPLE_RATE)
        stream.codec_context.format = "s16"
        stream.codec_context.layout = "mono"
        position = 0
        for chunk in chunks:
            samples = np.frombuffer(chunk, dtype=np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, position
            position += samples.size
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
