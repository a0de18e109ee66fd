"""The archive at 100, 1,000 and 10,000 attempts: how long `report` and `replay` take, as functions and as commands.

tests/run -m bench tests/benchmarks/bench_archive.py -s
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.program import NO_SOUND, Program
from voice_coach.content.load import Library
from voice_coach.history.archive import Archive
from voice_coach.history.cards import cards, rebuild
from voice_coach.history.review import review
from voice_coach.records import (
    SAMPLE_RATE,
    Attempt,
    Delivery,
    Finding,
    Judgement,
    RedFlag,
    Span,
    Transcript,
    Verdict,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
WORDS = 220
COACH = ("-m", "voice_coach")
SIZES = (100, 1_000, 10_000)
REPORT_SECONDS, REPLAY_SECONDS = 1.0, 0.3


def generated(count: int, seed: int = 6) -> Iterator[Attempt]:
    """Spoken answers of two minutes to the shipped drills, four a day up to the day before `NOW`."""
    dice = random.Random(seed)  # noqa: S311 - nobody's secret
    drills = Library().drills()
    flags = [flag.id for flag in Library().core().red_flags]
    starts = [SAMPLE_RATE + n * SAMPLE_RATE // 2 for n in range(WORDS)]
    words = tuple(
        Word(text=dice.choice(("we", "cache", "the", "answer", "for", "a", "day")), start=start,
             stop=start + SAMPLE_RATE // 3, probability=0.93)
        for start in starts
    )  # fmt: skip
    transcript = Transcript(words=words, model="base", settings={"beam": 5})
    for number in range(count):
        drill = dice.choice(drills)
        at = NOW - timedelta(hours=6) * (count - number)
        findings = tuple(finding(need.id, dice) for need in drill.concepts)
        raised = tuple(
            RedFlag(id=flag, evidence=Span(first=9, stop=20)) for flag in flags if dice.random() < 0.05
        )
        yield Attempt(
            id=f"{at:%Y%m%d-%H%M%S}-{number:05d}",
            drill=drill.id,
            asked_at=at,
            source="microphone",
            ended="done",
            samples=120 * SAMPLE_RATE,
            transcript=transcript,
            judgement=Judgement(
                rubric="core", findings=findings, red_flags=raised, versions={"judge": "prototypes-1"}
            ),
            delivery=Delivery(
                words=WORDS, samples=120 * SAMPLE_RATE, words_per_minute=dice.uniform(110, 180),
                first_word=SAMPLE_RATE, longest_pause=dice.randrange(SAMPLE_RATE, 4 * SAMPLE_RATE),
            ),
        )  # fmt: skip


def finding(concept: str, dice: random.Random) -> Finding:
    choices: tuple[Verdict, ...] = ("explained", "explained", "named", "missed", "dismissed")
    verdict = dice.choice(choices)
    first = dice.randrange(WORDS - 20)
    evidence = () if verdict == "missed" else (Span(first=first, stop=first + dice.randrange(5, 20)),)
    return Finding(concept=concept, verdict=verdict, confidence=0.8, evidence=evidence)


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of a few runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken)


class Times(NamedTuple):
    """Seconds by the clock and of the processor."""

    wall: float
    cpu: float


def processes(commands: Mapping[str, Sequence[str]], home: Path, times: int = 5) -> dict[str, Times]:
    """Medians of a few runs of each command of the interpreter, in turn; modules are compiled beforehand."""
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home.parent / "compiled")}
    env = Program(home, NO_SOUND | compiled).environment()
    taken: dict[str, list[Times]] = {name: [] for name in commands}
    for _ in range(times + 1):
        for name, arguments in commands.items():
            start, before = time.perf_counter(), os.times()
            done = subprocess.run(
                [sys.executable, *arguments], env=env, capture_output=True, text=True, check=False
            )
            wall, after = time.perf_counter() - start, os.times()
            assert done.returncode == 0, done.stderr
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            taken[name].append(Times(wall, cpu))
    # The first run compiles.
    return {name: Times(*map(median, zip(*runs[1:], strict=True))) for name, runs in taken.items()}


@pytest.mark.bench
@pytest.mark.timeout(1800)
def test_report_and_replay_stay_fast_as_the_archive_grows(tmp_path: Path) -> None:
    library = Library()
    titles = {concept.id: concept.title for concept in library.core().concepts}
    lines = []
    for size in SIZES:
        home = tmp_path / str(size)
        with Archive(home) as archive:
            archive.merge((attempt, None) for attempt in generated(size))
            rebuilt = seconds(lambda: rebuild(archive), 1)
            middle = list(archive.rows())[size // 2].id
            took = {
                "report": seconds(lambda: review(archive, library.drills(), titles, NOW)),
                "due": seconds(lambda: cards(archive).due(NOW)),
                "one attempt": seconds(lambda: archive.attempt(middle)),  # noqa: B023
            }
            archive.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            megabytes = archive.path.stat().st_size / 1e6
        commands = processes(
            {
                "python -c pass": ("-c", "pass"),
                "--help": (*COACH, "--help"),
                "report": (*COACH, "report"),
                "report --json": (*COACH, "report", "--json"),
                "replay ID": (*COACH, "replay", middle, "--text"),
                "due": (*COACH, "due"),
            },
            home,
        )
        lines.append((size, megabytes, rebuilt, took, commands))
    _, _, _, largest, started = lines[-1]
    table = [f"{'attempts':>9} {'MB':>7} {'rebuild':>8} " + " ".join(f"{name:>13}" for name in largest)]
    for size, megabytes, rebuilt, took, _ in lines:
        figures = " ".join(f"{took[name]:>11.3f} s" for name in largest)
        table.append(f"{size:>9,} {megabytes:>7.1f} {rebuilt:>6.2f} s {figures}")
    table += ["", "commands: wall / processor", f"{'attempts':>9} " + " ".join(f"{n:>17}" for n in started)]
    for size, *_, commands in lines:
        figures = " ".join(f"{commands[n].wall:>7.3f} / {commands[n].cpu:>5.2f} s" for n in started)
        table.append(f"{size:>9,} {figures}")
    sys.stdout.write("\n" + "\n".join(table) + "\n")
    # Of the commands' times the most are the interpreter's and its libraries', see `--help`.
    assert largest["report"] < REPORT_SECONDS
    assert largest["one attempt"] < REPLAY_SECONDS
    smaller = lines[-2][3]
    assert largest["report"] < 15 * smaller["report"]
