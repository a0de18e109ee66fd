"""Keys on a real (pseudo) terminal and lines through a real pipe, as commands."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.fakes import FakeClock
from voice_coach.show.keyboard import END, ENTER, LEFT, RIGHT, UNKNOWN, Keyboard, PipedKeys, TerminalKeys

if sys.platform != "win32":
    import pty
    import termios

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are a thing of Unix")
CHOICES = {"f": "finish it", "d": "discard it"}


class Terminal:
    """The person's side of a terminal, whose other side the program reads as `stream`."""

    def __init__(self) -> None:
        self._person, program = pty.openpty()
        self.stream = os.fdopen(program)

    def type(self, keys: bytes) -> None:
        os.write(self._person, keys)

    def settings(self) -> list[object]:
        return list(termios.tcgetattr(self.stream))

    def close(self) -> None:
        self.stream.close()
        os.close(self._person)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def keys(terminal: Terminal, clock: FakeClock) -> Iterator[TerminalKeys]:
    with TerminalKeys(terminal.stream, clock.monotonic) as keys:
        yield keys


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, TextIO]]:
    """What is written to the second can be read from the first."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as source, os.fdopen(writing, "w") as sink:
        yield source, sink


# On a terminal


@on_unix
@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (b"q", "q"),
        (b"Q", "q"),
        (b"\r", ENTER),
        (b"\n", ENTER),
        (b"\x1b[D", LEFT),
        (b"\x1bOC", RIGHT),
        (b"\x1b[15~", UNKNOWN),
        (b"\x1bOQ", UNKNOWN),
        ("é".encode()[:1], UNKNOWN),
    ],
)
def test_a_key_acts_at_once(terminal: Terminal, keys: TerminalKeys, typed: bytes, key: str) -> None:
    terminal.type(typed)
    assert keys.read(5) == key
    assert keys.read(0) is None


@on_unix
def test_no_key_is_none(keys: TerminalKeys) -> None:
    assert keys.read(0) is None
    assert keys.read(0.01) is None


@on_unix
def test_an_enter_right_after_a_letter_belongs_to_it(
    terminal: Terminal, keys: TerminalKeys, clock: FakeClock
) -> None:
    terminal.type(b"r\n\n")
    assert [keys.read(5), keys.read(5), keys.read(5)] == ["r", None, ENTER]
    terminal.type(b"r")
    assert keys.read(5) == "r"
    clock.sleep(2)
    terminal.type(b"\n")
    assert keys.read(5) == ENTER


@on_unix
def test_the_terminal_is_as_before_afterwards_whatever_happens(terminal: Terminal, clock: FakeClock) -> None:
    before = terminal.settings()
    with suppress(ZeroDivisionError), TerminalKeys(terminal.stream, clock.monotonic):
        assert terminal.settings() != before
        raise ZeroDivisionError
    assert terminal.settings() == before


@on_unix
def test_commands_come_from_their_letters_and_other_keys_mean_nothing(
    terminal: Terminal, keys: TerminalKeys, clock: FakeClock
) -> None:
    keyboard = Keyboard(keys)
    terminal.type("rpqxé\x1b[A5".encode())
    commands = [keyboard.poll() for _ in range(9)]
    assert [command for command in commands if command] == ["repeat", "pause", "stop"]
    clock.sleep(2)
    terminal.type(b"\n")
    assert [keyboard.poll() for _ in range(5)].count("done") == 1


@on_unix
def test_a_choice_waits_for_a_key_that_is_offered(terminal: Terminal, keys: TerminalKeys) -> None:
    keyboard = Keyboard(keys)
    waited: list[str] = []

    def press() -> None:
        waited.append("x")
        if len(waited) == 2:
            terminal.type("xé\x1b[D".encode())
        if len(waited) == 8:
            terminal.type(b"d")

    terminal.type("fé\n".encode())  # before the question: not meant for it
    assert keyboard.choose(CHOICES, "f", press) == "d"
    assert len(waited) >= 8


@on_unix
def test_enter_ctrl_c_and_a_terminal_that_hung_up_mean_the_default(clock: FakeClock) -> None:
    terminal = Terminal()
    with Keyboard(TerminalKeys(terminal.stream, clock.monotonic)) as keyboard:
        assert keyboard.choose(CHOICES, "f", lambda: terminal.type(b"\n")) == "f"
        assert keyboard.choose(CHOICES, "f", lambda: os.kill(os.getpid(), signal.SIGINT)) == "f"
    terminal.close()


# Ctrl-C


def test_ctrl_c_is_a_command_and_a_second_one_ends_the_program(pipe: tuple[TextIO, TextIO]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with Keyboard(PipedKeys(pipe[0])) as keyboard:
        assert keyboard.poll() is None
        signal.raise_signal(signal.SIGINT)
        assert keyboard.poll() == "stop"
        assert keyboard.poll() is None
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


# Through a pipe


def test_lines_of_a_pipe_are_commands_by_their_first_letter(pipe: tuple[TextIO, TextIO]) -> None:
    source, sink = pipe
    keys = PipedKeys(source)
    assert keys.read(0) is None
    sink.write("\nRepeat\n  p\nnonsense\n")
    sink.close()
    assert [keys.read(5) for _ in range(6)] == [ENTER, "r", "p", "n", END, END]
    assert keys.read(0) == END


def test_whole_lines_of_a_pipe_and_then_its_end(pipe: tuple[TextIO, TextIO]) -> None:
    source, sink = pipe
    sink.write("We cite every claim.\n\nlast without an end")
    sink.close()
    assert list(PipedKeys(source).lines()) == ["We cite every claim.", "", "last without an end"]


def test_letters_in_another_encoding_do_not_end_the_input(pipe: tuple[TextIO, TextIO]) -> None:
    source, sink = pipe
    os.write(sink.fileno(), b"caf\xe9\nq\n")
    sink.close()
    keys = PipedKeys(source)
    assert [keys.read(5), keys.read(5), keys.read(5)] == ["c", "q", END]


def test_a_choice_at_the_end_of_the_input_is_the_default_and_lines_before_it_count(
    pipe: tuple[TextIO, TextIO],
) -> None:
    source, sink = pipe
    sink.write("d\n")
    sink.close()
    keyboard = Keyboard(PipedKeys(source))
    assert [keyboard.choose(CHOICES, "f"), keyboard.choose(CHOICES, "f")] == ["d", "f"]
