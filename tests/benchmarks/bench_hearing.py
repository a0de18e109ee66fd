"""How well, how soon and at what cost answers are heard, beside recording first and transcribing afterwards.

    python -m tests.benchmarks.bench_hearing SPEECH_FOLDER [--runs 5] [--parts wer,wait,memory,canaries,terms]
        [--realtimestt PYTHON]

SPEECH_FOLDER holds recordings and `refs.tsv` (id, kind, seconds, ..., text); a clone has none. The peer column is
faster-whisper as its README shows it (`WhisperModel(...).transcribe(file, beam_size=5)`) on the same sound in the
same run, and RealtimeSTT where PYTHON is an interpreter that has it. Waits mean something on a calm machine only:
the load is printed with them. Needs the extra `offline`; `terms` needs espeak-ng.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import jiwer
import pytest

from tests.benchmarks import terms
from tests.benchmarks.sounds import canaries
from tests.fakes import FakeControls
from voice_coach.afterwards import Afterwards, heard
from voice_coach.audio.activity import SileroDetector
from voice_coach.audio.file import AudioFile
from voice_coach.check.misheard import repaired
from voice_coach.cli.desk import JudgeLater
from voice_coach.clock import SystemClock
from voice_coach.content.load import Library
from voice_coach.events import Graded, Heard, Level
from voice_coach.history.archive import Archive
from voice_coach.interviewer import Question
from voice_coach.practice import Desk, answer_aloud, typed
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Attempt, Frame, Transcript
from voice_coach.speech import glossary, weights
from voice_coach.speech.hearing import Hearing
from voice_coach.speech.spoken import Speech
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from faster_whisper import WhisperModel

pytestmark = pytest.mark.bench

FILLERS = {"uh", "um", "uhm", "er", "erm", "ah", "hmm", "mm", "mhm", "hm"}
DRILL = "reduce-hallucinations"
LENGTHS = {"1 minute": 60, "4 minutes": 240}
ALL = ("wer", "wait", "memory", "canaries", "terms")


@dataclass
class Bench:
    """What every part needs; `home` is a data folder for the run."""

    speech: Path
    home: Path
    runs: int
    realtimestt: str | None = None
    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder = weights.locate("base", self.home / "models")
        self.library = Library(self.home)
        self.whisper = Whisper(self.folder, name="base")
        self.whisper.load()
        self.judge = JudgeLater(self.home, self.library.core())
        self.judge.load()

    def row(self, figure: str, peer: str, ours: str, bound: str) -> None:
        self.rows.append((figure, peer, ours, bound))
        say(f"| {figure} | {peer} | {ours} | {bound} |")

    def peer(self) -> WhisperModel:
        from faster_whisper import WhisperModel

        return WhisperModel(str(self.folder), device="cpu", compute_type="int8")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


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


def error_rate(texts: dict[str, str], said: dict[str, str]) -> float:
    """Percent of words wrong over all recordings."""
    pairs = [(plain(said[name]), plain(text)) for name, text in texts.items()]
    return 100 * float(jiwer.wer([said for said, _ in pairs], [text for _, text in pairs]))


def along(recogniser: Whisper, path: Path) -> Transcript:
    """The text at the moment of the report, which depends on the sound alone and not on how fast it comes."""
    pcm = bytearray()
    detect = SileroDetector()
    hearing = Hearing(recogniser, lambda start, stop: bytes(pcm[2 * start : 2 * stop]))
    with AudioFile(path, SystemClock(), pace=False).open() as items:
        for item in items:
            if isinstance(item, Frame):
                pcm += item.pcm
                hearing.feed(item, detect(item.pcm))
    return hearing.finish()


def wer(bench: Bench) -> None:
    said = references(bench.speech)
    peer = bench.peer()
    whole: dict[str, str] = {}
    first: dict[str, str] = {}
    second: dict[str, str] = {}
    seconds = sum(length(bench.speech / f"{name}.flac") for name in said)
    began = time.process_time()
    for name in said:
        segments, _ = peer.transcribe(str(bench.speech / f"{name}.flac"), beam_size=5)
        whole[name] = " ".join(segment.text for segment in segments)
    cost = (time.process_time() - began) / seconds
    for name in said:
        path = bench.speech / f"{name}.flac"
        first[name] = along(bench.whisper, path).text
        second[name] = heard(path, bench.whisper).transcript.text
    base = error_rate(whole, said)
    report, corrected = error_rate(first, said), error_rate(second, said)
    bench.row(
        "word error rate at the report",
        f"{base:.1f} % (whole file)",
        f"{report:.1f} % ({report - base:+.1f})",
        "+1.5",
    )
    bench.row(
        "word error rate after the second hearing",
        f"{base:.1f} %",
        f"{corrected:.1f} % ({corrected - base:+.1f})",
        "+0.3",
    )
    bench.row("CPU seconds a second of speech, whole file", f"{cost:.2f}", "-", "-")


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
    """One answer at real speed: what was waited for, when words came, what it cost."""

    wait: float
    attempt: Attempt
    final_on_screen: float
    settled: float
    load: float


def practised(bench: Bench, path: Path, *, pace: bool = True) -> Run:
    """Answer a drill with a recording as `practice` does, in a data folder of its own."""
    drill = bench.library.drill(DRILL)
    question = Question(drill, bench.library.rubric_for(drill))
    with tempfile.TemporaryDirectory() as folder, Archive(Path(folder)) as archive:
        desk = Desk(
            home=Path(folder), speaker=None, recogniser=bench.whisper, detector=SileroDetector,
            judge=bench.judge, archive=archive, clock=SystemClock(),
        )  # fmt: skip
        began, last = 0.0, 0.0
        screens: list[tuple[float, Heard]] = []
        cost = time.process_time()
        for event in answer_aloud(desk, question, AudioFile(path, desk.clock, pace=pace), FakeControls()):
            now = time.monotonic()
            if isinstance(event, Level):
                began = began or now - event.position / SAMPLE_RATE
                last = event.position / SAMPLE_RATE
            elif isinstance(event, Heard):
                screens.append((now, event))
            elif isinstance(event, Graded):
                cost = (time.process_time() - cost) / last
                # Against the recording's own end, so that frames which came late count as waiting.
                delays = on_screen(screens, event.attempt.transcript, began)
                return Run(now - began - last, event.attempt, *delays, cost)
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


def wait(bench: Bench) -> None:
    peer = bench.peer()
    waits: dict[str, float] = {}
    for name, seconds in LENGTHS.items():
        pcm = answer_of(bench, seconds)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answer.wav"
            Speech(pcm, SAMPLE_RATE).write(path)
            afterwards = [record_first(bench, peer, path) for _ in range(min(bench.runs, 3))]
            runs = [practised(bench, path) for _ in range(bench.runs)]
            other = realtimestt(bench, path)
        waits[name] = statistics.median(run.wait for run in runs)
        spread = ", ".join(f"{run.wait:.2f}" for run in runs)
        figure = f"wait for the report, {name}"
        peers = f"{statistics.median(afterwards):.1f} s{other}"
        bench.row(figure, peers, f"{waits[name]:.2f} s ({spread})", "1.0 s")
        final, settled, load = (
            statistics.median(getattr(run, key) for run in runs)
            for key in ("final_on_screen", "settled", "load")
        )
        bench.row(
            f"words on screen as they stay, {name}",
            "after the end",
            f"{final:.1f} s (settled {settled:.1f} s)",
            "3 s",
        )
        bench.row(f"CPU seconds a second of speech, {name}", "-", f"{load:.2f}", "0.20")
    ratio = waits["4 minutes"] / waits["1 minute"]
    bench.row("wait, 4 minutes against 1", "-", f"{ratio:.2f}", "1.3")


def record_first(bench: Bench, peer: WhisperModel, path: Path) -> float:
    """Seconds from the end of the recording to a judged transcript when all of it is transcribed then."""
    drill = bench.library.drill(DRILL)
    began = time.monotonic()
    segments, _ = peer.transcribe(str(path), beam_size=5)
    words = tuple(word for segment in segments for word in typed(segment.text))
    bench.judge.judge(Transcript(words=words), bench.library.rubric_for(drill), question=drill.question)
    return time.monotonic() - began


def realtimestt(bench: Bench, path: Path) -> str:
    """RealtimeSTT's wait for the last text, fed at real speed, as a piece of the peer column."""
    if not bench.realtimestt:
        return ""
    script = Path(__file__).with_name("peer_realtimestt.py")
    command = [bench.realtimestt, str(script), str(bench.folder), str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    if run.returncode:
        return f", RealtimeSTT failed ({run.stderr.strip().splitlines()[-1][:80]})"
    return f", RealtimeSTT {json.loads(run.stdout.splitlines()[-1])['wait']:.1f} s"


def memory(bench: Bench) -> None:
    """Peaks of a process that hears an answer and then hears it again; as fast as it can, which is the harder way."""
    peaks = {}
    for minutes in (2, 20):
        pcm = answer_of(bench, 120)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answer.wav"
            Speech(pcm * (minutes // 2), SAMPLE_RATE).write(path)
            command = [
                sys.executable,
                "-m",
                "tests.benchmarks.bench_hearing",
                str(bench.speech),
                "--peak-of",
                str(path),
            ]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            peaks[minutes] = int(run.stdout.split()[-1])
    growth = 100 * (peaks[20] / peaks[2] - 1)
    bench.row(
        "peak memory, 20-minute against 2-minute answer",
        "grows",
        f"{peaks[20]} against {peaks[2]} MB ({growth:+.0f} %)",
        "10 %",
    )


def peak_of(bench: Bench, path: Path) -> int:
    """MB at most while an answer was heard, judged and heard again."""
    run = practised(bench, path, pace=False)
    with tempfile.TemporaryDirectory() as folder, Archive(Path(folder)) as archive:
        desk = Desk(
            home=Path(folder), speaker=None, recogniser=bench.whisper, detector=SileroDetector,
            judge=bench.judge, archive=archive, clock=SystemClock(),
        )  # fmt: skip

        def copy(target: Path) -> None:
            shutil.copyfile(path, target)  # in blocks: nothing of it is kept in memory

        kept = archive.save(run.attempt, copy)
        drill = bench.library.drill(DRILL)
        with Afterwards(desk) as afterwards:
            afterwards.add(kept, drill, bench.library.rubric_for(drill))
            while afterwards.busy:
                list(afterwards.news())
                time.sleep(0.1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def canary(bench: Bench) -> None:
    """Concepts and words found where none were said; off-topic talk is the real speech of the folder."""
    core = bench.library.core()
    said = references(bench.speech)
    found = ghosts = terms_found = 0
    with tempfile.TemporaryDirectory() as folder:
        made = canaries()
        for name, pcm in made.items():
            Speech(pcm, SAMPLE_RATE).write(Path(folder) / f"{name}.wav")
        talk = [bench.speech / f"{name}.flac" for name in said]
        for path in [*sorted(Path(folder).iterdir()), *talk]:
            for transcript in (along(bench.whisper, path), heard(path, bench.whisper).transcript):
                judgement = bench.judge.judge(transcript, core)
                concepts = [finding.concept for finding in judgement.findings if finding.verdict != "missed"]
                found += len(concepts)
                ghosts += len(transcript.words) if path.parent != bench.speech else 0
                false = [
                    ways[0]
                    for ways in terms.every()
                    if terms.right(ways, transcript.text) and not terms.right(ways, said.get(path.stem, ""))
                ]
                terms_found += len(false)
                if false:
                    say(f"  {path.stem}: terms that nobody said: {false}")
                if concepts or (transcript.words and path.parent != bench.speech):
                    say(f"  {path.stem}: {transcript.text[:120]!r} {concepts}")
    bench.row("concepts in silence, noise, music, breathing, keyboard, off-topic talk", "-", str(found), "0")
    bench.row("terms of the field that nobody said, in all of these", "-", str(terms_found), "0")
    bench.row(
        f"words invented in {len(made) // 2} minutes without speech, heard twice", "-", str(ghosts), "-"
    )


def field_terms(bench: Bench) -> None:
    """Terms as they are stored, and as the judge reads them; those that the glossary has and those that it has not."""
    stored: dict[str, list[bool]] = {}
    read: list[bool] = []
    told: dict[bool, list[bool]] = {True: [], False: []}
    missed: dict[str, int] = {}
    for voice, wanted, sound in terms.spoken():
        words = [word.text for word in bench.whisper.words(sound)]
        for ways in wanted:
            hit = terms.right(ways, " ".join(words))
            stored.setdefault(voice, []).append(hit)
            read.append(hit or terms.right(ways, " ".join(repaired(words))))
            told[any(terms.right((way,), glossary.TEXT) for way in ways)].append(hit)
            missed[ways[0]] = missed.get(ways[0], 0) + (not hit)
    share = statistics.mean(hit for hits in stored.values() for hit in hits)
    voices = ", ".join(f"{voice} {statistics.mean(hits):.0%}" for voice, hits in stored.items())
    bench.row(
        f"the field's terms right ({len(missed)} terms), as stored",
        "72 % (notes)",
        f"{share:.0%} ({voices})",
        "85 %",
    )
    bench.row("the same, as the judge reads them", "-", f"{statistics.mean(read):.0%}", "-")
    for known, hits in told.items():
        figure = f"terms {'in' if known else 'outside'} the glossary, as stored ({len(hits)} times said)"
        bench.row(figure, "-", f"{statistics.mean(hits):.0%}", "-")
    worst = sorted(missed, key=lambda term: -missed[term])[:20]
    say("  most often wrong: " + ", ".join(f"{term} {missed[term]}" for term in worst if missed[term]))


PARTS: dict[str, Callable[[Bench], None]] = {
    "wer": wer, "wait": wait, "memory": memory, "canaries": canary, "terms": field_terms,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> list[tuple[str, str, str, str]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("speech", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--parts", default=",".join(ALL))
    parser.add_argument("--realtimestt")
    parser.add_argument("--peak-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.speech, Path(folder), options.runs, options.realtimestt)
        if options.peak_of:
            say(str(peak_of(bench, options.peak_of)))
            return []
        say(f"Cores {os.cpu_count()}, load before {os.getloadavg()[0]:.1f}; medians of {options.runs}")
        say("| figure | record, then transcribe | this | bound |\n|---|---|---|---|")
        for part in options.parts.split(","):
            PARTS[part](bench)
        say(f"Load after {os.getloadavg()[0]:.1f}")
        return bench.rows


def test_hearing_keeps_its_figures() -> None:
    folder = os.environ.get("VOICE_COACH_SPEECH")
    assert folder, "VOICE_COACH_SPEECH names the folder with recordings and refs.tsv"
    assert main([folder])


if __name__ == "__main__":
    main()
