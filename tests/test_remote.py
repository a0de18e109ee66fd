"""Another machine as recogniser: what servers answer, what goes wrong, and a real server of faster-whisper."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.program import Program
from voice_coach.cli.desk import without_password
from voice_coach.demo import DRILL, RECORDING
from voice_coach.errors import HearingError, UsageError
from voice_coach.history.archive import Archive
from voice_coach.records import SAMPLE_RATE
from voice_coach.speech import weights
from voice_coach.speech.remote import RemoteRecogniser, spread, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_word_times_of_the_server_are_used_and_a_segment_says_how_sure_it_was() -> None:
    answer = SimpleNamespace(
        text="hello there",
        words=[
            SimpleNamespace(word=" hello", start=0.0, end=0.5),
            SimpleNamespace(word="there", start=0.5, end=9.0),
        ],
        segments=[SimpleNamespace(text="hello there", start=0.0, end=1.0, avg_logprob=-0.105)],
    )
    hello, there = words_of(answer, SAMPLE_RATE)
    assert (hello.text, hello.start, hello.stop, hello.probability) == ("hello", 0, 8000, 0.9)
    assert (there.start, there.stop) == (8000, SAMPLE_RATE)


def test_without_word_times_the_words_share_their_segments_time() -> None:
    segments = [
        SimpleNamespace(text=" a b", start=0.0, end=1.0, avg_logprob=None),
        SimpleNamespace(text=" c", start=1.0, end=2.0, avg_logprob=None),
    ]
    words = words_of(SimpleNamespace(text="a b c", words=None, segments=segments), 2 * SAMPLE_RATE)
    assert [(word.start, word.stop) for word in words] == [(0, 8000), (8000, 16000), (16000, 32000)]


@given(
    st.lists(st.text("ab", min_size=1, max_size=9), max_size=9), st.integers(0, 9000), st.integers(0, 9000)
)
def test_words_over_a_stretch_are_in_order_and_fill_it(texts: list[str], start: int, length: int) -> None:
    words = spread(texts, start, start + length, None)
    assert [word.text for word in words] == texts
    edges = [edge for word in words for edge in (word.start, word.stop)]
    assert edges == sorted(edges, key=lambda edge: edge or 0)
    if words:
        assert (words[0].start, words[-1].stop) == (start, start + length)


@pytest.mark.parametrize("url", ["gpu-box:8000", "ftp://box", "http://", ""])
def test_what_is_no_address_is_misuse(url: str) -> None:
    with pytest.raises(UsageError, match="address of a server"):
        RemoteRecogniser(url, model="base")


def test_a_password_in_the_address_is_not_told() -> None:
    recogniser = RemoteRecogniser("http://me:secret@box:8000/v1", model="base")
    assert "secret" not in recogniser.name + str(recogniser.settings)


@pytest.mark.timeout(60)
def test_a_server_that_is_not_there_is_one_clear_sentence() -> None:
    recogniser = RemoteRecogniser(f"http://127.0.0.1:{free_port()}", model="base")
    with pytest.raises(HearingError, match="cannot be reached"):
        recogniser.words(bytes(2 * SAMPLE_RATE))


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[str]:
    """A server as somebody would run it on their GPU box."""
    folder = weights.locate("base", models)
    port = free_port()
    code = "import sys; from faster_whisper_server.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, str(folder), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(600):
            assert process.poll() is None, "the server ended"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_a_password_in_the_address_is_not_shown() -> None:
    assert without_password("http://me:secret@gpu-box:8000/v1") == "http://gpu-box:8000/v1"
    assert without_password("http://gpu-box:8000") == "http://gpu-box:8000"


@pytest.mark.model
def test_an_answer_is_heard_by_another_machine_and_that_is_announced(home: Path, server: str) -> None:
    run = Program(home).run("check", str(RECORDING), "--engine", server, "--json")
    assert f"sent to {server}" in " ".join(run.stderr.split())
    assert "Error" not in run.stderr
    assert '"graded": true' in run.stdout.replace('"graded":true', '"graded": true'), run.stderr
    heard_here = Program(home).run("check", str(RECORDING), "--json")
    assert "sent to" not in heard_here.stderr


@pytest.mark.model
def test_practice_with_another_machine_says_so_first_and_ends_with_a_report(home: Path, server: str) -> None:
    run = Program(home).run(
        "practice",
        DRILL,
        "--audio",
        str(RECORDING),
        "--fast",
        "--no-voice",
        "--engine",
        server,
        "--follow-ups",
        "0",
    )
    assert run.returncode == 0, run.stderr
    assert f"sent to {server}" in " ".join(run.stdout.split())
    assert "Delivery" in run.stdout
    with Archive(home) as archive:
        assert archive.attempt().transcript.model == RemoteRecogniser(server, model="base").name


@pytest.mark.model
def test_a_page_that_is_no_transcription_server_is_an_error(server: str) -> None:
    with pytest.raises(HearingError, match="did not transcribe"):
        RemoteRecogniser(f"{server}/elsewhere", model="base").words(bytes(2 * SAMPLE_RATE))
