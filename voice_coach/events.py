"""What happens while somebody practises, as `practice` yields it and a face renders it; and what a person commands.

Events only report; nothing is called back. A face may ignore any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Attempt, EndReason, Stretch, Verdict, Word

Command = Literal["done", "repeat", "pause", "stop"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question is put: spoken if there is a voice, and to be shown unless hidden.

    It is the drill's prompt, or `follow_up` where that is not None.
    """

    drill: Drill
    follow_up: str | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """The microphone (or what plays its part, `name`) is open; the person may speak."""

    name: str


@dataclass(frozen=True, slots=True)
class Level:
    """How loud the last frame was, where the answer stands (samples) and the share of allowed silence left."""

    position: int
    peak_dbfs: float
    silence_left: float


@dataclass(frozen=True, slots=True)
class Heard:
    """Words that are now final, in order and once each, and the present guess at those after them.

    `unclear`: where something was said since the last event and not understood.
    """

    settled: tuple[Word, ...]
    draft: tuple[Word, ...]
    unclear: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How the concepts stand after what was said so far; for who wants to see it while talking."""

    rubric: Rubric
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing is recorded until `Listening` comes again."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the person should know; practice goes on."""

    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer is over, and why; `fault` is the sentence when a device ended it."""

    reason: EndReason
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Graded:
    """The attempt is judged and in the archive; after a follow-up it comes again with what was said then."""

    attempt: Attempt
    drill: Drill
    rubric: Rubric


@dataclass(frozen=True, slots=True)
class Corrected:
    """An attempt was heard again as a whole and judged by what it says now; `before` is as it was shown."""

    before: Attempt
    attempt: Attempt
    drill: Drill
    rubric: Rubric


Event = Asked | Listening | Level | Heard | Standing | Paused | Warned | Ended | Graded | Corrected
