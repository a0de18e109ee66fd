"""`drills lint`, `schema`, `new` and `import`: drills of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from voice_coach.content.load import Library
    from voice_coach.workshop.lint import Linted

SCHEMA = "drill.schema.json"


def lint(
    path: Annotated[
        Path | None,
        typer.Argument(help="A drill file or a folder of them; without it all drills, shipped and your own."),
    ] = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Also judge the samples of each drill, which takes longer.")
    ] = False,
    home: Home = None,
) -> None:
    """Find everything that is wrong with drill files, with line and what to write instead.

    Leaves with 1 where there is a fault. An editor finds most of them while you write: see `drills schema`.
    """
    from voice_coach.cli.desk import judge
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.workshop.lint import SamplesCheck
    from voice_coach.workshop.lint import lint as linted

    library = Library(folder(home))
    core = library.core()
    check = SamplesCheck(judge(folder(home), core), library.rubric_for) if samples else None
    screen, files = console(), 0
    wrong: list[Linted] = []
    for paths in _groups(path, library):
        for found in linted(paths, core, check):
            files += 1
            wrong += [found] if found.faults else []
            for line in (*found.faults, *(f"{remark} (remark)" for remark in found.remarks)):
                screen.print(line, markup=False, soft_wrap=True)
    faults = sum(len(found.faults) for found in wrong)
    if wrong:
        screen.print(f"{_counted(faults, 'fault')} in {len(wrong)} of {_counted(files, 'file')}.")
        raise typer.Exit(1)
    screen.print(f"No fault in {_counted(files, 'file')}.")


def schema(home: Home = None) -> None:
    """Print a JSON Schema of drill files, for editors that complete and check YAML.

    Most take it from a first line `# yaml-language-server: $schema=FILE`, which `drills new` and `drills import`
    write.
    """
    import json

    from voice_coach.content.load import Library
    from voice_coach.content.schema import drill_schema

    typer.echo(json.dumps(drill_schema(Library(folder(home)).core()), indent=2, ensure_ascii=False))


def _groups(path: Path | None, library: Library) -> list[list[Path]]:
    """The files to look at, by the folder in which an id is unique.

    Raises:
        UsageError: there is nothing at the path.
    """
    from voice_coach.content.load import yaml_files
    from voice_coach.errors import UsageError

    if path is None:
        return [list(yaml_files(each)) for each in library.drill_folders()]
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder. Check the path.")
    files = list(yaml_files(path)) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{path} holds no drill: files end in .yaml or .yml.")
    return [files]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(lint)
    app.command()(schema)
