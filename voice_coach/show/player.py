"""Replay on a terminal: the words light up in step with the sound, and keys go from evidence to evidence."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from voice_coach.records import SAMPLE_RATE
from voice_coach.show import keyboard
from voice_coach.show.page import FLAG_STYLE, SIGNS, Page, clock, titles
from voice_coach.show.transcript import concept_styles, marked_line, questions, timed_lines, word_marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

    from voice_coach.content.models import Rubric
    from voice_coach.records import Attempt

JUMP_SECONDS = 5
LEAD_SECONDS = 0.3
"""How much before a moment the sound begins, so that its first word is heard whole."""
SLACK_SECONDS = 1.0
"""Within this much after a moment `p` goes to the one before it."""
NUMBERED = 9
BEFORE = 3
"""Lines shown above the one that is heard."""
KEYS = "space pauses   ← → 5 s   n p next, previous evidence   1-9 a concept's ground   q leaves"


class Sound(Protocol):
    """Sound that is being played; `position` and the place it was begun at are in seconds of the answer."""

    @property
    def position(self) -> float:
        """What is heard now."""

    @property
    def done(self) -> bool:
        """Whether it is over."""

    def stop(self) -> None:
        """Be silent now."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A place to jump to, in seconds: evidence for `concept`, None for a red flag."""

    at: float
    concept: str | None


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on from there, in seconds."""

    at: float


Act = Goto | Literal["pause", "leave"] | None


class Player:
    """What is on screen at a moment of the answer, and what a key means there.

    Args:
        attempt: spoken, with times.
        rubric: for titles.
        seconds: length of the sound.
    """

    def __init__(self, attempt: Attempt, rubric: Rubric, seconds: float) -> None:
        self.seconds = seconds
        self._transcript = attempt.transcript
        self._marks = word_marks(attempt, rubric)
        self._lines = timed_lines(attempt.transcript, questions(attempt))
        self._starts = [word.start or 0 for word in attempt.transcript.words]
        self.moments = _moments(attempt)
        styles = concept_styles(attempt)
        self.numbered = list(styles)[:NUMBERED]
        verdicts = {finding.concept: finding.verdict for finding in attempt.judgement.findings}
        title = titles(rubric)
        self._legend = Text("   ").join(
            Text(f"{number} {title.get(concept, concept)} {SIGNS[verdicts[concept]]}", style=styles[concept])
            for number, concept in enumerate(self.numbered, start=1)
        )
        if attempt.judgement.red_flags:
            self._legend.append("   red flag", style=FLAG_STYLE)

    def press(self, key: str | None, position: float) -> Act:
        """What a key does while `position` (seconds) is heard."""
        if key in {" ", "q"}:
            return "pause" if key == " " else "leave"
        if key and key in "123456789":
            return self._ground(int(key) - 1, position)
        target = self._target(key, position)
        return None if target is None else self._goto(target)

    def view(self, position: float, height: int, *, paused: bool) -> RenderableType:
        """The lines around the word that is heard at `position` (seconds), in at most `height` lines."""
        heard = self.heard(position)
        here = next((n for n, line in enumerate(self._lines) if line.first <= (heard or 0) < line.stop), 0)
        first = max(0, here - BEFORE)
        lines = self._lines[first : first + max(1, height - 6)]
        return Group(
            Page(*(marked_line(self._transcript, self._marks, line, heard) for line in lines)),
            Text(),
            self._progress(position, paused=paused),
            self._legend,
            Text(KEYS, style="dim"),
        )

    def heard(self, position: float) -> int | None:
        """Index of the word that is heard, or was last; None before the first."""
        index = bisect_right(self._starts, round(position * SAMPLE_RATE)) - 1
        return index if index >= 0 else None

    def _progress(self, position: float, *, paused: bool) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        share = 100 * position / self.seconds if self.seconds else 100
        grid.add_row(
            "paused" if paused else "playing",
            ProgressBar(completed=min(share, 100), width=40),
            f"{clock(round(position * SAMPLE_RATE))} of {clock(round(self.seconds * SAMPLE_RATE))}",
        )
        return grid

    def _target(self, key: str | None, position: float) -> float | None:
        match key:
            case keyboard.LEFT:
                return position - JUMP_SECONDS
            case keyboard.RIGHT:
                return position + JUMP_SECONDS
            case "n":
                after = [moment.at for moment in self.moments if moment.at > position + LEAD_SECONDS]
                return after[0] - LEAD_SECONDS if after else None
            case "p":
                before = [moment.at for moment in self.moments if moment.at < position - SLACK_SECONDS]
                return before[-1] - LEAD_SECONDS if before else 0.0
        return None

    def _ground(self, number: int, position: float) -> Act:
        """The concept's next evidence, or its first again."""
        if number >= len(self.numbered):
            return None
        places = [moment.at for moment in self.moments if moment.concept == self.numbered[number]]
        after = [at for at in places if at > position + LEAD_SECONDS]
        return self._goto((after or places)[0] - LEAD_SECONDS)

    def _goto(self, at: float) -> Goto:
        return Goto(min(max(at, 0.0), self.seconds))


def _moments(attempt: Attempt) -> list[Moment]:
    judgement = attempt.judgement
    spans = [(span, finding.concept) for finding in judgement.findings for span in finding.evidence]
    raised = [(flag.evidence, None) for flag in judgement.red_flags]
    found = {
        Moment(times[0] / SAMPLE_RATE, concept)
        for span, concept in [*spans, *raised]
        if (times := span.times(attempt.transcript))
    }
    return sorted(found, key=lambda moment: (moment.at, moment.concept or ""))


def run(
    player: Player,
    play: Callable[[float], Sound],
    key: Callable[[], str | None],
    show: Callable[[RenderableType], None],
    wait: Callable[[], None],
    height: Callable[[], int],
) -> None:
    """Play, show and obey keys until the person leaves, or the sound is over and no more keys can come.

    Args:
        player: of the attempt.
        play: begins to play at a second of the answer.
        key: the next key, as `Keyboard.key`.
        show: puts a view on the screen.
        wait: lets a moment pass.
        height: lines of the screen.

    Raises:
        DeviceError: nothing can play it.
    """
    sound, at, ended = play(0.0), 0.0, False
    paused = False
    try:
        while True:
            if not paused:
                at = sound.position
                paused = sound.done
            show(player.view(at, height(), paused=paused))
            pressed = key()
            ended = ended or pressed == keyboard.END
            act = player.press(pressed, at)
            if act == "leave" or (ended and paused):
                return
            if isinstance(act, Goto):
                at = act.at
                sound.stop()
                sound = sound if paused else play(at)
            elif act == "pause":
                sound.stop()
                at = 0.0 if paused and at >= player.seconds - SLACK_SECONDS else at
                sound = play(at) if paused else sound
                paused = not paused
            wait()
    finally:
        sound.stop()
