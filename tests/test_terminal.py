"""Practice on a terminal: the block that lives while somebody answers, single keys, and a clean screen afterwards."""

from __future__ import annotations

import sys

import pytest

from tests.program import NO_SOUND, Program
from voice_coach.demo import RECORDING

if sys.platform != "win32":
    from tests.terminal import Terminal


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are a thing of Unix")

DRILL = "customer-support-assistant"
SHOW_CURSOR = "\x1b[?25h"


@pytest.mark.model
def test_the_screen_lives_while_somebody_answers_and_a_key_ends_it(program: Program) -> None:
    practice = "practice", DRILL, "--audio", str(RECORDING), "--no-voice", "--quiet"
    with Terminal(program, *practice) as terminal:
        terminal.wait_for("Enter ends the answer")
        terminal.wait_for("0:12 of")
        assert "level" in terminal.screen
        assert terminal.settings() != terminal.at_first
        terminal.type("p")
        terminal.wait_for("Not recording. p goes on")
        terminal.type("p")
        terminal.type("\x1b[D")  # an arrow key means nothing here
        terminal.wait_for("0:14 of")
        terminal.type("q")
        terminal.wait_for("Stopped.")
        assert terminal.end() == 0
        assert terminal.settings() == terminal.at_first
    assert "Guardrails" in terminal.screen
    assert terminal.screen.rindex(SHOW_CURSOR) > terminal.screen.rindex("Enter ends the answer")


def test_without_colour_there_is_none(program: Program) -> None:
    plain = Program(program.home, NO_SOUND | {"NO_COLOR": "1"})
    with Terminal(plain, "drills") as terminal:
        assert terminal.end() == 0
    assert DRILL in terminal.screen
    assert "\x1b[3" not in terminal.screen
    with Terminal(program, "drills", "show", DRILL) as terminal:
        assert terminal.end() == 0
    assert "\x1b[" in terminal.screen


def test_a_typed_answer_is_taken_line_by_line(program: Program) -> None:
    typed = "practice", DRILL, "--typed", "--no-voice", "--quiet", "--follow-ups", "0"
    with Terminal(program, *typed) as terminal:
        terminal.wait_for("> ")
        terminal.type("We cache the commonest questions so that each costs nothing.\n")
        terminal.type("Every reply names the article that it rests on, and says so when there is none.\n\n")
        terminal.wait_for("q quit")
        terminal.choose("q")
        assert terminal.end() == 0
    assert "Grounding" in terminal.screen
