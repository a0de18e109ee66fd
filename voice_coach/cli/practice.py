"""`practice` and `demo`: from options to a session at the desk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from voice_coach.cli.settings import Home, folder

_CHOICE, _ANSWER, _SOUND = "Which drills", "How you are asked and answer", "Voice and sound"


def practice(
    drill: Annotated[
        str | None, typer.Argument(help="Which drill; without it the next one due, else one not yet tried.")
    ] = None,
    section: Annotated[
        str | None, typer.Option(help="Only of this section, or its beginning.", rich_help_panel=_CHOICE)
    ] = None,
    level: Annotated[
        Literal["mid", "senior", "staff"] | None,
        typer.Option(help="Only of this level.", rich_help_panel=_CHOICE),
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only with this tag.", rich_help_panel=_CHOICE)] = None,
    concept: Annotated[
        str | None,
        typer.Option(help="Those in which this concept weighs most.", rich_help_panel=_CHOICE),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            help="A mock interview of so many drills, with one report at the end.",
            min=1,
            rich_help_panel=_CHOICE,
        ),
    ] = None,
    set_file: Annotated[
        Path | None,
        typer.Option(
            "--set",
            metavar="FILE",
            help="A mock interview of the drills in a file, an id a line.",
            rich_help_panel=_CHOICE,
        ),
    ] = None,
    mode: Annotated[
        Literal["interview", "coach", "listen-only"],
        typer.Option(
            help="interview: no hints until the end; coach: concepts light up while you talk; "
            "listen-only: the question is never on screen.",
            rich_help_panel=_ANSWER,
        ),
    ] = "interview",
    follow_ups: Annotated[
        int,
        typer.Option(
            help="Most questions that are asked back while a must-have is missing.",
            min=0,
            rich_help_panel=_ANSWER,
        ),
    ] = 1,
    audio: Annotated[
        list[Path] | None,
        typer.Option(
            help="Let a recording play the part of the microphone; again for the answer to each further question.",
            rich_help_panel=_ANSWER,
        ),
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
    engine: Annotated[
        str | None,
        typer.Option(
            help="Address of a server with OpenAI's interface that recognises instead of this machine; "
            "what you say is sent to it.",
            rich_help_panel=_SOUND,
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No spoken sentence at the end.", rich_help_panel=_SOUND)
    ] = False,
    hide_question: Annotated[
        bool, typer.Option("--hide-question", help="The same as --mode listen-only.", rich_help_panel=_ANSWER)
    ] = False,
    against: Annotated[str | None, typer.Option(hidden=True)] = None,
    home: Home = None,
) -> None:
    """Answer a drill out loud and see at once what you explained, named or missed.

    Where a must-have is missing, the coach asks back once, without giving it away; what you said before and
    after that is kept apart.

    While you answer: Enter ends it, [bold]r[/] repeats the question, [bold]p[/] pauses, [bold]q[/] or Ctrl-C
    stops. Whatever ends an answer, what you said is kept.
    """
    from voice_coach.cli.choosing import Filters, Wanted
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
            engine,
        ),
        Answering(
            audio=tuple(audio or ()),
            fast=fast,
            typed=typed,
            mode="listen-only" if hide_question else mode,
            follow_ups=follow_ups,
            quiet=quiet,
            against=against,
        ),
        Wanted(drill, Filters(section, level, tag, concept), set_file, count),
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
