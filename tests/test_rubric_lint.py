"""What lint says of a rubric that is weak, and which cues a file may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.content_sample import CORE, write
from voice_coach.check.cues import parse
from voice_coach.content.models import Cue
from voice_coach.content.rubric_lint import lint_rubric
from voice_coach.errors import ContentError

if TYPE_CHECKING:
    from pathlib import Path


def test_an_utterance_that_is_there_twice_is_named_whatever_it_earns(tmp_path: Path) -> None:
    once, twice = "explained: [under a second]", "explained: [under a second]\n      named: [Under  a second]"
    path = write(tmp_path / "core.yaml", CORE.replace(once, twice))
    assert (
        f"{path}:21: concepts[1].examples.named[0]: is there already; keep it once."
        in lint_rubric(path).sentences()
    )


def test_too_few_examples_and_missing_samples_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "core.yaml", CORE)
    said = lint_rubric(path).sentences()
    assert any("concepts[1].examples.explained: has 1 of the 12 utterances" in sentence for sentence in said)
    assert any("samples: is missing" in sentence for sentence in said)


@given(st.text("ab*#|=- é1\u2019'", min_size=1).filter(str.strip))
@example("under # ms")
@example("cut-off|limit * x")
@example("* a")
@example("a|")
def test_a_file_may_hold_the_cues_that_can_be_read(pattern: str) -> None:
    assert _taken(pattern) == _read(pattern.strip())


def _taken(pattern: str) -> bool:
    try:
        TypeAdapter(Cue).validate_python(pattern)
    except ValidationError:
        return False
    return True


def _read(pattern: str) -> bool:
    try:
        parse(pattern)
    except ContentError:
        return False
    return True
