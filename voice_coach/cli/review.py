"""`replay` and `report`: looking at what was said."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach.cli.settings import Home, folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from voice_coach.content.load import Library
    from voice_coach.content.models import Drill, Rubric
    from voice_coach.history.archive import Archive
    from voice_coach.records import Attempt

STEP_SECONDS = 0.05


def replay(
    attempt: Annotated[
        str | None, typer.Argument(help="Its id or the beginning or end of it; without it the latest.")
    ] = None,
    loudspeaker: Annotated[str | None, typer.Option(help="Name or number (see `devices`).")] = None,
    text: Annotated[bool, typer.Option("--text", help="Only show it, without sound.")] = False,
    home: Home = None,
) -> None:
    """Show an answer with its evidence marked, and hear it line by line.

    Enter or [bold]q[/] stops.
    """
    from voice_coach.cli.screen import console
    from voice_coach.clock import SystemClock
    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive
    from voice_coach.show.keyboard import Keyboard, PipedKeys, TerminalKeys
    from voice_coach.show.report import attempt_report

    library = Library(folder(home))
    screen = console()
    with Archive(folder(home)) as archive:
        kept = archive.attempt(attempt)
        drill = drill_of(library, kept.drill)
        rubric = library.rubric_for(drill) if drill else library.core()
        if drill:
            screen.print(attempt_report(kept, drill, rubric))
        keyboard = Keyboard(
            TerminalKeys(sys.stdin, SystemClock().monotonic) if sys.stdin.isatty() else PipedKeys(sys.stdin)
        )
        with keyboard:
            play_back(
                screen, archive, kept, rubric,
                loudspeaker=loudspeaker,
                stop=lambda: keyboard.poll() is not None,
                aloud=not text and screen.is_terminal,
            )  # fmt: skip


def report(
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False, home: Home = None
) -> None:
    """How often each concept was explained, named, dismissed or missed, the most missed first."""
    from voice_coach.cli.screen import console, print_json
    from voice_coach.content.load import Library
    from voice_coach.history.archive import Archive
    from voice_coach.history.tally import tally
    from voice_coach.show.jsonlines import tally_json
    from voice_coach.show.tables import tally_table

    library = Library(folder(home))
    concepts = [*library.core().concepts, *(own for drill in library.drills() for own in drill.own_concepts)]
    with Archive(folder(home)) as archive:
        counted = tally(archive.rows(), {concept.id: concept.title for concept in concepts})
    if as_json:
        print_json(tally_json(counted))
    else:
        console().print(tally_table(counted))


def drill_of(library: Library, drill_id: str) -> Drill | None:
    """The drill of an attempt, None where the library no longer has it."""
    from voice_coach import demo
    from voice_coach.errors import UsageError

    try:
        return demo.demo_drill(library) if drill_id == demo.ID else library.drill(drill_id)
    except UsageError:
        return None


def play_back(
    screen: Console,
    archive: Archive,
    attempt: Attempt,
    rubric: Rubric,
    *,
    loudspeaker: str | None,
    stop: Callable[[], bool],
    aloud: bool = True,
) -> None:
    """Show the transcript; with sound, each line when it is heard, until `stop` says so.

    Without sound or a loudspeaker all of it is shown at once.
    """
    from rich.text import Text

    from voice_coach.audio.file import AudioFile
    from voice_coach.audio.loudspeaker import Loudspeaker
    from voice_coach.clock import SystemClock
    from voice_coach.errors import DeviceError
    from voice_coach.records import SAMPLE_RATE, Frame
    from voice_coach.show.transcript import marked, marked_line, timed_lines

    path = archive.audio_path(attempt)
    if path is None or not aloud:
        screen.print(marked(attempt, rubric))
        return
    clock = SystemClock()
    with AudioFile(path, clock, pace=False).open() as items:
        pcm = b"".join(item.pcm for item in items if isinstance(item, Frame))
    try:
        playing = Loudspeaker(loudspeaker).play(pcm, SAMPLE_RATE)
    except DeviceError as error:
        screen.print(Text(f"! {error}", style="yellow"))
        screen.print(marked(attempt, rubric))
        return
    with playing:
        for line in timed_lines(attempt.transcript):
            while not playing.done and playing.position < (line.start or 0) / SAMPLE_RATE:
                if stop():
                    return
                clock.sleep(STEP_SECONDS)
            screen.print(marked_line(attempt, rubric, line))
        while not playing.done and not stop():
            clock.sleep(STEP_SECONDS)
        if playing.failed:
            screen.print(Text(f"! {playing.failed}", style="yellow"))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(replay)
    app.command()(report)
