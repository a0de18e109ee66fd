"""The report on a mock interview: all answers together first, then each by itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from voice_coach.records import VERDICTS
from voice_coach.show.page import SIGNS, STYLES, Hanging, Page, listed, sections, titles
from voice_coach.show.report import attempt_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Attempt

Answered = tuple["Attempt", "Drill", "Rubric"]


def interview_report(answers: Sequence[Answered]) -> RenderableType:
    """One report over several answers.

    Args:
        answers: in the order given, each with its drill and rubric; at least one.
    """
    each = [
        piece
        for number, (attempt, drill, rubric) in enumerate(answers, start=1)
        for piece in (
            Rule(Text(f"Answer {number} of {len(answers)}"), align="left", style="dim"),
            attempt_report(attempt, drill, rubric),
            Text(),
        )
    ]
    return Page(
        sections(
            [
                [Text("Your interview", style="bold underline"), _overall(answers)],
                [_lines(answers)],
                _lost(answers),
            ]
        ),
        Text(),
        *each[:-1],
    )


def _overall(answers: Sequence[Answered]) -> Text:
    counts: Counter[str] = Counter()
    for attempt, _, _ in answers:
        counts.update(attempt.judgement.coverage)
    total = sum(counts.values())
    if not total:
        return Text("None of your answers could be graded; nothing counts as missed.", style="bold yellow")
    gained = sum(len(attempt.gained) for attempt, _, _ in answers)
    parts = [f"{counts['explained']} of {total} concepts explained unprompted"]
    if gained:
        parts.append(f"{gained} more after follow-ups")
    parts += [f"{counts[verdict]} {verdict}" for verdict in VERDICTS[1:] if counts[verdict]]
    return Text(", ".join(parts), style="bold")


def _lines(answers: Sequence[Answered]) -> Table:
    """A line for each answer: coverage, what follow-ups added, and the must-haves that were not explained."""
    table = Table.grid(padding=(0, 2))
    for attempt, drill, rubric in answers:
        table.add_row(Text(f"  {drill.title}"), _coverage(attempt), _must_haves(attempt, drill, rubric))
    return table


def _coverage(attempt: Attempt) -> Text:
    if not attempt.judgement.graded:
        return Text("not graded", style="yellow")
    more = f" + {len(attempt.gained)}" if attempt.gained else ""
    return Text(f"{attempt.judgement.coverage['explained']}{more} of {len(attempt.judgement.verdicts)}")


def _must_haves(attempt: Attempt, drill: Drill, rubric: Rubric) -> Text:
    title = titles(rubric)
    musts = {item.id for item in drill.concepts if item.must_have}
    short = [
        title.get(concept, concept)
        for concept, verdict in attempt.judgement.verdicts.items()
        if concept in musts and verdict != "explained"
    ]
    return Text(f"without {listed(short)}", style="yellow") if short else Text("")


def _lost(answers: Sequence[Answered]) -> list[RenderableType]:
    """Concepts that were not explained in more than one answer, the most frequent first."""
    lost: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    title: dict[str, str] = {}
    for attempt, _, rubric in answers:
        title |= titles(rubric)
        for concept, verdict in attempt.judgement.verdicts.items():
            asked[concept] += 1
            lost[concept] += verdict != "explained"
    often = [concept for concept, count in lost.most_common() if count > 1]
    if not often:
        return []
    heading = Text.assemble(
        (f"{SIGNS['missed']} ", STYLES["missed"]), ("Not explained more than once", "bold")
    )
    return [
        heading,
        *(
            Hanging(
                "  ", Text(f"{title.get(concept, concept)}: {lost[concept]} of {asked[concept]} times asked")
            )
            for concept in often
        ),
    ]
