"""The microphone against a real (virtual) sound server, with every fault it must survive."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.virtual_sound import sound_card_of
from voice_coach.audio.journal import Recording
from voice_coach.audio.microphone import Microphone, list_microphones
from voice_coach.audio.portaudio import Device, find
from voice_coach.audio.pulse import PulseWatch
from voice_coach.audio.recorder import Recorder
from voice_coach.clock import SystemClock
from voice_coach.errors import MicrophoneLostError, NoMicrophoneError
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Frame, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.virtual_sound import VirtualSound

KEPT = "The audio so far is kept."


def noise(seconds: float, rate: int = SAMPLE_RATE) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Band-limited noise from a fixed seed: every stretch of it is unlike every other."""
    white = np.random.default_rng(7).normal(size=round(seconds * rate))
    smooth = np.convolve(white, np.hanning(9 * rate // SAMPLE_RATE), mode="same")
    loud: np.ndarray[tuple[int], np.dtype[np.int16]] = (smooth / np.abs(smooth).max() * 20_000).astype(
        np.int16
    )
    return loud


def write_wav(
    path: Path, samples: np.ndarray[tuple[int], np.dtype[np.int16]], rate: int = SAMPLE_RATE
) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def samples_of(items: list[Frame | Notice]) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """All PCM, after checking that the frames follow one another without a gap from 0."""
    frames = [item for item in items if isinstance(item, Frame)]
    assert [frame.start for frame in frames] == [FRAME_SAMPLES * index for index in range(len(frames))]
    assert all(frame.stop - frame.start == FRAME_SAMPLES for frame in frames[:-1])
    return np.frombuffer(b"".join(frame.pcm for frame in frames), dtype=np.int16)


def notices(items: list[Frame | Notice]) -> list[str]:
    return [item.text for item in items if isinstance(item, Notice)]


def hear(
    items: Iterator[Frame | Notice], heard: list[Frame | Notice], seconds: float = math.inf
) -> list[Frame | Notice]:
    """Collect into `heard` until that much sound came."""
    for item in items:
        heard.append(item)
        if isinstance(item, Frame) and item.stop >= seconds * SAMPLE_RATE:
            break
    return heard


def after(
    items: Iterator[Frame | Notice], fault: Callable[[], None], limit: float
) -> tuple[list[Frame | Notice], str]:
    """What came before and after `fault` struck, and the sentence that ended it within `limit` seconds."""
    heard = hear(items, [], 0.5)
    fault()
    began = time.monotonic()
    with pytest.raises(MicrophoneLostError) as lost:
        hear(items, heard)
    assert time.monotonic() - began < limit
    assert len(samples_of(heard)) >= SAMPLE_RATE // 2
    assert str(lost.value).endswith(KEPT)
    return heard, str(lost.value)


# Against the sound server


@pytest.mark.device
def test_what_is_played_into_the_microphone_is_recorded_bit_for_bit(
    sound: VirtualSound, tmp_path: Path
) -> None:
    said = noise(1.5)
    microphone = Microphone(None, SystemClock())
    with microphone.open() as items:
        sound.feed(write_wav(tmp_path / "said.wav", said))
        heard = samples_of(hear(items, [], 2.3))
    assert microphone.name == "Virtual_Microphone"
    begin = int(np.flatnonzero(heard)[0]) - int(np.flatnonzero(said)[0])
    assert np.array_equal(heard[begin : begin + len(said)], said)


@pytest.mark.device
def test_the_stream_ends_with_its_context_and_opens_again(sound: VirtualSound) -> None:
    microphone = Microphone("default", SystemClock())
    for _ in range(2):
        with microphone.open() as items:
            assert hear(items, [], 0.2)
        rest = [item for item in items if isinstance(item, Frame)]
        assert sum(len(frame.pcm) for frame in rest) < 2 * FRAME_SAMPLES  # what was taken and not yet given
    assert sound.default_source() == "mic"


@pytest.mark.device
def test_a_dead_server_ends_the_recording_and_a_new_one_is_found(sound: VirtualSound) -> None:
    microphone = Microphone(None, SystemClock())
    with microphone.open() as items:
        _, text = after(items, sound.kill, 1)
    assert re.search("the sound server (ended|may be stuck)", text)  # on a busy machine it is not known which
    with pytest.raises(NoMicrophoneError, match=r"There is no microphone\. Connect one"), microphone.open():
        pass
    assert list_microphones() == []
    sound.start()
    with microphone.open() as items:
        assert hear(items, [], 0.2)


@pytest.mark.device
def test_a_frozen_server_neither_hangs_the_recording_nor_the_next_one(sound: VirtualSound) -> None:
    microphone = Microphone(None, SystemClock())
    began = math.inf
    with microphone.open() as items:
        _, text = after(items, sound.freeze, 2)
        began = time.monotonic()
    assert time.monotonic() - began < 2  # leaving the context does not wait for the server either
    assert "may be stuck" in text
    sound.resume()
    with microphone.open() as items:
        assert hear(items, [], 0.2)


@pytest.mark.device
def test_a_short_standstill_of_the_server_is_not_a_fault(sound: VirtualSound) -> None:
    with Microphone(None, SystemClock()).open() as items:
        heard = hear(items, [], 0.3)
        sound.freeze()
        time.sleep(0.6)
        sound.resume()
        hear(items, heard, 1.5)
    assert len(samples_of(heard)) >= 1.5 * SAMPLE_RATE


@pytest.mark.device
def test_opening_does_not_wait_for_a_frozen_server(sound: VirtualSound) -> None:
    list_microphones()
    sound.freeze()
    began = time.monotonic()
    with pytest.raises(NoMicrophoneError, match="does not answer"), Microphone(None, SystemClock()).open():
        pass
    assert time.monotonic() - began < 8
    sound.resume()


@pytest.mark.device
def test_a_suspended_microphone_is_named_as_such(sound: VirtualSound) -> None:
    microphone = Microphone(None, SystemClock())
    with microphone.open() as items:
        _, text = after(items, sound.suspend_microphone, 2.5)
    assert "Virtual_Microphone was suspended" in text


@pytest.mark.device
def test_a_removed_microphone_is_not_replaced_in_silence(sound: VirtualSound) -> None:
    microphone = Microphone(None, SystemClock())
    with microphone.open() as items:
        _, text = after(items, sound.remove_microphone, 2.5)
    assert "Virtual_Microphone is gone" in text
    assert "Monitor of Virtual_Speaker" in text
    with pytest.raises(NoMicrophoneError, match="would record its loudspeaker"), microphone.open():
        pass


@pytest.mark.device
def test_a_muted_microphone_is_told_once_for_each_stretch(sound: VirtualSound, tmp_path: Path) -> None:
    with Microphone(None, SystemClock()).open() as items:
        sound.feed(write_wav(tmp_path / "said.wav", noise(12)))
        heard = hear(items, [], 1)
        assert notices(heard) == []
        sound.mute_microphone()
        hear(items, heard, 4)
        assert notices(heard) == [
            "Virtual_Microphone is muted in the system's sound settings. Unmute it there."
        ]
        sound.mute_microphone(mute=False)
        hear(items, heard, 4.7)
        sound.mute_microphone()
        hear(items, heard, 7.5)
    assert len(notices(heard)) == 2
    samples_of(heard)


@pytest.mark.device
def test_digital_silence_without_a_mute_is_told(sound: VirtualSound) -> None:
    with Microphone(None, SystemClock()).open() as items:
        texts = notices(hear(items, [], 2.5))
    assert texts == [
        "Virtual_Microphone delivers no sound at all since 0:00. If you are speaking, check whether it is muted."
    ]
    assert sound.default_source() == "mic"


@pytest.mark.device
def test_lost_sound_is_measured_and_told(sound: VirtualSound, tmp_path: Path) -> None:
    with Microphone(None, SystemClock()).open() as items:
        sound.feed(write_wav(tmp_path / "said.wav", noise(9)))
        began = time.monotonic()
        heard = hear(items, [], 2.5)
        sound.suspend_microphone()
        time.sleep(0.6)
        sound.suspend_microphone(suspend=False)
        hear(items, heard, 7)
        missing = time.monotonic() - began - len(samples_of(heard)) / SAMPLE_RATE
    (text,) = notices(heard)
    assert missing > 0.5
    assert text.startswith("About ")
    assert float(text.split()[1]) == pytest.approx(missing, abs=0.2)


@pytest.mark.device
def test_an_error_in_the_callback_surfaces(sound: VirtualSound) -> None:
    class StoppingClock(SystemClock):
        broken = False

        def monotonic(self) -> float:
            if self.broken:
                raise ValueError("the clock is broken")
            return super().monotonic()

    clock = StoppingClock()
    with Microphone(None, clock).open() as items:
        _, text = after(items, lambda: setattr(clock, "broken", True), 1)
    assert "ValueError('the clock is broken')" in text
    assert sound.default_source() == "mic"


@pytest.mark.device
def test_an_unknown_microphone_is_answered_with_those_there_are(sound: VirtualSound) -> None:
    with pytest.raises(NoMicrophoneError) as error, Microphone("Yeti", SystemClock()).open():
        pass
    assert "There is no microphone 'Yeti'. Choose one of these: " in str(error.value)
    assert all(device.name in str(error.value) for device in list_microphones())
    assert sound.default_source() == "mic"


# With programs of their own: another library, another driver, the way out

LISTEN = """
import sys
from voice_coach.audio.journal import Recording
from voice_coach.audio.microphone import Microphone
from voice_coach.clock import SystemClock
from voice_coach.errors import DeviceError
from voice_coach.records import Frame
try:
    with Microphone(None, SystemClock()).open() as items:
        for item in items:
            if not isinstance(item, Frame):
                continue
            sys.stdout.buffer.write(item.pcm)
            if item.stop >= float(sys.argv[1]) * 16000:
                break
except DeviceError as error:
    sys.stdout.flush()
    sys.exit(f"{type(error).__name__}: {error}")
"""


def listen(seconds: float, env: dict[str, str]) -> subprocess.Popen[bytes]:
    # Unbuffered: `communicate` would not give what a buffer took beyond a first `read`.
    return subprocess.Popen(
        [sys.executable, "-c", LISTEN, str(seconds)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


@pytest.mark.device
def test_a_program_ends_although_the_server_stands_still(sound: VirtualSound) -> None:
    program = listen(60, sound.env())
    assert program.stdout
    assert program.stdout.read(SAMPLE_RATE)
    sound.freeze()
    _, errors = program.communicate(timeout=6)
    sound.resume()
    assert program.returncode == 1
    assert b"MicrophoneLostError: Virtual_Microphone delivers nothing any more" in errors


@pytest.mark.device
def test_without_pulsectl_the_microphone_is_recorded_all_the_same(
    sound: VirtualSound, tmp_path: Path
) -> None:
    (tmp_path / "pulsectl.py").write_text("raise ImportError('no pulsectl')\n")
    program = listen(1, sound.env() | {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"})
    pcm, errors = program.communicate(timeout=20)
    assert program.returncode == 0, errors.decode()
    assert len(pcm) // 2 == pytest.approx(SAMPLE_RATE, abs=FRAME_SAMPLES)


@pytest.mark.device
def test_without_a_sound_server_the_watch_is_off(sound: VirtualSound) -> None:
    sound.kill()
    began = time.monotonic()
    with PulseWatch() as watch:
        assert watch.first(5) is None
    assert time.monotonic() - began < 2


@pytest.mark.device
def test_a_recorder_keeps_what_came_before_the_server_died(sound: VirtualSound, tmp_path: Path) -> None:
    recording = Recording(tmp_path / "audio.pcm")
    with Recorder(Microphone(None, SystemClock()), recording) as recorder:
        while recording.samples < SAMPLE_RATE // 2:
            time.sleep(0.02)
        sound.kill()
        while not recorder.tape.finished:
            time.sleep(0.02)
    recording.close()
    assert isinstance(recorder.tape.fault, MicrophoneLostError)
    assert (tmp_path / "audio.pcm").stat().st_size >= SAMPLE_RATE


def test_without_portaudio_the_package_to_install_is_named(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    program = listen(1, os.environ | {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"})
    _, errors = program.communicate(timeout=20)
    assert program.returncode == 1
    assert b"NoMicrophoneError: Sound needs the PortAudio library" in errors
    assert b"libportaudio2" in errors


@pytest.mark.device
def test_without_a_sound_server_there_is_no_microphone(sound: VirtualSound) -> None:
    sound.kill()
    _, errors = listen(1, sound.env()).communicate(timeout=20)
    assert b"NoMicrophoneError: There is no microphone. Connect one" in errors


@pytest.mark.device
@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000])
def test_a_stereo_microphone_that_knows_one_rate_only_is_resampled(tmp_path: Path, rate: int) -> None:
    with sound_card_of(rate, tmp_path) as env:
        program = listen(2, env)
        assert program.stdout
        first = program.stdout.read(2 * FRAME_SAMPLES)
        began = time.monotonic()
        rest, errors = program.communicate(timeout=20)
        took = time.monotonic() - began
    assert len(first + rest) // 2 == pytest.approx(2 * SAMPLE_RATE, abs=FRAME_SAMPLES), errors.decode()
    assert 1 < took < 3  # 44.1 kHz taken for 16 kHz would be over in 0.7 s, 8 kHz would take 4


HELD = """
import importlib.machinery, importlib.util, pathlib, sys
here = str(pathlib.Path(__file__).parent)
spec = importlib.machinery.PathFinder.find_spec("sounddevice", [path for path in sys.path if path != here])
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
globals().update(vars(real))
class RawInputStream:
    def __init__(self, **_):
        raise PortAudioError("Error opening RawInputStream: Device unavailable", -9985)
"""


@pytest.mark.device
def test_a_microphone_that_another_program_holds_is_named_with_what_to_do(
    sound: VirtualSound, tmp_path: Path
) -> None:
    (tmp_path / "sounddevice.py").write_text(HELD)
    program = listen(1, sound.env() | {"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"})
    _, errors = program.communicate(timeout=20)
    assert program.returncode == 1
    assert b"Device unavailable" in errors
    assert b"Close other programs that use it, or choose another microphone." in errors


# Which device is meant


DEVICES = [
    Device(0, "HDA Intel", 48_000, 2, default=False),
    Device(3, "USB", 44_100, 1, default=True),
    Device(4, "USB Audio: Blue Yeti", 48_000, 2, default=False),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (None, 3),
        (0, 0),
        ("4", 4),
        ("yeti", 4),
        ("usb", 3),
        ("USB Audio", 4),
        (1, None),
        ("none", None),
        ("9", None),
    ],
)
def test_a_device_is_found_by_number_name_or_part_of_it(wanted: str | int | None, index: int | None) -> None:
    found = find(DEVICES, wanted)
    assert (found.index if found else None) == index
