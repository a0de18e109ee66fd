"""`replay`, `retry` and `report`: looking at what was said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.keeping import drop_old_audio, limits, moment, now, rubric_of, titles_of
from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from rich.console import Console

    from voice_coach.content.load import Library
    from voice_coach.content.models import Rubric
    from voice_coach.history.archive import Archive
    from voice_coach.records import Attempt, Tally
    from voice_coach.show.keyboard import Keyboard

STEP_SECONDS = 0.05
PAGE_COLUMNS = 40
"""Attempts in the grid of a page, and in a table for other tools unless all are wanted."""


def replay(
    attempts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ATTEMPT",
            help="Its id or the beginning or end of it; without it the latest. Two are put side by side.",
        ),
    ] = None,
    loudspeaker: Annotated[str | None, typer.Option(help="Name or number (see `devices`).")] = None,
    text: Annotated[bool, typer.Option("--text", help="Only show it, without sound.")] = False,
    why: Annotated[
        bool, typer.Option("--why", help="Show what each verdict stands on, without sound.")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="Write it as one HTML file, sound inside, and say where.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option(help="With --page: the file to write.", show_default="ATTEMPT.html")
    ] = None,
    home: Home = None,
) -> None:
    """Show an answer with its evidence marked, and hear it while the words light up.

    Keys: space pauses, arrows go five seconds, [bold]n[/] and [bold]p[/] to the next and previous evidence,
    [bold]1[/] to [bold]9[/] to a concept's ground, [bold]q[/] leaves.
    """
    from voice_coach.cli.screen import console
    from voice_coach.content.load import Library
    from voice_coach.errors import UsageError
    from voice_coach.history.archive import Archive
    from voice_coach.show.report import attempt_report, judgement_report, which

    names = attempts or []
    if len(names) > 2:  # noqa: PLR2004 - two sides
        raise UsageError("Give one attempt to replay, or two to put side by side.")
    if to and not page:
        raise UsageError("--to names the file of --page; add --page.")
    if page and len(names) > 1:
        raise UsageError("--page writes one attempt; leave out the other.")
    if page and names and names[0].endswith(".html"):
        raise UsageError(f"{names[0]} is no attempt; to write the page there, say --to {names[0]}.")
    library = Library(folder(home))
    screen = console()
    with Archive(folder(home)) as archive:
        kept = archive.attempt(names[0] if names else None)
        if len(names) > 1:
            from voice_coach.show.compare import side_by_side

            other = archive.attempt(names[1])
            drill, _ = rubric_of(library, other)
            screen.print(side_by_side(kept, other, drill, _both(library, kept, other)))
            return
        drill, rubric = rubric_of(library, kept)
        if page:
            written = write_page(archive, library, kept, to or Path(f"{kept.id}.html"))
            screen.print(f"{written} shows the answer; open it in a browser.", markup=False, soft_wrap=True)
            return
        if drill:
            screen.print(attempt_report(kept, drill, rubric, replayed=True))
        else:
            screen.print(f"The drill `{kept.drill}` is no longer in the library.", markup=False)
            screen.print(which(kept), style="dim")
            screen.print(judgement_report(kept.judgement, kept.transcript, rubric))
        screen.print()
        _show_disputes(screen, archive, kept, rubric)
        if why:
            from voice_coach.cli.desk import judge
            from voice_coach.cli.verdicts import print_why

            judging = judge(folder(home), library.core())
            print_why(judging, kept.judgement, kept.unprompted, rubric, drill.question if drill else "")
            return
        if text or not screen.is_terminal or archive.audio_path(kept) is None:
            from voice_coach.show.transcript import marked

            screen.print(marked(kept, rubric))
            return
        with _keyboard() as keyboard:
            play_back(screen, archive, kept, rubric, loudspeaker=loudspeaker, keyboard=keyboard)


def retry(context: typer.Context) -> None:
    """Ask the drill of an attempt again, and show what changed since that attempt.

    [bold]ATTEMPT[/] is its id or the beginning or end of it; without it the latest. The options are those of
    [bold]practice[/], such as --typed.
    """
    from voice_coach import demo
    from voice_coach.history.archive import Archive

    with _parsed(context, context.args) as practising:
        with Archive(folder(practising.params["home"])) as archive:
            kept = archive.attempt(practising.params["drill"])
        practising.params["drill"] = demo.DRILL if kept.drill == demo.ID else kept.drill
        practising.params["against"] = kept.id
        practising.command.invoke(practising)


def report(
    since: Annotated[str | None, typer.Option(help="Only from a date (2026-01-31) or age (6w) on.")] = None,
    section: Annotated[
        str | None, typer.Option(help="Only drills of this section, or its beginning.")
    ] = None,
    drill: Annotated[str | None, typer.Option(help="Only attempts at this drill.")] = None,
    concept: Annotated[str | None, typer.Option(help="Only this concept, by its id.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A line for each concept of each attempt, all of them.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option(help="Write it as one HTML file, with charts.", metavar="FILE")
    ] = None,
    with_attempts: Annotated[
        Path | None,
        typer.Option(help="With --page: a folder for a page of each attempt in it.", metavar="DIR"),
    ] = None,
    home: Home = None,
) -> None:
    """What you keep missing, what limits you, and what to practise next."""
    from voice_coach.cli.choosing import named
    from voice_coach.cli.screen import console, print_json
    from voice_coach.content.load import Library
    from voice_coach.content.models import SECTIONS
    from voice_coach.errors import UsageError
    from voice_coach.history.archive import Archive
    from voice_coach.history.review import Wanted, review
    from voice_coach.history.tally import NEWEST
    from voice_coach.show.jsonlines import tally_json
    from voice_coach.show.notes import tally_csv, tally_markdown
    from voice_coach.show.tallies import tally_table

    if sum(map(bool, (as_json, as_markdown, as_csv, page))) > 1:
        raise UsageError("--json, --markdown, --csv and --page are four ways to write it; choose one.")
    if with_attempts and not page:
        raise UsageError("--with-attempts goes with --page FILE, whose cells link to them.")
    library = Library(folder(home))
    at = now()
    titles = titles_of(library)
    newest = sys.maxsize if as_csv else PAGE_COLUMNS if as_json or page else NEWEST
    wanted = Wanted(
        since=moment(since, at) if since else None,
        sections=named(section, SECTIONS, "section") if section else None,
        drill=library.drill(drill).id if drill else None,
        concept=_concept(concept, titles),
        newest=newest,
    )
    with Archive(folder(home)) as archive:
        drop_old_audio(archive, folder(home), at)
        tally = review(archive, library.drills(), titles, at, wanted, limits(folder(home)))
        if page:
            _write_report(archive, library, tally, page, with_attempts)
    if page:
        console().print(f"{page} shows the report; open it in a browser.", markup=False, soft_wrap=True)
    elif as_json:
        print_json(tally_json(tally))
    elif as_markdown or as_csv:
        sys.stdout.write(tally_csv(tally) if as_csv else tally_markdown(tally))
    elif not tally.attempts and any((since, section, drill, concept)):
        console().print("No attempt is like that; without options all of them count.")
    else:
        console().print(tally_table(tally))


def write_page(archive: Archive, library: Library, attempt: Attempt, target: Path) -> Path:
    """Write an attempt's page; gives the path.

    Raises:
        ArchiveError: it cannot be written.
    """
    from voice_coach.history.failures import writing
    from voice_coach.show.html.attempt import attempt_page

    drill, rubric = rubric_of(library, attempt)
    path = archive.audio_path(attempt)
    with writing(target):
        sound = path.read_bytes() if path else None
        page = attempt_page(attempt, drill, rubric, sound, archive.disputes(attempt.id))
        target.write_text(page, "utf-8")
    return target


def play_back(
    screen: Console,
    archive: Archive,
    attempt: Attempt,
    rubric: Rubric,
    *,
    loudspeaker: str | None,
    keyboard: Keyboard,
) -> None:
    """Show the transcript; with sound, its words as they are heard, led by keys, until `q` or the end.

    Without sound or a loudspeaker all of it is shown at once.
    """
    from rich.live import Live
    from rich.text import Text

    from voice_coach.audio.file import AudioFile
    from voice_coach.audio.loudspeaker import Loudspeaker
    from voice_coach.clock import SystemClock
    from voice_coach.errors import AudioFileError, DeviceError
    from voice_coach.records import SAMPLE_RATE, Frame
    from voice_coach.show.player import Player, run
    from voice_coach.show.transcript import marked

    path = archive.audio_path(attempt)
    if path is None:
        screen.print(marked(attempt, rubric))
        return
    clock = SystemClock()
    try:
        with AudioFile(path, clock, pace=False).open() as items:
            pcm = b"".join(item.pcm for item in items if isinstance(item, Frame))
        player = Player(attempt, rubric, len(pcm) / 2 / SAMPLE_RATE)
        speaker = Loudspeaker(loudspeaker)
        with Live(console=screen, auto_refresh=False, transient=True) as live:
            run(
                player,
                lambda at: speaker.play(pcm, SAMPLE_RATE, start_seconds=at),
                keyboard.key,
                lambda view: live.update(view, refresh=True),
                lambda: clock.sleep(STEP_SECONDS),
                lambda: screen.height,
            )
    except (AudioFileError, DeviceError) as error:
        screen.print(Text(f"! {error}", style="yellow"))
    screen.print(marked(attempt, rubric))


def practise_with(context: typer.Context, arguments: list[str]) -> None:
    """Run `practice` as if it had been typed with these arguments, its settings included."""
    with _parsed(context, arguments) as practising:
        practising.command.invoke(practising)


def _parsed(context: typer.Context, arguments: list[str]) -> typer.Context:
    """The command `practice` with its arguments read, ready to be invoked."""
    from typing import cast

    root = context.find_root()
    command = cast("typer.core.TyperGroup", root.command).commands["practice"]
    return cast("typer.Context", command.make_context("practice", arguments, parent=root))


def _keyboard() -> Keyboard:
    from voice_coach.clock import SystemClock
    from voice_coach.show.keyboard import Keyboard, PipedKeys, TerminalKeys

    terminal = sys.stdin.isatty()
    return Keyboard(TerminalKeys(sys.stdin, SystemClock().monotonic) if terminal else PipedKeys(sys.stdin))


def _both(library: Library, first: Attempt, second: Attempt) -> Rubric:
    """Concepts and flags of two attempts' rubrics together, for their titles."""
    (_, one), (_, two) = rubric_of(library, first), rubric_of(library, second)
    known = {concept.id for concept in one.concepts}
    more = tuple(concept for concept in two.concepts if concept.id not in known)
    return one.model_copy(
        update={"concepts": one.concepts + more, "red_flags": one.red_flags + two.red_flags}
    )


def _show_disputes(screen: Console, archive: Archive, attempt: Attempt, rubric: Rubric) -> None:
    from rich.text import Text

    from voice_coach.show.page import titles

    title = titles(rubric)
    disputes = archive.disputes(attempt.id)
    for item in disputes:
        note = f" ({item.note})" if item.note else ""
        screen.print(
            Text(f"You see {title.get(item.concept, item.concept)} as {item.verdict}{note}.", style="bold")
        )
    if disputes:
        screen.print()


def _write_report(
    archive: Archive, library: Library, tally: Tally, page: Path, with_attempts: Path | None
) -> None:
    import os

    from voice_coach.history.failures import writing
    from voice_coach.show.html.report import report_page

    links: dict[str, str] = {}
    if with_attempts:
        with writing(with_attempts):
            with_attempts.mkdir(parents=True, exist_ok=True)
        for column in tally.columns:
            target = with_attempts / f"{column.attempt}.html"
            write_page(archive, library, archive.attempt(column.attempt), target)
            links[column.attempt] = Path(os.path.relpath(target, page.parent)).as_posix()
    with writing(page):
        page.write_text(report_page(tally, links), "utf-8")


def _concept(name: str | None, titles: dict[str, str]) -> str | None:
    from voice_coach.content.yamlfile import nearest
    from voice_coach.errors import UsageError

    if name is not None and name not in titles:
        hint = nearest(name, titles) or "`voice-coach report` shows those that you were asked for."
        raise UsageError(f"There is no concept `{name}`; {hint}")
    return name


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(replay)
    extra = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(context_settings=extra, options_metavar="[ATTEMPT] [OPTIONS]")(retry)
    app.command()(report)
