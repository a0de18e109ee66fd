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
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jiwer
import pytest

from tests.benchmarks import terms
from tests.benchmarks.memory import peaks
from tests.benchmarks.sounds import canaries
from tests.benchmarks.talk import (
    DRILL,
    Bench,
    answer_of,
    length,
    plain,
    practised,
    references,
    say,
    speech_folder,
)
from voice_coach.afterwards import heard
from voice_coach.audio.activity import SileroDetector
from voice_coach.audio.file import AudioFile
from voice_coach.check.misheard import repaired
from voice_coach.clock import SystemClock
from voice_coach.practice import typed
from voice_coach.records import SAMPLE_RATE, Frame, Transcript
from voice_coach.speech import glossary
from voice_coach.speech.hearing import Hearing
from voice_coach.speech.spoken import Speech

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faster_whisper import WhisperModel

    from voice_coach.speech.whisper import Whisper

pytestmark = pytest.mark.bench

LENGTHS = {"1 minute": 60, "4 minutes": 240}
ALL = ("wer", "wait", "memory", "canaries", "terms")
LONGEST_WAIT = 1.0
"""Seconds."""
HIGHEST_LOAD = 0.20
"""CPU seconds a second of speech."""


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
    for figure, rate, worse in (
        ("word error rate at the report", report, 1.5),
        ("word error rate after the second hearing", corrected, 0.3),
    ):
        ours = f"{rate:.1f} % ({rate - base:+.1f})"
        bench.row(figure, f"{base:.1f} % (whole file)", ours, f"+{worse}", holds=rate - base <= worse)
    bench.row("CPU seconds a second of speech, whole file", f"{cost:.2f}", "-")
    if bench.realtimestt:
        bench.row("word error rate of RealtimeSTT", realtimestt_errors(bench, said), "-")


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
        peers = f"{statistics.median(wait for wait, _ in afterwards):.1f} s{other}"
        ours = f"{waits[name]:.2f} s ({spread})"
        bench.row(figure, peers, ours, f"{LONGEST_WAIT:.1f} s", holds=waits[name] <= LONGEST_WAIT)
        final, settled, load, process = (
            statistics.median(getattr(run, key) for run in runs)
            for key in ("final_on_screen", "settled", "recogniser", "process")
        )
        for figure, delay, bound in (
            ("on screen as they stay", final, 3),
            ("in settled utterances", settled, None),
        ):
            at_most = f"{bound} s" if bound else "-"
            holds = bound is None or delay <= bound
            bench.row(f"words {figure}, {name}", "after the end", f"{delay:.1f} s", at_most, holds=holds)
        figure = f"CPU seconds of the recogniser a second of speech, {name}"
        peers = f"{statistics.median(cpu for _, cpu in afterwards) / (len(pcm) / 2 / SAMPLE_RATE):.2f}"
        bench.row(figure, peers, f"{load:.2f}", f"{HIGHEST_LOAD:.2f}", holds=load <= HIGHEST_LOAD)
        bench.row(f"of the whole process, {name}", "-", f"{process:.2f}")
    ratio = waits["4 minutes"] / waits["1 minute"]
    bench.row("wait, 4 minutes against 1", "-", f"{ratio:.2f}", "1.3", holds=ratio <= 1.3)


def record_first(bench: Bench, peer: WhisperModel, path: Path) -> tuple[float, float]:
    """Seconds from the end of the recording to a judged transcript when all of it is transcribed then, and CPU
    seconds."""
    drill = bench.library.drill(DRILL)
    began, cost = time.monotonic(), time.process_time()
    segments, _ = peer.transcribe(str(path), beam_size=5)
    words = tuple(word for segment in segments for word in typed(segment.text))
    bench.judge.judge(Transcript(words=words), bench.library.rubric_for(drill), question=drill.question)
    return time.monotonic() - began, time.process_time() - cost


def realtimestt(bench: Bench, path: Path) -> str:
    """RealtimeSTT's wait for the last text, fed at real speed, as a piece of the peer column."""
    if not bench.realtimestt:
        return ""
    try:
        return f", RealtimeSTT {float(asked(bench, path)['wait']):.1f} s"
    except PeerError as error:
        return f", RealtimeSTT failed ({error})"


def realtimestt_errors(bench: Bench, said: dict[str, str]) -> str:
    try:
        texts = {name: asked(bench, bench.speech / f"{name}.flac")["text"] for name in said}
    except PeerError as error:
        return f"failed ({error})"
    return f"{error_rate(texts, said):.1f} %"


class PeerError(Exception):
    """The peer gave no text; says why in a few words."""


def asked(bench: Bench, path: Path) -> dict[str, str]:
    """What RealtimeSTT says of a recording fed to it at real speed: its `wait` in seconds and its `text`."""
    script = Path(__file__).with_name("peer_realtimestt.py")
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "answer.wav"
        with AudioFile(path, SystemClock(), pace=False).open() as items:
            Speech(b"".join(item.pcm for item in items if isinstance(item, Frame)), SAMPLE_RATE).write(sound)
        command = [str(bench.realtimestt), str(script), str(bench.folder), str(sound)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        except subprocess.TimeoutExpired:
            raise PeerError("no text within 15 minutes") from None
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    if run.returncode or not lines:
        raise PeerError((run.stderr.strip().splitlines() or ["nothing printed"])[-1][:80])
    answer: dict[str, str] = json.loads(lines[-1])
    return answer


def memory(bench: Bench) -> None:
    """A process for each length, in real time: what it took while it recorded, and with the second hearing."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        pcm = answer_of(bench, 120)
        paths = {minutes: Path(folder) / f"{minutes}.wav" for minutes in (2, 20)}
        for minutes, path in paths.items():
            Speech(pcm * (minutes // 2), SAMPLE_RATE).write(path)
            say(f"  {minutes} minutes are being recorded")
            found[minutes] = peaks(bench.speech, path)
    for what, short, long in zip(
        ("while it is recorded", "with the second hearing"), *found.values(), strict=True
    ):
        bench.row(
            f"peak memory {what}, 20 against 2 minutes",
            "grows",
            f"{long} against {short} MB ({100 * (long / short - 1):+.1f} %)",
            "10 %",
            holds=long <= 1.1 * short,
        )


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
    figure = "concepts in silence, noise, music, breathing, keyboard, off-topic talk"
    bench.row(figure, "-", str(found), "0", holds=not found)
    figure = "terms of the field that nobody said, in all of these"
    bench.row(figure, "-", str(terms_found), "0", holds=not terms_found)
    bench.row(f"words invented in {len(made) // 2} minutes without speech, heard twice", "-", str(ghosts))


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
        holds=share >= 0.85,
    )
    bench.row("the same, as the judge reads them", "-", f"{statistics.mean(read):.0%}")
    for known, hits in told.items():
        figure = f"terms {'in' if known else 'outside'} the glossary, as stored ({len(hits)} times said)"
        bench.row(figure, "-", f"{statistics.mean(hits):.0%}")
    worst = sorted(missed, key=lambda term: -missed[term])[:20]
    say("  most often wrong: " + ", ".join(f"{term} {missed[term]}" for term in worst if missed[term]))


PARTS: dict[str, Callable[[Bench], None]] = {
    "wer": wer, "wait": wait, "memory": memory, "canaries": canary, "terms": field_terms,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> list[str]:
    """Print the table; the figures outside their bounds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("speech", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--parts", default=",".join(ALL))
    parser.add_argument("--realtimestt")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.speech, Path(folder), options.runs, options.realtimestt)
        say(f"Cores {os.cpu_count()}, load before {os.getloadavg()[0]:.1f}; medians of {options.runs}")
        say("| figure | record, then transcribe | this | bound |\n|---|---|---|---|")
        for part in options.parts.split(","):
            PARTS[part](bench)
        say(f"Load after {os.getloadavg()[0]:.1f}")
        return bench.missed


def test_hearing_keeps_its_figures() -> None:
    peer = os.environ.get("VOICE_COACH_REALTIMESTT")
    assert main([str(speech_folder()), *(["--realtimestt", peer] if peer else [])]) == []


if __name__ == "__main__":
    main()
