"""A walk: ten answers over three weeks, the clock as an argument, and what was proposed each day, and why.

pytest tests/test_walk.py -s    prints it
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.review_sample import LIBRARY, answer
from voice_coach.history.archive import Archive
from voice_coach.history.review import propose, review
from voice_coach.history.schedule import due
from voice_coach.records import Finding, Judgement
from voice_coach.show.due import why
from voice_coach.show.page import limiting

if TYPE_CHECKING:
    from pathlib import Path

    from voice_coach.content.models import Drill
    from voice_coach.records import Attempt, Verdict

START = datetime(2026, 1, 5, 18, 30, tzinfo=UTC)
DAYS = (0, 1, 2, 4, 5, 8, 9, 12, 16, 20)
LEARNT = {"grounding": 3, "cost": 2, "latency": 2, "evaluation": 4, "guardrails": 7, "monitoring": 5}
"""From which answer on a concept is explained; before, it is missed and then named. Others are explained from 1 on."""


def answered(drill: Drill, number: int, at: datetime) -> Attempt:
    """An answer by somebody who learns concept after concept."""
    findings = tuple(
        Finding(concept=need.id, verdict=verdict(need.id, number), confidence=0.8) for need in drill.concepts
    )
    judged = Judgement(rubric="core", findings=findings)
    return answer(number, drill.id, at, judgement=judged)


def verdict(concept: str, number: int) -> Verdict:
    learnt = LEARNT.get(concept, 1)
    return "explained" if number >= learnt else "named" if number == learnt - 1 else "missed"


def test_ten_answers_over_three_weeks(tmp_path: Path) -> None:
    drills = LIBRARY.drills()
    titles = {concept.id: concept.title for drill in drills for concept in LIBRARY.rubric_for(drill).concepts}
    titles |= {drill.id: drill.title for drill in drills}
    lines: list[str] = []
    asked: list[str] = []
    with Archive(tmp_path) as archive:
        for number, day in enumerate(DAYS):
            now = START + timedelta(days=day, minutes=7 * number)
            proposed = propose(archive, drills, now)
            assert list(proposed.waiting) == due(archive.rows(), now)
            lines.append(f"{now:%a %d %b}  {proposed.next.title}, because {proposed.next.reason}")
            lines += [
                f"            {titles.get(item.concept, item.concept)}: {why(item, titles, now)}"
                for item in proposed.waiting[:4]
            ]
            if more := len(proposed.waiting) - 4:
                lines += [f"            and {more} more"] if more > 0 else []
            if asked:
                assert proposed.next.drill != asked[-1]  # never the same twice in a row
            if proposed.waiting:
                held = {need.id for need in LIBRARY.drill(proposed.next.drill).concepts}
                assert held & {item.concept for item in proposed.waiting}
            asked.append(proposed.next.drill)
            archive.save(answered(LIBRARY.drill(proposed.next.drill), number, now))
        end = START + timedelta(days=21)
        counted = review(archive, drills, titles, end)
    assert counted.limit is None or limiting(counted.limit)
    lines.append(f"{end:%a %d %b}  " + (limiting(counted.limit) if counted.limit else "Nothing limits you."))
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    # A concept that was missed on the first day came back in another drill within two days.
    missed = {need.id for need in LIBRARY.drill(asked[0]).concepts if verdict(need.id, 0) == "missed"}
    back = {need.id for drill in asked[1:3] for need in LIBRARY.drill(drill).concepts}
    assert missed
    assert missed & back
    assert len(set(asked)) >= 6
    assert counted.attempts == len(DAYS)
