"""Replay on a terminal: what keys do, driven by a sound that is wound by hand."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from tests.review_sample import LIBRARY, SECONDS, answer
from voice_coach.records import SAMPLE_RATE
from voice_coach.show.keyboard import END, LEFT, RIGHT
from voice_coach.show.player import LEAD_SECONDS, Goto, Player, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

ANSWER = answer()
RUBRIC = LIBRARY.rubric_for(LIBRARY.drill(ANSWER.drill))


class FakeSound:
    """Sound that goes on by `step` seconds each time it is asked where it is."""

    def __init__(self, at: float, step: float = 1.0) -> None:
        self.at = at
        self.step = step
        self.stopped = False

    @property
    def position(self) -> float:
        self.at = min(self.at + self.step, SECONDS)
        return self.at

    @property
    def done(self) -> bool:
        return self.stopped or self.at >= SECONDS

    def stop(self) -> None:
        self.stopped = True


def player() -> Player:
    return Player(ANSWER, RUBRIC, SECONDS)


def shown(view: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=80, _environ={})
    console.print(view)
    text: str = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO above
    return text


def led_to(act: object) -> float:
    assert isinstance(act, Goto)
    return act.at


@pytest.mark.parametrize(
    ("key", "at", "act"),
    [
        (" ", 3, "pause"),
        ("q", 3, "leave"),
        (LEFT, 12, Goto(7)),
        (LEFT, 2, Goto(0)),
        (RIGHT, 12, Goto(17)),
        (RIGHT, SECONDS - 1, Goto(SECONDS)),
        ("x", 3, None),
        (None, 3, None),
        ("", 3, None),
    ],
)
def test_keys_move_pause_and_leave(key: str | None, at: float, act: object) -> None:
    assert player().press(key, at) == act


def test_n_and_p_go_from_evidence_to_evidence() -> None:
    made = player()
    places = sorted({moment.at for moment in made.moments})
    at, seen = 0.0, []
    while isinstance(act := made.press("n", at), Goto):
        at = act.at
        seen.append(at + LEAD_SECONDS)
    assert seen == pytest.approx(places)
    assert led_to(made.press("p", places[2] + 0.5)) == pytest.approx(places[1] - LEAD_SECONDS)
    assert made.press("p", 0.5) == Goto(0)


def test_a_number_goes_to_the_ground_of_its_concept_and_round_again() -> None:
    made = player()
    first = next(moment.at for moment in made.moments if moment.concept == made.numbered[0])
    assert led_to(made.press("1", 0)) == pytest.approx(first - LEAD_SECONDS)
    assert led_to(made.press("1", first + 1)) == pytest.approx(first - LEAD_SECONDS)
    assert made.press("9", 0) is None or len(made.numbered) == 9


def test_the_word_that_is_heard_is_the_last_that_began() -> None:
    made = player()
    assert made.heard(0) is None
    word = ANSWER.transcript.words[40]
    assert made.heard((word.start or 0) / SAMPLE_RATE) == 40
    assert made.heard(SECONDS) == len(ANSWER.transcript.words) - 1


def test_the_view_shows_the_line_that_is_heard_and_what_the_keys_mean() -> None:
    made = player()
    word = ANSWER.transcript.words[100]
    text = shown(made.view((word.start or 0) / SAMPLE_RATE, 20, paused=True))
    assert word.text in text
    assert "paused" in text
    assert "1 " in text
    assert "space pauses" in text


def played(keys: Iterator[str | None]) -> tuple[list[float], int]:
    """Where sound was begun, and how many views were shown."""
    begun: list[float] = []
    views: list[RenderableType] = []

    def play(at: float) -> FakeSound:
        begun.append(at)
        return FakeSound(at)

    run(player(), play, lambda: next(keys), views.append, lambda: None, lambda: 24)
    return begun, len(views)


def test_it_plays_to_the_end_and_leaves_where_no_more_keys_come() -> None:
    begun, views = played(iter([END] * 100))
    assert begun == [0]
    assert views == SECONDS


def test_on_a_terminal_it_waits_at_the_end_and_space_begins_anew() -> None:
    begun, _ = played(iter([*[None] * 60, " ", None, "q"]))
    assert begun == [0, 0]


def test_pausing_goes_on_where_it_was_and_jumping_while_paused_stays_paused() -> None:
    begun, _ = played(iter([None, None, " ", None, RIGHT, None, " ", "q"]))
    assert begun == [0, 8]  # three seconds heard, five on
