"""Sound in files: whatever PyAV decodes plays the part of the microphone, and answers are kept bit for bit."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING, cast

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import FakeClock
from voice_coach.audio.file import AudioFile, reblocked
from voice_coach.audio.flac import write_flac
from voice_coach.audio.level import rms_dbfs
from voice_coach.audio.resample import Resampler
from voice_coach.demo import RECORDING
from voice_coach.errors import AudioFileError
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Frame, Notice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from av.audio.stream import AudioStream

SHORTEST = 256
"""Samples that fill the resampler's filter at every rate; of less sound, three milliseconds, the end is cut."""
NOISE = np.random.default_rng(5).bytes(2 * SAMPLE_RATE)


def tone(seconds: float, rate: int, channels: int = 1) -> bytes:
    """440 Hz at half volume, the same in every channel."""
    wave_ = 16_000 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave_.astype(np.int16), channels).tobytes()


def write_wav(path: Path, pcm: bytes, rate: int = SAMPLE_RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


def encode(path: Path, codec: str, rate: int = 48_000) -> Path:
    """Two seconds of the tone in another format."""
    with av.open(str(path), "w") as container:
        stream = cast("AudioStream", container.add_stream(codec, rate=rate))
        samples = np.frombuffer(tone(2, rate, 2), np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate = rate
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def read(path: Path) -> tuple[bytes, list[str]]:
    """All sound of a file and the notices on it, after checking that frames follow one another."""
    with AudioFile(path, FakeClock(), pace=False).open() as items:
        everything = list(items)
    frames = [item for item in everything if isinstance(item, Frame)]
    assert [frame.start for frame in frames] == [FRAME_SAMPLES * index for index in range(len(frames))]
    assert all(len(frame.pcm) == 2 * FRAME_SAMPLES for frame in frames[:-1])
    notices = [item.text for item in everything if isinstance(item, Notice)]
    return b"".join(frame.pcm for frame in frames), notices


def pitch(pcm: bytes) -> float:
    """The strongest frequency in Hertz."""
    samples = np.frombuffer(pcm, np.int16).astype(np.float64)
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * SAMPLE_RATE / len(samples)


@given(st.lists(st.one_of(st.binary(max_size=3000), st.just(Notice("here"))), max_size=12))
def test_pieces_of_any_size_become_frames_and_notices_stay_in_place(pieces: list[bytes | Notice]) -> None:
    items = list(reblocked(iter(pieces)))
    whole = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    assert b"".join(item.pcm for item in items if isinstance(item, Frame)) == whole
    assert sum(isinstance(item, Notice) for item in items) == sum(
        isinstance(piece, Notice) for piece in pieces
    )
    sizes = [len(item.pcm) for item in items if isinstance(item, Frame)]
    assert set(sizes[:-1]) <= {2 * FRAME_SAMPLES}
    before = b""
    for item in items:
        if isinstance(item, Frame):
            assert item.start == len(before) // 2
            before += item.pcm


@settings(max_examples=25)
@given(samples=st.integers(1, SAMPLE_RATE), chunk=st.integers(1, 6000))
def test_a_kept_answer_is_the_recording_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, samples: int, chunk: int
) -> None:
    pcm = NOISE[: 2 * samples]
    path = tmp_path_factory.mktemp("flac") / "answer.flac"
    write_flac(path, (pcm[start : start + 2 * chunk] for start in range(0, len(pcm), 2 * chunk)))
    assert read(path) == (pcm, [])


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_flac(tmp_path / "nowhere" / "answer.flac", [NOISE])


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp3", "libmp3lame"),
        ("a.m4a", "aac"),
        ("a.webm", "libopus"),
        ("a.flac", "flac"),
    ],
)
def test_other_formats_are_heard_as_they_were_recorded(tmp_path: Path, name: str, codec: str) -> None:
    pcm, notices = read(encode(tmp_path / name, codec))
    assert notices == []
    assert len(pcm) / 2 / SAMPLE_RATE == pytest.approx(2, abs=0.1)
    assert pitch(pcm) == pytest.approx(440, abs=1)
    assert rms_dbfs(pcm) == pytest.approx(-9.2, abs=0.5)


@pytest.mark.parametrize(
    ("rate", "channels"),
    [(8_000, 1), (44_100, 1), (44_100, 2), (48_000, 6), (48_000, 1), (96_000, 1), (96_000, 2), (16_000, 2)],
)
def test_any_rate_and_number_of_channels_become_16_khz_mono(tmp_path: Path, rate: int, channels: int) -> None:
    pcm, _ = read(write_wav(tmp_path / "a.wav", tone(1.5, rate, channels), rate, channels))
    assert len(pcm) // 2 == pytest.approx(1.5 * SAMPLE_RATE, abs=32)
    assert pitch(pcm) == pytest.approx(440, abs=1)


@settings(max_examples=15)
@given(
    sizes=st.lists(st.integers(0, 4000), min_size=1, max_size=20).filter(
        lambda sizes: sum(sizes) >= SHORTEST
    ),
    rate=st.sampled_from([8_000, 44_100, 48_000, 96_000]),
)
def test_resampling_in_blocks_loses_no_time(sizes: list[int], rate: int) -> None:
    resampler = Resampler(rate, 2)
    given_ = tone(2, rate, 2)
    out, position = b"", 0
    for size in sizes:
        out += resampler(given_[4 * position : 4 * (position + size)])
        position = min(position + size, 2 * rate)
    out += resampler.flush()
    assert len(out) // 2 == pytest.approx(position * SAMPLE_RATE / rate, abs=2)


def test_a_file_plays_in_real_time_against_its_start(tmp_path: Path) -> None:
    clock = FakeClock()
    path = write_wav(tmp_path / "a.wav", NOISE)
    with AudioFile(path, clock, pace=True).open() as items:
        for item in items:
            assert isinstance(item, Frame)
            assert clock.elapsed == pytest.approx(item.stop / SAMPLE_RATE)
            if item.start == 10 * FRAME_SAMPLES:
                clock.sleep(0.02)  # a busy moment is made up for
    assert clock.elapsed == pytest.approx(1)


def test_how_long_a_file_is_can_be_asked_before(tmp_path: Path) -> None:
    assert AudioFile(
        write_wav(tmp_path / "a.wav", NOISE), FakeClock(), pace=False
    ).seconds() == pytest.approx(1)
    assert AudioFile(tmp_path / "b.wav", FakeClock(), pace=False).seconds() is None


def _video(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda _: None, "there is no such file. Check the path."),
        (lambda path: path.mkdir(), "is a folder. Name one audio file."),
        (lambda path: path.write_bytes(b""), "the file is empty. Record it again."),
        (lambda path: path.write_bytes(b"this is a text, not a sound " * 50), "cannot be read as audio"),
        (_video, "there is no sound in it. Give a file with a sound track."),
    ],
    ids=["absent", "folder", "empty", "text", "video"],
)
def test_what_is_no_sound_is_refused_with_a_sentence(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "a.mp4"
    make(path)
    with pytest.raises(AudioFileError) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert sentence in str(refused.value)


def test_a_file_of_no_sound_at_all_gives_no_frames(tmp_path: Path) -> None:
    assert read(write_wav(tmp_path / "a.wav", b"")) == (b"", [])


def test_what_is_lost_in_the_middle_of_a_damaged_file_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    whole = bytearray(RECORDING.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 60_000] = bytes(60_000)
    damaged = tmp_path / "answer.flac"
    damaged.write_bytes(whole)
    pcm, notices = read(damaged)
    undamaged, _ = read(RECORDING)
    assert pcm[: 2 * 10 * SAMPLE_RATE] == undamaged[: 2 * 10 * SAMPLE_RATE]
    assert pcm[2 * -10 * SAMPLE_RATE :] == undamaged[2 * -10 * SAMPLE_RATE :]
    lost = (len(undamaged) - len(pcm)) / 2 / SAMPLE_RATE
    assert notices == [f"answer.flac is damaged: about {lost:.1f} s at 0:23 could not be read."]


def test_a_file_that_is_cut_off_is_read_to_where_it_ends(tmp_path: Path) -> None:
    cut = tmp_path / "answer.flac"
    cut.write_bytes(RECORDING.read_bytes()[:-100_000])
    pcm, _ = read(cut)
    undamaged, _ = read(RECORDING)
    assert len(undamaged) > len(pcm) > len(undamaged) * 0.8
    assert undamaged.startswith(pcm)
