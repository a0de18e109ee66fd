"""The consoles: results on standard output, complaints and progress on standard error."""

from __future__ import annotations

import json
import sys

from rich.console import Console
from rich.text import Text

from voice_coach.show.page import encodable


def console() -> Console:
    """Where results go. Colour follows the terminal and `NO_COLOR`; in a pipe there are no control codes."""
    return Console(highlight=False, soft_wrap=False)


def messages() -> Console:
    """Where progress and remarks go, so that a piped result stays clean."""
    return Console(stderr=True, highlight=False)


def announce(text: str) -> None:
    """Something that has to be seen and is no error."""
    messages().print(text, style="bold yellow", soft_wrap=True)


def complain(text: str) -> None:
    """An error, as it is: no line is broken, so that it can be searched for and copied."""
    stderr = messages()
    stderr.print(
        Text.assemble(("Error: ", "bold red"), encodable_lines(text, stderr.encoding)), soft_wrap=True
    )


def encodable_lines(text: str, encoding: str) -> str:
    """Each line of `text` in characters that the encoding has."""
    return "\n".join(encodable(line, encoding) for line in text.splitlines())


def print_json(value: object) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
