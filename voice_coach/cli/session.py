"""A session: one drill after another, until the person has enough.

What is asked between two answers is asked here; the answer itself is `practice`, the screen `show`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from voice_coach.audio.file import AudioFile
from voice_coach.audio.journal import Journal
from voice_coach.audio.microphone import Microphone
from voice_coach.cli.desk import CoachVoice, open_desk
from voice_coach.cli.review import drill_of, play_back
from voice_coach.cli.screen import console
from voice_coach.content.load import Library
from voice_coach.demo import RECORDING, demo_drill
from voice_coach.errors import DeviceError, NoMicrophoneError, UsageError, VoiceError
from voice_coach.events import Graded
from voice_coach.history.schedule import next_drill
from voice_coach.practice import answer_aloud, answer_typed, finish_interrupted
from voice_coach.show.keyboard import Keyboard, PipedKeys, TerminalKeys
from voice_coach.show.live import PlainFace, clock, face
from voice_coach.show.report import attempt_report, outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from voice_coach.audio.source import Source
    from voice_coach.cli.desk import Choices
    from voice_coach.content.models import Drill
    from voice_coach.events import Event
    from voice_coach.practice import Desk
    from voice_coach.show.live import Face

OTHER_WAYS = "Or answer without one: --typed to type, --audio FILE to let a recording speak."


@dataclass(frozen=True, slots=True)
class Answering:
    """How answers come and what is on screen: `audio` instead of a microphone, at real speed unless `fast`."""

    audio: Path | None = None
    fast: bool = False
    typed: bool = False
    hide_question: bool = False


def practise(choices: Choices, answering: Answering, drill_id: str | None) -> None:
    """Finish what was interrupted, then ask drills until the person quits.

    Raises:
        CoachError: a part is missing or failed; the text says what to do.
    """
    _check_options(choices, answering)
    library = Library(choices.home)
    chosen = library.drill(drill_id) if drill_id else None
    with open_desk(choices, library, hears=not answering.typed) as desk:
        session = Session(desk, library, choices, answering)
        session.offer_interrupted()
        drill: Drill | None = chosen or session.next()
        while drill:
            drill = session.ask(drill)


def demonstrate(choices: Choices) -> None:
    """The loop on a bundled answer, at real speed.

    Raises:
        CoachError: a part is missing or failed.
    """
    library = Library(choices.home)
    with open_desk(choices, library, hears=True) as desk:
        session = Session(desk, library, choices, Answering(audio=RECORDING))
        session.say("A recorded answer plays the part of the microphone. q stops it.")
        if session.answer(demo_drill(library)):
            session.say("Now yourself: voice-coach practice")


class Session:
    """One person at one desk: what they see, what they press, and what is asked next."""

    def __init__(self, desk: Desk, library: Library, choices: Choices, answering: Answering) -> None:
        self._desk = desk
        self._library = library
        self._choices = choices
        self._answering = answering
        self._console = console()
        terminal = sys.stdin.isatty()
        self._keyboard = Keyboard(
            TerminalKeys(sys.stdin, desk.clock.monotonic) if terminal else PipedKeys(sys.stdin)
        )

    def say(self, text: str, style: str = "dim") -> None:
        """A line to the person."""
        self._console.print(Text(text, style=style))

    def next(self) -> Drill:
        """The drill that is due, else one not yet tried; says why."""
        drill, reason = next_drill(self._library.drills(), self._desk.archive.rows(), self._desk.clock.now())
        self.say(f"Next: {drill.title}, because {reason}.")
        return drill

    def ask(self, drill: Drill) -> Drill | None:
        """One answer and what comes after it: the drill to ask next, None to leave."""
        graded = self.answer(drill)
        if self._answering.audio or (graded and graded.attempt.ended == "stopped"):
            return None
        return self._what_next(drill, graded)

    def answer(self, drill: Drill) -> Graded | None:
        """Ask, listen and show the report; None where nothing was said."""
        rubric = self._library.rubric_for(drill)
        if self._answering.typed:
            events = answer_typed(self._desk, drill, rubric, self._typed_lines())
            graded = _shown(events, PlainFace(self._console, hide_question=self._hide(drill)))
        else:
            events = answer_aloud(self._desk, drill, rubric, self._source(), self._keyboard)
            with self._keyboard, _offering_other_ways():
                graded = _shown(events, face(self._console, hide_question=self._hide(drill)))
        if graded is None:
            self.say("Nothing was said, so nothing is kept.")
        else:
            self._console.print(attempt_report(graded.attempt, graded.drill, graded.rubric))
        return graded

    def offer_interrupted(self) -> None:
        """Finish, discard or leave each answer that a crash cut off."""
        for journal in Journal.interrupted(self._desk.journals):
            drill = drill_of(self._library, journal.answering.drill)
            if drill is None:
                journal.close()
                continue
            when = journal.answering.asked_at.astimezone()
            self.say(
                f"An answer to “{drill.title}” was interrupted on {when:%d %B at %H:%M}; "
                f"{clock(journal.recording.samples)} of sound is kept.",
                style="bold",
            )
            choice = self._choose({"f": "finish it", "d": "discard it", "l": "later"}, default="f")
            if choice == "f":
                self._finish(journal, drill)
            elif choice == "d":
                journal.discard()
            else:
                journal.close()

    def _finish(self, journal: Journal, drill: Drill) -> None:
        rubric = self._library.rubric_for(drill)
        events = finish_interrupted(self._desk, drill, rubric, journal)
        if graded := _shown(events, PlainFace(self._console)):
            self._console.print(attempt_report(graded.attempt, drill, rubric))

    def _what_next(self, drill: Drill, graded: Graded | None) -> Drill | None:
        choices = {"a": "answer again", "n": "next drill", "q": "quit"}
        if graded:
            choices = {
                "a": "answer again",
                "n": "next drill",
                "r": "replay",
                "o": "strong answer",
                "q": "quit",
            }
        while True:
            match self._choose(choices, default="q"):
                case "a":
                    return drill
                case "n":
                    return self.next()
                case "r" if graded:
                    self._replay(graded)
                case "o" if graded:
                    self._console.print(outline(drill, graded.attempt, graded.rubric))
                case _:
                    return None

    def _replay(self, graded: Graded) -> None:
        with self._keyboard:
            play_back(
                self._console, self._desk.archive, graded.attempt, graded.rubric,
                loudspeaker=self._choices.loudspeaker,
                stop=lambda: self._keyboard.poll() is not None,
            )  # fmt: skip

    def _choose(self, choices: dict[str, str], default: str) -> str:
        line = Text("\n").append(
            "   ".join(f"{key} {meaning}" for key, meaning in choices.items()), style="bold"
        )
        line.append(f"   (Enter: {choices[default]})", style="dim")
        self._console.print(line)
        with self._keyboard:
            return self._keyboard.choose(choices, default)

    def _typed_lines(self) -> Iterator[str]:
        self.say("Type your answer; an empty line ends it.")
        yield from self._keyboard.lines()

    def _source(self) -> Source:
        answering = self._answering
        if answering.audio:
            return AudioFile(answering.audio, self._desk.clock, pace=not answering.fast)
        return Microphone(self._choices.microphone, self._desk.clock)

    def _hide(self, drill: Drill) -> bool:
        """Whether the question can stay off the screen: only if it can be heard."""
        voice = self._desk.speaker
        if not self._answering.hide_question or not isinstance(voice, CoachVoice):
            return False
        try:
            voice.try_out(drill.prompt)
        except (VoiceError, DeviceError):
            return False
        return True


def _shown(events: Iterable[Event], shows: Face) -> Graded | None:
    """Render the events; gives the last one if the answer was graded."""
    graded = None
    with shows:
        for event in events:
            shows.show(event)
            if isinstance(event, Graded):
                graded = event
    return graded


@contextmanager
def _offering_other_ways() -> Iterator[None]:
    try:
        yield
    except NoMicrophoneError as error:
        raise NoMicrophoneError(f"{error} {OTHER_WAYS}") from error


def _check_options(choices: Choices, answering: Answering) -> None:
    """Refuse what contradicts itself.

    Raises:
        UsageError: says which options do not go together.
    """
    if answering.typed and answering.audio:
        raise UsageError("--typed and --audio are two ways to answer; choose one.")
    if answering.fast and not answering.audio:
        raise UsageError("--fast is for a recording: add --audio FILE.")
    if answering.hide_question and choices.voice is None:
        raise UsageError("--hide-question with --no-voice leaves nothing of the question; drop one of them.")
    if answering.audio and not answering.audio.exists():
        raise UsageError(f"{answering.audio}: there is no such file. Check the path.")
