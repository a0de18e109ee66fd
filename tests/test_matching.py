"""Concepts that nothing was trained on: likeness to a rubric's own examples."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_check import JUDGE
from voice_coach.check.cues import CueSet
from voice_coach.check.matching import MORE, NEAR, Ready, Target, matched, speaking
from voice_coach.check.reader import FLAGS, STANCES_READ, VERDICTS_READ, WIDTH, Stretches
from voice_coach.check.text import stem
from voice_coach.check.trial import agreement, transcript_of, trial
from voice_coach.content.load import read_rubric
from voice_coach.records import Span

INCIDENT = read_rubric(Path(__file__).parent / "data" / "incident-response.yaml")
AXES = np.eye(3, WIDTH, dtype=np.float32)
NONE = np.zeros((0, WIDTH), np.float32)


def stretches(*stances: str) -> Stretches:
    """One word each, each surely doing one thing with whatever it speaks to."""
    stance = np.full((len(stances), len(STANCES_READ)), 0.01)
    for row, name in zip(stance, stances, strict=True):
        row[STANCES_READ.index(name)] = 1 - 0.01 * (len(STANCES_READ) - 1)
    spans = tuple(Span(first=at, stop=at + 1) for at in range(len(stances)))
    nothing = np.zeros((len(stances), 15, len(VERDICTS_READ)))
    return Stretches(spans, nothing, np.zeros((len(stances), len(FLAGS))), stance)


def rubric(*near_misses: int) -> Ready:
    """Two concepts, each with one example; texts like the axes of `near_misses` are none of the first."""
    missed = AXES[list(near_misses)]
    targets = {
        "first": Target(CueSet(["apple"]), AXES[:1], missed, AXES[:1]),
        "second": Target(CueSet(["pear"]), AXES[1:2], NONE, AXES[1:2]),
    }
    return Ready(targets, frozenset(targets), np.zeros((WIDTH, 2)))


def test_a_stretch_does_for_the_concept_it_is_like_what_its_stance_says() -> None:
    found = matched(rubric(), AXES, ["a", "b", "c"], stretches("explained", "dismissed", "explained"))
    for concept, row, verdict in (("first", 0, "explained"), ("second", 1, "dismissed")):
        assert found[concept].own[row, VERDICTS_READ.index(verdict)] > 0.9
        assert found[concept].own[1 - row, 0] > 0.9  # the other one's stretch says nothing of it
        assert found[concept].own[2, 0] > 0.9
        assert len(found[concept].more) == len(MORE)


def test_what_is_as_like_a_near_miss_as_any_example_is_none() -> None:
    found = matched(rubric(0), AXES, ["a", "b", "c"], stretches("explained", "explained", "explained"))
    assert found["first"].own[0, 0] == 1


def test_a_cue_in_the_words_makes_likelier_what_is_unclear() -> None:
    between = (AXES[:1] + AXES[1:2]) / np.sqrt(2).astype(np.float32)
    plain = matched(rubric(), between, ["word"], stretches("explained"))["first"].own[0, 1]
    cued = matched(rubric(), between, ["apples"], stretches("explained"))["first"].own[0, 1]
    assert cued > plain > matched(rubric(), between, ["pears"], stretches("explained"))["first"].own[0, 1]


def test_no_stretch_says_nothing() -> None:
    found = matched(rubric(), NONE, [], stretches())
    assert found["first"].own.shape == (0, len(VERDICTS_READ))
    assert np.isfinite(found["first"].more).all()


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=5), st.floats(-1, 1))
def test_likelier_speaks_what_is_more_alike(like: list[float], rival: float) -> None:
    ordered = np.sort(np.array(like))
    found = speaking(ordered, [np.full(len(like), rival)], NEAR)
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_a_rubric_outside_ai_is_understood_without_training() -> None:
    """The head learnt from other fields; the samples were written apart from the examples."""
    outcomes = trial(INCIDENT, JUDGE)
    explained = agreement(outcomes).f1
    assert explained is not None
    assert explained > 0.7


@pytest.mark.parametrize("text", ["the weather was fine and we took the train to the lake with the children"])
def test_talk_about_something_else_earns_nothing_from_it(text: str) -> None:
    judgement = JUDGE.judge(transcript_of(text), INCIDENT)
    assert {finding.verdict for finding in judgement.findings} == {"missed"}


def test_words_have_the_same_stem_whoever_asks_at_once() -> None:
    words = [text for sample in INCIDENT.samples for text in sample.text.split()] * 5
    alone = [stem.__wrapped__(word) for word in words]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(stem.__wrapped__, words)) == alone
