"""The program as a person starts it: `python -m voice_coach` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NO_SOUND = {"PULSE_SERVER": "unix:/nonexistent"}
"""Variables with which no sound server is found; the machines that run tests have no sound card."""


@dataclass(frozen=True)
class Program:
    """The program with a data folder of its own; `env` is added to the environment."""

    home: Path
    env: Mapping[str, str] = field(default_factory=lambda: NO_SOUND)

    def environment(self) -> dict[str, str]:
        """What the process sees; 80 columns and no terminal, whatever the machine has."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULSE", "ALSA"))}
        return kept | {"VOICE_COACH_HOME": str(self.home), "COLUMNS": "80", "TERM": "dumb"} | dict(self.env)

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run to the end with `typed` on standard input."""
        return subprocess.run(
            [sys.executable, "-m", "voice_coach", *arguments],
            input=typed, capture_output=True, text=True, env=self.environment(), timeout=240, check=False,
        )  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start, with pipes to write to and read from."""
        return subprocess.Popen(
            [sys.executable, "-m", "voice_coach", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=self.environment(),
        )  # fmt: skip


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Standard output up to the line that holds `text`.

    Raises:
        AssertionError: the output ended without it; shows what there was.
    """
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    errors = process.stderr.read() if process.stderr else ""
    raise AssertionError(f"{text!r} never came. Output:\n{seen}\nErrors:\n{errors}")
