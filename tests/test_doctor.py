"""What the doctor says of each part, and which of it makes practising impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.fakes import FakeSource, FakeSpeaker, silence
from voice_coach import doctor
from voice_coach.errors import NoLoudspeakerError, NoMicrophoneError, WeightsError
from voice_coach.records import SAMPLE_RATE, Notice

if TYPE_CHECKING:
    from pathlib import Path


def hum(level: float, seconds: float = 3) -> bytes:
    """A tone with this peak in dBFS; above 0 it clips."""
    wave = 32768 * 10 ** (level / 20) * np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 7)
    return wave.clip(-32768, 32767).astype(np.int16).tobytes()


@pytest.mark.parametrize(
    ("script", "status", "text"),
    [
        ([hum(-20)], "ok", "a fake source, 2.0 s recorded, peak -20 dBFS"),
        ([hum(-60)], "warning", "very quiet. If you were speaking, turn it up or come closer."),
        ([hum(3)], "warning", "too loud, it clips. Turn the microphone down."),
        ([silence(3)], "warning", "delivers digital silence: it is muted, or not connected."),
        ([hum(-20, 1), Notice("Some sound was lost."), hum(-20)], "warning", "Some sound was lost."),
    ],
)
def test_the_microphone_is_measured(script: list[bytes | Notice], status: str, text: str) -> None:
    result = doctor.microphone(FakeSource(*script))
    assert (result.status, result.blocks) == (status, False)
    assert text in result.text


@pytest.mark.parametrize(
    ("load", "model", "status", "text"),
    [
        (0.2, "base", "ok", "0.20 s of work for a second of speech"),
        (0.05, "tiny.en", "ok", "0.05 s of work for a second of speech; --model base would keep up too"),
        (0.05, "/models/mine", "ok", "0.05 s of work for a second of speech"),
        (0.8, "small", "warning", "--model base asks less of this machine"),
        (0.8, "tiny.en", "warning", "Let a faster machine hear with --engine, or type your answers"),
        (0.8, "/models/mine", "warning", "Let a faster machine hear with --engine, or type your answers"),
        (0.8, None, "warning", "Let a faster machine hear with --engine, or type your answers"),
    ],
)
def test_a_model_is_proposed_only_where_one_is_known_to_fit(
    load: float, model: str | None, status: str, text: str
) -> None:
    result = doctor.speed(lambda: load, model)
    assert result.status == status
    assert text in result.text
    assert ("--model" in result.text) == ("--model" in text)


def test_without_a_microphone_practising_aloud_is_impossible() -> None:
    result = doctor.microphone(FakeSource(refuses=NoMicrophoneError("There is no microphone. Connect one.")))
    assert result == doctor.Result(
        "microphone", "problem", "There is no microphone. Connect one.", blocks=True
    )


def test_a_voice_that_fails_leaves_practising_possible() -> None:
    assert doctor.voice(FakeSpeaker(), lambda: None).status == "ok"
    result = doctor.voice(FakeSpeaker(fails=NoLoudspeakerError("There is none.")), lambda: None)
    assert (result.status, result.blocks) == ("warning", False)


def test_a_model_that_does_not_load_makes_practising_impossible() -> None:
    def absent() -> str:
        raise WeightsError("They are not there. Get them.")

    assert doctor.loads("recogniser", lambda: "it loads").status == "ok"
    assert doctor.loads("recogniser", absent) == doctor.Result(
        "recogniser", "problem", "They are not there. Get them.", blocks=True
    )


def test_a_data_folder_is_made_and_one_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    assert doctor.data_folder(tmp_path / "new" / "home").status == "ok"
    (tmp_path / "file").write_text("in the way")
    result = doctor.data_folder(tmp_path / "file" / "home")
    assert result.blocks
    assert "choose another with --home" in result.text


def test_disk_space_is_that_of_the_folder_that_will_be_made(tmp_path: Path) -> None:
    assert "GB free" in doctor.disk_space(tmp_path / "not" / "yet").text
