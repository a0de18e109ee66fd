"""The archive: an attempt with its sound is kept whole or not at all, and found again by its id."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stored import START, attempt, attempts, files, other_sound, sound
from voice_coach.errors import ArchiveError, UsageError
from voice_coach.history.archive import ALPHABET, Archive, new_id
from voice_coach.records import (
    Attempt,
    Judgement,
    Transcript,
    Word,
)

# What is kept


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(kept=attempts)
def test_what_is_saved_is_what_is_read(kept: Attempt, tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        assert archive.save(kept) == kept
        assert archive.attempt(kept.id) == kept
    with Archive(tmp_path) as archive:
        assert archive.attempt(kept.id) == kept


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(kept=st.lists(attempts, max_size=6, unique_by=lambda item: item.id))
def test_rows_come_oldest_first_and_agree_with_the_attempts(kept: list[Attempt], tmp_path: Path) -> None:
    with Archive(tmp_path / new_id(START) / os.urandom(4).hex()) as archive:
        for one in kept:
            archive.save(one)
        rows = list(archive.rows())
        assert [row.id for row in rows] == [
            one.id for one in sorted(kept, key=lambda item: (item.asked_at, item.id))
        ]
        by_id = {one.id: one for one in kept}
        for row in rows:
            one = by_id[row.id]
            after = one.prompted.findings if one.prompted else ()
            assert (row.drill, row.asked_at) == (one.drill, one.asked_at)
            assert row.prompted == {found.concept: found.verdict for found in after}
            assert row.graded == one.judgement.graded
            assert row.verdicts == {found.concept: found.verdict for found in one.judgement.findings}
            assert row.red_flags == tuple(flag.id for flag in one.judgement.red_flags)


def test_sound_is_kept_under_the_id_and_found_again(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        kept = archive.save(attempt(), sound)
        assert kept == attempt().model_copy(update={"audio": "20260105-090012-k7q.flac"})
        assert archive.attempt() == kept
        path = archive.audio_path(kept)
        assert path == tmp_path / "audio" / "20260105-090012-k7q.flac"
        assert path.read_bytes() == b"sound"
        assert files(archive) == [path.name]


def test_no_sound_is_none_also_where_the_file_was_removed(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        assert archive.audio_path(archive.save(attempt())) is None
        kept = archive.save(attempt(), sound)
        (archive.audio / str(kept.audio)).unlink()
        assert archive.audio_path(kept) is None


def test_the_same_id_again_replaces_attempt_and_sound(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        archive.save(attempt(), sound)
        again = attempt().model_copy(update={"ended": "recovered", "judgement": Judgement(rubric="core")})
        kept = archive.save(again, other_sound)
        assert archive.attempt() == kept
        assert len(list(archive.rows())) == 1
        assert (archive.audio / str(kept.audio)).read_bytes() == b"other"


def test_judging_again_keeps_the_sound(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        kept = archive.save(attempt(), sound)
        archive.save(kept.model_copy(update={"judgement": Judgement(rubric="other")}))
        assert archive.audio_path(archive.attempt()) == archive.audio / "20260105-090012-k7q.flac"


# All or nothing


def full_disk(path: Path) -> None:
    path.write_bytes(b"half of the")
    raise OSError(28, "No space left on device", str(path))


def break_red_flags(home: Path) -> None:
    """Make every attempt with a red flag fail, after its other rows were written."""
    with closing(sqlite3.connect(home / "history.db")) as database:
        database.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON red_flags BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )


def test_sound_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        with pytest.raises(ArchiveError, match=r"No space left on device.*Free some space"):
            archive.save(attempt(), full_disk)
        assert list(archive.rows()) == []
        assert files(archive) == []


def test_a_transaction_that_fails_removes_the_sound(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        break_red_flags(tmp_path)
        with pytest.raises(ArchiveError, match=r"history\.db.*broken"):
            archive.save(attempt(), sound)
        assert list(archive.rows()) == []
        assert files(archive) == []


def test_a_replacement_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        kept = archive.save(attempt(), sound)
        break_red_flags(tmp_path)
        with pytest.raises(ArchiveError):
            archive.save(attempt(), other_sound)
        assert archive.attempt() == kept
        assert (archive.audio / str(kept.audio)).read_bytes() == b"sound"
        assert files(archive) == [kept.audio]


def test_a_database_that_another_holds_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with Archive(tmp_path, wait=0.01) as archive, closing(sqlite3.connect(archive.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveError, match="being written by another program"):
            archive.save(attempt(), sound)
        assert files(archive) == []
        assert list(archive.rows()) == []  # reading does not wait for the writer
        other.rollback()
        archive.save(attempt(), sound)


def test_a_fault_in_writing_the_sound_is_not_hidden(tmp_path: Path) -> None:
    def fault(path: Path) -> None:
        raise ZeroDivisionError(path)

    with Archive(tmp_path) as archive:
        with pytest.raises(ZeroDivisionError):
            archive.save(attempt(), fault)
        assert files(archive) == []


SAVING = """
import os, signal, sys
from pathlib import Path
from typing import get_args
from tests.stored import attempt, sound
from voice_coach.history.archive import Archive
"""


def run(code: str, home: Path) -> subprocess.Popen[str]:
    """Start `code` in a process of its own, with the data folder as its argument."""
    command = [sys.executable, "-c", SAVING + code, str(home)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])


def test_killed_while_writing_sound_the_same_attempt_can_be_saved_again(tmp_path: Path) -> None:
    code = """
def killed(path):
    sound(path)
    os.kill(os.getpid(), signal.SIGKILL)
Archive(Path(sys.argv[1])).save(attempt(), killed)
"""
    with run(code, tmp_path) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    with Archive(tmp_path) as archive:
        assert list(archive.rows()) == []
        kept = archive.save(attempt(), sound)
        assert archive.attempt() == kept
        assert files(archive) == [kept.audio]


def test_sound_left_by_a_kill_before_the_commit_is_replaced(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        sound(archive.audio / "20260105-090012-k7q.flac")
        kept = archive.save(attempt(), other_sound)
        assert (archive.audio / str(kept.audio)).read_bytes() == b"other"


@pytest.mark.skipif(sys.platform == "win32", reason="limits file sizes the POSIX way")
def test_a_database_that_cannot_grow_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    import resource

    words = tuple(Word(text=f"word{number}") for number in range(20_000))
    long = attempt().model_copy(update={"transcript": Transcript(words=words)})
    with Archive(tmp_path) as archive:
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        try:
            with pytest.raises(ArchiveError, match=r"history\.db cannot"):
                archive.save(long, sound)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, ignored)
        assert list(archive.rows()) == []
        assert files(archive) == []
        assert archive.save(long, sound) == archive.attempt()


def test_processes_that_start_at_once_all_keep_their_attempts(tmp_path: Path) -> None:
    code = """
with Archive(Path(sys.argv[1])) as archive:
    for number in range(10):
        archive.save(attempt(f"{os.getpid()}-{number}"), sound)
"""
    started = [run(code, tmp_path) for _ in range(3)]
    assert [process.communicate()[1] for process in started] == ["", "", ""]
    with Archive(tmp_path) as archive:
        assert {row.id for row in archive.rows()} == {
            f"{process.pid}-{number}" for process in started for number in range(10)
        }
        assert len(files(archive)) == 30


# What cannot be opened


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("no folder")
    with pytest.raises(ArchiveError, match=r"home.*attempts cannot be kept here.*--home"):
        Archive(home)


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    with pytest.raises(ArchiveError, match=r"history\.db cannot be read or written .*--home"):
        Archive(tmp_path)


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    text = "my shopping list\n" * 100
    (tmp_path / "history.db").write_text(text)
    with pytest.raises(ArchiveError, match=r"history\.db is damaged, or not an archive.*move it away"):
        Archive(tmp_path)
    assert (tmp_path / "history.db").read_text() == text


def test_a_damaged_page_is_told_when_it_is_read(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        archive.save(attempt())
    whole = archive.path.read_bytes()
    archive.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with Archive(tmp_path) as archive:
        with pytest.raises(ArchiveError, match=r"history\.db is damaged.*backup"):
            archive.attempt()
        with pytest.raises(ArchiveError, match=r"history\.db is damaged.*backup"):
            list(archive.rows())


def test_the_database_of_another_program_is_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "history.db")) as database:
        database.execute("CREATE TABLE attempts (password TEXT)")
    with pytest.raises(ArchiveError, match="not an archive of voice-coach"):
        Archive(tmp_path)


def test_a_changed_row_is_told_with_its_attempt(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        archive.save(attempt())
        with closing(sqlite3.connect(archive.path)) as database, database:
            database.execute("UPDATE attempts SET transcript = '{'")
        with pytest.raises(ArchiveError, match="attempt 20260105-090012-k7q is not as voice-coach wrote it"):
            archive.attempt()


# Ids


def test_an_id_is_its_utc_time_and_three_characters_that_are_not_misread() -> None:
    there = START.astimezone(timezone(timedelta(hours=5)))
    time, _, random = new_id(there).rpartition("-")
    assert time == "20260105-090012"
    assert len(random) == 3
    assert set(random) <= set(ALPHABET)
    assert not set("01ilo") & set(ALPHABET)


def test_an_answer_never_gets_the_id_of_another_of_the_same_second(tmp_path: Path) -> None:
    many = 300  # of 29,791; without a look at the archive three times in four two of them would be the same
    with Archive(tmp_path) as archive:
        for _ in range(many):
            archive.save(attempt(archive.free_id(START)))
        assert len(list(archive.rows())) == many


def test_ids_sort_by_time_and_differ_within_a_second() -> None:
    assert new_id(START) < new_id(START + timedelta(seconds=1))
    assert len({new_id(START) for _ in range(20)}) > 15


@pytest.fixture
def three(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path)
    for day, name in enumerate(("20260105-090012-k7q", "20260106-101500-m3x", "20260106-113000-k7q")):
        archive.save(attempt(name, START + timedelta(days=day)))
    return archive


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (None, "20260106-113000-k7q"),
        ("20260105", "20260105-090012-k7q"),
        ("20260106-1", None),
        ("20260106-10", "20260106-101500-m3x"),
        ("m3x", "20260106-101500-m3x"),
        ("k7q", None),
        ("20260106-113000-k7q", "20260106-113000-k7q"),
        ("", None),
    ],
)
def test_an_attempt_is_found_by_the_beginning_or_the_end_of_its_id(
    three: Archive, part: str | None, found: str | None
) -> None:
    with three:
        if found:
            assert three.attempt(part).id == found
        else:
            with pytest.raises(UsageError, match=r"\d attempts' ids begin or end with .*20260106-113000-k7q"):
                three.attempt(part)


@pytest.mark.parametrize("part", ["2027", "%", "_", "*", "0106", "20260105-090012-k7qq"])
def test_an_unknown_id_is_told_with_the_latest(three: Archive, part: str) -> None:
    with (
        three,
        pytest.raises(UsageError, match=r"begins or ends with .*; the latest are: 20260106-113000-k7q, 2"),
    ):
        three.attempt(part)


def test_a_whole_id_wins_over_longer_ones(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        archive.save(attempt("a-1"))
        archive.save(attempt("a-12"))
        assert archive.attempt("a-1").id == "a-1"


def test_an_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        assert list(archive.rows()) == []
        for part in (None, "20260105"):
            with pytest.raises(UsageError, match=r"holds no attempt yet.*voice-coach practice"):
                archive.attempt(part)
