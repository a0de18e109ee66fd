"""What befalls a program from outside: killed at any moment, no room, no permission, itself a second time."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.answering import answered, desk_of, question_of, soaked, sound_of, survives
from tests.fakes import FakeControls, FakeSource, Gate, said, silence
from voice_coach.errors import ArchiveError, JournalError
from voice_coach.events import Ended, Graded, Level
from voice_coach.history.archive import Archive
from voice_coach.practice import answer_aloud
from voice_coach.records import FRAME_SAMPLES, seconds

KILLS, WORKERS = 20, 4
SOUND = b"".join(said(*range(at, at + 3)) + silence(0.4) for at in range(1, 13, 3))
"""Twelve words in six seconds."""
SOAK = 200
DESCRIPTORS = Path("/proc/self/fd")


@pytest.mark.timeout(600)
def test_killed_at_twenty_random_moments_less_than_a_second_is_missing_and_the_report_is_the_same(
    tmp_path: Path,
) -> None:
    chance = random.Random(4)  # noqa: S311 - chance of a test
    # Beyond the end of the sound, too: while the answer is judged and kept.
    moments = [chance.uniform(0, seconds(len(SOUND) // 2) + 0.6) for _ in range(KILLS)]
    folders = [tmp_path / str(worker) for worker in range(WORKERS)]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor(WORKERS) as pool:
        shares = [moments[worker::WORKERS] for worker in range(WORKERS)]
        outcomes = list(
            pool.map(lambda folder, share: survives(folder, SOUND, share, real=False), folders, shares)
        )
    assert sum(interrupted for interrupted, _ in outcomes) >= KILLS // 2


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")
@pytest.mark.timeout(600)
def test_two_hundred_answers_leave_nothing_behind(tmp_path: Path) -> None:
    early, late = soaked(tmp_path, [SOUND] * SOAK)
    assert late.threads <= early.threads
    assert late.files <= early.files
    assert late.memory < 1.1 * early.memory


def test_answers_that_are_broken_off_or_too_short_leave_no_thread_behind(tmp_path: Path) -> None:
    before = threading.active_count()
    with Archive(tmp_path) as archive:
        desk = desk_of(tmp_path, archive)
        for _ in range(5):
            assert answered(desk, tmp_path, SOUND[:3200]) is None
            broken = answer_aloud(desk, question_of(tmp_path), FakeSource(SOUND), FakeControls())
            while not isinstance(next(broken), Level):
                pass
            del broken  # as Ctrl-C leaves it
        deadline = time.monotonic() + 10
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert threading.active_count() <= before


def test_two_instances_keep_both_answers_and_take_nothing_from_each_other(tmp_path: Path) -> None:
    gate = Gate()
    kept: list[Graded | None] = []

    def first() -> None:
        with Archive(tmp_path) as archive:
            kept.append(answered(desk_of(tmp_path, archive), tmp_path, SOUND, gate))

    one = threading.Thread(target=first)
    one.start()
    gate.reached()  # the first is in the middle of its answer
    assert recovered_by_another(tmp_path) == "nothing to finish"
    with Archive(tmp_path) as archive:
        kept.append(answered(desk_of(tmp_path, archive), tmp_path, SOUND))
    gate.open()
    one.join(30)
    assert all(kept)
    with Archive(tmp_path) as archive:
        assert len(list(archive.rows())) == 2


def recovered_by_another(home: Path) -> str:
    """What another process finds interrupted."""
    code = (
        "import sys; from pathlib import Path; from voice_coach.audio.journal import Journal; "
        "print('something' if list(Journal.interrupted(Path(sys.argv[1]))) else 'nothing to finish')"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(home / "journal")], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_data_folder_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file stands where the folder should be")
    with pytest.raises(ArchiveError, match="home"):
        Archive(tmp_path / "home")


def test_a_journal_folder_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("in the way")
    with (
        Archive(tmp_path) as archive,
        pytest.raises(JournalError, match="choose another folder with --home"),
    ):
        answered(desk_of(tmp_path, archive), tmp_path, SOUND)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_ends_the_answer_and_keeps_what_fitted(tmp_path: Path) -> None:
    """The journal's file is swapped for a full device in the middle of the answer."""
    gate = Gate()
    events: list[object] = []

    def answer() -> None:
        with Archive(tmp_path) as archive:
            source = FakeSource(SOUND, gate, said(50) + silence(60))
            events.extend(
                answer_aloud(desk_of(tmp_path, archive), question_of(tmp_path), source, FakeControls())
            )

    running = threading.Thread(target=answer)
    running.start()
    gate.reached()
    fill_up(tmp_path)
    gate.open()
    running.join(60)
    ended = next(event for event in events if isinstance(event, Ended))
    assert ended.reason == "fault"
    assert os.strerror(errno.ENOSPC) in str(ended.fault)
    assert "The audio so far is kept" in str(ended.fault)
    graded = next(event for event in events if isinstance(event, Graded))
    assert graded.attempt.transcript.text == " ".join(f"w{number}" for number in range(1, 13))
    assert len(sound_of(tmp_path, graded.attempt)) >= len(SOUND) - 2 * FRAME_SAMPLES


def fill_up(home: Path) -> None:
    """Lead the descriptor of the growing recording to a device without room."""
    (audio,) = (home / "journal").glob("*/audio.pcm")
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        for link in DESCRIPTORS.iterdir():
            if link.is_symlink() and link.readlink() == audio and writes(int(link.name)):
                os.dup2(full, int(link.name))
    finally:
        os.close(full)


def writes(descriptor: int) -> bool:
    flags = next(
        line.split()[1]
        for line in Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
        if "flags" in line
    )
    return bool(int(flags, 8) & os.O_WRONLY)
