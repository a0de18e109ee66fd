"""The way in: commands to real devices to `practice`; errors to a sentence and an exit code.

One module for each group of commands, imported when one of them is called. A module's Typer functions hold names,
types and help only; what they need is imported when they run, so that `voice-coach --help` stays instant. `desk`
builds the real parts, `settings` gives options their lasting values, `screen` the consoles.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach import __version__
from voice_coach.errors import CoachError

if TYPE_CHECKING:
    from typer.models import CommandInfo

COMMANDS = {
    "practice": ("practice", "demo"),
    "check": ("check",),
    "doctor": ("doctor", "devices"),
    "review": ("replay", "retry", "report"),
    "history": ("due", "forget", "export", "import", "history"),
    "verdicts": ("dispute", "rescore"),
    "content": ("drills",),
    "rubrics": ("rubrics",),
    "models": ("models",),
}
"""Modules in the order of the help, with the commands and groups that each registers."""


def application(called: str | None = None) -> typer.Typer:
    """All commands, or only what `called` needs where it is one of them.

    To import every module and let Typer read the parameters of every command takes longer than many of them run.
    """
    known = {name for names in COMMANDS.values() for name in names}
    wanted = {called, "practice"} if called == "retry" else {called} & known or known
    app = typer.Typer(
        name="voice-coach",
        invoke_without_command=True,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_main)
    for module, names in COMMANDS.items():
        if wanted.intersection(names):
            import_module(f"voice_coach.cli.{module}").register(app)
    app.registered_commands = [info for info in app.registered_commands if _name(info) in wanted]
    app.registered_groups = [info for info in app.registered_groups if info.name in wanted]
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"voice-coach {__version__}")
        raise typer.Exit


def _main(
    context: typer.Context,
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Practise AI-engineer interviews out loud.

    It asks, listens, and shows which concepts you explained, named or missed, in your own words.
    Everything stays on this machine. Without a command it starts the drill that is due, or the next one.
    """
    if context.invoked_subcommand is None:
        from voice_coach.cli.review import practise_with

        practise_with(context, [])


def _name(info: CommandInfo) -> str:
    return info.name or str(getattr(info.callback, "__name__", ""))


def main() -> None:
    """Run one command; every error of ours is a sentence on standard error and an exit code."""
    # A command reads records by the thousand and needs them all: to search them for garbage while they grow
    # would take a third of its time.
    gc.set_threshold(100_000)
    # What is left at the end goes with the process; to search it for garbage first would take a tenth of the time.
    atexit.register(gc.freeze)
    # No plugin of pydantic's is used; to look for some it would read what every installed package says of itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Nothing multiplies matrices so large that a second thread of NumPy's would help; it would only wait, busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        application(*sys.argv[1:2])()
    except CoachError as error:
        from voice_coach.cli.screen import complain

        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does; Python would complain while it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
