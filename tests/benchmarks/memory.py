"""How much memory a process takes that hears one answer, as a process of its own tells it.

python -m tests.benchmarks.memory SPEECH_FOLDER ANSWER     a recording at real speed; two figures in MB
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.talk import DRILL, Bench, say
from voice_coach.afterwards import Afterwards
from voice_coach.events import Graded


def peaks(speech: Path, answer: Path) -> tuple[int, int]:
    """MB at most while the answer is recorded, and once it was heard again as a whole."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", str(speech), str(answer)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    recorded, again = run.stdout.split()[-2:]
    return int(recorded), int(again)


def main(speech: Path, answer: Path) -> None:
    """Prints both."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(speech, Path(folder), runs=1)
        with bench.desk() as desk:
            (attempt,) = (event.attempt for event in bench.events(desk, answer) if isinstance(event, Graded))
            say(str(_peak()))

            def copy(target: Path) -> None:
                shutil.copyfile(answer, target)  # in blocks: nothing of it is kept in memory

            drill = bench.library.drill(DRILL)
            with Afterwards(desk) as afterwards:
                afterwards.add(desk.archive.save(attempt, copy), drill, bench.library.rubric_for(drill))
                while afterwards.busy:
                    list(afterwards.news())
                    time.sleep(0.1)
        say(str(_peak()))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
