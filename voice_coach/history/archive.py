"""The archive: every attempt in one SQLite database, its sound beside it, both or neither.

`history.db` holds the attempts, `audio/` a FLAC file for each that was spoken. A save writes the sound first,
under a temporary name, and gives it its own name inside the transaction that adds the attempt; so an attempt
never points to half a file, and whatever interrupts a save, saving the same attempt again puts it right.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from voice_coach.errors import ArchiveError, UsageError
from voice_coach.history import tables
from voice_coach.history.failures import explained
from voice_coach.history.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from voice_coach.records import Attempt, Verdict

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of the random part of an id: nothing that is misread when typed (0 and o, 1 and i and l)."""
WAIT_SECONDS = 10.0
"""How long to wait for another process that is writing; a write takes milliseconds."""
_CANDIDATES = 5

_ROWS = """
    SELECT id, drill, asked_at, graded,
        (SELECT json_group_object(concept, verdict) FROM findings WHERE attempt = attempts.id),
        (
            SELECT json_group_object(value ->> 'concept', value ->> 'verdict')
            FROM prompted, json_each(judgement, '$.findings') WHERE attempt = attempts.id
        ),
        (SELECT json_group_array(flag) FROM red_flags WHERE attempt = attempts.id)
    FROM attempts WHERE drill <> 'demo' ORDER BY asked_at, id
"""


def new_id(now: datetime) -> str:
    """An id for an attempt begun at `now`: its UTC time, so that ids sort, and three random characters."""
    random = "".join(secrets.choice(ALPHABET) for _ in range(3))
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{random}"


@dataclass(frozen=True, slots=True)
class Row:
    """What counting and scheduling need of an attempt; `red_flags` are ids, as raised.

    `verdicts` by concept are of what was said unprompted, `prompted` of that together with what was said after
    follow-ups; empty where there was no follow-up.
    """

    id: str
    drill: str
    asked_at: datetime
    graded: bool
    verdicts: Mapping[str, Verdict]
    red_flags: tuple[str, ...] = ()
    prompted: Mapping[str, Verdict] = field(default_factory=dict)


class Archive:
    """All attempts of one person. Used from one thread; several processes may have it open.

    Args:
        home: the data folder; made if it is not there.
        wait: seconds to wait for another process that is writing.

    Raises:
        ArchiveError: the folder cannot be written, or the database is damaged or of a newer voice-coach.
    """

    def __init__(self, home: Path, wait: float = WAIT_SECONDS) -> None:
        self.path = home / "history.db"
        self.audio = home / "audio"
        with explained(self.path):
            self.audio.mkdir(parents=True, exist_ok=True)
            # Autocommit: save and migrate say where a transaction begins and ends.
            self._connection = sqlite3.connect(self.path, timeout=wait, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; harmless when closed."""
        self._connection.close()

    def save(self, attempt: Attempt, write_audio: Callable[[Path], None] | None = None) -> Attempt:
        """Keep an attempt with its sound, all or nothing; one of the same id is replaced.

        Args:
            attempt: the attempt; without `write_audio` its `audio` is kept as it is.
            write_audio: writes the sound as FLAC to the path it is given; None where there is none to write.

        Returns:
            The attempt as kept, with the name of its audio file.

        Raises:
            ArchiveError: it could not be kept; the archive is as it was.
        """
        with explained(self.path):
            if write_audio is None:
                with self._transaction():
                    tables.put(self._connection, attempt)
                return attempt
            attempt = attempt.model_copy(update={"audio": f"{attempt.id}.flac"})
            written = self.audio / f".{attempt.id}.part"
            try:
                write_audio(written)
                _sync(written)
                self._put_with_audio(attempt, written)
            finally:
                written.unlink(missing_ok=True)
            return attempt

    def attempt(self, id_or_prefix: str | None = None) -> Attempt:
        """The attempt whose id begins or ends so, or the latest one.

        Raises:
            UsageError: none or several do, or there is no attempt at all; the text lists ids to choose from.
            ArchiveError: the archive cannot be read.
        """
        with explained(self.path):
            attempt_id = self._find(id_or_prefix)
            try:
                return tables.get(self._connection, attempt_id)
            except ValueError as error:
                raise ArchiveError(
                    f"{self.path}: attempt {attempt_id} is not as voice-coach wrote it "
                    f"({str(error).splitlines()[0]}); "
                    "restore the file from a backup, or choose another attempt."
                ) from error

    def rows(self) -> Iterator[Row]:
        """All attempts, oldest first, without their words; those of the demo are nobody's practice and left out.

        Raises:
            ArchiveError: the archive cannot be read.
        """
        with explained(self.path):
            for attempt_id, drill, asked_at, graded, verdicts, prompted, flags in self._connection.execute(
                _ROWS
            ):
                yield Row(
                    id=attempt_id,
                    drill=drill,
                    asked_at=datetime.fromisoformat(asked_at),
                    graded=bool(graded),
                    verdicts=json.loads(verdicts),
                    prompted=json.loads(prompted),
                    red_flags=tuple(json.loads(flags)),
                )

    def audio_path(self, attempt: Attempt) -> Path | None:
        """The attempt's sound; None where it has none, or the file is no longer there."""
        if attempt.audio is None:
            return None
        path = self.audio / attempt.audio
        return path if path.is_file() else None

    def _prepare(self) -> None:
        migrate(self._connection)
        # With WAL a reader never waits for a writer. FULL, since the journal of an answer is removed as soon
        # as its attempt is kept: a commit must outlive a power cut.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")

    def _put_with_audio(self, attempt: Attempt, written: Path) -> None:
        target = self.audio / str(attempt.audio)
        try:
            with self._transaction():
                tables.put(self._connection, attempt)
                written.replace(target)
                _sync_folder(self.audio)
        except BaseException:
            # Sound that no attempt points to is removed. One may: of an earlier save, or when a key
            # interrupted us just after the commit.
            if not self._ids("WHERE id = ? AND audio IS NOT NULL", attempt.id):
                target.unlink(missing_ok=True)
            raise

    def _find(self, part: str | None) -> str:
        """The id that `part` shortens."""
        latest = self._ids("ORDER BY asked_at DESC, id DESC LIMIT ?", _CANDIDATES)
        if not latest:
            raise UsageError(
                f"{self.path} holds no attempt yet; answer a drill first: `voice-coach practice`."
            )
        if part is None:
            return latest[0]
        fitting = self._ids("WHERE id = ?", part) or self._ids(
            "WHERE substr(id, 1, length(?1)) = ?1 OR substr(id, -length(?1)) = ?1 ORDER BY asked_at DESC, id DESC",
            part,
        )
        if not fitting:
            raise UsageError(
                f"No attempt's id begins or ends with `{part}`; the latest are: {', '.join(latest)}."
            )
        if len(fitting) > 1:
            raise UsageError(
                f"{len(fitting)} attempts' ids begin or end with `{part}`, give more of the one you mean; "
                f"the latest of them are: {', '.join(fitting[:_CANDIDATES])}."
            )
        return fitting[0]

    def _ids(self, which: str, value: str | int) -> list[str]:
        """Ids by a condition or order of ours, with one value from outside."""
        query = f"SELECT id FROM attempts {which}"  # noqa: S608 - only constants are put in
        return [row[0] for row in self._connection.execute(query, (value,))]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # After a full disk or a failed write SQLite has rolled back by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _sync(path: Path) -> None:
    """Have the drive itself hold the file: the journal it was made from is removed next."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Have the drive hold the folder's names; Windows keeps no such thing apart from the file."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
