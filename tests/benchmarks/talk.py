"""What benchmarks of hearing share: real speech, and one answer to a drill as `practice` takes it."""

from __future__ import annotations

import csv
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes import FakeControls
from voice_coach.audio.activity import SileroDetector
from voice_coach.audio.file import AudioFile
from voice_coach.cli.desk import JudgeLater
from voice_coach.clock import SystemClock
from voice_coach.content.load import Library
from voice_coach.events import Graded, Heard, Level
from voice_coach.history.archive import Archive
from voice_coach.interviewer import Question
from voice_coach.practice import Desk, answer_aloud
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Attempt, Frame, Transcript
from voice_coach.speech import weights
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from faster_whisper import WhisperModel

    from voice_coach.events import Event
    from voice_coach.records import Word
    from voice_coach.speech.whisper import Recogniser

FILLERS = {"uh", "um", "uhm", "er", "erm", "ah", "hmm", "mm", "mhm", "hm"}
DRILL = "reduce-hallucinations"


class Metered:
    """A `Recogniser` that counts the CPU seconds of its calls; whatever else the process does meanwhile counts too."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.name, self.settings = recogniser.name, recogniser.settings
        self.spent = 0.0

    @contextmanager
    def _counted(self) -> Iterator[None]:
        before = time.process_time()
        try:
            yield
        finally:
            self.spent += time.process_time() - before

    def load(self) -> None:
        self._recogniser.load()

    def words(self, pcm: bytes) -> list[Word]:
        with self._counted():
            return self._recogniser.words(pcm)

    def language(self, pcm: bytes) -> str:
        with self._counted():
            return self._recogniser.language(pcm)

    def passage(self, pcm: bytes) -> Iterator[list[Word]]:
        """Not counted: it is heard after the report."""
        return self._recogniser.passage(pcm)


@dataclass
class Bench:
    """What every part needs; `home` is a data folder for the run, `missed` the figures outside their bounds."""

    speech: Path
    home: Path
    runs: int
    realtimestt: str | None = None
    missed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder = weights.locate("base", self.home / "models")
        self.library = Library(self.home)
        self.whisper = Whisper(self.folder, name="base")
        self.whisper.load()
        self.judge = JudgeLater(self.home, self.library.core())
        self.judge.load()

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """Everything that answering needs, in a data folder of its own."""
        with tempfile.TemporaryDirectory() as folder, Archive(Path(folder)) as archive:
            yield Desk(
                home=Path(folder), speaker=None, recogniser=self.whisper, detector=SileroDetector,
                judge=self.judge, archive=archive, clock=SystemClock(),
            )  # fmt: skip

    def events(self, desk: Desk, path: Path) -> Iterator[Event]:
        """A drill answered with a recording at real speed, as `practice` does it."""
        drill = self.library.drill(DRILL)
        question = Question(drill, self.library.rubric_for(drill))
        return answer_aloud(desk, question, AudioFile(path, desk.clock, pace=True), FakeControls())

    def row(self, figure: str, peer: str, ours: str, bound: str = "-", *, holds: bool = True) -> None:
        """A line of the table; `holds` is whether the figure keeps to its bound."""
        say(f"| {figure} | {peer} | {ours} | {bound}{'' if holds else ', MISSED'} |")
        if not holds:
            self.missed.append(figure)

    def peer(self) -> WhisperModel:
        from faster_whisper import WhisperModel

        return WhisperModel(str(self.folder), device="cpu", compute_type="int8")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def speech_folder() -> Path:
    """The folder of recordings that the environment names, for benchmarks that pytest runs.

    Raises:
        AssertionError: it names none.
    """
    folder = os.environ.get("VOICE_COACH_SPEECH")
    assert folder, "VOICE_COACH_SPEECH names the folder with recordings and refs.tsv"
    return Path(folder)


def references(folder: Path) -> dict[str, str]:
    with (folder / "refs.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["id"]: row["text"] for row in rows}


def plain(text: str) -> str:
    text = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("alright", "all right")
    kept = "".join(char if char.isalnum() or char in "' " else " " for char in text)
    return " ".join(
        word for word in (word.strip("'") for word in kept.split()) if word and word not in FILLERS
    )


def length(path: Path) -> float:
    return AudioFile(path, SystemClock(), pace=False).seconds() or 0.0


def answer_of(bench: Bench, seconds: int) -> bytes:
    """Real speech of about that length that ends with the end of a word: PCM up to the last voice before it."""
    pcm = bytearray()
    for name in sorted(references(bench.speech), key=lambda name: -length(bench.speech / f"{name}.flac")):
        if name.startswith("l2_") or len(pcm) >= 2 * seconds * SAMPLE_RATE:
            continue
        with AudioFile(bench.speech / f"{name}.flac", SystemClock(), pace=False).open() as items:
            pcm += b"".join(item.pcm for item in items if isinstance(item, Frame))
    detect = SileroDetector()
    frames = [
        bytes(pcm[at : at + 2 * FRAME_SAMPLES])
        for at in range(0, 2 * seconds * SAMPLE_RATE, 2 * FRAME_SAMPLES)
    ]
    voiced = [detect(frame) >= 0.5 for frame in frames]
    # A word has ended where half a frame's worth of quiet follows its voice.
    last = max(at for at in range(len(frames) - 2) if voiced[at] and not any(voiced[at + 1 : at + 3]))
    return b"".join(frames[: last + 2])


@dataclass(frozen=True)
class Run:
    """One answer at real speed: what was waited for, when words came, and CPU seconds a second of speech, the
    recogniser's and the whole process's."""

    wait: float
    attempt: Attempt
    final_on_screen: float
    settled: float
    recogniser: float
    process: float


def practised(bench: Bench, path: Path) -> Run:
    """Answer a drill with a recording, and measure."""
    metered = Metered(bench.whisper)
    with bench.desk() as plain_desk:
        desk = replace(plain_desk, recogniser=metered)
        began, last = 0.0, 0.0
        screens: list[tuple[float, Heard]] = []
        cost = time.process_time()
        for event in bench.events(desk, path):
            now = time.monotonic()
            if isinstance(event, Level):
                began = began or now - event.position / SAMPLE_RATE
                last = event.position / SAMPLE_RATE
            elif isinstance(event, Heard):
                screens.append((now, event))
            elif isinstance(event, Graded):
                process = (time.process_time() - cost) / last
                # Against the recording's own end, so that frames which came late count as waiting.
                delays = on_screen(screens, event.attempt.transcript, began)
                return Run(now - began - last, event.attempt, *delays, metered.spent / last, process)
    raise AssertionError("no report came")


def on_screen(screens: Sequence[tuple[float, Heard]], final: Transcript, began: float) -> tuple[float, float]:
    """Median seconds from a word's end until it stood on the screen as it stayed, and until it was settled."""
    shown: list[tuple[float, set[tuple[str, int]]]] = []
    settled: list[tuple[float, set[tuple[str, int]]]] = []
    words: set[tuple[str, int]] = set()
    for at, event in screens:
        words = words | {key for word in event.settled for key in keys(word.text, word.start)}
        draft = {key for word in event.draft for key in keys(word.text, word.start)}
        shown.append((at, words | draft))
        settled.append((at, words))
    delays: tuple[list[float], list[float]] = ([], [])
    for word in final.words:
        key = (plain(word.text), (word.start or 0) // HALF_SECOND)
        for stages, into in ((shown, delays[0]), (settled, delays[1])):
            since = None
            for at, there in stages:
                since = (since or at) if key in there else None
            if since:
                into.append(since - began - (word.stop or 0) / SAMPLE_RATE)
    return statistics.median(delays[0]), statistics.median(delays[1])


HALF_SECOND = SAMPLE_RATE // 2


def keys(text: str, start: int | None) -> Iterator[tuple[str, int]]:
    """A word with its place, give or take half a second."""
    for place in (-1, 0, 1):
        yield plain(text), (start or 0) // HALF_SECOND + place
