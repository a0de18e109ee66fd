"""`practice` and `demo`: from options to a session at the desk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voice_coach.cli.settings import Home, folder

_ANSWER, _SOUND, _SCREEN = "How you answer", "Voice and sound", "Screen"


def practice(
    drill: Annotated[
        str | None, typer.Argument(help="Which drill; without it the next one due, else one not yet tried.")
    ] = None,
    audio: Annotated[
        Path | None,
        typer.Option(help="Let a recording play the part of the microphone.", rich_help_panel=_ANSWER),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="With --audio: do not wait for real time.", rich_help_panel=_ANSWER)
    ] = False,
    typed: Annotated[bool, typer.Option("--typed", help="Type the answer.", rich_help_panel=_ANSWER)] = False,
    silence: Annotated[
        float, typer.Option(help="Seconds of silence that end the answer.", min=1, rich_help_panel=_ANSWER)
    ] = 6,
    longest: Annotated[
        float, typer.Option(help="Minutes after which an answer ends.", min=0.5, rich_help_panel=_ANSWER)
    ] = 30,
    microphone: Annotated[
        str | None,
        typer.Option("--microphone", "--mic", help="Name or number (see `devices`).", rich_help_panel=_SOUND),
    ] = None,
    loudspeaker: Annotated[
        str | None, typer.Option(help="Name or number (see `devices`).", rich_help_panel=_SOUND)
    ] = None,
    voice: Annotated[
        str | None, typer.Option(help="The coach's voice (see `devices`).", rich_help_panel=_SOUND)
    ] = None,
    rate: Annotated[int, typer.Option(help="Words a minute it speaks.", rich_help_panel=_SOUND)] = 170,
    no_voice: Annotated[
        bool, typer.Option("--no-voice", help="Questions on the screen only.", rich_help_panel=_SOUND)
    ] = False,
    model: Annotated[
        str, typer.Option(help="Recogniser: a model's name or a folder.", rich_help_panel=_SOUND)
    ] = "base",
    hide_question: Annotated[
        bool, typer.Option("--hide-question", help="Only say the question.", rich_help_panel=_SCREEN)
    ] = False,
    home: Home = None,
) -> None:
    """Answer a drill out loud and see at once what you explained, named or missed.

    While you answer: Enter ends it, [bold]r[/] repeats the question, [bold]p[/] pauses, [bold]q[/] or Ctrl-C
    stops. Whatever ends an answer, what you said is kept.
    """
    from voice_coach.cli.desk import Choices
    from voice_coach.cli.session import Answering, practise

    practise(
        Choices(
            folder(home),
            microphone,
            loudspeaker,
            None if no_voice else voice or "",
            rate,
            model,
            silence,
            longest,
        ),
        Answering(audio=audio, fast=fast, typed=typed, hide_question=hide_question),
        drill,
    )


def demo(home: Home = None) -> None:
    """Watch the coach at work on a bundled answer: no microphone, no network, nothing to set up."""
    from voice_coach.cli.desk import Choices
    from voice_coach.cli.session import demonstrate

    demonstrate(Choices(folder(home)))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(practice)
    app.command()(demo)
