"""Drills to choose from, and one drill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from voice_coach.content.models import SECTIONS
from voice_coach.records import SAMPLE_RATE
from voice_coach.show.page import Fitting, Hanging, clock, sections, titles
from voice_coach.show.report import outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from voice_coach.content.models import Drill, Rubric

UNTRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Listed:
    """A drill in the list: whether it is the person's `own`, and in a few words the `last` result and when it is `due`.

    Both are empty where there is nothing to say.
    """

    drill: Drill
    own: bool = False
    last: str = ""
    due: str = ""


def drills_table(entries: Sequence[Listed]) -> RenderableType:
    """Drills by section, in the order given; at least one."""
    parts: list[list[RenderableType]] = [
        [Text(name, style="bold underline"), Fitting(_drills_wide(part), _drills_narrow(part))]
        for section, name in SECTIONS.items()
        if (part := [entry for entry in entries if entry.drill.section == section])
    ]
    if any(entry.own for entry in entries):
        parts.append([Text("* your own")])
    return sections(parts)


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


def _drills_wide(entries: Sequence[Listed]) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=1)
    table.add_column(width=6)
    table.add_column(width=5, justify="right")
    table.add_column(width=22)
    for entry in entries:
        length = clock(entry.drill.seconds * SAMPLE_RATE)
        name = Group(_id(entry), Hanging("    ", Text(entry.drill.title)))
        how = Group(Text(entry.last or UNTRIED), Text(entry.due, style="dim"))
        table.add_row(name, Text(entry.drill.level), Text(length), how)
    return table


def _drills_narrow(entries: Sequence[Listed]) -> RenderableType:
    lines: list[RenderableType] = []
    for entry in entries:
        length = clock(entry.drill.seconds * SAMPLE_RATE)
        facts = filter(None, (entry.drill.level, length, entry.last or UNTRIED, entry.due))
        lines += [_id(entry), Hanging("    ", Text(f"{entry.drill.title}\n{', '.join(facts)}"))]
    return Group(*lines)


def _id(entry: Listed) -> RenderableType:
    return Hanging("* " if entry.own else "  ", Text(entry.drill.id, style="bold"))


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
