"""`due`, `history`, `forget`, `export` and `import`: what comes next, and looking after what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive
    from voice_coach.show.anki import Lost

app = typer.Typer(help="Look after what is kept.", no_args_is_help=True)


def due(
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False, home: Home = None
) -> None:
    """What is due again and why, and the drill that comes next.

    Plain [bold]voice-coach[/] starts that drill. The names of concepts that are due are shown: whoever wants to
    be surprised starts without looking.
    """
    from voice_coach.cli import keeping
    from voice_coach.cli.screen import console, print_json
    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive
    from voice_coach.history.review import propose
    from voice_coach.show.due import due_json, due_page

    library = Library(folder(home))
    now = keeping.now()
    with Archive(folder(home)) as archive:
        proposed = propose(archive, library.drills(), now, keeping.limits(folder(home)))
    titles = keeping.titles_of(library) | {drill.id: drill.title for drill in library.drills()}
    if as_json:
        print_json(due_json(proposed))
    else:
        console().print(due_page(proposed, titles, now))


@app.command("list")
def list_(
    drill: Annotated[str | None, typer.Option(help="Only attempts at this drill.")] = None,
    since: Annotated[str | None, typer.Option(help="Only from a date (2026-01-31) or age (6w) on.")] = None,
    count: Annotated[int, typer.Option(help="How many at most.", min=1)] = 20,
    home: Home = None,
) -> None:
    """The attempts, newest first, with the ids by which `replay`, `retry` and `forget` know them."""
    from rich.text import Text

    from voice_coach.cli import keeping
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive
    from voice_coach.history.rows import After
    from voice_coach.show.page import Hanging, Page

    after = After(keeping.moment(since, keeping.now())) if since else None
    with Archive(folder(home)) as archive:
        rows = list(archive.rows(after, Library(folder(home)).drill(drill).id if drill else None))
    if not rows:
        console().print("No attempt is like that." if drill or since else "No attempts yet.")
        return
    lines: list[RenderableType] = []
    for row in reversed(rows[-count:]):
        explained = sum(verdict == "explained" for verdict in row.verdicts.values())
        fared = f"{explained} of {len(row.verdicts)} explained" if row.graded else "not graded"
        lines.append(
            Hanging(f"{row.id}  ", Text(f"{row.asked_at.astimezone():%d %b %Y}, {row.drill}, {fared}"))
        )
    console().print(Page(*lines))
    if len(rows) > count:
        console().print(f"and {len(rows) - count} before")


@app.command()
def rebuild(home: Home = None) -> None:
    """Make the schedule anew from all attempts."""
    from voice_coach.cli import keeping
    from voice_coach.cli.screen import console
    from voice_coach.history.archive import Archive
    from voice_coach.history.cards import rebuild as made_anew

    with Archive(folder(home)) as archive:
        state = made_anew(archive, keeping.limits(folder(home)))
        waiting = len(state.due(keeping.now()))
    console().print(f"{_count(len(state.concepts), 'concept')} scheduled anew, {waiting} of them due.")


@app.command()
def size(home: Home = None) -> None:
    """What is kept where, and how much room it takes."""
    from rich.table import Table
    from rich.text import Text

    from voice_coach.cli import keeping
    from voice_coach.cli.screen import console
    from voice_coach.history.archive import Archive
    from voice_coach.history.upkeep import sizes
    from voice_coach.show.page import Page

    with Archive(folder(home)) as archive:
        keeping.drop_old_audio(archive, folder(home), keeping.now())
    found = sizes(folder(home))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (("where", "left"), ("files", "right"), ("size", "right"), ("what", "left")):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    for item in found:
        table.add_row(Text(item.place), str(item.files), _size(item.size), Text(item.what))
    table.add_row(Text("together", style="bold"), "", _size(sum(item.size for item in found)), "")
    console().print(Text(str(folder(home))), soft_wrap=True)
    console().print(Page(table))


@app.command()
def check(home: Home = None) -> None:
    """Read every attempt and every sound, and mend what can be mended. Leaves with 1 where something is left."""
    from voice_coach.audio.file import AudioFile
    from voice_coach.cli.screen import complain, console
    from voice_coach.clock import SystemClock
    from voice_coach.errors import AudioFileError
    from voice_coach.history.archive import Archive
    from voice_coach.history.upkeep import check as checked
    from voice_coach.records import Notice

    def length(path: Path) -> int:
        position = 0
        with AudioFile(path, SystemClock(), pace=False).open() as items:
            for item in items:
                if isinstance(item, Notice):
                    raise AudioFileError(f"{path}: {item.text}")
                position = item.stop
        return position

    with Archive(folder(home)) as archive:
        health = checked(archive, length)
    for sentence in health.mended:
        console().print(sentence, markup=False, soft_wrap=True)
    for sentence in health.open_:
        complain(sentence)
    if health.open_:
        raise typer.Exit(1)
    console().print(f"{_count(health.attempts, 'attempt')} and {_count(health.sounds, 'sound')} are whole.")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The ZIP file to write.")], home: Home = None) -> None:
    """Write attempts, sound and what is your own to one ZIP file, also while you practise.

    Unpacked into an empty folder it is a data folder again: [bold]voice-coach report --home FOLDER[/].
    """
    from voice_coach.cli.screen import console
    from voice_coach.history.archive import Archive
    from voice_coach.history.upkeep import back_up

    with Archive(folder(home)) as archive:
        attempts, sounds = back_up(archive, file)
    console().print(
        f"{file} holds {_count(attempts, 'attempt')} and {_count(sounds, 'sound')}.",
        markup=False, soft_wrap=True,
    )  # fmt: skip


def forget(
    attempt: Annotated[
        str | None, typer.Argument(help="Its id or the beginning or end of it.", show_default=False)
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="All asked before a date (2026-01-31) or age (6w).")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All attempts.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
) -> None:
    """Remove audio, text and findings for good, after one question."""
    from voice_coach.cli import keeping
    from voice_coach.cli.screen import console
    from voice_coach.history import upkeep
    from voice_coach.history.archive import Archive

    with Archive(folder(home)) as archive:
        until = keeping.moment(before, keeping.now()) if before else None
        ids = upkeep.chosen(archive, attempt, until, everything=everything)
        if not ids:
            console().print("There is nothing to forget.")
            return
        what = ids[0] if len(ids) == 1 else f"{len(ids)} attempts, {ids[0]} to {ids[-1]}"
        if not yes and not typer.confirm(f"Remove {what} for good, with sound, words and findings?"):
            console().print("Nothing was removed.")
            return
        freed = upkeep.forget(archive, ids)
    console().print(f"{_count(len(ids), 'attempt')} forgotten, {_size(freed)} freed.")
    console().print("Backups that you made are yours to delete.", style="dim")


def export(
    file: Annotated[
        Path,
        typer.Argument(help="What to write, by its ending: .json (all there is), .md (notes), .apkg (Anki)."),
    ],
    since: Annotated[str | None, typer.Option(help="Only from a date (2026-01-31) or age (6w) on.")] = None,
    drill: Annotated[str | None, typer.Option(help="Only attempts at this drill.")] = None,
    with_audio: Annotated[bool, typer.Option("--with-audio", help="With .json: the sound too.")] = False,
    home: Home = None,
) -> None:
    """Write attempts to a file for other tools, or to merge elsewhere with `import`."""
    from voice_coach.cli import keeping
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.errors import UsageError
    from voice_coach.history import transfer
    from voice_coach.history.archive import After, Archive
    from voice_coach.history.failures import writing
    from voice_coach.show.anki import write_deck
    from voice_coach.show.notes import attempt_notes

    kind = file.suffix.lower()
    if kind not in {".json", ".md", ".apkg"}:
        raise UsageError(f"{file}: end the name in .json, .md or .apkg, to say what to write.")
    if with_audio and kind != ".json":
        raise UsageError("--with-audio goes with .json; notes and cards hold no sound.")
    now = keeping.now()
    library = Library(folder(home))
    after = After(keeping.moment(since, now)) if since else None
    with Archive(folder(home)) as archive, writing(file):
        ids = [row.id for row in archive.rows(after, library.drill(drill).id if drill else None)]
        if not ids:
            raise UsageError("There is no attempt to export; answer a drill first: `voice-coach practice`.")
        if kind == ".json":
            with file.open("w", encoding="utf-8") as out:
                out.writelines(transfer.exported(archive, ids, sounds=with_audio))
            what = _count(len(ids), "attempt")
        elif kind == ".md":
            with file.open("w", encoding="utf-8") as out:
                for attempt_id in ids:
                    attempt = archive.attempt(attempt_id)
                    found, rubric = keeping.rubric_of(library, attempt)
                    out.write(attempt_notes(attempt, found, rubric, archive.disputes(attempt_id)) + "\n")
            what = _count(len(ids), "attempt")
        else:
            what = _count(write_deck(file, _lost(archive, library, ids), now), "card")
    console().print(f"{file} holds {what}.", markup=False, soft_wrap=True)


def import_(
    file: Annotated[Path, typer.Argument(help="A .json file that `export` wrote, or a backup.")],
    home: Home = None,
) -> None:
    """Merge attempts of an exported file or a backup; those that are there already stay as they are."""
    from voice_coach.cli.screen import console
    from voice_coach.history.archive import Archive
    from voice_coach.history.transfer import imported

    with Archive(folder(home)) as archive:
        added, present = imported(archive, file)
    console().print(f"{_count(added, 'attempt')} added, {present} there already.")


def _lost(archive: Archive, library: Library, ids: list[str]) -> Iterator[Lost]:
    """What the last graded answer to each drill did not explain."""
    from voice_coach.cli import keeping
    from voice_coach.show.anki import Lost

    wanted = set(ids)
    last = {row.drill: row for row in archive.rows() if row.graded and row.id in wanted}
    for row in last.values():
        drill = keeping.drill_of(library, row.drill)
        if drill is None:
            continue
        rubric = library.rubric_for(drill)
        for concept, verdict in row.verdicts.items():
            if verdict != "explained":
                yield Lost(drill, rubric, concept, verdict, row.asked_at.astimezone())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command()(due)
    root.command()(forget)
    root.command()(export)
    root.command("import")(import_)
    root.add_typer(app, name="history")
