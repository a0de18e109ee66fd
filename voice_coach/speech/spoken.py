"""Spoken text in memory and in a file."""

from __future__ import annotations

import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class DamagedError(Exception):
    """A file that is not whole or no sound; the text says what it is, to end a sentence."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken text: `pcm` is mono 16-bit little-endian at `sample_rate` samples a second."""

    pcm: bytes
    sample_rate: int

    @property
    def seconds(self) -> float:
        """How long it takes to play."""
        return len(self.pcm) / 2 / self.sample_rate

    @classmethod
    def joined(cls, parts: Sequence[Speech], pause: float) -> Speech:
        """`parts` (one or more, of one engine and so of one rate) with `pause` seconds of silence between."""
        rate = parts[0].sample_rate
        return cls(bytes(2 * round(pause * rate)).join(part.pcm for part in parts), rate)

    @classmethod
    def read(cls, file: Path) -> Speech:
        """The sound in a file: WAV, or whatever else PyAV decodes (macOS writes AIFF under any name).

        Raises:
            FileNotFoundError: there is no such file.
            DamagedError: it is cut off, or no sound.
        """
        try:
            with wave.open(str(file), "rb") as sound:
                if (sound.getnchannels(), sound.getsampwidth()) != (1, 2):
                    return cls._decoded(file)
                speech = cls(sound.readframes(sound.getnframes()), sound.getframerate())
                if len(speech.pcm) != 2 * sound.getnframes():
                    raise DamagedError("a file that is cut off")
                return speech
        except (wave.Error, EOFError):
            return cls._decoded(file)

    @classmethod
    def _decoded(cls, file: Path) -> Speech:
        import av

        try:
            with av.open(str(file)) as sound:
                stream = sound.streams.audio[0]
                resampler = av.AudioResampler(format="s16", layout="mono", rate=stream.rate)
                frames = [
                    part for frame in [*sound.decode(stream), None] for part in resampler.resample(frame)
                ]
                return cls(b"".join(part.to_ndarray().tobytes() for part in frames), stream.rate)
        except (av.FFmpegError, IndexError) as error:
            raise DamagedError(f"a file that is no sound ({error})") from error

    def write(self, file: Path) -> None:
        """Write a WAV file, whole or not at all, whoever else is writing the same.

        Raises:
            OSError: it cannot be written.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as part:
            path = Path(part.name)
        try:
            with wave.open(str(path), "wb") as sound:
                sound.setnchannels(1)
                sound.setsampwidth(2)
                sound.setframerate(self.sample_rate)
                sound.writeframes(self.pcm)
            path.replace(file)
        finally:
            path.unlink(missing_ok=True)
