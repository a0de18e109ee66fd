"""Drills to choose from, and one drill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from voice_coach.content.models import SECTIONS
from voice_coach.records import SAMPLE_RATE
from voice_coach.show.live import clock
from voice_coach.show.page import Fitting, Hanging, Page, sections, titles
from voice_coach.show.report import outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from voice_coach.content.models import Drill, Rubric

UNTRIED = "not tried"


def drills_table(drills: Sequence[Drill], tried: Mapping[str, str]) -> RenderableType:
    """Drills by section, in the order given.

    Args:
        drills: all to show.
        tried: drill id to a few words about the last attempt.
    """
    if not drills:
        return Page(Text("There are no drills."))
    return sections(
        [
            [
                Text(name, style="bold underline"),
                Fitting(_drills_wide(part, tried), _drills_narrow(part, tried)),
            ]
            for section, name in SECTIONS.items()
            if (part := [drill for drill in drills if drill.section == section])
        ]
    )


def drill_page(drill: Drill, rubric: Rubric, unlocked: bool) -> RenderableType:
    """One drill: the question, what it is judged by, and the outline if it was attempted before.

    Args:
        drill: which.
        rubric: what answers to it are checked against.
        unlocked: whether there was an attempt.
    """
    about = f"{drill.id}, {drill.level}, aim for {clock(drill.seconds * SAMPLE_RATE)}"
    return sections(
        [
            [
                Text(drill.title, style="bold underline"),
                Text(about),
                Text(SECTIONS[drill.section], style="dim"),
            ],
            [Text(drill.prompt, style="bold")],
            [Hanging("- ", Text(constraint)) for constraint in drill.constraints],
            [_heading("What the interviewer listens for"), Hanging("  ", Text(drill.listening_for))],
            [_heading("Required concepts, with their weights"), _requirements(drill, rubric)],
            _headed("Red flags", (flag.title for flag in rubric.red_flags)),
            [outline(drill, rubric=rubric)] if unlocked else _locked(drill),
        ]
    )


def _requirements(drill: Drill, rubric: Rubric) -> Table:
    """Must-haves first, then by weight."""
    title = titles(rubric)
    table = Table.grid(padding=(0, 2))
    for item in sorted(drill.concepts, key=lambda item: (not item.must_have, -item.weight)):
        name = Text(f"  {title.get(item.id, item.id)}")
        table.add_row(name, Text(f"{item.weight:g}"), Text("must-have" if item.must_have else ""))
    return table


def _drills_wide(drills: Sequence[Drill], tried: Mapping[str, str]) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=1)
    table.add_column(width=6)
    table.add_column(width=5, justify="right")
    table.add_column(width=22)
    for drill in drills:
        length = clock(drill.seconds * SAMPLE_RATE)
        name = Group(Hanging("  ", Text(drill.id, style="bold")), Hanging("    ", Text(drill.title)))
        table.add_row(name, Text(drill.level), Text(length), Text(tried.get(drill.id, UNTRIED)))
    return table


def _drills_narrow(drills: Sequence[Drill], tried: Mapping[str, str]) -> RenderableType:
    lines = []
    for drill in drills:
        about = f"{drill.level}, {clock(drill.seconds * SAMPLE_RATE)}, {tried.get(drill.id, UNTRIED)}"
        lines += [
            Hanging("  ", Text(drill.id, style="bold")),
            Hanging("    ", Text(f"{drill.title}\n{about}")),
        ]
    return Group(*lines)


def _locked(drill: Drill) -> list[RenderableType]:
    return [
        Text("The outline of a strong answer opens after your first attempt:"),
        Text(f"  voice-coach practice {drill.id}", style="bold"),
    ]


def _heading(text: str) -> Text:
    return Text(text, style="bold")


def _headed(heading: str, items: Iterable[str]) -> list[RenderableType]:
    """A heading and the items below it, or nothing where there are none."""
    lines = [Hanging("  ", Text(item)) for item in items]
    return [_heading(heading), *lines] if lines else []
