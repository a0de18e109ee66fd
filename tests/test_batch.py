"""A folder of recordings: a line each, taken up where it stopped, the same wherever it is worked on."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.program import Program
from voice_coach.cli import batch
from voice_coach.content.load import Library
from voice_coach.errors import CheckError, UsageError
from voice_coach.speech.voice import Voice

if TYPE_CHECKING:
    from pathlib import Path

    from voice_coach.cli.batch import Job, Line

SENTENCES = (
    "I would search the approved documents first and cite the paragraph that every sentence comes from.",
    "We cache the answers that many people ask for, and a smaller model takes the easy questions.",
    "Before each release we run two hundred questions with known answers and compare the scores.",
)


class FakeWorkers:
    """Works at once, in this process; `line` makes the result of one recording."""

    def __init__(self, *fails: str) -> None:
        self.width = 1
        self.given: list[bytes] = []
        self._fails = {name.encode() for name in fails}

    def give(self, data: bytes, suffix: str, job: Job) -> Future[Line]:  # noqa: ARG002 - as in `Workers`
        self.given.append(data)
        future: Future[Line] = Future()
        if data == b"dies":
            future.set_exception(RuntimeError("killed"))
        else:
            future.set_result(
                {"error": "no."} if data in self._fails else {"graded": True, "text": data.decode()}
            )
        return future


@pytest.fixture
def job(tmp_path: Path) -> Job:
    core = Library(tmp_path).core().model_dump_json(by_alias=True)
    return batch.Job(tmp_path, "base", None, None, "", core, core)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three recordings, one in a folder of its own, and what is no recording."""
    folder = tmp_path / "answers"
    (folder / "more").mkdir(parents=True)
    for name in ("a.wav", "b.FLAC", "more/c.mp3", "notes.txt", ".hidden.wav"):
        (folder / name).write_bytes(name.encode())
    return folder


def rows(results: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in results.read_text().splitlines()]


def test_every_recording_gets_a_line(folder: Path, job: Job, tmp_path: Path) -> None:
    outcome = batch.check_folder(folder, tmp_path / "out.jsonl", job, FakeWorkers())
    assert outcome == batch.Outcome(judged=3, before=0, failed=0)
    assert sorted(row["file"] for row in rows(tmp_path / "out.jsonl")) == ["a.wav", "b.FLAC", "more/c.mp3"]


def test_a_second_run_only_does_what_is_new_changed_or_failed(folder: Path, job: Job, tmp_path: Path) -> None:
    results = tmp_path / "out.jsonl"
    assert batch.check_folder(folder, results, job, FakeWorkers("b.FLAC")).failed == 1
    (folder / "a.wav").write_bytes(b"another answer")
    (folder / "d.ogg").write_bytes(b"d.ogg")
    workers = FakeWorkers()
    assert batch.check_folder(folder, results, job, workers) == batch.Outcome(judged=3, before=1, failed=0)
    assert workers.given == [b"another answer", b"b.FLAC", b"d.ogg"]
    assert sorted(row["file"] for row in rows(results)) == ["a.wav", "a.wav", "b.FLAC", "d.ogg", "more/c.mp3"]
    other = FakeWorkers()
    batch.check_folder(folder, results, replace(job, model="tiny.en"), other)
    assert len(other.given) == 4


def test_a_line_cut_off_by_a_crash_is_done_again(folder: Path, job: Job, tmp_path: Path) -> None:
    results = tmp_path / "out.jsonl"
    batch.check_folder(folder, results, job, FakeWorkers())
    whole = results.read_text()
    results.write_text(whole[:-20])
    assert batch.check_folder(folder, results, job, FakeWorkers()).judged == 1
    assert results.read_text() == whole


def test_when_a_worker_dies_what_was_judged_before_is_kept(folder: Path, job: Job, tmp_path: Path) -> None:
    (folder / "b.FLAC").write_bytes(b"dies")
    results = tmp_path / "out.jsonl"
    with pytest.raises(CheckError, match=r"b.FLAC died"):
        batch.check_folder(folder, results, job, FakeWorkers())
    (folder / "b.FLAC").write_bytes(b"lives")
    assert batch.check_folder(folder, results, job, FakeWorkers()).before >= 1
    assert {row["file"] for row in rows(results)} == {"a.wav", "b.FLAC", "more/c.mp3"}


def test_another_file_is_not_taken_for_results(folder: Path, job: Job, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"file": "x"}\n')
    with pytest.raises(UsageError, match=r"mine.jsonl:1: is no result"):
        batch.check_folder(folder, tmp_path / "mine.jsonl", job, FakeWorkers())


def test_a_folder_without_recordings_is_misuse(tmp_path: Path, job: Job) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no recording in it"):
        batch.check_folder(tmp_path / "empty", tmp_path / "out.jsonl", job, FakeWorkers())


@pytest.mark.timeout(60)
def test_a_cluster_that_does_not_answer_is_one_clear_sentence() -> None:
    with pytest.raises(UsageError, match="no Dask scheduler answers"), batch.cluster("tcp://127.0.0.1:9"):
        pass


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_process_two_processes_and_a_cluster_of_two_workers_give_the_same(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    recordings = tmp_path / "recordings"
    voice = Voice(tmp_path / "voice", rate=150)
    for at, sentence in enumerate(SENTENCES):
        voice.speech(sentence).write(recordings / f"{at}.wav")
    (recordings / "broken.wav").write_bytes(b"RIFF and nothing else")
    program = Program(home)
    for jobs in ("1", "2"):
        run = program.run("check", str(recordings), "--jobs", jobs, "--out", str(tmp_path / f"{jobs}.jsonl"))
        assert run.returncode == 1, run.stderr
        assert "3 judged, 1 not, 0 were there already" in " ".join(run.stderr.split())
    monkeypatch.setenv("VOICE_COACH_HOME", str(home))  # the workers' own data folder
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        run = program.run(
            "check",
            str(recordings),
            "--cluster",
            cluster.scheduler_address,
            "--out",
            str(tmp_path / "c.jsonl"),
        )
    assert run.returncode == 1, run.stderr
    one, two, many = (
        sorted((tmp_path / f"{name}.jsonl").read_text().splitlines()) for name in ("1", "2", "c")
    )
    assert one == two == many
    assert [row["text"] for row in rows(tmp_path / "1.jsonl") if "text" in row]
