"""The archive: every attempt in one SQLite database, its sound beside it, both or neither.

`history.db` holds the attempts, `audio/` a FLAC file for each that was spoken. A save writes the sound first,
under a temporary name, and gives it its own name inside the transaction that adds the attempt; so an attempt
never points to half a file, and whatever interrupts a save, saving the same attempt again puts it right.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager, suppress
from datetime import UTC
from typing import TYPE_CHECKING, Self

from voice_coach.errors import ArchiveError, UsageError
from voice_coach.history import tables
from voice_coach.history.failures import explained
from voice_coach.history.migrations import migrate
from voice_coach.history.rows import After, Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from voice_coach.records import Attempt, Dispute

__all__ = ["After", "Archive", "Row", "new_id"]

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of the random part of an id: nothing that is misread when typed (0 and o, 1 and i and l)."""
WAIT_SECONDS = 10.0
"""How long to wait for another process that is writing; a write takes milliseconds."""
UPGRADE_BACKUP = "history-before-upgrade-from-{}.db"
"""The copy made of an archive of an older version before it is brought to the present one."""
_CANDIDATES = 5


def new_id(now: datetime) -> str:
    """An id for an attempt begun at `now`: its UTC time, so that ids sort, and three random characters."""
    import secrets  # brings ciphers along, which reading does without

    random = "".join(secrets.choice(ALPHABET) for _ in range(3))
    return f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{random}"


class Archive:
    """All attempts of one person. Used from one thread; several processes may have it open.

    `connection` is for the modules of this folder.

    Args:
        home: the data folder; made if it is not there.
        wait: seconds to wait for another process that is writing.

    Raises:
        ArchiveError: the folder cannot be written, or the database is damaged or of a newer voice-coach.
    """

    def __init__(self, home: Path, wait: float = WAIT_SECONDS) -> None:
        self.path = home / "history.db"
        self.audio = home / "audio"
        self._wait = wait
        with explained(self.path):
            self.audio.mkdir(parents=True, exist_ok=True)
            self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; harmless when closed."""
        self.connection.close()

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
                with self.transaction():
                    tables.put(self.connection, attempt)
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

    def free_id(self, now: datetime) -> str:
        """A new id that no attempt has: one answer never takes the place of another.

        Raises:
            ArchiveError: the archive cannot be read.
        """
        with explained(self.path):
            while True:
                found = new_id(now)
                if not self.connection.execute("SELECT 1 FROM attempts WHERE id = ?", (found,)).fetchone():
                    return found

    def attempt(self, id_or_prefix: str | None = None) -> Attempt:
        """The attempt whose id begins or ends so, or the latest one.

        Raises:
            UsageError: none or several do, or there is no attempt at all; the text lists ids to choose from.
            ArchiveError: the archive cannot be read.
        """
        with explained(self.path):
            attempt_id = self._find(id_or_prefix)
            try:
                return tables.get(self.connection, attempt_id)
            except ValueError as error:
                raise ArchiveError(
                    f"{self.path}: attempt {attempt_id} is not as voice-coach wrote it "
                    f"({str(error).splitlines()[0]}); "
                    "restore the file from a backup, or choose another attempt."
                ) from error

    def rows(self, after: After | None = None, drill: str | None = None) -> Iterator[Row]:
        """Attempts without their words, oldest first; those of the demo are nobody's practice and left out.

        Args:
            after: leaves out what came before; None: from the first on.
            drill: only attempts at this drill; None: at any.

        Raises:
            ArchiveError: the archive cannot be read.
        """
        with explained(self.path):
            yield from read_rows(self.connection, after, drill)

    def dispute(self, dispute: Dispute) -> None:
        """Keep a person's own view of a verdict, in the place of an earlier one of the same attempt and concept.

        Raises:
            UsageError: there is no such attempt, or it was not judged for that concept.
            ArchiveError: it could not be kept.
        """
        from voice_coach.content.yamlfile import nearest

        judged = {finding.concept for finding in self.attempt(dispute.attempt).judgement.findings}
        if dispute.concept not in judged:
            others = f"it was for: {', '.join(sorted(judged)) or 'nothing, it is not graded'}."
            hint = nearest(dispute.concept, judged) or others
            raise UsageError(f"Attempt {dispute.attempt} was not judged for `{dispute.concept}`; {hint}")
        with explained(self.path), self.transaction():
            tables.put_dispute(self.connection, dispute)

    def withdraw(self, attempt_id: str, concept: str) -> bool:
        """Forget a person's own view of a verdict, and say whether there was one.

        Raises:
            ArchiveError: the archive cannot be written.
        """
        with explained(self.path), self.transaction():
            return tables.drop_dispute(self.connection, attempt_id, concept)

    def disputes(self, attempt_id: str | None = None) -> list[Dispute]:
        """The disputes of an attempt, or of all, oldest first.

        Raises:
            ArchiveError: the archive cannot be read.
        """
        with explained(self.path):
            return tables.disputes(self.connection, attempt_id)

    def merge(
        self, attempts: Iterable[tuple[Attempt, bytes | None]], disputes: Iterable[Dispute] = ()
    ) -> tuple[int, int]:
        """Add attempts that are not there yet, each with its sound as FLAC if it has one, all or none.

        What is there stays as it is, its disputes too. Of sound that no attempt came to point to, none is left.

        Returns:
            How many were added, and how many were there already.

        Raises:
            ArchiveError: they could not be kept; the archive is as it was.
        """
        added: list[str] = []
        present = 0
        with explained(self.path):
            try:
                with self.transaction():
                    for attempt, sound in attempts:
                        if self._ids("WHERE id = ?", attempt.id):
                            present += 1
                            continue
                        name = None if sound is None else f"{attempt.id}.flac"
                        tables.put(self.connection, attempt.model_copy(update={"audio": name}))
                        added.append(attempt.id)
                        if sound is not None:
                            (self.audio / f"{attempt.id}.flac").write_bytes(sound)
                            _sync(self.audio / f"{attempt.id}.flac")
                    for dispute in disputes:
                        if dispute.attempt in added:
                            tables.put_dispute(self.connection, dispute)
                    _sync_folder(self.audio)
            except BaseException:
                for attempt_id in added:
                    (self.audio / f"{attempt_id}.flac").unlink(missing_ok=True)
                raise
        return len(added), present

    def before(self, attempt: Attempt) -> str | None:
        """The id of the last graded attempt at the same drill that was asked before `attempt`, None if there is none.

        Raises:
            ArchiveError: the archive cannot be read.
        """
        with explained(self.path):
            found = self.connection.execute(
                "SELECT id FROM attempts WHERE drill = ? AND graded AND (asked_at, id) < (?, ?) "
                "ORDER BY asked_at DESC, id DESC LIMIT 1",
                (attempt.drill, tables.stamp(attempt.asked_at), attempt.id),
            ).fetchone()
        return found[0] if found else None

    def audio_path(self, attempt: Attempt) -> Path | None:
        """The attempt's sound; None where it has none, or the file is no longer there."""
        if attempt.audio is None:
            return None
        path = self.audio / attempt.audio
        return path if path.is_file() else None

    def exchange(self, new: Path, aside: Path) -> None:
        """Put the database `new` in the place of this one, which is kept as `aside`.

        Raises:
            OSError, sqlite3.Error: that could not be done.
        """
        self.connection.close()
        shutil.copy2(self.path, aside)
        for log in ("-wal", "-shm"):  # left where it could not be merged; it is not of the new one
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + log).replace(aside.with_name(aside.name + log))
        new.replace(self.path)
        _sync_folder(self.path.parent)
        self._open()

    def _open(self) -> None:
        # Autocommit: save and migrate say where a transaction begins and ends.
        self.connection = sqlite3.connect(self.path, timeout=self._wait, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise

    def _prepare(self) -> None:
        migrate(self.connection, before=self._back_up_before_migrating)
        # With WAL a reader never waits for a writer. FULL, since the journal of an answer is removed as soon
        # as its attempt is kept: a commit must outlive a power cut.
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA foreign_keys = ON")

    def _back_up_before_migrating(self, version: int) -> None:
        """A copy beside the database, written whole or not at all."""
        kept = self.path.with_name(UPGRADE_BACKUP.format(version))
        part = kept.with_suffix(".part")
        part.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(part)) as copy:
                self.connection.backup(copy)
            part.replace(kept)
        finally:
            part.unlink(missing_ok=True)

    def _put_with_audio(self, attempt: Attempt, written: Path) -> None:
        target = self.audio / str(attempt.audio)
        try:
            with self.transaction():
                tables.put(self.connection, attempt)
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
        return [row[0] for row in self.connection.execute(query, (value,))]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside it is kept, or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            # After a full disk or a failed write SQLite has rolled back by itself.
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
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
