"""Small stand-ins for devices, clocks and models: each keeps the contract of the real part and no more.

Sound made by `said` is heard by `FakeRecogniser` as exactly the words put in, so that what is lost or heard twice
on the way from a source to a transcript shows.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.audio.file import reblocked
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Finding, Judgement, Notice, Span, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from voice_coach.content.models import Rubric
    from voice_coach.errors import CoachError
    from voice_coach.events import Command
    from voice_coach.records import AnswerSource, Frame, Transcript

WORD_SAMPLES = 10 * FRAME_SAMPLES
GAP_SAMPLES = 2 * FRAME_SAMPLES


def said(*numbers: int) -> bytes:
    """Sound of the words `w1` for 1, `w2` for 2 and so on, each for 0.32 s and then 0.06 s of silence."""
    gap = np.zeros(GAP_SAMPLES, np.int16)
    parts = [part for number in numbers for part in (np.full(WORD_SAMPLES, number, np.int16), gap)]
    return np.concatenate(parts).tobytes()


def silence(seconds: float) -> bytes:
    """Digital silence, in whole frames."""
    return bytes(2 * FRAME_SAMPLES * round(seconds * SAMPLE_RATE / FRAME_SAMPLES))


def loud(pcm: bytes) -> float:
    """A `SpeechDetector` for such sound."""
    return 0.9 if any(pcm) else 0.0


class FakeClock:
    """A clock that moves only when told to, or when somebody sleeps on it."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self.start = start
        self.elapsed = 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


class Gate:
    """A place in a `FakeSource` at which it waits until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened = threading.Event()

    def stand(self) -> None:
        self._reached.set()
        assert self._opened.wait(10), "nobody opened the gate"

    def reached(self) -> None:
        """Wait until all sound before it was taken by the recorder."""
        assert self._reached.wait(10), "the source never came to the gate"

    def open(self) -> None:
        self._opened.set()


class FakeSource:
    """Plays its script: PCM in pieces of any size, notices and gates; then it ends, or raises `fault`."""

    def __init__(
        self,
        *script: bytes | Notice | Gate,
        kind: AnswerSource = "microphone",
        refuses: CoachError | None = None,
        fault: Exception | None = None,
    ) -> None:
        self.kind: AnswerSource = kind
        self.name = "a fake source"
        self.is_open = False
        self._script = script
        self._refuses = refuses
        self._fault = fault

    def open(self) -> AbstractContextManager[Iterator[Frame | Notice]]:
        if self._refuses:
            raise self._refuses
        return self._opened()

    @contextmanager
    def _opened(self) -> Iterator[Iterator[Frame | Notice]]:
        self.is_open = True
        try:
            yield self._items()
        finally:
            self.is_open = False

    def _items(self) -> Iterator[Frame | Notice]:
        yield from reblocked(self._pieces())
        if self._fault:
            raise self._fault

    def _pieces(self) -> Iterator[bytes | Notice]:
        for part in self._script:
            if isinstance(part, Gate):
                part.stand()
            else:
                yield part


class FakeControls:
    """One step of its script for each look at the keys: a command, or something to do while no key is pressed."""

    def __init__(self, *steps: Command | Callable[[], object]) -> None:
        self._steps = list(steps)

    def poll(self) -> Command | None:
        step = self._steps.pop(0) if self._steps else None
        if callable(step):
            step()
            return None
        return step


class FakePlaying:
    """Speech that is over after a few looks at it."""

    def __init__(self, looks: int) -> None:
        self.stopped = False
        self._looks = looks

    @property
    def done(self) -> bool:
        self._looks -= 1
        return self.stopped or self._looks < 0

    def stop(self) -> None:
        self.stopped = True


class FakeSpeaker:
    """Remembers what it was told to say; `notes` is called whenever it begins."""

    def __init__(
        self, *, looks: int = 3, fails: CoachError | None = None, notes: Callable[[], object] = lambda: None
    ) -> None:
        self.said: list[str] = []
        self.playing: FakePlaying | None = None
        self._looks = looks
        self._fails = fails
        self._notes = notes

    def say(self, text: str) -> FakePlaying:
        if self._fails:
            raise self._fails
        self._notes()
        self.said.append(text)
        self.playing = FakePlaying(self._looks)
        return self.playing


class FakeRecogniser:
    """Hears in sound by `said` the words it was made of; counts how often it was asked to.

    `while_decoding` is called before each answer, which makes it as slow as a test wants.
    """

    name = "fake"

    def __init__(
        self,
        *,
        fails_to_load: CoachError | None = None,
        fails: CoachError | None = None,
        while_decoding: Callable[[], object] = lambda: None,
        spoken: str = "en",
    ) -> None:
        self.settings: dict[str, str | int | float | bool | None] = {"language": "en"}
        self.decoded = 0
        self.languages_told = 0
        self._spoken = spoken
        self._fails_to_load = fails_to_load
        self._fails = fails
        self._while_decoding = while_decoding

    def load(self) -> None:
        if self._fails_to_load:
            raise self._fails_to_load

    def words(self, pcm: bytes) -> list[Word]:
        self.decoded += 1
        self._while_decoding()
        if self._fails:
            raise self._fails
        samples = np.frombuffer(pcm, np.int16)
        edges = [0, *(np.flatnonzero(np.diff(samples)) + 1).tolist(), len(samples)]
        return [
            Word(text=f"w{samples[start]}", start=start, stop=stop, probability=0.9)
            for start, stop in pairwise(edges)
            if samples[start]
        ]

    def language(self, pcm: bytes) -> str:
        self.languages_told += 1
        return self._spoken if len(pcm) else "en"

    def passage(self, pcm: bytes) -> Iterator[list[Word]]:
        yield self.words(pcm)


class FakeJudge:
    """Finds every concept explained, by all the words; without words it grades nothing. Remembers the questions."""

    def __init__(self, *, fails: CoachError | None = None) -> None:
        self.questions: list[str] = []
        self._fails = fails

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        self.questions.append(question)
        if self._fails:
            raise self._fails
        if not transcript.words:
            return Judgement(rubric=rubric.id, graded=False, not_graded="no words were heard")
        everything = (Span(first=0, stop=len(transcript.words)),)
        return Judgement(
            rubric=rubric.id,
            findings=tuple(
                Finding(concept=concept.id, verdict="explained", confidence=1, evidence=everything)
                for concept in rubric.concepts
            ),
        )


class WordJudge:
    """Finds a concept explained by the first word that is its id, and every other missed; grades nothing empty."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        self.questions.append(question)
        said = [word.text for word in transcript.words]
        if not said:
            return Judgement(rubric=rubric.id, graded=False, not_graded="no words were heard")
        return Judgement(
            rubric=rubric.id,
            findings=tuple(self._finding(concept.id, said) for concept in rubric.concepts),
        )

    def _finding(self, concept: str, said: list[str]) -> Finding:
        if concept not in said:
            return Finding(concept=concept, verdict="missed", confidence=1)
        at = said.index(concept)
        evidence = (Span(first=at, stop=at + 1),)
        return Finding(concept=concept, verdict="explained", confidence=1, evidence=evidence)
