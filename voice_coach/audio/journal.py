"""The recording on disk, written before anything else touches it and read by everything that needs the sound.

A journal is one folder: `answer.json` says what is being answered, `audio.pcm` grows by a frame at a time,
`lock` is held while somebody writes. Since recogniser, meter and endpointing read back from the file, memory
stays flat however long the answer, and what they saw is what is kept. A folder whose lock is free belongs to
an answer that was interrupted.
"""

from __future__ import annotations

import os
import shutil
import threading
from datetime import datetime  # noqa: TC003 - pydantic reads annotations at run time
from typing import TYPE_CHECKING, BinaryIO

from filelock import FileLock, Timeout
from pydantic import ValidationError

from voice_coach.errors import JournalError
from voice_coach.records import SAMPLE_RATE, AnswerSource, Record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUDIO = "audio.pcm"
BYTES = 2
"""Bytes a sample."""


class Answering(Record):
    """What a journal holds the sound of: enough to finish the answer after a crash.

    An answer to a follow-up `follows` the attempt of that id and was asked for `concept`.
    """

    id: str
    drill: str
    asked_at: datetime
    source: AnswerSource
    interview: str | None = None
    follows: str | None = None
    concept: str = ""


class Recording:
    """16-bit mono PCM in a growing file: appended by one thread, read at any place by others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: BinaryIO = path.open("ab", buffering=0)
        self._reader: BinaryIO = path.open("rb", buffering=0)
        self._reading = threading.Lock()
        self._samples = self._synced = os.fstat(self._writer.fileno()).st_size // BYTES

    @property
    def samples(self) -> int:
        """Whole samples on disk."""
        return self._samples

    def append(self, pcm: bytes) -> None:
        """Put `pcm` (whole samples) on disk; once a second also through the drive's cache.

        Raises:
            JournalError: the disk is full or the file cannot be written; what was appended before is kept.
        """
        view = memoryview(pcm)
        try:
            while view:
                view = view[self._writer.write(view) :]
            if self._samples - self._synced >= SAMPLE_RATE:
                os.fsync(self._writer.fileno())
                self._synced = self._samples
        except OSError as error:
            raise JournalError(
                f"{self.path}: the recording stopped ({error.strerror or error}). The audio so far is kept; "
                "free some space or choose another folder with --home."
            ) from error
        self._samples += len(pcm) // BYTES

    def read(self, start: int, stop: int) -> bytes:
        """PCM of samples `start` up to `stop`, shorter where the recording ends earlier."""
        wanted = max(0, min(stop, self._samples) - start) * BYTES
        with self._reading:
            self._reader.seek(start * BYTES)
            pieces = []
            while wanted > 0 and (piece := self._reader.read(wanted)):
                pieces.append(piece)
                wanted -= len(piece)
        return b"".join(pieces)

    def chunks(self, stop: int, size: int = SAMPLE_RATE) -> Iterator[bytes]:
        """PCM from the beginning up to sample `stop`, `size` samples at a time."""
        for start in range(0, min(stop, self._samples), size):
            yield self.read(start, min(stop, start + size))

    def close(self) -> None:
        """Close the file; it stays."""
        self._writer.close()
        self._reader.close()


class Journal:
    """The recording of one answer with what is being answered. Use `create` or `interrupted`."""

    def __init__(self, folder: Path, answering: Answering, lock: FileLock) -> None:
        self.folder = folder
        self.answering = answering
        self.recording = Recording(folder / AUDIO)
        self._lock = lock

    @classmethod
    def create(cls, root: Path, answering: Answering) -> Journal:
        """Start the journal of an answer in a new folder under `root`.

        Raises:
            JournalError: the folder cannot be written.
        """
        folder = root / answering.id
        try:
            folder.mkdir(parents=True)
            lock = FileLock(folder / "lock", thread_local=False)
            lock.acquire(timeout=0)
            (folder / "answer.json").write_text(answering.model_dump_json(), encoding="utf-8")
            return cls(folder, answering, lock)
        except OSError as error:
            raise JournalError(
                f"{folder}: the recording cannot be written ({error.strerror or error}). "
                "Free some space or choose another folder with --home."
            ) from error

    @classmethod
    def interrupted(cls, root: Path) -> Iterator[Journal]:
        """The journals under `root` that nobody is writing, oldest first, each locked for the caller.

        Folders without a readable description or without sound hold nothing to finish and are removed.
        """
        for folder in sorted(path for path in root.glob("*") if path.is_dir()):
            lock = FileLock(folder / "lock", thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            except OSError as error:
                raise JournalError(
                    f"cannot finish the answer left in {folder}: {error.strerror}. Make it writable."
                ) from error
            if answering := _answering(folder):
                yield cls(folder, answering, lock)
            else:
                lock.release()
                shutil.rmtree(folder)

    def close(self) -> None:
        """Stop writing and leave the journal for `interrupted` to find."""
        self.recording.close()
        self._lock.release()

    def discard(self) -> None:
        """Remove the journal: its answer is in the archive, or not wanted."""
        self.close()
        shutil.rmtree(self.folder)


def _answering(folder: Path) -> Answering | None:
    """What an interrupted journal answers; None where nothing can be finished."""
    audio = folder / AUDIO
    if not audio.exists() or audio.stat().st_size < BYTES:
        return None
    try:
        return Answering.model_validate_json((folder / "answer.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
