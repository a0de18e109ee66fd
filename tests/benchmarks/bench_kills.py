"""An answer killed at twenty random moments, with the recogniser, the detector and the judge that ship.

    python -m tests.benchmarks.bench_kills SPEECH_FOLDER [SECONDS] [KILLS]

Real speech at real speed, `kill -9`, the next start, and the same sound without interruption: transcript, verdicts and
delivery have to be alike, and less than a second missing. The test suite does the same without models
(`tests/test_faults.py`). Needs the extra `offline`; six minutes.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import pytest

from tests.answering import survives
from tests.benchmarks.talk import Bench, answer_of, say, speech_folder

pytestmark = pytest.mark.bench

AFTERWARDS = 1.0
"""Seconds beyond the end of the sound in which it is still killed: while the answer is judged and kept."""


def main(speech: Path, seconds: int = 24, kills: int = 20) -> None:
    """Prints how many were interrupted, and the most that was missing.

    Raises:
        AssertionError: something was lost, or came out otherwise.
    """
    chance = random.Random(4)  # noqa: S311 - repeatable, not secret
    moments = [chance.uniform(0, seconds + AFTERWARDS) for _ in range(kills)]
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        sound = answer_of(Bench(speech, Path(folder) / "home", 1), seconds)
        interrupted, most = survives(Path(folder), sound, moments, real=True)
    say(
        f"{kills} kills, {interrupted} before the report was kept; at most {most:.2f} s missing, all else alike"
    )


def test_killed_for_real_nothing_is_lost() -> None:
    main(speech_folder())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
