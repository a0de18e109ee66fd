"""An answer in a process of its own, and what the next start makes of it: what the tests that kill it stand on.

`python -m tests.answering HOME WAV [real]` answers with the recording at real speed and prints, a line each and at
once, every position of the sound that a person would have seen, and `graded` at the end. Without `real` no model is
needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes import FakeControls, FakeJudge, FakeRecogniser, FakeSource, loud
from voice_coach.afterwards import Afterwards
from voice_coach.audio.activity import SileroDetector
from voice_coach.audio.file import AudioFile
from voice_coach.audio.journal import Journal
from voice_coach.cli.desk import judge
from voice_coach.clock import SystemClock
from voice_coach.content.load import Library
from voice_coach.events import Graded, Level
from voice_coach.history.archive import Archive
from voice_coach.interviewer import Question
from voice_coach.practice import Desk, answer_aloud, finish_interrupted
from voice_coach.records import SAMPLE_RATE, Frame
from voice_coach.speech import weights
from voice_coach.speech.spoken import Speech
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fakes import Gate
    from voice_coach.records import Attempt

    MakesDesk = Callable[[Path, Archive], Desk]

DRILL = "reduce-hallucinations"
OWN = Path("/proc/self")


class Recorded(AudioFile):
    """A recording that plays the part of a microphone to the end."""

    kind = "microphone"


def desk_of(home: Path, archive: Archive) -> Desk:
    """Everything that answering needs, without models."""
    return Desk(
        home=home, speaker=None, recogniser=FakeRecogniser(), detector=lambda: loud, judge=FakeJudge(),
        archive=archive, clock=SystemClock(),
    )  # fmt: skip


def real_desk_of(home: Path, archive: Archive) -> Desk:
    """The same with Whisper, the speech detector and the judge that ship."""
    return Desk(
        home=home, speaker=None, recogniser=Whisper(weights.locate("base", home / "models"), name="base"),
        detector=SileroDetector, judge=judge(home, Library(home).core()), archive=archive, clock=SystemClock(),
    )  # fmt: skip


def question_of(home: Path) -> Question:
    library = Library(home)
    drill = library.drill(DRILL)
    return Question(drill, library.rubric_for(drill))


def answered(desk: Desk, home: Path, *script: bytes | Gate) -> Graded | None:
    """The report on an answer with that sound."""
    events = list(answer_aloud(desk, question_of(home), FakeSource(*script), FakeControls()))
    return next((event for event in events if isinstance(event, Graded)), None)


def sound_of(home: Path, attempt: Attempt) -> bytes:
    with AudioFile(home / "audio" / str(attempt.audio), SystemClock(), pace=False).open() as items:
        return b"".join(item.pcm for item in items if isinstance(item, Frame))


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds just now: `memory` is resident, in bytes."""

    threads: int
    files: int
    memory: int

    @classmethod
    def now(cls) -> Held:
        """As Linux tells it."""
        memory = int((OWN / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return cls(threading.active_count(), len(list((OWN / "fd").iterdir())), memory)


def soaked(home: Path, sounds: Sequence[bytes], makes: MakesDesk = desk_of) -> tuple[Held, Held]:
    """Answer with one sound after the other in a session, each heard again after its report.

    Returns:
        What was held after a quarter of them, when all that is loaded once is loaded, and after the last.
    """
    question = question_of(home)
    after = []
    with Archive(home) as archive:
        desk = makes(home, archive)
        with Afterwards(desk) as afterwards:
            for number, sound in enumerate(sounds):
                graded = answered(desk, home, sound)
                assert graded
                afterwards.add(graded.attempt, question.drill, question.rubric)
                while afterwards.busy:
                    list(afterwards.news())
                    time.sleep(0.001)
                if number in {len(sounds) // 4, len(sounds) - 1}:
                    after.append(Held.now())
    assert not list((home / "journal").iterdir())
    assert len(list((home / "audio").iterdir())) == len(sounds)
    return after[0], after[1]


def killed(home: Path, wav: Path, after: float, *, real: bool) -> tuple[bool, float]:
    """Start an answer and kill it `after` seconds of sound.

    Returns:
        Whether a report was seen, and up to which second of the sound somebody saw it being heard.
    """
    command = [sys.executable, "-m", "tests.answering", str(home), str(wav), *(["real"] if real else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    seen = [process.stdout.readline()]  # the sound has begun
    timer = threading.Timer(after, process.kill)
    timer.start()
    seen += process.stdout.read().splitlines()
    process.wait(30)
    timer.cancel()
    process.stdout.close()
    # The kill may cut the last line short, which only makes a smaller number of it.
    return "graded" in seen, max(int(line) for line in seen if line.strip().isdigit()) / SAMPLE_RATE


def recovered(home: Path, makes: MakesDesk = desk_of) -> list[Attempt]:
    """What the next start makes of what was left; then nothing is left."""
    question = question_of(home)
    with Archive(home) as archive:
        desk = makes(home, archive)
        attempts = []
        for journal in Journal.interrupted(desk.journals):
            events = list(finish_interrupted(desk, question, journal))
            attempts += [archive.attempt(event.attempt.id) for event in events if isinstance(event, Graded)]
    assert not list((home / "journal").iterdir())
    return attempts


def survives(folder: Path, sound: bytes, moments: Sequence[float], *, real: bool) -> tuple[int, float]:
    """Kill an answer with that sound at each moment (seconds), and make sure that nothing is lost.

    Less than a second is missing, and what the next start makes of the rest is what comes of the same sound without
    interruption.

    Returns:
        How many were killed before their report was kept, and the most that was missing, in seconds.

    Raises:
        AssertionError: something is lost, or comes out otherwise.
    """
    makes = real_desk_of if real else desk_of
    wav = folder / "answer.wav"
    Speech(sound, SAMPLE_RATE).write(wav)
    interrupted, most = 0, 0.0
    for at, moment in enumerate(moments):
        home = folder / str(at)
        graded, heard = killed(home, wav, moment, real=real)
        interrupted += len(recovered(home, makes))
        with Archive(home) as archive:
            attempt = archive.attempt()
        kept = sound_of(home, attempt)
        assert sound.startswith(kept)
        missing = min(max(moment, heard), len(sound) / 2 / SAMPLE_RATE) - len(kept) / 2 / SAMPLE_RATE
        assert missing < 1
        most = max(most, missing)
        assert not graded or kept == sound
        calm = folder / "calm" / home.name
        with Archive(calm) as archive:
            expected = answered(makes(calm, archive), calm, kept)
        assert expected
        assert attempt.transcript == expected.attempt.transcript
        assert attempt.judgement == expected.attempt.judgement
        assert attempt.delivery == expected.attempt.delivery
    return interrupted, most


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(home: Path, wav: Path, *, real: bool) -> None:
    question = question_of(home)
    with Archive(home) as archive:
        desk = (real_desk_of if real else desk_of)(home, archive)
        source = Recorded(wav, SystemClock(), pace=True)
        for event in answer_aloud(desk, question, source, FakeControls()):
            if isinstance(event, Level):
                tell(str(event.position))
            elif isinstance(event, Graded):
                tell("graded")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), real="real" in sys.argv[3:])
