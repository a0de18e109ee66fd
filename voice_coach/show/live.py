"""What is on screen while somebody answers: one live block on a terminal, plain lines anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from voice_coach.events import Asked, Ended, Heard, Level, Listening, Paused, Standing, Warned
from voice_coach.records import SAMPLE_RATE
from voice_coach.show.page import SIGNS, STYLES, Hanging, clock, listed, titles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from voice_coach.content.models import Drill
    from voice_coach.events import Event
    from voice_coach.records import EndReason, Stretch

ASKING = "Asking. Any key skips the voice."
QUIETEST = -60.0
"""dBFS at the left end of the level meter."""
CLIPPING = -0.5
TO_COME = "·"
"""Before a concept that was not spoken to yet: while somebody talks nothing is missed."""
WORDS_SHOWN = 100
"""Words kept for the screen; more than `LINES_SHOWN` lines of the widest terminal hold."""
LINES_SHOWN = 4
KEYS = "Enter ends the answer   r repeats the question   p pauses   q stops and keeps it"
ENDED: dict[EndReason, str] = {
    "done": "Answer ended.",
    "silence": "A long silence ended the answer.",
    "nobody-began": "Nobody began to speak.",
    "too-long": "The answer reached the longest time there is.",
    "stopped": "Stopped.",
    "end-of-file": "The recording is over.",
    "fault": "The recording broke off.",
    "recovered": "The interrupted answer was read to its end.",
}


class Face(Protocol):
    """Shows events as they come."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """One event."""


def face(console: Console, *, hide_question: bool = False) -> Face:
    """The face that suits the console."""
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveFace(console, hide_question=hide_question)
    return PlainFace(console, hide_question=hide_question)


def question(drill: Drill, *, hidden: bool, follow_up: str | None = None) -> RenderableType:
    """The drill, or a follow-up to it, as it is asked."""
    title = Text(f"{drill.title}: a follow-up" if follow_up else drill.title)
    if hidden:
        return Panel(Text("The question is hidden: listen. r repeats it."), title=title, expand=False)
    if follow_up:
        return Panel(Text(follow_up, style="bold"), title=title)
    lines = [Text(drill.prompt, style="bold"), *(Text(f"- {constraint}") for constraint in drill.constraints)]
    return Panel(Group(*lines), title=title)


def standing(now: Standing) -> RenderableType:
    """All concepts: those that are explained light up, and those still to come stay in sight."""
    title = titles(now.rubric)
    return Columns(
        [
            Text(f"{TO_COME} {title[concept]}")
            if verdict == "missed"
            else Text(f"{SIGNS[verdict]} {title[concept]}", style=f"bold {STYLES[verdict]}")
            for concept, verdict in now.verdicts.items()
        ],
        padding=(0, 3),
    )


class PlainFace:
    """Lines without control codes: the question, each settled piece of the answer, and what went wrong."""

    def __init__(self, console: Console, *, hide_question: bool = False) -> None:
        self._console = console
        self._hide_question = hide_question
        self._standing: Standing | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, event: Event) -> None:
        """One event, as at most a few lines."""
        match event:
            case Asked(drill, follow_up):
                self._console.print(question(drill, hidden=self._hide_question, follow_up=follow_up))
            case Standing():
                self._stand(event)
            case Listening(name):
                self._console.print(Text(f"Listening to {name}."))
            case Heard(settled, _, unclear) if settled:
                at = "" if settled[0].start is None else f"{clock(settled[0].start):>5}  "
                self._console.print(Text(at + " ".join(word.text for word in settled)))
                self._not_understood(unclear)
            case Heard(unclear=unclear) if unclear:
                self._not_understood(unclear)
            case Paused():
                self._console.print("Paused.")
            case Warned(text):
                self._console.print(Text(f"! {text}", style="yellow"))
            case Ended(reason, fault):
                self._console.print(Text(" ".join(filter(None, (ENDED[reason], fault))), style="dim"))
            case _:
                pass

    def _stand(self, now: Standing) -> None:
        """What changed; at first, what there is to explain."""
        title = titles(now.rubric)
        if self._standing is None:
            self._console.print(
                Hanging("To explain: ", Text(listed([title[concept] for concept in now.verdicts])))
            )
        else:
            for concept, verdict in now.verdicts.items():
                if verdict != self._standing.verdicts.get(concept, "missed"):
                    self._console.print(
                        Text(f"       {SIGNS[verdict]} {title[concept]}", style=STYLES[verdict])
                    )
        self._standing = now

    def _not_understood(self, unclear: Sequence[Stretch]) -> None:
        for stretch in unclear:
            self._console.print(Text(f"{clock(stretch.start):>5}  (not understood)", style="yellow"))


class LiveFace:
    """One block that is redrawn ten times a second and gives way to the report."""

    def __init__(self, console: Console, *, hide_question: bool = False) -> None:
        self._hide_question = hide_question
        self._drill: Drill | None = None
        self._follow_up: str | None = None
        self._standing: Standing | None = None
        self._state = ASKING
        self._position = 0
        self._peak = QUIETEST
        self._silence_left = 1.0
        self._words: list[str] = []
        self._draft: list[str] = []
        self._below = PlainFace(console, hide_question=hide_question)
        self._live = Live(get_renderable=self.block, console=console, refresh_per_second=10, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        """One event."""
        match event:
            case Asked(drill, follow_up):
                self._drill, self._follow_up = drill, follow_up
                self._state = ASKING
                self._words, self._draft = [], []
                self._position, self._silence_left = 0, 1.0
            case Standing():
                self._standing = event
            case Listening(name):
                self._state = f"Listening to {name}"
            case Paused():
                self._state = "Not recording. p goes on"
            case Level(position, peak, silence_left):
                self._position, self._peak, self._silence_left = position, peak, silence_left
            case Heard(settled, draft, unclear):
                heard = [*(word.text for word in settled), *("(not understood)" for _ in unclear)]
                self._words = [*self._words, *heard][-WORDS_SHOWN:]
                self._draft = [word.text for word in draft]
            case Ended():
                self._state = "Hearing the last words"
                self._silence_left = 1.0
                self._below.show(event)
            case Warned():
                self._below.show(event)
            case _:
                pass

    def block(self) -> RenderableType:
        """What is on screen now."""
        if self._drill is None:
            return Text()
        parts: list[RenderableType] = [
            question(self._drill, hidden=self._hide_question, follow_up=self._follow_up),
            self._meters(self._drill.seconds),
            *([standing(self._standing)] if self._standing else []),
            self._said(),
            Text(KEYS, style="dim"),
        ]
        return Group(*parts)

    def _meters(self, target: int) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        level = 100 * (max(self._peak, QUIETEST) - QUIETEST) / -QUIETEST
        colour = "red" if self._peak > CLIPPING else "green"
        grid.add_row(
            "level", ProgressBar(completed=level, width=30, complete_style=colour), Text(self._state)
        )
        elapsed = f"{clock(self._position)} of {clock(target * SAMPLE_RATE)}"
        share = 100 * self._position / (target * SAMPLE_RATE)
        grid.add_row("time", ProgressBar(completed=min(share, 100), width=30), elapsed)
        silence = ProgressBar(completed=100 * self._silence_left, width=30, complete_style="yellow")
        waiting = self._silence_left < 1
        grid.add_row("silence", silence if waiting else "", "ends the answer" if waiting else "")
        return grid

    def _said(self) -> RenderableType:
        said = Text(" ".join(self._words), style="none")
        said.append(" " + " ".join(self._draft), style="dim italic")
        return Panel(_Tail(said, LINES_SHOWN), title="heard", title_align="left", height=LINES_SHOWN + 2)


class _Tail:
    """The last `lines` lines of a text: the newest words stay in sight, however narrow the terminal."""

    def __init__(self, text: Text, lines: int) -> None:
        self._text = text
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._text.wrap(console, options.max_width)[-self._lines :]
