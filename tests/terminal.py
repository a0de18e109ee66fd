"""A terminal made of software: the program on one side, the person's keys and what the screen got on the other."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tests.program import Program

WAIT_SECONDS = 120.0


class Terminal:
    """A context in which a program runs on a terminal of 100 columns and 40 rows."""

    def __init__(self, program: Program, *arguments: str) -> None:
        self.screen = ""
        self._person, side = pty.openpty()  # this side stays open, so that reading ours never fails
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        env = program.environment() | {"TERM": "xterm-256color", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voice_coach", *arguments],
            stdin=side, stdout=side, stderr=side, env=env, start_new_session=True,
        )  # fmt: skip
        self.at_first = termios.tcgetattr(side)
        self._side = side

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._side)
        os.close(self._person)

    def settings(self) -> list[object]:
        """How the terminal treats keys now."""
        return list(termios.tcgetattr(self._side))

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._person, keys.encode())

    def choose(self, key: str) -> None:
        """Press a key that answers a question, once keys are taken one by one; what was typed before is dropped."""
        end = time.monotonic() + WAIT_SECONDS
        while self.settings() == self.at_first and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.3)
        self.type(key)

    def wait_for(self, text: str) -> None:
        """Read the screen until `text` is on it.

        Raises:
            AssertionError: it did not come; shows what did.
        """
        end = time.monotonic() + WAIT_SECONDS
        while text not in self.screen and time.monotonic() < end and self._read():
            pass
        assert text in self.screen, f"{text!r} never came:\n{self.screen}"

    def end(self) -> int:
        """Read the screen until the program ends; gives its exit code."""
        end = time.monotonic() + WAIT_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.1)
        self._read(0.1)
        return self.process.wait(1)

    def _read(self, seconds: float = WAIT_SECONDS) -> bool:
        """Whether anything came within so many seconds."""
        if not select.select([self._person], [], [], seconds)[0]:
            return False
        self.screen += os.read(self._person, 65_536).decode(errors="replace")
        return True
