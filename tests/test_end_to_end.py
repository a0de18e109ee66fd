"""The whole loop on a virtual sound card: spoken question, spoken answer, report; and what interrupts it."""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.program import Program, read_until
from tests.virtual_sound import sound_env
from voice_coach.audio.file import AudioFile
from voice_coach.clock import SystemClock
from voice_coach.content.load import Library
from voice_coach.history.archive import Archive
from voice_coach.records import SAMPLE_RATE, Frame
from voice_coach.speech.voice import Voice

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.virtual_sound import VirtualSound
    from voice_coach.speech.whisper import Whisper

pytestmark = [pytest.mark.device, pytest.mark.model]

DRILL = "reduce-hallucinations"
SPOKEN = (
    "I would search the approved documents first, and every sentence has to carry the number of the paragraph that "
    "it comes from. When nothing is found, it says so, and offers a person instead. "
    "And of course we need monitoring."
)


@pytest.fixture
def program(home: Path, sound: VirtualSound) -> Program:
    return Program(home, sound_env(sound.folder))


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spoken answer, by the system's own voice."""
    folder = tmp_path_factory.mktemp("answer")
    speech = Voice(folder / "cache", rate=150).speech(SPOKEN)
    path = folder / "answer.wav"
    speech.write(path)
    return path


@pytest.fixture
def session(program: Program) -> Iterator[subprocess.Popen[str]]:
    """`practice` with the microphone, up to the moment at which it listens."""
    process = program.start("practice", DRILL, "--no-voice", "--silence", "30", "--follow-ups", "0")
    try:
        read_until(process, "Listening to")
        yield process
    finally:
        process.kill()
        process.communicate()


def pcm_of(file: Path) -> bytes:
    """All sound in a file, as the program reads it."""
    with AudioFile(file, SystemClock(), pace=False).open() as items:
        return b"".join(item.pcm for item in items if isinstance(item, Frame))


def words_in(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


def test_it_speaks_the_question_hears_the_answer_and_says_what_was_missed(
    program: Program, sound: VirtualSound, answer: Path, whisper: Whisper, tmp_path: Path
) -> None:
    spoken = tmp_path / "speaker.wav"
    ear = sound.record_speaker(spoken)
    process = program.start("practice", DRILL, "--silence", "3", "--follow-ups", "0")
    try:
        shown = read_until(process, "Listening to")
        ear.send_signal(signal.SIGINT)
        ear.wait(10)
        sound.feed(answer)
        rest, errors = process.communicate(timeout=120)  # three seconds of silence end the answer
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "\x1b" not in shown + rest
    assert "A long silence ended the answer." in rest
    explained, _, missed = rest.partition("Missed: nothing you said speaks to it")
    assert "Grounding" in explained
    assert "Rollout" in missed or "Evaluation" in missed
    assert "Monitoring" not in missed
    assert share_heard(Library(program.home).drill(DRILL).prompt, spoken, whisper) > 0.6
    (recording,) = (program.home / "audio").glob("*.flac")
    assert share_heard(SPOKEN, recording, whisper) > 0.8
    assert "Grounding" in program.run("replay").stdout


def test_it_asks_back_hears_the_second_answer_and_closes_in_a_sentence(
    program: Program, sound: VirtualSound, answer: Path, whisper: Whisper, tmp_path: Path
) -> None:
    process = program.start("practice", DRILL, "--silence", "3")
    try:
        read_until(process, "Listening to")
        sound.feed(answer).wait(60)
        read_until(process, "a follow-up")
        asked_back, close = tmp_path / "asked-back.wav", tmp_path / "close.wav"
        ear = sound.record_speaker(asked_back)
        read_until(process, "Listening to")
        ear.send_signal(signal.SIGINT)
        ear.wait(10)
        ear = sound.record_speaker(close)
        sound.feed(answer)
        rest, errors = process.communicate(timeout=120)
        ear.send_signal(signal.SIGINT)
        ear.wait(10)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "Asked back, and not counted above" in rest
    with Archive(program.home) as archive:
        attempt = archive.attempt()
        recording = archive.audio_path(attempt)
    (follow_up,) = attempt.follow_ups
    assert recording
    assert len(pcm_of(recording)) == 2 * (attempt.samples or 0)
    assert 0 < (follow_up.start or 0) < (attempt.samples or 0)
    assert 0 < follow_up.first < len(attempt.transcript.words)
    assert share_heard(follow_up.question, asked_back, whisper) > 0.5
    assert share_heard("you explained concepts the main gap is", close, whisper) > 0.5


def share_heard(text: str, file: Path, whisper: Whisper) -> float:
    """How many of a text's words the recogniser hears in a file (its synthetic voices are hard for it)."""
    whisper.load()
    heard = {word for piece in whisper.words(pcm_of(file)) for word in words_in(piece.text)}
    wanted = words_in(text)
    return sum(word in heard for word in wanted) / len(wanted)


def test_enter_ends_an_answer(session: subprocess.Popen[str], sound: VirtualSound, answer: Path) -> None:
    sound.feed(answer).wait(60)
    rest, errors = session.communicate("\nq\n", timeout=120)
    assert session.returncode == 0, errors
    assert "Answer ended." in rest
    assert "Grounding" in rest


def test_a_program_that_was_suspended_goes_on_where_it_was(
    program: Program, session: subprocess.Popen[str], sound: VirtualSound, answer: Path
) -> None:
    playing = sound.feed(answer)
    time.sleep(2)
    session.send_signal(signal.SIGSTOP)
    time.sleep(2)
    session.send_signal(signal.SIGCONT)
    playing.wait(60)
    time.sleep(0.5)
    assert session.stdin
    session.stdin.write("\n")
    session.stdin.flush()
    shown = read_until(session, "Delivery")
    assert "Answer ended." in shown
    with Archive(program.home) as archive:
        said = words_in(archive.attempt().transcript.text)
    assert {"documents", "monitoring"} <= set(said)  # from before it and from after it


def test_ctrl_c_stops_and_keeps_what_was_said(
    session: subprocess.Popen[str], sound: VirtualSound, answer: Path, program: Program
) -> None:
    sound.feed(answer).wait(60)
    session.send_signal(signal.SIGINT)
    rest, errors = session.communicate(timeout=120)
    assert session.returncode == 0, errors
    assert "Stopped." in rest
    assert "Grounding" in rest
    assert len(list((program.home / "audio").glob("*.flac"))) == 1


def test_after_kill_9_the_next_start_finishes_the_answer(
    session: subprocess.Popen[str], sound: VirtualSound, answer: Path, program: Program
) -> None:
    sound.feed(answer).wait(60)
    time.sleep(0.5)
    session.kill()
    session.wait(10)
    (journal,) = (program.home / "journal").iterdir()
    on_disk = (journal / "audio.pcm").read_bytes()
    assert len(on_disk) > len(pcm_of(answer)) - 2 * SAMPLE_RATE
    finished = program.run("practice", DRILL, "--typed", "--no-voice", typed="f\n\n\n")
    assert finished.returncode == 0, finished.stderr
    assert "was interrupted" in finished.stdout
    assert "Grounding" in finished.stdout
    assert not list((program.home / "journal").iterdir())
    (recording,) = (program.home / "audio").glob("*.flac")
    assert pcm_of(recording) == on_disk
    assert "Grounding" in program.run("replay", "--text").stdout


def test_a_sound_server_that_dies_ends_the_answer_with_what_was_said(
    session: subprocess.Popen[str], sound: VirtualSound, answer: Path
) -> None:
    sound.feed(answer).wait(60)
    sound.kill()
    rest, errors = session.communicate("q\n", timeout=120)
    assert session.returncode == 0, errors
    assert "The audio so far is kept." in " ".join(rest.split())
    assert "Grounding" in rest


def test_doctor_measures_the_microphone_and_is_ready(
    program: Program, sound: VirtualSound, answer: Path
) -> None:
    process = program.start("doctor")
    read_until(process, "voice and loudspeaker")  # the microphone is tried next
    sound.feed(answer)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0, rest + errors
    assert "peak" in rest
    assert "Ready" in rest
