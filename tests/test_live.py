"""What is on screen of what was heard, and of what was not understood."""

from __future__ import annotations

import io

from rich.console import Console

from tests.show_sample import DRILL, printed
from voice_coach.events import Asked, Heard
from voice_coach.records import SAMPLE_RATE, Stretch, Word
from voice_coach.show.live import LiveFace, PlainFace

TALK = Heard(
    (Word(text="first", start=SAMPLE_RATE, stop=2 * SAMPLE_RATE),),
    (),
    (Stretch(start=65 * SAMPLE_RATE, stop=68 * SAMPLE_RATE),),
)
MUMBLE = Heard((), (), (Stretch(start=80 * SAMPLE_RATE, stop=82 * SAMPLE_RATE),))


def test_plain_lines_say_where_nothing_was_understood() -> None:
    console = Console(file=io.StringIO(), width=80, _environ={})
    with PlainFace(console) as shows:
        shows.show(TALK)
        shows.show(MUMBLE)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined] # it is the StringIO above
    assert lines == [" 0:01  first", " 1:05  (not understood)", " 1:20  (not understood)"]


def test_the_live_block_says_that_something_was_not_understood() -> None:
    live = LiveFace(Console(file=io.StringIO(), width=80, _environ={}, force_terminal=True))
    live.show(Asked(DRILL))
    live.show(TALK)
    live.show(MUMBLE)
    assert "first (not understood) (not understood)" in printed(live.block())
