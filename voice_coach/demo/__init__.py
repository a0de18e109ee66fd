"""The demo: a shipped drill and a recorded answer to it, so that everything can be seen without a microphone.

`answer.flac` is synthetic speech of the text in `answer.txt`, which was written for it: it explains some of
what the drill asks for, only names some, waves one thing away and misses others. Spoken with Piper by the voice
en_US-joe-medium (data set licensed CC0); text and recording are under this project's licence.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_coach.content.load import Library
    from voice_coach.content.models import Drill

DRILL = "customer-support-assistant"
ID = "demo"
"""Attempts are kept under this drill id, so that they do not count as the person's own (see `Archive.rows`)."""
RECORDING = Path(__file__).parent / "answer.flac"


def demo_drill(library: Library) -> Drill:
    """The drill that the recorded answer is for.

    Raises:
        UsageError, ContentError: the library lacks it or cannot be read.
    """
    return library.drill(DRILL).model_copy(update={"id": ID})
