"""`drills lint`, `schema`, `new` and `import`: drills of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from voice_coach.content.load import Library
    from voice_coach.workshop.lint import Linted
    from voice_coach.workshop.markdown import Found


def lint(
    path: Annotated[
        Path | None,
        typer.Argument(help="A drill file or a folder of them; without it all drills, shipped and your own."),
    ] = None,
    samples: Annotated[
        bool | None,
        typer.Option(
            help="Also judge the samples of each drill, which takes a second or two a drill.",
            show_default="where PATH is a file",
        ),
    ] = None,
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
    groups = _groups(path, library)
    judged = (path is not None and path.is_file()) if samples is None else samples
    check = (
        SamplesCheck(judge(folder(home), core), library.rubric_for, demanded=bool(samples))
        if judged
        else None
    )
    screen, files = console(), 0
    wrong: list[Linted] = []
    for paths in groups:
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


def new(
    home: Home = None,
) -> None:
    """Write a drill of your own: answer a few questions, and get a commented file that can be practised at once."""
    from voice_coach.cli.asking import ask
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.workshop.draft import slug
    from voice_coach.workshop.new import new_drill

    library = Library(folder(home))
    core = library.core()
    answers = ask(
        core, {path.stem for path in _own(home).glob("*.yaml")}, {drill.id for drill in library.drills()}
    )
    path = _write(home, slug(answers.title), new_drill(answers, core), library)
    console().print(f"{path} is yours: mend it in an editor, or answer it now:", markup=False, soft_wrap=True)
    console().print(f"  voice-coach practice {path.stem}", style="bold")


def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE.md...", help="Markdown with one drill or several.")
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Write over files of the same name.")] = False,
    home: Home = None,
) -> None:
    """Turn drills in Markdown into drafts of drill files, with concepts proposed by the judge.

    A drill is recognised by its headings (Prompt or Question, Constraints, Interviewer is testing, Strong answer
    outline, Common failure, Key insight and their like), of any level or as lines in bold. What somebody should
    look at is marked `review:` in the draft.
    """
    from voice_coach.cli.desk import judge
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.errors import UsageError
    from voice_coach.workshop.imported import draft_of, id_of
    from voice_coach.workshop.lint import lint as linted

    library = Library(folder(home))
    core = library.core()
    found: dict[str, tuple[str, Found]] = {}
    for file in files:
        for drill in _found(file):
            name = id_of(drill)
            if name in found:
                raise UsageError(
                    f"{file}: a second drill would have the id `{name}`; give them different titles."
                )
            found[name] = (file.name, drill)
    taken = [str(path) for name in found if (path := _own(home) / f"{name}.yaml").exists()]
    if taken and not replace:
        raise UsageError(f"{', '.join(taken)} would be written over; add --replace, or rename.")
    judging = judge(folder(home), core)
    for name, (source, drill) in found.items():
        draft = draft_of(drill, core, judging, source)
        path = _write(home, name, draft.text, library)
        console().print(f"{path}: {_counted(draft.reviews, 'place')} to review", markup=False, soft_wrap=True)
        for fault in next(linted([path], core)).faults:
            console().print(f"  {fault}", markup=False, soft_wrap=True)


def _found(file: Path) -> list[Found]:
    """The drills in a Markdown file.

    Raises:
        UsageError: it cannot be read or holds none.
    """
    from voice_coach.errors import UsageError
    from voice_coach.workshop.markdown import read_drills

    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: the file cannot be read ({error}). Check the path.") from error
    drills = read_drills(text)
    if not drills:
        raise UsageError(f"{file} holds no drill: none of its headings is Prompt, Question or Scenario.")
    return drills


def _own(home: Path | None) -> Path:
    """The folder of the person's own drills."""
    return folder(home) / "drills"


def _write(home: Path | None, name: str, text: str, library: Library) -> Path:
    """Keep a drill among the person's own, with the schema beside it for their editor.

    Raises:
        UsageError: it cannot be written.
    """
    import json

    from voice_coach.content.schema import drill_schema
    from voice_coach.errors import UsageError
    from voice_coach.workshop.draft import SCHEMA

    path = _own(home) / f"{name}.yaml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / SCHEMA).write_text(json.dumps(drill_schema(library.core()), indent=2) + "\n", "utf-8")
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}); choose another folder with --home."
        ) from error
    return path


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
    app.command()(new)
    app.command("import")(import_)
