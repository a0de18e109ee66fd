"""Where in an answer somebody spoke: one byte a frame, asked about by sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator

VOICE = 0.5
"""Speech probability that counts as a voice."""
GOES_ON = 0.35
"""Within a voice, what still counts as it (hysteresis, as Silero's own iterator does it)."""
MAYBE = 0.2
"""Below this nobody speaks, not even faintly."""
SHORTEST = SAMPLE_RATE // 10
"""A shorter burst is a click or a breath, not talk."""
BRIDGED = SAMPLE_RATE // 4
"""A shorter gap is within a word or between two, not a pause."""
_STEPS = 255


class Voicing:
    """Speech probabilities of an answer's frames in order; half an hour takes 56 kB."""

    def __init__(self) -> None:
        self._frames = bytearray()
        self._samples = 0

    def append(self, probability: float, samples: int) -> None:
        """One more frame of `samples` samples; only the last may be shorter than `FRAME_SAMPLES`."""
        self._frames.append(round(probability * _STEPS))
        self._samples += samples

    def voice(self, start: int, stop: int) -> int:
        """Samples of voice between two places, in whole frames."""
        return FRAME_SAMPLES * sum(frame >= VOICE * _STEPS for frame in self._between(start, stop))

    def may_hold_speech(self, start: int, stop: int) -> bool:
        """Whether anything between two places may be speech, however faint."""
        return any(frame >= MAYBE * _STEPS for frame in self._between(start, stop))

    def talk(self, start: int = 0, stop: int | None = None) -> tuple[Stretch, ...]:
        """Where somebody talked between two places, clicks left out and gaps within words closed."""
        joined: list[tuple[int, int]] = []
        for begin, end in self._voices(start, self._samples if stop is None else min(stop, self._samples)):
            if joined and begin - joined[-1][1] < BRIDGED:
                joined[-1] = joined[-1][0], end
            else:
                joined.append((begin, end))
        return tuple(Stretch(start=begin, stop=end) for begin, end in joined if end - begin >= SHORTEST)

    def _between(self, start: int, stop: int) -> bytearray:
        return self._frames[max(0, start) // FRAME_SAMPLES : max(0, -(-stop // FRAME_SAMPLES))]

    def _voices(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The frames of voice, each with its samples."""
        speaking = False
        for index, frame in enumerate(self._between(start, stop), start=max(0, start) // FRAME_SAMPLES):
            speaking = frame >= (GOES_ON if speaking else VOICE) * _STEPS
            if speaking:
                yield max(start, index * FRAME_SAMPLES), min(stop, (index + 1) * FRAME_SAMPLES)
