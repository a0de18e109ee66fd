"""The way in: commands to real devices to `practice`; errors to a sentence and an exit code.

One module for each group of commands. A module's Typer functions hold names, types and help only; what they
need is imported when they run, so that `voice-coach --help` stays instant. `desk` builds the real parts,
`settings` gives options their lasting values, `screen` the consoles.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from voice_coach import __version__
from voice_coach.cli import check, content, doctor, history, models, practice, review, rubrics, verdicts
from voice_coach.errors import CoachError

if TYPE_CHECKING:
    from typer.models import CommandInfo

app = typer.Typer(
    name="voice-coach",
    invoke_without_command=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"voice-coach {__version__}")
        raise typer.Exit


@app.callback()
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
        review.practise_with(context, [])


for _module in (practice, check, doctor, review, history, verdicts):
    _module.register(app)
app.add_typer(content.app, name="drills")
app.add_typer(rubrics.app, name="rubrics")
app.add_typer(models.app, name="models")


def _keep_only(names: list[str]) -> None:
    """Leave the app the command that is called and `practice`, which others run; all where it is none of ours.

    Typer reads the parameters of every command before it runs one, which takes longer than many of them.
    """
    called = [info for info in app.registered_commands if _name(info) in names]
    groups = [info for info in app.registered_groups if info.name in names]
    if called or groups:
        app.registered_commands = [i for i in app.registered_commands if _name(i) in {*names, "practice"}]
        app.registered_groups = groups


def _name(info: CommandInfo) -> str:
    return info.name or str(getattr(info.callback, "__name__", ""))


def main() -> None:
    """Run one command; every error of ours is a sentence on standard error and an exit code."""
    # A command reads records by the thousand and needs them all: to search them for garbage while they grow
    # would take a third of its time.
    gc.set_threshold(100_000)
    # No plugin of pydantic's is used; to look for some it would read what every installed package says of itself.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Nothing multiplies matrices so large that a second thread of NumPy's would help; it would only wait, busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _keep_only(sys.argv[1:2])
    try:
        app()
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
