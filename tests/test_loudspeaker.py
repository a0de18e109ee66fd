"""The loudspeaker against a real (virtual) sound server: what is heard, how soon it is silent, how it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import wave
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.virtual_sound import sound_card_of
from voice_coach.audio.loudspeaker import Loudspeaker
from voice_coach.errors import NoLoudspeakerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.virtual_sound import VirtualSound

RATE = 48_000
Samples = np.ndarray[tuple[int], np.dtype[np.float64]]


def tone(seconds: float, rate: int = RATE) -> bytes:
    """A rising tone: every moment of it differs from every other."""
    time_ = np.arange(round(seconds * rate)) / rate
    return (12_000 * np.sin(2 * np.pi * (200 + 300 * time_) * time_)).astype(np.int16).tobytes()


@contextmanager
def heard(sound: VirtualSound, path: Path) -> Iterator[list[Samples]]:
    """Records the loudspeaker meanwhile; then the list holds its left and right channel."""
    recorder = sound.record_speaker(path)
    while not path.exists() or path.stat().st_size < 4_000:
        time.sleep(0.02)
    channels: list[Samples] = []
    yield channels
    time.sleep(0.3)
    recorder.send_signal(signal.SIGTERM)
    recorder.wait(5)
    with wave.open(str(path)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, 2)
    channels += [pcm[:, 0].astype(np.float64), pcm[:, 1].astype(np.float64)]


def similarity(recorded: Samples, pcm: bytes) -> float:
    """The highest correlation of `pcm` with any stretch of the recording."""
    played = np.frombuffer(pcm, dtype=np.int16).astype(np.float64)
    size = len(recorded) + len(played)
    cross = np.fft.irfft(np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(played, size)), size)
    lag = int(np.argmax(cross[: len(recorded)]))
    piece = recorded[lag : lag + len(played)]
    return float(np.corrcoef(piece, played[: len(piece)])[0, 1])


@pytest.mark.device
def test_what_is_played_is_heard_to_the_end_on_both_sides(sound: VirtualSound, tmp_path: Path) -> None:
    pcm = tone(1.2)
    with heard(sound, tmp_path / "heard.wav") as channels:
        began = time.monotonic()
        playback = Loudspeaker().play(pcm, RATE)
        assert time.monotonic() - began < 1
        assert not playback.done
        assert playback.wait(5)
    assert playback.failed is None
    assert playback.position == pytest.approx(1.2)
    assert min(similarity(channel, pcm) for channel in channels) > 0.999


@pytest.mark.device
def test_the_position_moves_with_the_sound_from_where_it_began(sound: VirtualSound, tmp_path: Path) -> None:
    pcm = tone(2.0)
    with (
        heard(sound, tmp_path / "heard.wav") as channels,
        Loudspeaker().play(pcm, RATE, start_seconds=1.2) as playback,
    ):
        began = time.monotonic()
        first = playback.position
        time.sleep(0.6)
        moved, elapsed = playback.position - first, time.monotonic() - began
        assert playback.wait(5)
    assert 1.2 <= first < 1.4
    assert moved == pytest.approx(elapsed, abs=0.35)
    assert playback.position == pytest.approx(2.0)
    rest = pcm[round(1.2 * RATE) * 2 :]
    assert similarity(channels[0], rest) > 0.999
    loud = np.flatnonzero(np.abs(channels[0]) > 500)
    assert loud[-1] - loud[0] == pytest.approx(0.8 * RATE, abs=0.02 * RATE)


@pytest.mark.device
def test_stop_is_silence_within_fifty_milliseconds(sound: VirtualSound) -> None:
    ear = subprocess.Popen(
        ["parec", "--device=speaker.monitor", "--raw", "--latency-msec=5", "--format=s16le", f"--rate={RATE}"],
        env=sound.env(), stdout=subprocess.PIPE,
    )  # fmt: skip
    loud: list[float] = []

    def listen() -> None:
        assert ear.stdout
        while piece := os.read(ear.stdout.fileno(), 960):
            if np.abs(np.frombuffer(piece[: len(piece) // 2 * 2], dtype=np.int16).astype(int)).max() > 500:
                loud.append(time.monotonic())

    listener = threading.Thread(target=listen)
    listener.start()
    playback = Loudspeaker().play(tone(6), RATE)
    time.sleep(1)
    stopped = time.monotonic()
    playback.stop()
    returned = time.monotonic()
    time.sleep(0.4)
    ear.terminate()
    ear.wait(5)
    listener.join(5)
    assert ear.stdout
    ear.stdout.close()
    assert playback.done
    assert playback.failed is None
    assert loud[-1] - loud[0] > 0.5  # it was playing
    assert loud[-1] - stopped < 0.05
    assert returned - stopped < 0.2


@pytest.mark.device
def test_a_dead_server_ends_the_playback_with_the_reason(sound: VirtualSound) -> None:
    playback = Loudspeaker().play(tone(10), RATE)
    time.sleep(0.5)
    sound.kill()
    assert playback.wait(3)
    assert playback.failed
    assert "stopped playing: it was unplugged or the sound server ended" in playback.failed
    with pytest.raises(NoLoudspeakerError, match=r"There is no loudspeaker\. Connect one"):
        Loudspeaker().play(tone(1), RATE)


@pytest.mark.device
def test_a_frozen_server_ends_the_playback_with_the_reason(sound: VirtualSound) -> None:
    playback = Loudspeaker().play(tone(10), RATE)
    time.sleep(0.5)
    sound.freeze()
    assert playback.wait(4)
    assert playback.failed
    assert "may be stuck" in playback.failed
    sound.resume()


@pytest.mark.device
def test_an_unknown_loudspeaker_is_answered_with_those_there_are(sound: VirtualSound) -> None:
    with pytest.raises(
        NoLoudspeakerError, match=r"There is no loudspeaker 'Hifi'\. Choose one of these: .*'default'"
    ):
        Loudspeaker("Hifi").play(tone(1), RATE)
    assert sound.default_source() == "mic"


@pytest.mark.device
def test_nothing_to_play_is_over_at_once(sound: VirtualSound) -> None:
    playback = Loudspeaker().play(b"", RATE)
    assert playback.wait(3)
    assert playback.failed is None
    assert sound.default_source() == "mic"


PLAY = """
import sys, time
from voice_coach.audio.loudspeaker import Loudspeaker
pcm = b"\\1\\0" * 22050
began = time.monotonic()
playback = Loudspeaker().play(pcm, 22050)
print(playback.wait(10), playback.failed, round(playback.position, 2), 1 <= time.monotonic() - began < 2.5)
"""


@pytest.mark.device
def test_a_loudspeaker_that_knows_48_khz_only_gets_the_sound_resampled(tmp_path: Path) -> None:
    with sound_card_of(48_000, tmp_path) as env:
        result = subprocess.run(
            [sys.executable, "-c", PLAY], env=env, capture_output=True, text=True, check=False
        )
    assert result.stdout == "True None 1.0 True\n", result.stderr


def test_without_portaudio_the_package_to_install_is_named(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    program = "from voice_coach.audio.loudspeaker import Loudspeaker; Loudspeaker().play(b'', 48000)"
    env = os.environ | {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    result = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )
    assert "NoLoudspeakerError: Sound needs the PortAudio library" in result.stderr
    assert "libportaudio2" in result.stderr
