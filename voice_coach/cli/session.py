"""A session: one drill after another until the person has enough, or a mock interview with one report.

What is asked between two answers is asked here; the answer itself is `practice`, the screen `show`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from voice_coach.afterwards import Afterwards
from voice_coach.audio.file import AudioFile
from voice_coach.audio.journal import Journal
from voice_coach.audio.microphone import Microphone
from voice_coach.cli.desk import CoachVoice, announced, open_desk
from voice_coach.cli.keeping import drill_of, drop_old_audio, limits
from voice_coach.cli.review import play_back
from voice_coach.cli.screen import console
from voice_coach.content.load import Library
from voice_coach.demo import RECORDING, demo_drill
from voice_coach.errors import DeviceError, NoMicrophoneError, UsageError, VoiceError
from voice_coach.events import Ended, Graded, Warned
from voice_coach.history.archive import new_id
from voice_coach.history.review import propose
from voice_coach.interviewer import Question, closing
from voice_coach.practice import answer_aloud, answer_typed, finish_interrupted, interview, say
from voice_coach.show.compare import difference, no_difference
from voice_coach.show.interview import interview_report
from voice_coach.show.keyboard import Keyboard, PipedKeys, TerminalKeys
from voice_coach.show.live import PlainFace, face
from voice_coach.show.page import clock
from voice_coach.show.report import attempt_report, outline
from voice_coach.show.spoken import correction
from voice_coach.speech.voice import SCREEN_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from voice_coach.audio.source import Source
    from voice_coach.cli.choosing import Wanted
    from voice_coach.cli.desk import Choices
    from voice_coach.content.models import Drill, Rubric
    from voice_coach.events import Event
    from voice_coach.practice import Desk
    from voice_coach.records import Attempt
    from voice_coach.show.live import Face

WAIT_SECONDS = 0.05
OTHER_WAYS = "Or answer without one: --typed to type, --audio FILE to let a recording speak."


Mode = Literal["interview", "coach", "listen-only"]


@dataclass(frozen=True, slots=True)
class Answering:
    """How answers come, how they are asked for, and what is on screen.

    `audio`: recordings instead of a microphone, one for each answer, at real speed unless `fast`. `quiet`: no
    spoken sentence at the end. `against`: the id of the attempt that the first answer is compared with, instead
    of the last one at the same drill.
    """

    audio: tuple[Path, ...] = ()
    fast: bool = False
    typed: bool = False
    mode: Mode = "interview"
    follow_ups: int = 1
    quiet: bool = False
    against: str | None = None


def practise(choices: Choices, answering: Answering, wanted: Wanted) -> None:
    """Finish what was interrupted, then ask drills until the person quits, or hold the mock interview.

    Raises:
        CoachError: a part is missing or failed; the text says what to do.
    """
    _check_options(choices, answering)
    library = Library(choices.home)
    chosen = library.drill(wanted.drill) if wanted.drill else None
    pool = wanted.pool(library)
    coach = answering.mode == "coach"
    with open_desk(choices, library, hears=not answering.typed, coach=coach) as desk:
        with Afterwards(desk) as afterwards:
            session = Session(desk, library, choices, answering, afterwards, pool)
            if warning := announced(choices):
                session.say(warning, style="bold yellow")
            session.offer_interrupted()
            if wanted.interview:
                session.interview(
                    wanted.questions(pool, desk.archive, desk.clock.now(), limits(choices.home))
                )
            else:
                session.one_by_one(chosen)
            session.leave()
        drop_old_audio(desk.archive, choices.home, desk.clock.now())


def demonstrate(choices: Choices) -> None:
    """The loop on a bundled answer, at real speed.

    Raises:
        CoachError: a part is missing or failed.
    """
    library = Library(choices.home)
    with open_desk(choices, library, hears=True) as desk, Afterwards(desk) as afterwards:
        session = Session(desk, library, choices, Answering(audio=(RECORDING,)), afterwards)
        session.say("A recorded answer plays the part of the microphone. q stops it.")
        if session.report(session.answer(demo_drill(library))):
            session.leave()
            session.say("Now yourself: voice-coach practice")


@dataclass(frozen=True, slots=True)
class Given:
    """What became of one question: the attempt, None where nothing was said, and whether the person stopped."""

    question: Question
    attempt: Attempt | None
    stopped: bool


class Session:
    """One person at one desk: what they see, what they press, and what is asked next from `pool`."""

    def __init__(
        self,
        desk: Desk,
        library: Library,
        choices: Choices,
        answering: Answering,
        afterwards: Afterwards,
        pool: Sequence[Drill] = (),
    ) -> None:
        self._desk = desk
        self._afterwards = afterwards
        self._library = library
        self._choices = choices
        self._answering = answering
        self._pool = pool
        self._recordings = list(answering.audio)
        self._against: str | None = None
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
        now, limited = self._desk.clock.now(), limits(self._choices.home)
        proposal = propose(self._desk.archive, self._pool, now, limited).next
        self.say(f"Next: {proposal.title}, because {proposal.reason}.")
        return self._library.drill(proposal.drill)

    def one_by_one(self, first: Drill | None) -> None:
        """Ask drills, `first` or the next one to begin with, until the person quits."""
        self._against = self._answering.against
        drill = first or self.next()
        while following := self.ask(drill):
            drill = following

    def ask(self, drill: Drill) -> Drill | None:
        """One answer, its report and what comes after it: the drill to ask next, None to leave."""
        given = self.answer(drill)
        self.report(given)
        if self._answering.audio or (given.attempt and given.stopped):
            return None
        return self._what_next(given)

    def interview(self, drills: Sequence[Drill]) -> None:
        """Ask all drills, or as many as the person wants, and report on them together."""
        began = new_id(self._desk.clock.now())
        answers: list[Given] = []
        for number, drill in enumerate(drills, start=1):
            self.say(f"Question {number} of {len(drills)}", style="bold")
            given = self.answer(drill, began)
            answers.append(given)
            over = given.stopped or number == len(drills) or (self._answering.audio and not self._recordings)
            if over or not self._go_on():
                break
        self._report_all(answers)

    def answer(self, drill: Drill, interview_id: str | None = None) -> Given:
        """Ask with its follow-ups, and listen."""
        question = Question(drill, self._library.rubric_for(drill), interview_id)
        self._afterwards.rest()
        try:
            given = self._given(question)
        finally:
            self._afterwards.go_on()
        if given.attempt:
            self._afterwards.add(given.attempt, drill, question.rubric)
        return given

    def report(self, given: Given) -> bool:
        """Show what one answer got and say it in a sentence; false where nothing was said."""
        if given.attempt is None:
            self.say("Nothing was said, so nothing is kept.")
            return False
        self._console.print(attempt_report(given.attempt, given.question.drill, given.question.rubric))
        if compared := self._compared(given.attempt, given.question.rubric):
            self._console.print()
            self._console.print(compared)
        self._close([(given.attempt, given.question)])
        return True

    def _compared(self, attempt: Attempt, rubric: Rubric) -> RenderableType | None:
        """What changed since an earlier answer, or why a retry cannot tell; None where there is no earlier one."""
        archive = self._desk.archive
        named = archive.attempt(self._against) if self._against else None
        if not attempt.judgement.graded:
            return no_difference(named, attempt) if named else None
        self._against = None
        if named and named.judgement.graded:
            return difference(named, attempt, rubric)
        if last := archive.before(attempt):
            return difference(archive.attempt(last), attempt, rubric)
        return no_difference(named, attempt) if named else None

    def leave(self) -> None:
        """Wait until the last answers were heard again, or until a key."""
        if not self._afterwards.busy:
            return
        self.say("Hearing what you said once more, as a whole. Any key leaves it as it is.")
        with self._keyboard:
            while self._afterwards.busy and not self._keyboard.poll():
                self._tell()
                self._desk.clock.sleep(WAIT_SECONDS)
        self._tell()

    def _tell(self) -> None:
        """What became known of answers that were heard again."""
        for news in self._afterwards.news():
            if isinstance(news, Warned):
                self.say(f"! {news.text}", style="yellow")
                continue
            for line in correction(news, news.rubric):
                self._console.print(line)

    def _given(self, question: Question) -> Given:
        hidden = self._answering.mode == "listen-only"
        if hidden:
            self._try_voice(question)
        if self._answering.typed:
            events = interview(question, self._typed_answer, self._answering.follow_ups)
            return _shown(question, events, PlainFace(self._console, hide_question=hidden))
        follow_ups = self._answering.follow_ups
        if self._answering.audio:
            follow_ups = min(follow_ups, len(self._recordings) - 1)
        events = interview(question, self._spoken_answer, follow_ups)
        with self._keyboard, _offering_other_ways():
            return _shown(question, events, face(self._console, hide_question=hidden))

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
                question = self._interrupted_question(journal, drill)
                events = finish_interrupted(self._desk, question, journal)
                given = _shown(question, events, PlainFace(self._console))
                if self.report(given) and given.attempt:
                    self._afterwards.add(given.attempt, drill, question.rubric)
            elif choice == "d":
                journal.discard()
            else:
                journal.close()

    def _interrupted_question(self, journal: Journal, drill: Drill) -> Question:
        """What the journal answers; the drill itself where the answer that it continues is no longer kept."""
        answering = journal.answering
        question = Question(drill, self._library.rubric_for(drill), answering.interview)
        if answering.follows is None or answering.concept not in drill.follow_ups:
            return question
        try:
            follows = self._desk.archive.attempt(answering.follows)
        except UsageError:
            return question
        return replace(question, follows=follows, concept=answering.concept)

    def _report_all(self, answers: Sequence[Given]) -> None:
        self._tell()
        given = [(self._kept(answer.attempt), answer.question) for answer in answers if answer.attempt]
        if not given:
            self.say("Nothing was said, so nothing is kept.")
            return
        if silent := [answer.question.drill.title for answer in answers if not answer.attempt]:
            self.say(f"Nothing was said to: {', '.join(silent)}.")
        self._console.print(
            interview_report([(attempt, asked.drill, asked.rubric) for attempt, asked in given])
        )
        self._close(given)

    def _close(self, answers: Sequence[tuple[Attempt, Question]]) -> None:
        """Say the outcome in a sentence."""
        if self._answering.quiet:
            return
        # Lines of a pipe were written for what comes after; only a person at a terminal wants to cut it short.
        keyboard = self._keyboard if sys.stdin.isatty() else None
        with keyboard or nullcontext(), PlainFace(self._console) as shows:
            for event in say(self._desk, closing(answers), keyboard):
                shows.show(event)

    def _go_on(self) -> bool:
        return self._choose({"n": "next question", "q": "end the interview"}, default="n") == "n"

    def _what_next(self, given: Given) -> Drill | None:
        drill, attempt = given.question.drill, given.attempt
        choices = {"a": "answer again", "n": "next drill"}
        if attempt:
            choices |= {"r": "replay", "o": "strong answer"}
        while True:
            match self._choose(choices | {"q": "quit"}, default="q"):
                case "a":
                    return drill
                case "n":
                    return self.next()
                case "r" if attempt:
                    self._replay(attempt, given.question.rubric)
                case "o" if attempt:
                    self._console.print(outline(drill, self._kept(attempt), given.question.rubric))
                case _:
                    return None

    def _kept(self, attempt: Attempt) -> Attempt:
        """The attempt as it is now, which a second hearing may have corrected."""
        return self._desk.archive.attempt(attempt.id)

    def _replay(self, attempt: Attempt, rubric: Rubric) -> None:
        with self._keyboard:
            play_back(
                self._console, self._desk.archive, self._kept(attempt), rubric,
                loudspeaker=self._choices.loudspeaker,
                keyboard=self._keyboard,
            )  # fmt: skip

    def _choose(self, choices: dict[str, str], default: str) -> str:
        line = Text("\n").append(
            "   ".join(f"{key} {meaning}" for key, meaning in choices.items()), style="bold"
        )
        line.append(f"   (Enter: {choices[default]})", style="dim")
        self._console.print(line)
        with self._keyboard:
            return self._keyboard.choose(choices, default, self._tell)

    def _typed_answer(self, question: Question) -> Iterator[Event]:
        return answer_typed(self._desk, question, self._typed_lines())

    def _typed_lines(self) -> Iterator[str]:
        repeats = " r on a line of its own repeats the question." if self._desk.speaker else ""
        self.say(f"Type your answer; an empty line ends it.{repeats}")
        yield from self._keyboard.lines()

    def _spoken_answer(self, question: Question) -> Iterator[Event]:
        return answer_aloud(self._desk, question, self._source(), self._keyboard)

    def _source(self) -> Source:
        if self._answering.audio:
            return AudioFile(self._recordings.pop(0), self._desk.clock, pace=not self._answering.fast)
        return Microphone(self._choices.microphone, self._desk.clock)

    def _try_voice(self, question: Question) -> None:
        """Make sure that a question which is never shown can be heard.

        Raises:
            VoiceError: it cannot.
        """
        voice = self._desk.speaker
        if not isinstance(voice, CoachVoice):
            return
        try:
            voice.try_out(question.text)
        except (VoiceError, DeviceError) as error:
            why = str(error).removesuffix(SCREEN_ONLY).rstrip()
            raise VoiceError(
                f"{why} In the mode listen-only nothing is shown: choose --mode interview."
            ) from error


def _shown(question: Question, events: Iterable[Event], shows: Face) -> Given:
    """Render the events, and say what became of the question."""
    attempt, stopped = None, False
    with shows:
        for event in events:
            shows.show(event)
            if isinstance(event, Graded):
                attempt = event.attempt
            elif isinstance(event, Ended):
                stopped = event.reason == "stopped"
    return Given(question, attempt, stopped)


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
    if answering.mode == "listen-only" and choices.voice is None:
        raise UsageError(
            "--no-voice leaves nothing of the question where it is not shown; drop it, or --mode listen-only."
        )
    for recording in answering.audio:
        if not recording.exists():
            raise UsageError(f"{recording}: there is no such file. Check the path.")
