"""`drills`: what there is to practise."""

from __future__ import annotations

from typing import Annotated

import typer

from voice_coach.cli import workshop
from voice_coach.cli.settings import Home, folder

app = typer.Typer(help="List the drills, show one, or write your own.", invoke_without_command=True)


@app.callback()
def drills(context: typer.Context, home: Home = None) -> None:
    """List the drills by section, with how you did last time."""
    if context.invoked_subcommand is None:
        _list(home)


@app.command("list")
def list_drills(home: Home = None) -> None:
    """The drills by section, with how you did last time."""
    _list(home)


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


def _list(home: Home) -> None:
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive
    from voice_coach.show.tables import drills_table

    tried: dict[str, str] = {}
    with Archive(folder(home)) as archive:
        for row in archive.rows():
            explained = sum(verdict == "explained" for verdict in row.verdicts.values())
            outcome = f"{explained} of {len(row.verdicts)}" if row.graded else "not graded"
            tried[row.drill] = f"{outcome}, {row.asked_at.astimezone():%d %b}"
    console().print(drills_table(Library(folder(home)).drills(), tried))


workshop.register(app)
