"""Sound that is there already, heard as a whole: recordings to check, and answers again after their report.

What hearing again corrects is judged anew and said. One worker hears; it rests while the person answers, so that
the next answer has the machine to itself. Judging and keeping happen where `news` is called, since the archive
belongs to one thread.
"""

from __future__ import annotations

import queue
import threading
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from voice_coach.audio.activity import SileroDetector
from voice_coach.audio.file import AudioFile
from voice_coach.audio.level import FLOOR_DBFS, Clipping, peak_dbfs
from voice_coach.clock import SystemClock
from voice_coach.errors import CoachError
from voice_coach.events import Corrected, Level, Warned
from voice_coach.practice import delivered
from voice_coach.records import Notice
from voice_coach.speech.again import HearingAgain, Passages

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from voice_coach.audio.activity import SpeechDetector
    from voice_coach.audio.source import Source
    from voice_coach.content.models import Drill, Rubric
    from voice_coach.events import Event
    from voice_coach.practice import Desk
    from voice_coach.records import Attempt, Stretch, Transcript
    from voice_coach.speech.whisper import Recogniser

LEAVE_SECONDS = 10.0
"""How long the worker may still be in a decode when the session ends; a window takes two or three."""


@dataclass(frozen=True, slots=True)
class Listened:
    """What was heard of a source, its length in samples, and where in it somebody talked."""

    transcript: Transcript
    samples: int
    talk: tuple[Stretch, ...]


def hear(
    source: Source, recogniser: Recogniser, detector: SpeechDetector, before: Transcript | None = None
) -> Generator[Event, None, Listened]:
    """What is said in a whole source, as exactly as the recogniser can; nothing is kept.

    Between two events lies a few seconds' work at most. Memory stays flat however long the source.

    Args:
        source: what to hear.
        recogniser: loaded or not.
        detector: new.
        before: what was heard of it along the way, None where nobody listened along.

    Raises:
        AudioFileError, DeviceError: the source cannot be opened or broke off.
        HearingError: the recogniser failed.
    """
    passages, again, clipping = Passages(), HearingAgain(recogniser, before), Clipping()
    with source.open() as items:
        for item in items:
            if isinstance(item, Notice):
                yield Warned(item.text)
                continue
            speech = detector(item.pcm)
            clipping.add(item.pcm, speech)
            passage = passages.feed(item, speech)
            level = Level(item.stop, peak_dbfs(item.pcm), 1.0)
            yield level
            for _ in again.hear(passages, passage):
                yield level
    for _ in again.hear(passages, passages.finish()):
        yield Level(passages.position, FLOOR_DBFS, 1.0)
    transcript = again.transcript().model_copy(update={"clipped": clipping.share})
    return Listened(transcript, passages.position, passages.voicing.talk())


def heard(path: Path, recogniser: Recogniser) -> Listened:
    """What is said in a file, without anybody watching.

    Raises:
        AudioFileError, HearingError: as `hear`.
    """
    turns = hear(AudioFile(path, SystemClock(), pace=False), recogniser, SileroDetector())
    while True:
        try:
            next(turns)
        except StopIteration as over:
            listened: Listened = over.value
            return listened


def judged_again(desk: Desk, attempt: Attempt, heard: Listened, drill: Drill, rubric: Rubric) -> Attempt:
    """The attempt with other words for the same sound, judged by them; follow-ups stay at their place in the sound.

    Raises:
        CheckError: it could not be judged.
    """
    starts = [word.start or 0 for word in heard.transcript.words]
    follow_ups = tuple(
        follow_up.model_copy(update={"first": bisect_left(starts, follow_up.start or 0)})
        for follow_up in attempt.follow_ups
    )
    attempt = attempt.model_copy(update={"transcript": heard.transcript, "follow_ups": follow_ups})
    samples = attempt.unprompted_samples or heard.samples
    talk = tuple(stretch for stretch in heard.talk if stretch.stop <= samples)
    judgement = desk.judge.judge(attempt.unprompted, rubric, question=drill.question)
    asked = " ".join((drill.question, *(follow_up.question for follow_up in follow_ups)))
    prompted = desk.judge.judge(attempt.transcript, rubric, question=asked) if attempt.prompted else None
    return attempt.model_copy(
        update={
            "judgement": judgement,
            "prompted": prompted,
            "delivery": delivered(attempt.unprompted, samples, talk, judgement, drill),
        }
    )


@dataclass(frozen=True, slots=True)
class _Job:
    attempt: Attempt
    drill: Drill
    rubric: Rubric


class Afterwards:
    """Hears answers again in a thread, while its context is open.

    Raises nothing of its own: what fails leaves the attempt as it was and is told as `Warned`.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[_Job, Listened | CoachError]] = queue.SimpleQueue()
        self._free = threading.Event()
        self._free.set()
        self._leaving = threading.Event()
        self._open = 0
        self._thread = threading.Thread(target=self._run, name="afterwards", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._free.set()
        self._jobs.put(None)
        self._thread.join(LEAVE_SECONDS)

    @property
    def busy(self) -> bool:
        """Whether an answer has not been heard again yet."""
        return self._open > 0

    def add(self, attempt: Attempt, drill: Drill, rubric: Rubric) -> None:
        """Hear a kept attempt again, if it has sound and was heard and not typed."""
        if (
            self._desk.archive.audio_path(attempt)
            and attempt.transcript.settings.get("pieces") == "utterances"
        ):
            self._open += 1
            self._jobs.put(_Job(attempt, drill, rubric))

    def rest(self) -> None:
        """Leave the machine to the answer that begins."""
        self._free.clear()

    def go_on(self) -> None:
        """The answer is over."""
        self._free.set()

    def news(self) -> Iterator[Corrected | Warned]:
        """What has become known since the last call: answers as they are now kept; nothing where nothing changed.

        Raises:
            CheckError, ArchiveError: a corrected answer could not be judged or kept; it stays as it was.
        """
        while True:
            try:
                job, heard = self._done.get_nowait()
            except queue.Empty:
                return
            self._open -= 1
            if isinstance(heard, CoachError):
                yield Warned(f"The answer could not be heard again, so its first hearing stands. {heard}")
                continue
            now = judged_again(self._desk, job.attempt, heard, job.drill, job.rubric)
            self._desk.archive.save(now)
            yield Corrected(before=job.attempt, attempt=now, drill=job.drill, rubric=job.rubric)

    def _run(self) -> None:
        while (job := self._jobs.get()) and not self._leaving.is_set():
            try:
                heard = self._heard(job)
            except CoachError as error:
                self._done.put((job, error))
            else:
                if heard:
                    self._done.put((job, heard))

    def _heard(self, job: _Job) -> Listened | None:
        """The answer's words; None where the session ended before."""
        path = self._desk.archive.audio_path(job.attempt)
        assert path is not None  # noqa: S101 - `add` saw to it
        source = AudioFile(path, self._desk.clock, pace=False)
        turns = hear(source, self._desk.recogniser, self._desk.detector(), job.attempt.transcript)
        while True:
            self._free.wait()
            if self._leaving.is_set():
                return None
            try:
                next(turns)
            except StopIteration as heard:
                listened: Listened = heard.value
                return listened
