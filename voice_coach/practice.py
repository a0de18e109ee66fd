"""The loop: ask, listen, hear, judge, keep. Devices, models, archive and clock are arguments; events come out.

One answer is a generator of events (`voice_coach.events`). A face renders them and puts commands into
`Controls`; nothing here knows a terminal. Sound goes one way: source, journal, tape, ear. The question and the
recording never overlap, so the coach does not hear itself.

Whatever ends an answer - a key, silence, a fault, the end of a file - the same steps follow: decode the tail,
judge, save audio and attempt together, and only then remove the journal. If the program dies before that, the
journal stays and `finish_interrupted` takes the very same steps later.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Protocol

from voice_coach.along import Along
from voice_coach.audio import endpoint
from voice_coach.audio.endpoint import Endpointing, Turn
from voice_coach.audio.file import AudioFile
from voice_coach.audio.flac import write_flac
from voice_coach.audio.journal import Answering, Journal
from voice_coach.audio.level import Clipping, peak_dbfs
from voice_coach.audio.recorder import Recorder, Tape
from voice_coach.check.delivery import delivery, pace
from voice_coach.errors import DeviceError, VoiceError
from voice_coach.events import Asked, Ended, Event, Graded, Level, Listening, Paused, Warned
from voice_coach.interviewer import continued
from voice_coach.records import SAMPLE_RATE, Attempt, Frame, Notice, Transcript, Word
from voice_coach.speech.hearing import Hearing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from voice_coach.audio.activity import SpeechDetector
    from voice_coach.audio.source import Source
    from voice_coach.clock import Clock
    from voice_coach.content.models import Drill
    from voice_coach.events import Command
    from voice_coach.history.archive import Archive
    from voice_coach.interviewer import Judging, Question
    from voice_coach.records import AnswerSource, Delivery, EndReason, Judgement, Stretch
    from voice_coach.speech.whisper import Recogniser

POLL_SECONDS = 0.02
"""How long a key may wait: below what a person notices."""
ECHO_SECONDS = 0.2
"""What the microphone still delivers of the room after the loudspeaker fell silent."""
TOO_FAR_BEHIND = 60 * SAMPLE_RATE
"""Cut and not yet decoded: two or three utterances, which a recogniser that keeps up never has waiting."""
LEAST_KEPT = SAMPLE_RATE // 4
"""A recording shorter than this holds no word; stopping that early keeps nothing."""


class Controls(Protocol):
    """The person's commands, whatever they press."""

    def poll(self) -> Command | None:
        """The next command, None if there is none; never waits."""


class Playing(Protocol):
    """Speech that is being played."""

    @property
    def done(self) -> bool:
        """Whether it is over."""

    def stop(self) -> None:
        """Be silent now."""


class Speaker(Protocol):
    """The coach's voice."""

    def say(self, text: str) -> Playing:
        """Begin to say it.

        Raises:
            VoiceError: it cannot be turned into speech.
            NoLoudspeakerError: nothing can play it.
        """


@dataclass(frozen=True, slots=True)
class Desk:
    """What an answer needs: the person's devices, the models, where things are kept, and what time it is.

    `coach`: judge along while the person talks, so that a face can show how the concepts stand.
    """

    home: Path
    speaker: Speaker | None
    recogniser: Recogniser
    detector: Callable[[], SpeechDetector]
    judge: Judging
    archive: Archive
    clock: Clock
    endpointing: Endpointing = field(default_factory=Endpointing)
    coach: bool = False

    @property
    def journals(self) -> Path:
        """Where recordings lie until their attempt is in the archive."""
        return self.home / "journal"


def interview(
    question: Question, answer: Callable[[Question], Iterable[Event]], follow_ups: int
) -> Iterator[Event]:
    """Ask `question` and, as long as a must-have is missing, up to `follow_ups` follow-ups.

    Args:
        question: a drill's own.
        answer: asks what it is given and takes the answer: `answer_aloud` or `answer_typed`.
        follow_ups: at most so many.

    Raises:
        CoachError: as `answer` does; a device that fails before the answer to a follow-up begins is only warned
            of, since the first answer is kept.
    """
    asked: Question | None = question
    while asked:
        graded, over = None, False
        try:
            for event in answer(asked):
                yield event
                graded = event if isinstance(event, Graded) else graded
                over = over or (isinstance(event, Ended) and event.reason in {"stopped", "fault"})
        except DeviceError as error:
            if asked.follows is None:
                raise
            yield Warned(str(error))
        follow_ups -= asked is not question
        asked = question.follow_up(graded.attempt) if graded and not over and follow_ups > 0 else None


def answer_aloud(desk: Desk, question: Question, source: Source, controls: Controls) -> Iterator[Event]:
    """Ask `question`, record `source` until the answer ends, judge it and keep it.

    Raises:
        NoMicrophoneError, AudioFileError: the source cannot be opened; nothing was recorded.
        JournalError, HearingError, CheckError, ArchiveError: the answer could not be finished; its sound is in
            the journal.
    """
    with source.open():
        pass  # a microphone or file that is not there is told before the question is asked
    yield _asked(question)
    if (yield from _say(desk, question.text, controls)) == "stop":
        yield Ended("stopped")
        return
    with _left_on_error(Journal.create(desk.journals, _answering(desk, question, source.kind))) as journal:
        recorder = Recorder(source, journal.recording)
        # Left only when all is done: a judgement that is being made may run while the last words are heard.
        with (
            Along(desk.judge, question, shown=desk.coach) as along,
            closing(_Ear(desk, recorder.tape, along)) as ear,
        ):
            with recorder:
                yield Listening(source.name)
                reason = yield from _listen(desk, question, ear, recorder, controls)
            if source.kind == "microphone":
                yield from ear.drain()
            yield Ended(reason, str(recorder.tape.fault) if recorder.tape.fault else None)
            if recorder.tape.position < LEAST_KEPT:
                journal.discard()
            else:
                yield from _finish(desk, question, journal, ear, reason)


def answer_typed(desk: Desk, question: Question, lines: Iterable[str]) -> Iterator[Event]:
    """Ask `question` and judge what is typed: `lines` up to the first empty one; one with only `r` repeats it."""
    yield _asked(question)
    playing = yield from _begin(desk, question.text)
    yield Listening("the keyboard")
    answering = _answering(desk, question, "typed")
    words: list[Word] = []
    with Along(desk.judge, question, shown=desk.coach) as along:
        yield from along.poll()
        for line in lines:
            if not line.strip():
                break
            if line.strip() == "r" and desk.speaker:
                if playing:
                    playing.stop()
                playing = yield from _begin(desk, question.text)
                continue
            words += typed(line)
            along.add(tuple(typed(line)))
            yield from along.poll()
    if playing:
        playing.stop()
    yield Ended("done")
    if words:
        attempt = _judged(desk, question, _Answer(answering, Transcript(words=tuple(words)), "done"))
        yield Graded(desk.archive.save(attempt), question.drill, question.rubric)


def finish_interrupted(desk: Desk, question: Question, journal: Journal) -> Iterator[Event]:
    """Judge and keep an answer whose recording was cut off; `journal` as `Journal.interrupted` yields it."""
    with _left_on_error(journal), closing(_Ear(desk, Tape(journal.recording, finished=True))) as ear:
        yield from ear.drain()
        yield Ended("recovered")
        yield from _finish(desk, question, journal, ear, "recovered")


def say(desk: Desk, text: str, controls: Controls | None) -> Iterator[Event]:
    """Say `text` to the end or, where there are `controls`, until a key."""
    yield from _say(desk, text, controls)


def typed(text: str) -> list[Word]:
    """Words without times, as typed or read from a text file."""
    return [Word(text=word) for word in text.split()]


class _Ear:
    """Takes a tape's frames to endpointing and hearing, and remembers what was remarked on the way."""

    def __init__(self, desk: Desk, tape: Tape, along: Along | None = None) -> None:
        self.tape = tape
        self._along = along
        self.turn = Turn()
        self.ending: endpoint.Ending | None = None
        self.notices: list[str] = []
        self.hearing = Hearing(desk.recogniser, tape.recording.read)
        self.clipping = Clipping()
        self._late = False
        self._settings = desk.endpointing
        self._detect = desk.detector()

    def take(self, item: Frame | Notice | None) -> Iterator[Event]:
        """What one item from the tape gives to show; how it ended the turn, if it did, is then in `ending`."""
        if isinstance(item, Notice):
            self.notices.append(item.text)
            yield Warned(item.text)
        elif item:
            yield self._frame(item)
        if heard := self.hearing.poll():
            yield heard
            if self._along:
                self._along.add(heard.settled, heard.draft)
        if self._along:
            yield from self._along.poll(resting=self.hearing.resting)
        if not self._late and self.hearing.behind > TOO_FAR_BEHIND and not self.tape.finished:
            self._late = True
            yield Warned(
                "This machine hears more slowly than you speak, so the report will take longer. Nothing is lost; "
                "a smaller model keeps up better (`voice-coach doctor` proposes one)."
            )

    def _frame(self, frame: Frame) -> Level:
        probability = self._detect(frame.pcm)
        self.turn, self.ending = endpoint.step(
            self.turn, probability, frame.stop - frame.start, self._settings
        )
        self.hearing.feed(frame, probability)
        self.clipping.add(frame.pcm, probability)
        return Level(frame.stop, peak_dbfs(frame.pcm), self.turn.silence_left(self._settings))

    def close(self) -> None:
        """However the answer ended, what hears it ends too."""
        self.hearing.close()

    def drain(self) -> Iterator[Event]:
        """Take everything that is left on a finished tape, whatever the endpointing says."""
        while item := self.tape.read(0):
            yield from self.take(item)


def _listen(
    desk: Desk, question: Question, ear: _Ear, recorder: Recorder, controls: Controls
) -> Generator[Event, None, EndReason]:
    """Listen until a key, the endpointing, a fault or the end of the source; says which."""
    while True:
        item = ear.tape.read(POLL_SECONDS)
        yield from ear.take(item)
        if item is None and ear.tape.finished:
            return "fault" if ear.tape.fault else "end-of-file"
        if ear.ending:
            return ear.ending
        command = controls.poll()
        if command == "pause" or command == "repeat":  # noqa: PLR1714 - narrows the type
            command = yield from _interrupt(desk, question, ear, recorder, controls, command)
        if command:
            return "done" if command == "done" else "stopped"


def _interrupt(
    desk: Desk, question: Question, ear: _Ear, recorder: Recorder, controls: Controls, command: Command
) -> Generator[Event, None, Command | None]:
    """Keep no sound while paused or while the question is said again; gives a command that ends the answer."""
    recorder.pause()
    yield Paused()
    if command == "repeat":
        pressed = yield from _say(desk, question.text, controls)
        desk.clock.sleep(ECHO_SECONDS)
        pressed = None if pressed == "done" else pressed  # Enter here only cuts the question short
    else:
        while not (pressed := controls.poll()) and not ear.tape.finished:
            desk.clock.sleep(POLL_SECONDS)
    recorder.resume()
    if pressed in {"done", "stop"}:
        return pressed
    yield Listening(recorder.name)
    return None


def _begin(desk: Desk, text: str) -> Generator[Event, None, Playing | None]:
    """Begin to say it; None, with a warning, where the coach has no voice."""
    if desk.speaker is None:
        return None
    try:
        return desk.speaker.say(text)
    except (VoiceError, DeviceError) as error:
        yield Warned(str(error))
        return None


def _say(desk: Desk, text: str, controls: Controls | None) -> Generator[Event, None, Command | None]:
    """Say it to the end or until a key; gives the key's command."""
    playing = yield from _begin(desk, text)
    while playing and not playing.done:
        if controls and (command := controls.poll()):
            playing.stop()
            return command
        desk.clock.sleep(POLL_SECONDS)
    return None


def _finish(
    desk: Desk, question: Question, journal: Journal, ear: _Ear, reason: EndReason
) -> Iterator[Event]:
    """Decode the tail, judge, keep, and only then remove the journal."""
    transcript = ear.hearing.finish().model_copy(update={"clipped": ear.clipping.share})
    if heard := ear.hearing.poll():
        yield heard
    samples = ear.tape.position
    talk = ear.hearing.voicing.talk()
    answer = _Answer(journal.answering, transcript, reason, samples, tuple(ear.notices), talk)
    attempt = _judged(desk, question, answer)
    sound = chain(_sound_before(desk, question.follows), journal.recording.chunks(samples))
    kept = desk.archive.save(attempt, lambda path: write_flac(path, sound))
    yield Graded(kept, question.drill, question.rubric)
    journal.discard()


def _sound_before(desk: Desk, attempt: Attempt | None) -> Iterator[bytes]:
    """PCM of the answer that a follow-up continues; silence of its length where the file is gone."""
    if attempt is None:
        return
    path = desk.archive.audio_path(attempt)
    if path is None:
        yield bytes(2 * (attempt.samples or 0))
        return
    with AudioFile(path, desk.clock, pace=False).open() as items:
        yield from (item.pcm for item in items if isinstance(item, Frame))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What there is of an answer before it is judged; `samples` is None when it was typed."""

    answering: Answering
    transcript: Transcript
    reason: EndReason
    samples: int | None = None
    notices: tuple[str, ...] = ()
    talk: tuple[Stretch, ...] | None = None


def _judged(desk: Desk, question: Question, answer: _Answer) -> Attempt:
    if question.follows:
        return _judged_together(desk, question, answer)
    judgement = desk.judge.judge(answer.transcript, question.rubric, question=question.given)
    return Attempt(
        id=answer.answering.id,
        drill=question.drill.id,
        asked_at=answer.answering.asked_at,
        source=answer.answering.source,
        ended=answer.reason,
        samples=answer.samples,
        transcript=answer.transcript,
        judgement=judgement,
        delivery=delivered(answer.transcript, answer.samples, answer.talk, judgement, question.drill),
        interview=answer.answering.interview,
        notices=answer.notices,
    )


def _judged_together(desk: Desk, question: Question, answer: _Answer) -> Attempt:
    """The first answer with the answer to a follow-up; what the first got without it stays as it is."""
    attempt = continued(question, answer.transcript, answer.samples, answer.reason, answer.notices)
    judgement = desk.judge.judge(attempt.transcript, question.rubric, question=question.given)
    return attempt.model_copy(update={"prompted": judgement})


def delivered(
    transcript: Transcript,
    samples: int | None,
    talk: tuple[Stretch, ...] | None,
    judgement: Judgement,
    drill: Drill,
) -> Delivery:
    """How an answer to `drill` was delivered; arguments as in `check.delivery`."""
    target = pace(drill.samples.strong, drill.seconds) if drill.samples else None
    return delivery(transcript, samples, talk, judgement.findings, target)


def _asked(question: Question) -> Asked:
    return Asked(question.drill, question.text if question.follows else None)


def _answering(desk: Desk, question: Question, source: AnswerSource) -> Answering:
    now = desk.clock.now()
    return Answering(
        id=desk.archive.free_id(now),
        drill=question.drill.id,
        asked_at=now,
        source=source,
        interview=question.interview,
        follows=question.follows.id if question.follows else None,
        concept=question.concept,
    )


@contextmanager
def _left_on_error(journal: Journal) -> Iterator[Journal]:
    """Closes the journal whatever happens; one that was not discarded waits to be finished."""
    try:
        yield journal
    finally:
        journal.close()
