"""Where things are kept, and options that hold from one day to the next.

`settings.toml` in the data folder gives any option of `practice` a lasting value by its long name:

    voice = "en-gb"
    rate = 180
    silence = 8

The command line wins over the file, the file over what is built in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from voice_coach.errors import UsageError

FILE = "settings.toml"
NAMES = (
    "microphone", "loudspeaker", "voice", "rate", "no-voice", "model", "engine", "silence", "longest", "hide-question",
    "mode", "follow-ups", "quiet",
)  # fmt: skip
"""What may be set: the lasting ones among the options of `practice`."""
KEEPING = ("keep-audio", "retention", "longest-wait", "due-ahead", "most-due")
"""What may be set besides: days that sound is kept, and the limits of the schedule (`history.schedule.Limits`)."""


def default_home() -> Path:
    """The data folder of this system's user."""
    import platformdirs

    return platformdirs.user_data_path("voice-coach", appauthor=False)


def _chosen(context: typer.Context, home: Path | None) -> Path:
    """The data folder; its settings become the defaults of the command's other options."""
    chosen = (home or default_home()).expanduser()
    wanted = read(chosen / FILE)
    own = {name for parameter in context.command.params if (name := parameter.name)}
    context.default_map = {name: value for name, value in wanted.items() if name in own}
    return chosen


Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="VOICE_COACH_HOME",
        help="Folder for everything that is kept.",
        show_default="your data folder",
        is_eager=True,
        callback=_chosen,
    ),
]


def folder(home: Path | None) -> Path:
    """What the option's callback made of `home`, for the type checker."""
    return home or default_home()


def read(path: Path) -> dict[str, Any]:
    """The settings in a file, by option name; empty where there is no file.

    Raises:
        UsageError: not TOML, or a name that is no option of `practice`.
    """
    import tomllib

    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"{path}: the settings cannot be read ({error}). Mend the file or delete it."
        ) from error
    known = (*NAMES, *KEEPING)
    for name in settings:
        if name not in known:
            from voice_coach.content.yamlfile import nearest

            hint = nearest(name, known) or f"there are {', '.join(known)}."
            raise UsageError(f"{path}: there is no setting `{name}`; {hint}")
    return {name.replace("-", "_"): value for name, value in settings.items()}
