"""An audio file that plays the part of the microphone: anything PyAV can decode."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from voice_coach.errors import AudioFileError
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, AnswerSource, Frame, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import av
    from av.container import InputContainer

    from voice_coach.clock import Clock

BYTES_A_FRAME = 2 * FRAME_SAMPLES
LEAST_GAP_SECONDS = 0.2
"""A jump in a file's time stamps that is told; encoders' roundings stay far below."""


class AudioFile:
    """A `Source` over a file, at real speed by `clock` if `pace`, else as fast as it is read; memory stays flat."""

    kind: AnswerSource = "file"

    def __init__(self, path: Path, clock: Clock, *, pace: bool) -> None:
        self.path = path
        self._clock = clock
        self._pace = pace

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def seconds(self) -> float | None:
        """How long it is, None where the file does not say or cannot be read."""
        import av

        try:
            with av.open(str(self.path), mode="r", metadata_errors="ignore") as container:
                return None if container.duration is None else container.duration / av.time_base
        except (OSError, av.FFmpegError, UnicodeDecodeError):
            return None  # `open` says what is wrong

    @contextmanager
    def open(self) -> Iterator[Iterator[Frame | Notice]]:
        """As in `Source`.

        Raises:
            AudioFileError: absent, empty, not audio, or without a sound track.
        """
        import av

        try:
            container = av.open(str(self.path), mode="r", metadata_errors="ignore")
        except (OSError, av.FFmpegError, UnicodeDecodeError) as error:
            raise AudioFileError(_cannot(self.path, error)) from error
        with container:
            if not container.streams.audio:
                raise AudioFileError(f"{self.path}: there is no sound in it. Give a file with a sound track.")
            frames = reblocked(self._decoded(container))
            yield self._paced(frames) if self._pace else frames

    def _decoded(self, container: InputContainer) -> Iterator[bytes | Notice]:
        """16 kHz mono PCM as it is decoded; what damage takes, in the middle or from somewhere on, is told."""
        import av

        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        decoded = 0
        gap = _Gap()
        try:
            for frame in container.decode(audio=0):
                if missing := gap(frame):
                    yield Notice(
                        f"{self.path.name} is damaged: about {missing:.1f} s at {_clock(decoded)} could not be read."
                    )
                pcm = _pcm(resampler, frame)
                decoded += len(pcm) // 2
                yield pcm
        except (OSError, av.FFmpegError) as error:
            if not decoded:
                raise AudioFileError(_cannot(self.path, error)) from error
            yield Notice(f"{self.path.name} is damaged: nothing after {_clock(decoded)} could be read.")
        if decoded:
            yield _pcm(resampler, None)

    def _paced(self, items: Iterator[Frame | Notice]) -> Iterator[Frame | Notice]:
        """Each frame when a microphone would have delivered it; against the start, so that no delay adds up."""
        start = self._clock.monotonic()
        for item in items:
            if isinstance(item, Frame):
                due = start + item.stop / SAMPLE_RATE
                self._clock.sleep(max(0.0, due - self._clock.monotonic()))
            yield item


class _Gap:
    """Seconds that are missing before a frame, by its time stamp; many frames have none. 0 where nothing is."""

    def __init__(self) -> None:
        self._expected: float | None = None

    def __call__(self, frame: av.AudioFrame) -> float:
        missing = 0.0
        if frame.time is not None:
            missing = frame.time - (frame.time if self._expected is None else self._expected)
            self._expected = frame.time
        if self._expected is not None:
            self._expected += frame.samples / frame.sample_rate
        return missing if missing >= LEAST_GAP_SECONDS else 0.0


def reblocked(pieces: Iterator[bytes | Notice]) -> Iterator[Frame | Notice]:
    """PCM in pieces of any size as frames of `FRAME_SAMPLES`, the last one shorter; notices in their place."""
    waiting = b""
    position = 0
    for piece in pieces:
        if isinstance(piece, Notice):
            yield piece
            continue
        waiting += piece
        while len(waiting) >= BYTES_A_FRAME:
            yield Frame(position, waiting[:BYTES_A_FRAME])
            waiting = waiting[BYTES_A_FRAME:]
            position += FRAME_SAMPLES
    if waiting:
        yield Frame(position, waiting)


def _pcm(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> bytes:
    return b"".join(piece.to_ndarray().tobytes() for piece in resampler.resample(frame))


def _clock(samples: int) -> str:
    return f"{samples // SAMPLE_RATE // 60}:{samples // SAMPLE_RATE % 60:02d}"


def _cannot(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"{path}: there is no such file. Check the path."
    if path.is_dir():
        return f"{path}: is a folder. Name one audio file."
    if path.stat().st_size == 0:
        return f"{path}: the file is empty. Record it again."
    reason = getattr(error, "strerror", None) or error
    return f"{path}: cannot be read as audio ({reason}). Give a WAV, FLAC, MP3, M4A, OGG or similar file."
