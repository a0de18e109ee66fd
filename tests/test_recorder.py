"""From a source to disk and back: no sample is lost, whatever the blocks, the pauses and the faults."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import FakeSource, Gate, said
from voice_coach.audio.journal import Recording
from voice_coach.audio.recorder import Recorder, Tape
from voice_coach.errors import DeviceError, JournalError, MicrophoneLostError, NoMicrophoneError
from voice_coach.records import FRAME_SAMPLES, Frame, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

SOUND = np.random.default_rng(3).bytes(2 * 20 * FRAME_SAMPLES)


class Impatient(Recorder):
    """A recorder that waits for a stuck device no longer than a test does."""

    OPEN_SECONDS = 0.1
    STOP_SECONDS = 0.1


class FullDisk(Recording):
    """A recording that takes two frames and no more."""

    def append(self, pcm: bytes) -> None:
        if self.samples >= 2 * FRAME_SAMPLES:
            raise JournalError("The disk is full. The audio so far is kept.")
        super().append(pcm)


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "audio.pcm")
    yield recording
    recording.close()


def read_all(tape: Tape) -> list[Frame | Notice]:
    """Everything up to the end of the tape."""
    items = []
    while (item := tape.read(0.02)) or not tape.finished:
        if item:
            items.append(item)
    return items


def frames(items: list[Frame | Notice]) -> list[Frame]:
    return [item for item in items if isinstance(item, Frame)]


def sound(items: list[Frame | Notice]) -> bytes:
    """All PCM, after checking that it comes in whole frames without a gap."""
    found = frames(items)
    assert [frame.start for frame in found] == [FRAME_SAMPLES * index for index in range(len(found))]
    assert all(len(frame.pcm) == 2 * FRAME_SAMPLES for frame in found[:-1])
    return b"".join(frame.pcm for frame in found)


@settings(max_examples=40)
@given(
    sizes=st.lists(st.integers(0, 3 * FRAME_SAMPLES), max_size=12),
    remarks=st.sets(st.integers(0, 12), max_size=3),
)
def test_every_sample_and_every_notice_arrives_whatever_the_blocks(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], remarks: set[int]
) -> None:
    recording = Recording(tmp_path_factory.mktemp("tape") / "audio.pcm")
    script: list[bytes | Notice] = []
    position = 0
    for index, size in enumerate(sizes):
        if index in remarks:
            script.append(Notice(f"remark {index}"))
        script.append(SOUND[2 * position : 2 * (position + size)])
        position += size
    with Recorder(FakeSource(*script), recording) as recorder:
        items = read_all(recorder.tape)
    assert sound(items) == SOUND[: 2 * position] == recording.path.read_bytes()
    assert [item for item in items if isinstance(item, Notice)] == [
        part for part in script if isinstance(part, Notice)
    ]
    assert recorder.tape.fault is None
    recording.close()


def test_a_frame_is_given_as_soon_as_it_is_on_disk_and_not_before(recording: Recording) -> None:
    tape = Tape(recording)
    assert tape.read(0) is None
    recording.append(SOUND[: 2 * FRAME_SAMPLES - 2])
    assert tape.read(0) is None
    recording.append(SOUND[2 * FRAME_SAMPLES - 2 : 2 * FRAME_SAMPLES + 200])
    assert tape.read(0) == Frame(0, SOUND[: 2 * FRAME_SAMPLES])
    assert tape.read(0) is None
    tape.finish(None)
    assert tape.read(0) == Frame(FRAME_SAMPLES, SOUND[2 * FRAME_SAMPLES :][:200])
    assert tape.read(0) is None


def test_a_waiting_listener_is_woken(recording: Recording) -> None:
    gate = Gate()
    with Recorder(FakeSource(gate, SOUND), recording) as recorder:
        threading.Timer(0.05, gate.open).start()
        began = time.monotonic()
        assert recorder.tape.read(10) == Frame(0, SOUND[: 2 * FRAME_SAMPLES])
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (MicrophoneLostError("It was unplugged. The audio so far is kept."), "It was unplugged"),
        (ZeroDivisionError("driver"), r"a fake source failed \(ZeroDivisionError\('driver'\)\)"),
    ],
)
def test_a_fault_ends_the_tape_after_all_that_came_before_it(
    recording: Recording, fault: Exception, sentence: str
) -> None:
    with Recorder(FakeSource(SOUND, fault=fault), recording) as recorder:
        assert sound(read_all(recorder.tape)) == SOUND
    with pytest.raises(DeviceError, match=rf"{sentence}.*The audio so far is kept"):
        raise recorder.tape.fault or AssertionError("no fault")


def test_a_full_disk_is_a_fault_of_the_recording_and_keeps_what_fitted(tmp_path: Path) -> None:
    disk = FullDisk(tmp_path / "audio.pcm")
    with Recorder(FakeSource(SOUND), disk) as recorder:
        assert sound(read_all(recorder.tape)) == SOUND[: 4 * FRAME_SAMPLES]
    assert isinstance(recorder.tape.fault, JournalError)
    disk.close()


def test_a_source_that_cannot_be_opened_is_told_on_entering(recording: Recording) -> None:
    refused = NoMicrophoneError("There is no microphone. Connect one.")
    with (
        pytest.raises(NoMicrophoneError, match="Connect one"),
        Recorder(FakeSource(refuses=refused), recording),
    ):
        pass


def test_a_device_that_never_opens_is_not_waited_for(recording: Recording) -> None:
    class Stuck(FakeSource):
        def open(self) -> AbstractContextManager[Iterator[Frame | Notice]]:
            gate.stand()
            return super().open()

    gate = Gate()
    with pytest.raises(DeviceError, match="did not open within"), Impatient(Stuck(), recording):
        pass
    gate.open()


def test_a_stuck_device_does_not_hold_up_the_end(recording: Recording) -> None:
    gate = Gate()
    with Impatient(FakeSource(SOUND, gate), recording) as recorder:
        gate.reached()
    assert sound(read_all(recorder.tape)) == SOUND
    gate.open()


def test_the_device_is_released_when_the_recording_stops(recording: Recording) -> None:
    source = FakeSource(*[SOUND] * 1000)
    with Recorder(source, recording) as recorder:
        recorder.tape.read(10)
        was_open = source.is_open
    assert (was_open, source.is_open) == (True, False)
    assert recorder.tape.finished


def test_what_a_microphone_hears_in_a_pause_is_not_kept(recording: Recording) -> None:
    before, meanwhile = Gate(), Gate()
    with Recorder(FakeSource(said(1), before, said(2), meanwhile, said(3)), recording) as recorder:
        before.reached()
        recorder.pause()
        before.open()
        meanwhile.reached()
        recorder.resume()
        meanwhile.open()
        assert sound(read_all(recorder.tape)) == said(1, 3)


def test_a_file_waits_while_paused_and_loses_nothing(recording: Recording) -> None:
    gate = Gate()
    with Recorder(FakeSource(said(1), gate, said(2), kind="file"), recording) as recorder:
        gate.reached()
        recorder.pause()
        gate.open()
        heard = []
        while item := recorder.tape.read(0.05):
            heard.append(item)
        assert sound(heard) == said(1)
        assert not recorder.tape.finished
        recorder.resume()
        read_all(recorder.tape)
    assert recording.path.read_bytes() == said(1, 2)


def test_stopping_ends_a_pause(recording: Recording) -> None:
    gate = Gate()
    with Recorder(FakeSource(said(1), gate, said(2), kind="file"), recording) as recorder:
        gate.reached()
        recorder.pause()
        gate.open()
    assert recorder.tape.finished
