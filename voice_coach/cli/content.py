"""`drills`: what there is to practise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from voice_coach.cli import workshop
from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from voice_coach.content.models import Drill
    from voice_coach.history.archive import Row

app = typer.Typer(help="List the drills, show one, or write your own.", invoke_without_command=True)


@app.callback()
def drills(context: typer.Context, home: Home = None) -> None:
    """List the drills by section, with how you did last time and when they are due; `list` can narrow it."""
    if context.invoked_subcommand is None:
        list_drills(home=home)


@app.command("list")
def list_drills(
    section: Annotated[str | None, typer.Option(help="Only of this section, or its beginning.")] = None,
    level: Annotated[
        Literal["mid", "senior", "staff"] | None, typer.Option(help="Only of this level.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag.")] = None,
    concept: Annotated[str | None, typer.Option(help="Only those that require this concept.")] = None,
    untried: Annotated[bool, typer.Option("--untried", help="Only those without a graded answer.")] = False,
    weak: Annotated[
        bool, typer.Option("--weak", help="Only those whose last answer left a must-have unexplained.")
    ] = False,
    home: Home = None,
) -> None:
    """List the drills by section, with how you did last time and when they are due.

    What is due are concepts, in whatever drill they were asked for.
    """
    from voice_coach.cli import keeping
    from voice_coach.cli.choosing import Filters
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.errors import UsageError
    from voice_coach.history.archive import Archive
    from voice_coach.history.cards import cards
    from voice_coach.show.tables import Listed, drills_table

    library = Library(folder(home))
    wanted = Filters(section, level, tag, concept).fitting(library)
    with Archive(folder(home)) as archive:
        last = {row.drill: row for row in archive.rows()}
        known = cards(archive, keeping.limits(folder(home))).concepts
    tried = {name for name, row in last.items() if row.graded}
    if untried:
        wanted = [drill for drill in wanted if drill.id not in tried]
    if weak:
        wanted = [drill for drill in wanted if drill.id in tried and _weak(drill, last[drill.id])]
    if not wanted:
        raise UsageError("No drill is like that; `voice-coach drills` lists them all.")
    now = keeping.now()
    due = {concept: remembered.card.due for concept, remembered in known.items()}
    console().print(
        drills_table(
            [
                Listed(
                    drill,
                    library.own(drill),
                    _outcome(last[drill.id]) if drill.id in last else "",
                    _when(drill, due, now),
                )
                for drill in wanted
            ]
        )
    )


@app.command()
def show(
    drill: Annotated[str, typer.Argument(help="Its id, as `drills` lists it.")], home: Home = None
) -> None:
    """One drill: question, what is listened for, and after an attempt the outline of a strong answer."""
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive
    from voice_coach.show.tables import drill_page

    library = Library(folder(home))
    found = library.drill(drill)
    with Archive(folder(home)) as archive:
        unlocked = any(row.drill == found.id for row in archive.rows())
    console().print(drill_page(found, library.rubric_for(found), unlocked))


def _weak(drill: Drill, row: Row) -> bool:
    """Whether an answer left a must-have unexplained that nobody asked back about."""
    return any(
        item.must_have and row.verdicts.get(item.id, "explained") != "explained" for item in drill.concepts
    )


def _outcome(row: Row) -> str:
    """`7 + 1 of 11, 24 Nov`: explained unprompted, and only after a follow-up."""
    day = f"{row.asked_at.astimezone():%d %b}"
    if not row.graded:
        return f"not graded, {day}"
    explained = {concept for concept, verdict in row.verdicts.items() if verdict == "explained"}
    gained = {concept for concept, verdict in row.prompted.items() if verdict == "explained"} - explained
    more = f" + {len(gained)}" if gained else ""
    return f"{len(explained)}{more} of {len(row.verdicts)}, {day}"


def _when(drill: Drill, due: Mapping[str, datetime], now: datetime) -> str:
    """How many of the drill's concepts are due, else when the first will be; nothing where none was asked for."""
    days = [
        (due[item.id].astimezone(now.tzinfo).date() - now.date()).days
        for item in drill.concepts
        if item.id in due
    ]
    if not days:
        return ""
    if waiting := sum(day <= 0 for day in days):
        return f"{waiting} of {len(drill.concepts)} due now"
    return "due tomorrow" if min(days) == 1 else f"due in {min(days)} days"


workshop.register(app)


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(app, name="drills")
