"""An answer in a process of its own, without models: what the tests that kill it start.

`python -m tests.answering HOME WAV` answers with the recording at real speed and prints, a line each and at once,
every position of the sound that a person would have seen, and `graded` at the end.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.fakes import FakeControls, FakeJudge, FakeRecogniser, loud
from voice_coach.audio.file import AudioFile
from voice_coach.clock import SystemClock
from voice_coach.content.load import Library
from voice_coach.events import Graded, Level
from voice_coach.history.archive import Archive
from voice_coach.interviewer import Question
from voice_coach.practice import Desk, answer_aloud

DRILL = "reduce-hallucinations"


class Recorded(AudioFile):
    """A recording that plays the part of a microphone to the end."""

    kind = "microphone"


def desk_of(home: Path, archive: Archive) -> Desk:
    return Desk(
        home=home, speaker=None, recogniser=FakeRecogniser(), detector=lambda: loud, judge=FakeJudge(),
        archive=archive, clock=SystemClock(),
    )  # fmt: skip


def question_of(home: Path) -> Question:
    library = Library(home)
    drill = library.drill(DRILL)
    return Question(drill, library.rubric_for(drill))


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(home: Path, wav: Path) -> None:
    question = question_of(home)
    with Archive(home) as archive:
        for event in answer_aloud(
            desk_of(home, archive), question, Recorded(wav, SystemClock(), pace=True), FakeControls()
        ):
            if isinstance(event, Level):
                tell(str(event.position))
            elif isinstance(event, Graded):
                tell("graded")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
