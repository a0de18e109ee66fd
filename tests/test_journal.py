"""The recording on disk: what was appended is there, whatever ends the program."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.audio.journal import Answering, Journal, Recording
from voice_coach.errors import JournalError
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE
from voice_coach.speech.spoken import Speech

CHILD = """
import sys
from pathlib import Path
from voice_coach.audio.file import AudioFile
from voice_coach.audio.journal import Answering, Journal
from voice_coach.audio.recorder import Recorder
from voice_coach.clock import SystemClock

journal = Journal.create(Path(sys.argv[1]), Answering.model_validate_json(sys.argv[2]))
with Recorder(AudioFile(Path(sys.argv[3]), SystemClock(), pace=True), journal.recording) as recorder:
    while True:
        if recorder.tape.read(1):
            print(recorder.tape.position, flush=True)
"""


def answering(name: str = "20260105-090000-abc") -> Answering:
    return Answering(
        id=name, drill="a-drill", asked_at=datetime(2026, 1, 5, 9, tzinfo=UTC), source="microphone"
    )


def left_behind(root: Path, name: str, pcm: bytes = bytes(2 * FRAME_SAMPLES)) -> None:
    """A journal whose writer is gone."""
    journal = Journal.create(root, answering(name))
    journal.recording.append(pcm)
    journal.close()


@given(blocks=st.lists(st.binary(max_size=5000).map(lambda block: block[: len(block) // 2 * 2]), max_size=8))
def test_what_was_appended_is_read_at_any_place(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[bytes]
) -> None:
    recording = Recording(tmp_path_factory.mktemp("recording") / "audio.pcm")
    for block in blocks:
        recording.append(block)
    whole = b"".join(blocks)
    assert recording.samples == len(whole) // 2
    assert recording.path.read_bytes() == whole
    for start, stop in ((0, 10**6), (7, 700), (recording.samples - 3, recording.samples), (5, 2)):
        assert recording.read(max(start, 0), stop) == whole[2 * max(start, 0) : 2 * max(stop, 0)]
    assert b"".join(recording.chunks(recording.samples, size=333)) == whole
    assert b"".join(recording.chunks(100, size=333)) == whole[:200]
    recording.close()


def test_half_a_sample_at_the_end_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "audio.pcm").write_bytes(bytes(2001))
    recording = Recording(tmp_path / "audio.pcm")
    assert recording.samples == 1000
    assert len(recording.read(0, 5000)) == 2000
    recording.close()


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is a device of Linux")
def test_a_full_disk_is_an_error_that_says_what_to_do() -> None:
    recording = Recording(Path("/dev/full"))
    with pytest.raises(
        JournalError, match=r"No space left on device.*The audio so far is kept; free some space"
    ):
        recording.append(bytes(100))
    recording.close()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="cannot be written"):
        Journal.create(tmp_path / "file", answering())


def test_an_interrupted_journal_comes_back_with_its_sound_and_what_it_answers(tmp_path: Path) -> None:
    left_behind(tmp_path, "b", b"\1\0" * 700)
    (journal,) = Journal.interrupted(tmp_path)
    assert journal.answering == answering("b")
    assert journal.recording.read(0, 10_000) == b"\1\0" * 700
    journal.discard()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_journal_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "left" / "lock").mkdir(parents=True)  # root may write anywhere, yet opens no folder
    with pytest.raises(JournalError, match=r"cannot finish the answer left in .*left: .*\. Make it writable"):
        list(Journal.interrupted(tmp_path))


def test_interrupted_journals_come_oldest_first_and_stay_until_discarded(tmp_path: Path) -> None:
    for name in ("20260105-c", "20260103-a", "20260104-b"):
        left_behind(tmp_path, name)
    for _ in range(2):
        seen = []
        for journal in Journal.interrupted(tmp_path):
            seen.append(journal.answering.id)
            journal.close()
        assert seen == ["20260103-a", "20260104-b", "20260105-c"]


def test_a_journal_that_is_being_written_or_finished_is_nobody_elses(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, answering("now"))
    journal.recording.append(bytes(2 * FRAME_SAMPLES))
    assert list(Journal.interrupted(tmp_path)) == []
    journal.close()
    (mine,) = Journal.interrupted(tmp_path)
    assert list(Journal.interrupted(tmp_path)) == []
    mine.discard()


@pytest.mark.parametrize("spoilt", ["no sound", "no description", "no valid description"])
def test_what_cannot_be_finished_is_removed(tmp_path: Path, spoilt: str) -> None:
    left_behind(tmp_path, "x", b"" if spoilt == "no sound" else bytes(2000))
    if spoilt == "no description":
        (tmp_path / "x" / "answer.json").unlink()
    if spoilt == "no valid description":
        (tmp_path / "x" / "answer.json").write_text('{"id": "x", "dri')
    assert list(Journal.interrupted(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_no_journals_where_there_is_no_folder(tmp_path: Path) -> None:
    assert list(Journal.interrupted(tmp_path / "nothing")) == []


@pytest.mark.parametrize("seconds", [0.1, 1.3])
def test_kill_9_loses_nothing_that_anybody_has_seen(tmp_path: Path, seconds: float) -> None:
    sound = tmp_path / "sound.wav"
    pcm = np.random.default_rng(7).bytes(2 * 20 * SAMPLE_RATE)
    Speech(pcm, SAMPLE_RATE).write(sound)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "journal"), answering().model_dump_json(), str(sound)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout
        seen = next(position for position in map(int, child.stdout) if position >= seconds * SAMPLE_RATE)
        child.kill()
        seen = max([seen, *map(int, child.stdout)])
    (journal,) = Journal.interrupted(tmp_path / "journal")
    kept = journal.recording.read(0, 20 * SAMPLE_RATE)
    assert len(kept) >= 2 * seen
    assert kept == pcm[: len(kept)]
    journal.discard()
