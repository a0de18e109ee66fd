from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from voice_coach.history.archive import Row
from voice_coach.history.tally import tally
from voice_coach.records import VERDICTS, Verdict

if TYPE_CHECKING:
    from random import Random

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CONCEPTS = ("cost", "latency", "rollout", "grounding")


def row(day: int, *, graded: bool = True, flags: tuple[str, ...] = (), **verdicts: Verdict) -> Row:
    asked_at = START + timedelta(days=day)
    return Row(f"a{day}", "drill", asked_at, graded, verdicts=verdicts, red_flags=flags)


def test_nothing_attempted_counts_nothing() -> None:
    counted = tally([], {})
    assert (counted.attempts, counted.not_graded, counted.concepts, counted.red_flags) == (0, 0, (), ())


def test_each_verdict_is_counted_and_the_last_asking_is_known() -> None:
    rows = [
        row(0, cost="missed"),
        row(1, cost="named"),
        row(2, cost="explained"),
        row(3, cost="dismissed"),
        row(4, cost="explained"),
        row(5, latency="explained"),
    ]
    cost = next(concept for concept in tally(rows, {"cost": "Cost"}).concepts if concept.concept == "cost")
    assert (cost.explained, cost.named, cost.dismissed, cost.missed) == (2, 1, 1, 1)
    assert cost.title == "Cost"
    assert cost.last_asked == START + timedelta(days=4)


def test_most_missed_comes_first_then_the_more_often_missed_then_by_id() -> None:
    rows = [
        row(0, latency="missed", cost="explained", rollout="dismissed", grounding="missed"),
        row(1, latency="missed", cost="missed", rollout="missed"),
        row(2, latency="named", cost="explained", rollout="explained"),
    ]
    # grounding 1/1; latency and rollout 2/3; cost 1/3
    assert [concept.concept for concept in tally(rows, {}).concepts] == [
        "grounding",
        "latency",
        "rollout",
        "cost",
    ]


def test_of_equal_shares_the_one_lost_more_often_comes_first() -> None:
    rows = [row(0, cost="missed", rollout="missed"), row(1, rollout="dismissed")]
    assert [concept.concept for concept in tally(rows, {}).concepts] == ["rollout", "cost"]


def test_a_concept_without_a_title_goes_by_its_id() -> None:
    assert tally([row(0, cost="named")], {"latency": "Latency"}).concepts[0].title == "cost"


def test_attempts_that_were_not_graded_are_counted_apart_and_nowhere_else() -> None:
    counted = tally(
        [row(0, graded=False, flags=("prompt-only",), cost="missed"), row(1, latency="named")], {}
    )
    assert (counted.attempts, counted.not_graded) == (2, 1)
    assert [concept.concept for concept in counted.concepts] == ["latency"]
    assert counted.red_flags == ()


def test_a_red_flag_counts_once_per_attempt_that_raised_it() -> None:
    rows = [row(0, flags=("prompt-only", "prompt-only")), row(1, flags=("prompt-only", "no-evaluation"))]
    flags = tally(rows, {"prompt-only": "Prompt alone"}).red_flags
    assert [(flag.id, flag.title, flag.attempts, flag.last_attempt) for flag in flags] == [
        ("prompt-only", "Prompt alone", 2, "a1"),
        ("no-evaluation", "no-evaluation", 1, "a1"),
    ]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.dictionaries(st.sampled_from(CONCEPTS), st.sampled_from(VERDICTS))),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_every_verdict_of_a_graded_attempt_is_counted_once_in_any_order(
    answers: list[tuple[bool, dict[str, Verdict]]], random: Random
) -> None:
    rows = [
        replace(row(day, graded=graded), verdicts=verdicts) for day, (graded, verdicts) in enumerate(answers)
    ]
    counted = tally(rows, {})
    assert sum(concept.asked for concept in counted.concepts) == sum(
        len(verdicts) for graded, verdicts in answers if graded
    )
    lost = [(concept.missed + concept.dismissed) / concept.asked for concept in counted.concepts]
    assert lost == sorted(lost, reverse=True)
    random.shuffle(rows)
    assert tally(rows, {}) == counted
