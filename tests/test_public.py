"""The outside check reads both layouts of public short answers and scores as its papers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.benchmarks.bench_public import Question, overlap, questions, ranked, weighted_f1

if TYPE_CHECKING:
    from pathlib import Path

FEEDBACK = """<question id="1"><questionText>Why is it wet? </questionText>
<referenceAnswers><referenceAnswer id="a">It
rained.</referenceAnswer></referenceAnswers><studentAnswers>
<studentAnswer id="1"><response>It rained.</response><response_feedback>Yes.</response_feedback><score>1</score>
<verification_feedback>Correct</verification_feedback></studentAnswer>
<studentAnswer id="2"><response>Rain, perhaps.</response><score>0.5</score>
<verification_feedback>Partially correct</verification_feedback></studentAnswer>
<studentAnswer id="3"><response> </response><verification_feedback>Incorrect</verification_feedback></studentAnswer>
</studentAnswers></question>"""
SEMEVAL = """<questions><question id="1"><questionText>Why is it wet?</questionText>
<referenceAnswers><referenceAnswer id="a">It rained.</referenceAnswer></referenceAnswers><studentAnswers>
<studentAnswer id="1" accuracy="correct">It rained.</studentAnswer>
<studentAnswer id="2" accuracy="partially_correct_incomplete">Rain, perhaps.</studentAnswer>
</studentAnswers></question></questions>"""


@pytest.mark.parametrize("text", [FEEDBACK, SEMEVAL], ids=["SAF", "SemEval-2013"])
def test_both_layouts_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.xml").write_text(text)
    assert list(questions(tmp_path)) == [
        Question("Why is it wet?", ("It rained.",), (("It rained.", True), ("Rain, perhaps.", False)))
    ]


def test_a_file_without_questions_is_named(tmp_path: Path) -> None:
    (tmp_path / "other.xml").write_text("<notes/>")
    with pytest.raises(ValueError, match=r"other\.xml"):
        list(questions(tmp_path))


def test_figures_are_those_of_a_small_case() -> None:
    truth = np.array([True, True, False, False])
    assert weighted_f1(truth, np.array([True, False, False, False])) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert ranked(truth, np.array([0.9, 0.4, 0.4, 0.1])) == 0.875
    assert overlap("Heavy rain fell", ["It was heavy rain", "Snow"]) == 1
    assert overlap("Nothing", ["It was heavy rain"]) == 0
