from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.content.models import Drill, Requirement
from voice_coach.history.rows import Row
from voice_coach.history.schedule import DEFAULT, Limits, due, next_drill, streak
from voice_coach.records import VERDICTS, Due, Verdict

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
AHEAD = timedelta(hours=DEFAULT.ahead_hours)
LATER = START + timedelta(days=36_500)


def drill(drill_id: str, **weights: float) -> Drill:
    return Drill(
        id=drill_id,
        title=drill_id,
        section="system-design",
        level="mid",
        prompt="How would you build it?",
        listening_for="Parts.",
        concepts=tuple(Requirement(id=concept, weight=weight) for concept, weight in weights.items()),
        outline=(),
        seconds=120,
    )


def row(days: float, drill_id: str = "a", *, graded: bool = True, **verdicts: Verdict) -> Row:
    asked_at = START + timedelta(days=days)
    return Row(f"{drill_id}-{days}", drill_id, asked_at, graded=graded, verdicts=verdicts)


def prompted(first: Row, **verdicts: Verdict) -> Row:
    """The same answer with what was said after a follow-up."""
    return replace(first, prompted=verdicts)


def wait(*rows: Row) -> timedelta:
    """How long after the last of these attempts their one concept is due."""
    (only,) = due(rows, LATER)
    return only.due_at - rows[-1].asked_at


def test_nothing_attempted_is_never_due() -> None:
    assert due([], LATER) == []


def test_what_was_missed_is_due_a_day_later_and_not_at_once() -> None:
    rows = [row(0, cost="missed")]
    assert due(rows, START) == []
    assert due(rows, START + timedelta(days=1)) == [
        Due(concept="cost", due_at=START + timedelta(days=1), drill="a", asked_at=START, verdict="missed")
    ]


def test_practice_at_about_the_same_hour_each_day_finds_what_falls_due_that_day() -> None:
    rows = [row(0, cost="missed")]
    tomorrow = START + timedelta(days=1)
    assert due(rows, tomorrow - AHEAD)
    assert not due(rows, tomorrow - AHEAD - timedelta(seconds=1))


def test_the_better_a_review_the_longer_the_wait() -> None:
    earlier = row(0, "a", cost="explained")
    missed = wait(earlier, row(4, "a", cost="missed"))
    named = wait(earlier, row(4, "a", cost="named"))
    same_drill = wait(earlier, row(4, "a", cost="explained"))
    other_drill = wait(earlier, row(4, "b", cost="explained"))
    assert missed < named < same_drill < other_drill
    assert wait(earlier, row(4, "a", cost="dismissed")) == missed


def test_explained_only_after_a_follow_up_counts_as_named() -> None:
    assert wait(row(0, cost="explained"), prompted(row(4, cost="missed"), cost="explained")) == wait(
        row(0, cost="explained"), row(4, cost="named")
    )


@pytest.mark.parametrize("after", ["named", "dismissed", "missed"])
def test_not_explained_even_after_a_follow_up_counts_as_missed(after: Verdict) -> None:
    assert wait(row(0, cost="explained"), prompted(row(4, cost="missed"), cost=after)) == wait(
        row(0, cost="explained"), row(4, cost="missed")
    )


def test_a_follow_up_takes_nothing_from_what_was_explained_before_it() -> None:
    assert wait(prompted(row(0, cost="explained"), cost="explained")) == wait(row(0, cost="explained"))


def test_a_concept_lost_again_must_be_explained_in_two_drills_anew() -> None:
    lost = (row(0, "a", cost="explained"), row(4, "a", cost="missed"))
    assert wait(*lost, row(8, "b", cost="explained")) < wait(
        row(0, "a", cost="missed"), row(4, "a", cost="explained"), row(8, "b", cost="explained")
    )


def test_attempts_that_were_not_graded_move_nothing() -> None:
    rows = [row(0, cost="explained")]
    assert due([*rows, row(1, graded=False, cost="missed")], LATER) == due(rows, LATER)


def test_the_longest_due_comes_first() -> None:
    rows = [row(0, rollout="missed", cost="explained"), row(0.5, latency="missed")]
    assert [item.concept for item in due(rows, LATER)] == ["rollout", "latency", "cost"]


def test_times_of_any_zone_are_the_same_moment() -> None:
    there = timezone(timedelta(hours=-7))
    moved = Row("x", "a", START.astimezone(there), graded=True, verdicts={"cost": "missed"})
    assert due([moved], LATER.astimezone(there)) == due([row(0, cost="missed")], LATER)


def test_the_drill_in_which_due_concepts_weigh_most_is_next() -> None:
    light, heavy = drill("light", cost=1, latency=1, rollout=3), drill("heavy", cost=3, rollout=1)
    rows = [row(0, "a", cost="missed", latency="missed")]
    chosen, reason = next_drill([light, heavy], rows, START + timedelta(days=1))
    assert chosen == heavy
    assert reason == "1 of its 2 concepts is due again"


def test_the_reason_counts_due_concepts_and_names_none() -> None:
    only = drill("only", cost=1, latency=1, rollout=1)
    rows = [row(0, "a", cost="missed", latency="missed")]
    _, reason = next_drill([only], rows, START + timedelta(days=1))
    assert reason == "2 of its 3 concepts are due again"


def test_another_drill_than_the_last_is_preferred_even_where_less_is_due() -> None:
    last, other = drill("last", cost=3, latency=3), drill("other", cost=1)
    rows = [row(0, "last", cost="missed", latency="missed")]
    tomorrow = START + timedelta(days=1)
    assert next_drill([last, other], rows, tomorrow)[0] == other
    assert next_drill([last], rows, tomorrow)[0] == last


def test_of_drills_in_which_as_much_is_due_the_one_that_waited_longest_is_next() -> None:
    drills = [drill("a", cost=1), drill("b", cost=1), drill("c", cost=1)]
    rows = [row(0, "b", cost="missed"), row(0.1, "a", cost="missed"), row(0.2, "c", cost="missed")]
    assert next_drill(drills, rows, START + timedelta(days=2))[0].id == "b"
    assert next_drill(drills, rows[1:], START + timedelta(days=2))[0].id == "b"


def test_where_nothing_is_due_the_first_untried_is_next() -> None:
    drills = [drill("a", cost=1), drill("b", latency=1), drill("c", rollout=1)]
    assert next_drill(drills, [], START) == (drills[0], "you have not tried it yet")
    assert next_drill(drills, [row(0, "a", cost="missed")], START) == (drills[1], "you have not tried it yet")


def test_an_attempt_that_was_not_graded_is_no_try() -> None:
    drills = [drill("a", cost=1), drill("b", latency=1)]
    assert next_drill(drills, [row(0, "a", graded=False)], START)[0].id == "a"


def test_where_all_were_tried_and_nothing_is_due_the_one_practised_longest_ago_is_next() -> None:
    drills = [drill("a", cost=1), drill("b", latency=1)]
    rows = [row(0, "b", latency="missed"), row(0.1, "a", cost="missed"), row(0.2, "a", cost="missed")]
    assert next_drill(drills, rows, rows[-1].asked_at) == (drills[1], "you practised it longest ago")


def test_due_concepts_that_no_drill_asks_for_are_passed_over() -> None:
    drills = [drill("a", cost=1)]
    rows = [row(0, "gone", rollout="missed")]
    assert next_drill(drills, rows, START + timedelta(days=3)) == (drills[0], "you have not tried it yet")


def test_a_due_concept_counts_in_another_drill_than_the_one_it_was_last_asked_in() -> None:
    drills = [drill("a", cost=3), drill("b", cost=1), drill("c", rollout=1)]
    rows = [row(0, "a", cost="missed"), row(0.1, "c", rollout="explained")]
    assert next_drill(drills, rows, START + timedelta(days=1))[0].id == "b"


def test_the_longest_wait_and_the_number_due_at_once_can_be_limited() -> None:
    rows = [row(day, name, cost="explained", latency="explained") for day, name in ((0, "a"), (9, "b"))]
    free = max(item.due_at for item in due(rows, LATER)) - rows[-1].asked_at
    assert free > timedelta(days=14)
    short = Limits(longest_days=14, most_due=1)
    assert [item.due_at - rows[-1].asked_at for item in due(rows, LATER, short)] == [timedelta(days=14)]
    sooner = Limits(retention=0.97)
    assert max(item.due_at for item in due(rows, LATER, sooner)) < max(
        item.due_at for item in due(rows, LATER)
    )


@pytest.mark.parametrize(
    ("days", "count"),
    [((), 0), ((0,), 1), ((-1,), 1), ((-2,), 0), ((0, -1, -2, -4), 3), ((-1, -2), 2), ((0, 0.1), 1)],
)
def test_a_streak_counts_days_in_a_row_up_to_today_or_yesterday(days: tuple[float, ...], count: int) -> None:
    assert streak([row(day) for day in days], START) == count


def test_a_day_begins_where_the_person_is() -> None:
    late = [row(0), row(0.6)]  # 9:00 and 23:24 UTC on the same day
    assert streak(late, START + timedelta(hours=15)) == 1
    east = timezone(timedelta(hours=8))
    assert streak(late, (START + timedelta(hours=15)).astimezone(east)) == 2


history = st.lists(
    st.tuples(
        st.floats(0, 100),
        st.sampled_from(["a", "b", "c"]),
        st.dictionaries(st.sampled_from(["cost", "latency"]), st.sampled_from(VERDICTS)),
        st.dictionaries(st.sampled_from(["cost", "latency", "rollout"]), st.sampled_from(VERDICTS)),
    ),
    max_size=20,
)


@given(history)
def test_a_review_never_leaves_a_concept_due_within_the_same_day(
    answers: list[tuple[float, str, dict[str, Verdict], dict[str, Verdict]]],
) -> None:
    rows = [
        replace(row(day, name), verdicts=verdicts, prompted=after)
        for day, name, after, verdicts in sorted(answers, key=lambda a: a[0])
    ]
    last = {concept: item.asked_at for item in rows for concept in item.verdicts}
    times = {item.concept: item.due_at for item in due(rows, LATER + timedelta(days=36_500))}
    assert times.keys() == last.keys()
    assert all(times[concept] - last[concept] >= timedelta(days=1) for concept in last)
    assert times == {item.concept: item.due_at for item in due(rows, LATER + timedelta(days=36_500))}


@pytest.mark.parametrize("module", ["archive", "tally", "schedule", "cards"])
def test_importing_does_not_load_the_scheduler(module: str) -> None:
    code = f"import sys, voice_coach.history.{module}; sys.exit('fsrs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
