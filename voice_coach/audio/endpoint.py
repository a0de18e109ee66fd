"""When has the answer ended? A pure state machine over speech probabilities, one step a frame.

Three endings are told apart: nobody began, the answer was followed by a long silence, the answer is too long.
Speech resets the silence. Speech counts from `onset` upwards and lasts until the probability falls below
`release` (hysteresis, as Silero's own iterator does it); a burst shorter than `min_speech`, such as a click or
a cough, neither begins an answer nor resets the silence. Nobody is cut off in a word for silence: while a burst
may still become speech, no silence ends anything.
"""

from dataclasses import dataclass, replace
from typing import Literal

from voice_coach.records import SAMPLE_RATE

Ending = Literal["silence", "nobody-began", "too-long"]


@dataclass(frozen=True, slots=True)
class Endpointing:
    """Limits in samples, thresholds as probabilities."""

    silence: int = 6 * SAMPLE_RATE
    patience: int = 120 * SAMPLE_RATE
    limit: int = 30 * 60 * SAMPLE_RATE
    min_speech: int = SAMPLE_RATE // 5
    onset: float = 0.5
    release: float = 0.35


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an answer stands at sample `position`; `last_speech` is where speech was last heard, None before any."""

    position: int = 0
    speaking: bool = False
    run: int = 0
    last_speech: int | None = None

    @property
    def began(self) -> bool:
        """Whether the person has said anything yet."""
        return self.last_speech is not None

    def silence_left(self, settings: Endpointing) -> float:
        """Share of the allowed silence that is left, 1 while speaking or before the first word, 0 at the end."""
        if self.last_speech is None:
            return 1.0
        return max(0.0, 1 - (self.position - self.last_speech) / settings.silence)


def step(turn: Turn, probability: float, samples: int, settings: Endpointing) -> tuple[Turn, Ending | None]:
    """The turn after one more frame of `samples` samples with this speech probability, and its ending if it ends."""
    position = turn.position + samples
    speaking = probability >= (settings.release if turn.speaking else settings.onset)
    run = turn.run + samples if speaking else 0
    last_speech = position if run >= settings.min_speech else turn.last_speech
    turn = replace(turn, position=position, speaking=speaking, run=run, last_speech=last_speech)
    return turn, _ending(turn, settings)


def _ending(turn: Turn, settings: Endpointing) -> Ending | None:
    if turn.position >= settings.limit:
        return "too-long"
    if turn.speaking:
        return None
    if turn.last_speech is None:
        return "nobody-began" if turn.position >= settings.patience else None
    return "silence" if turn.position - turn.last_speech >= settings.silence else None
