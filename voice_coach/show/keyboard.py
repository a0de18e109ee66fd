"""Keys as commands: single keys on a terminal, whole lines through a pipe.

On a terminal a key acts at once; who types `r` and Enter means one command, so an Enter right after a letter
belongs to it. In a pipe every line is a command by its first letter, an empty line is Enter, and after the end
of the input no more commands come.
"""

from __future__ import annotations

import contextlib
import io
import os
import queue
import signal
import sys
import threading
from typing import TYPE_CHECKING, Protocol, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType, TracebackType

    from voice_coach.events import Command

ENTER = "\n"
END = ""
"""What the end of the input reads as: of a pipe, or of a terminal that hung up."""
UNKNOWN = "unknown"
"""A key that means nothing here, such as F2 or a letter with an accent."""
LEFT, RIGHT = "left", "right"
"""Arrow keys."""
_SEQUENCES = {b"[D": LEFT, b"OD": LEFT, b"[C": RIGHT, b"OC": RIGHT}
"""What a terminal sends after Escape for them."""
_WINDOWS = {"K": LEFT, "M": RIGHT}
COMMANDS: Mapping[str, Command] = {ENTER: "done", "r": "repeat", "p": "pause", "q": "stop"}
BELONGS_SECONDS = 1.0
"""An Enter this soon after a letter was typed with it."""


class Keys(Protocol):
    """Where keys come from; entered while keys are wanted, left while the person types lines."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def read(self, timeout: float | None) -> str | None:
        """The next key in lower case, `ENTER`, an arrow, `END`, or None if none came within `timeout` seconds."""

    def lines(self) -> Iterator[str]:
        """Whole lines, until the end of the input."""

    def forget(self) -> None:
        """Drop what was typed ahead, where that was not meant for what comes next."""


class Keyboard:
    """Commands from keys, and Ctrl-C as the command `stop`: a second Ctrl-C ends the program as usual."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._interrupted = False
        self._handler: Callable[[int, FrameType | None], object] | int | None = None

    def __enter__(self) -> Self:
        self._interrupted = False
        self._keys.__enter__()
        self._handler = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._handler)
        self._keys.__exit__(kind, error, trace)

    def poll(self) -> Command | None:
        """The next command, None if there is none; never waits."""
        if self._interrupted:
            self._interrupted = False
            return "stop"
        key = self._keys.read(0)
        return COMMANDS.get(key) if key else None

    def key(self) -> str | None:
        """The next key as it is, `q` for Ctrl-C, `END` after the last one, None if there is none; never waits."""
        if self._interrupted:
            self._interrupted = False
            return "q"
        return self._keys.read(0)

    def choose(
        self, choices: Mapping[str, str], default: str, meanwhile: Callable[[], None] = lambda: None
    ) -> str:
        """Wait for one of the keys of `choices`; Enter, Ctrl-C and the end of the input mean `default`.

        `meanwhile` is called ten times a second.
        """
        self._keys.forget()
        while True:
            meanwhile()
            key = self._keys.read(0.1)
            if key in {ENTER, END} or self._interrupted:
                self._interrupted = False
                return default
            if key is not None and key in choices:
                return key

    def lines(self) -> Iterator[str]:
        """Whole lines as typed; Ctrl-C ends them like the end of the input."""
        with contextlib.suppress(KeyboardInterrupt):
            yield from self._keys.lines()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._interrupted:
            signal.default_int_handler(number, frame)
        self._interrupted = True


class TerminalKeys:
    """Single keys without echo, from a terminal. Needs a file descriptor, so not for tests with fake streams."""

    def __init__(self, stream: TextIO, monotonic: Callable[[], float]) -> None:
        self._stream = stream
        self._monotonic = monotonic
        self._letter_at = float("-inf")

    def __enter__(self) -> Self:
        if sys.platform != "win32":
            import termios
            import tty

            self._before = termios.tcgetattr(self._stream)
            tty.setcbreak(self._stream)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.platform != "win32":
            import termios

            termios.tcsetattr(self._stream, termios.TCSADRAIN, self._before)

    def read(self, timeout: float | None) -> str | None:
        """As in `Keys`."""
        key = self._key(timeout)
        if key is None:
            return None
        now = self._monotonic()
        if key == ENTER and now - self._letter_at < BELONGS_SECONDS:
            self._letter_at = float("-inf")
            return None
        self._letter_at = now if len(key) == 1 and key.isalpha() else float("-inf")
        return key

    def _key(self, timeout: float | None) -> str | None:
        if sys.platform == "win32":
            import msvcrt
            import time

            deadline = None if timeout is None else self._monotonic() + timeout
            while not msvcrt.kbhit():
                if deadline is not None and self._monotonic() >= deadline:
                    return None
                time.sleep(0.01)
            typed = msvcrt.getwch()
            if typed in {"\x00", "\xe0"}:  # what follows names a key that types nothing
                return _WINDOWS.get(msvcrt.getwch(), UNKNOWN)
            return typed.replace("\r", ENTER).lower()
        import select

        if not select.select([self._stream], [], [], timeout)[0]:
            return None
        typed = os.read(self._stream.fileno(), 1)
        if typed == b"\x1b" and select.select([self._stream], [], [], 0)[0]:
            # All of it at once: its letters are no keys of their own.
            return _SEQUENCES.get(os.read(self._stream.fileno(), 8)[:2], UNKNOWN)
        key = typed.decode("ascii", errors="ignore").replace("\r", ENTER).lower()
        return key or (UNKNOWN if typed else END)

    def forget(self) -> None:
        """As in `Keys`: keys pressed before a question were not meant for it."""
        while self._key(0) not in {None, END}:
            pass

    def lines(self) -> Iterator[str]:
        """As in `Keys`; with the terminal's own line editing."""
        while True:
            try:
                yield input("> ")
            except EOFError:
                return


class PipedKeys:
    """Lines of a pipe or file as keys, read in a thread so that waiting for one holds nothing up."""

    def __init__(self, stream: TextIO) -> None:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a letter in another encoding must not end the input
        self._stream = stream
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ended = False
        threading.Thread(target=self._run, name="keys", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def read(self, timeout: float | None) -> str | None:
        """As in `Keys`."""
        line = self._line(timeout)
        if line is None or line == END:
            return line
        return line.strip()[:1].lower() or ENTER

    def lines(self) -> Iterator[str]:
        """As in `Keys`."""
        while line := self._line(None):
            yield line.rstrip("\n")

    def forget(self) -> None:
        """As in `Keys`: nothing, since lines of a pipe were written for what is to come."""

    def _line(self, timeout: float | None) -> str | None:
        if self._ended:
            return END
        try:
            line = self._lines.get(timeout=timeout) if timeout != 0 else self._lines.get_nowait()
        except queue.Empty:
            return None
        self._ended = line == END
        return line

    def _run(self) -> None:
        for line in self._stream:
            self._lines.put(line)
        self._lines.put(END)
