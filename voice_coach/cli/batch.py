"""`check FOLDER`: many recordings on all cores or on a Dask cluster, one line of JSON each, taken up where it stopped.

Every recording is work of its own: its bytes go to a worker process, which keeps recogniser and judge between
recordings and gives a line back. The same function does it everywhere, so where it runs changes no result.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from voice_coach.cli import desk
from voice_coach.cli.screen import messages
from voice_coach.content.models import Rubric
from voice_coach.errors import CheckError, CoachError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from voice_coach.check.judge import Judge
    from voice_coach.speech.whisper import Recogniser

RESULTS = "voice-coach.jsonl"
SOUNDS = frozenset({
    ".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".webm", ".mp4", ".mov", ".mkv", ".wma",
    ".aiff", ".aif", ".amr", ".3gp",
})  # fmt: skip
AHEAD = 2
"""Recordings given out for each worker, so that none waits for its next; bounds the memory."""

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs besides the recording. `home`: None for the worker's own data folder; rubrics as JSON."""

    home: Path | None
    model: str
    engine: str | None
    drill: str | None
    question: str
    rubric: str
    core: str

    @property
    def versions(self) -> str:
        """What a result depends on besides the recording."""
        parts = (self.model, self.engine, self.drill, self.question, self.rubric)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


class Workers(Protocol):
    """Where the work is done."""

    width: int
    """How many recordings at a time."""

    def give(self, data: bytes, suffix: str, job: Job) -> Future[Line]:
        """Begin with one recording."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts of a whole run: judged now, judged before, and those that could not be (or were not graded)."""

    judged: int
    before: int
    failed: int


def check_folder(folder: Path, results: Path, job: Job, workers: Workers) -> Outcome:
    """Judge every recording under `folder` that `results` has no line for, and append a line for each.

    Raises:
        UsageError: there is no recording, or `results` is something else.
        CheckError: a worker died.
    """
    found = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS and not path.name.startswith(".")
    )
    if not found:
        raise UsageError(
            f"{folder}: there is no recording in it. Sound files end in .wav, .flac, .mp3, .m4a ..."
        )
    before = _done(results, job)
    judged = skipped = failed = 0
    with results.open("a", encoding="utf-8") as lines, _progress(len(found)) as advance:
        for name, key, line in _worked(_given(found, folder, before), job, workers):
            if line is None:
                skipped += 1
            else:
                kept = {"file": name, "key": key, **line}
                lines.write(json.dumps(kept, ensure_ascii=False) + "\n")
                lines.flush()
                judged += 1
                failed += not line.get("graded", False)
            advance(name)
    return Outcome(judged, skipped, failed)


def _given(
    found: Iterable[Path], folder: Path, before: set[str]
) -> Iterator[tuple[str, str, bytes | None, str]]:
    """Name, content key, bytes (None where a line is there already) and suffix of each recording."""
    for path in found:
        data = path.read_bytes()
        key = hashlib.sha256(data).hexdigest()[:16]
        name = path.relative_to(folder).as_posix()
        yield name, key, None if f"{name} {key}" in before else data, path.suffix


def _worked(
    given: Iterator[tuple[str, str, bytes | None, str]], job: Job, workers: Workers
) -> Iterator[tuple[str, str, Line | None]]:
    """Each recording with its line, in the order in which they are done; None for those of an earlier run."""
    running: dict[Future[Line], tuple[str, str]] = {}
    for name, key, data, suffix in given:
        if data is None:
            yield name, key, None
            continue
        while len(running) >= AHEAD * workers.width:
            yield from _finished(running, job)
        running[workers.give(data, suffix, job)] = name, key
    while running:
        yield from _finished(running, job)


def _finished(running: dict[Future[Line], tuple[str, str]], job: Job) -> Iterator[tuple[str, str, Line]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    died: tuple[str, BaseException] | None = None
    for future in done:
        name, key = running.pop(future)
        if error := future.exception():
            died = name, error  # told after the others, whose lines are there
        else:
            yield name, key, {"id": Path(name).name, "job": job.versions, **future.result()}
    if died:
        name, error = died
        raise CheckError(
            f"The process that judged {name} died ({error!r}). What was judged before is in the results; "
            "start again to go on from there."
        ) from error


def _done(results: Path, job: Job) -> set[str]:
    """Names and content keys that have a line of this very job.

    Those that failed are tried again, so their lines are removed, as is a last line that a crash cut off.
    """
    try:
        text = results.read_text("utf-8")
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{results}: cannot be read ({error}). Name another file with --out.") from error
    done: set[str] = set()
    kept: list[str] = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            row = json.loads(line)
            if row["job"] != job.versions:
                kept.append(line)
            elif "error" not in row:
                kept.append(line)
                done.add(f"{row['file']} {row['key']}")
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{results}:{number}: is no result of `check`. Name another file with --out."
            ) from error
    if (whole := "".join(f"{line}\n" for line in kept)) != text:
        beside = results.with_name(f"{results.name}.part")
        beside.write_text(whole, "utf-8")
        beside.replace(results)
    return done


def judged(data: bytes, suffix: str, job: Job) -> Line:
    """The worker's part: the line for one recording, or `error` where it could not be heard or judged."""
    from voice_coach.afterwards import heard
    from voice_coach.check.delivery import delivery
    from voice_coach.show.jsonlines import judgement_line

    with tempfile.TemporaryDirectory(prefix="voice-coach-") as folder:
        path = Path(folder) / f"recording{suffix}"
        path.write_bytes(data)
        try:
            recogniser, judge = _parts(job.home, job.model, job.engine, job.core)
            listened = heard(path, recogniser)
            rubric = Rubric.model_validate_json(job.rubric)
            judgement = judge.judge(listened.transcript, rubric, question=job.question)
        except CoachError as error:
            return {"error": str(error).replace(str(path), "the recording")}
    line = judgement_line("", job.drill, judgement, listened.transcript)
    measured = delivery(listened.transcript, listened.samples, listened.talk, judgement.findings)
    del line["id"]
    return line | {"delivery": measured.model_dump(mode="json"), "text": listened.transcript.text}


@lru_cache(maxsize=1)
def _parts(home: Path | None, model: str, engine: str | None, core: str) -> tuple[Recogniser, Judge]:
    from voice_coach.cli.settings import default_home

    own = home or Path(os.environ.get("VOICE_COACH_HOME") or default_home())
    # One thread each: the recordings are what runs side by side.
    recogniser = desk.recogniser(desk.Choices(own, model=model, engine=engine), needed=True, threads=1)
    return recogniser, desk.judge(own, Rubric.model_validate_json(core))


class _Local:
    def __init__(self, pool: ProcessPoolExecutor, width: int) -> None:
        self._pool = pool
        self.width = width

    def give(self, data: bytes, suffix: str, job: Job) -> Future[Line]:
        return self._pool.submit(judged, data, suffix, job)


@contextmanager
def local(width: int) -> Iterator[Workers]:
    """`width` processes on this machine."""
    import multiprocessing

    pool = ProcessPoolExecutor(width, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield _Local(pool, width)
    finally:
        pool.shutdown(cancel_futures=True)


class _Cluster:
    def __init__(self, client: Any, width: int) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)
        self.width = width

    def give(self, data: bytes, suffix: str, job: Job) -> Future[Line]:
        # Scattered, so that a recording goes to its worker and not through the scheduler.
        sound = self._client.scatter(data, hash=False)
        future: Future[Line] = self._executor.submit(judged, sound, suffix, job)
        return future


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """The workers of a Dask scheduler; each needs voice-coach and the model.

    Raises:
        UsageError: the extra `cluster` is not installed, or nobody answers at the address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--cluster needs dask.distributed: pip install 'voice-coach[cluster]'") from error
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(
            f"--cluster {address}: no Dask scheduler answers there ({error}). Start one with `dask scheduler`."
        ) from error
    with client:
        width = sum(client.nthreads().values())
        if not width:
            raise UsageError(
                f"--cluster {address}: the scheduler has no workers. Start some with `dask worker`."
            )
        yield _Cluster(client, width)


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages(), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Judging", total=total)
        yield lambda name: progress.update(task, advance=1, description=f"Judging {name}")
