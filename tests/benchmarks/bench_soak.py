"""Two hundred spoken answers in one session, with the recogniser, the detector and the judge that ship.

    python -m tests.benchmarks.bench_soak SPEECH_FOLDER [ANSWERS]

Real speech as fast as it is heard, each answer another stretch of it, judged along the way, reported, kept, and heard
again afterwards. Memory, files and threads must not grow. The test suite does the same without models
(`tests/test_faults.py`). Linux only; needs the extra `offline`; fifteen minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from tests.answering import real_desk_of, soaked
from tests.benchmarks.talk import Bench, answer_of, say, speech_folder
from voice_coach.records import SAMPLE_RATE

pytestmark = pytest.mark.bench

SECONDS = 12
"""Of an answer."""
STEP = 1.3
"""Seconds from where one answer begins in the speech to where the next does: no two are alike."""
GROWTH = 1.1


def main(speech: Path, answers: int = 200) -> None:
    """Prints what was held early and at the end.

    Raises:
        AssertionError: it grew.
    """
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        home = Path(folder)
        pcm = answer_of(Bench(speech, home, 1), SECONDS + int(STEP * answers))
        starts = [2 * int(number * STEP * SAMPLE_RATE) for number in range(answers)]
        early, late = soaked(home, [pcm[at : at + 2 * SECONDS * SAMPLE_RATE] for at in starts], real_desk_of)
    say("| held | after a quarter | after all |\n|---|---|---|")
    say(f"| threads | {early.threads} | {late.threads} |\n| files | {early.files} | {late.files} |")
    say(f"| memory | {early.memory >> 20} MB | {late.memory >> 20} MB |")
    assert late.threads <= early.threads
    assert late.files <= early.files
    assert late.memory < GROWTH * early.memory


def test_two_hundred_answers_leave_nothing_behind() -> None:
    main(speech_folder())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
