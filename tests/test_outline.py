"""What a drill's outline adds to a judgement, and that it invents nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_check import ANSWER, CORE, JUDGE
from voice_coach.check import outline
from voice_coach.check.outline import Outline
from voice_coach.check.reader import VERDICTS_READ
from voice_coach.check.trial import transcript_of
from voice_coach.content.load import Library
from voice_coach.content.models import OutlinePoint

PARTS = st.lists(st.floats(1e-6, 1), min_size=len(VERDICTS_READ), max_size=len(VERDICTS_READ))
POINT = OutlinePoint(
    concept="monitoring",
    point="Answer a small share twice and compare; too many differences close that kind of case.",
)
DRILLS = {drill.id: drill for drill in Library().drills()}


@given(PARTS, st.floats(0, 1))
def test_what_is_lifted_stays_a_distribution_and_only_silence_loses(
    parts: list[float], likely: float
) -> None:
    own = np.array([parts]) / sum(parts)
    lifted = outline.lifted(own, np.array([likely]))
    assert lifted.sum() == pytest.approx(1)
    assert (lifted[0, 1:] >= own[0, 1:] - 1e-9).all()
    # What it does, if it speaks to the concept at all, is not the outline's to say.
    assert lifted[0, 1:] / lifted[0, 1:].sum() == pytest.approx(own[0, 1:] / own[0, 1:].sum())


def test_a_stretch_speaks_to_the_concept_whose_point_it_is_most_like() -> None:
    points = np.eye(3, 4, dtype=np.float32)
    windows = np.array([[1, 0, 0, 0], [0.7, 0.7, 0, 0], [0, 0, 0, 1]], np.float32)
    says = outline.said(Outline(("cost", "latency", "cost"), points), windows)
    assert set(says) == {"cost", "latency"}
    assert says["cost"][0] > 0.9 > says["cost"][1] > says["latency"][0]
    assert says["cost"][2] < 0.01


@pytest.mark.parametrize(
    ("name", "concept", "text"),
    [
        (
            "evaluate-outputs",
            "human-in-the-loop",
            (
                "two hundred calls with a list of facts for each one and a judge that says yes or no per fact and the "
                "hour a week i have of the managers goes into ten blind pairs of old and new and into those where the "
                "code and the judge disagree"
            ),
        ),
        ("sampling-and-repeatability", "rollout", ""),
        ("maths-tutor-for-pupils", "grounding", ""),
    ],
)
def test_a_point_said_in_other_words_counts(name: str, concept: str, text: str) -> None:
    """Where there is no text the drill's paraphrase is taken."""
    drill, rubric = DRILLS[name], Library().rubric_for(DRILLS[name])
    assert drill.samples is not None
    found = [
        JUDGE.judge(transcript_of(text or drill.samples.paraphrase), one, question=drill.question).verdicts[
            concept
        ]
        for one in (rubric.model_copy(update={"outline": ()}), rubric)
    ]
    assert found[0] != "explained"
    assert found[1] == "explained"


def test_what_was_not_said_is_not_found() -> None:
    with_point = CORE.model_copy(
        update={"outline": (POINT.model_copy(update={"concept": "human-in-the-loop"}),)}
    )
    assert JUDGE.judge(transcript_of(ANSWER), with_point).verdicts["human-in-the-loop"] == "missed"


@pytest.mark.parametrize("name", ["semantic-caching", "support-email-drafts", "judge-you-can-trust"])
def test_talk_about_something_else_says_nothing_of_any_outline(name: str) -> None:
    text = (
        "we were three weeks by the sea and every second day someone checked the boat and if the rope was worn it was "
        "changed at once and my uncle who paid for it all wrote each litre of fuel in a small book with a pencil"
    )
    drill = DRILLS[name]
    judgement = JUDGE.judge(transcript_of(text), Library().rubric_for(drill), question=drill.question)
    assert set(judgement.verdicts.values()) == {"missed"}


def test_a_prompt_read_out_earns_nothing_and_breaks_nothing() -> None:
    # With concepts of its own, so that likeness is measured where no stretch is left.
    drill = DRILLS["back-office-agent"]
    assert drill.own_concepts
    judgement = JUDGE.judge(
        transcript_of(drill.question), Library().rubric_for(drill), question=drill.question
    )
    assert set(judgement.verdicts.values()) == {"missed"}
