"""A damaged database: what can be read of it goes into a new one, and the damaged one is kept beside."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from voice_coach.history import tables
from voice_coach.history.migrations import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from voice_coach.history.archive import Archive

DAMAGED = "history-damaged-{}.db"
"""What a damaged database is kept as."""
_WAYS = tuple(
    f"SELECT id FROM attempts {way} {order}"  # noqa: S608 - ours
    for way in ("NOT INDEXED ORDER BY rowid", "ORDER BY id", "INDEXED BY attempts_by_time ORDER BY asked_at")
    for order in ("ASC", "DESC")
)
"""To find ids: each stops at the first page that cannot be read, so table and indexes are walked from both ends."""


@dataclass(frozen=True, slots=True)
class Rescued:
    """How many attempts are in the new database, the ids of those that could not be read, and the damaged file."""

    attempts: int
    lost: tuple[str, ...]
    aside: Path


def problems(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds damaged, in its words; empty where all is whole.

    Raises:
        sqlite3.Error: something else than damage is in the way.
    """
    try:
        said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return [str(error)]
    return [] if said == ["ok"] else said


def rescue(archive: Archive) -> Rescued:
    """Put a new database with every attempt that can be read in the place of the archive's damaged one.

    Raises:
        OSError, sqlite3.Error: it cannot be written; the archive is as it was.
    """
    home = archive.path.parent
    new = home / ".history.part"
    new.unlink(missing_ok=True)
    ids, lost = _ids(archive.connection), []
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as fresh:
            migrate(fresh)
            fresh.execute("BEGIN")
            for attempt_id in ids:
                try:
                    tables.put(fresh, tables.get(archive.connection, attempt_id))
                except (ValueError, TypeError, sqlite3.DatabaseError):
                    lost.append(attempt_id)
                    continue
                with suppress(sqlite3.DatabaseError):
                    for dispute in tables.disputes(archive.connection, attempt_id):
                        tables.put_dispute(fresh, dispute)
            fresh.execute("COMMIT")
        aside = next(path for n in count(1) if not (path := home / DAMAGED.format(n)).exists())
        archive.exchange(new, aside)
    finally:
        new.unlink(missing_ok=True)
    return Rescued(len(ids) - len(lost), tuple(lost), aside)


def _ids(connection: sqlite3.Connection) -> list[str]:
    found: set[str] = set()
    for query in _WAYS:
        with suppress(sqlite3.DatabaseError):
            for (attempt_id,) in connection.execute(query):
                if isinstance(attempt_id, str):
                    found.add(attempt_id)
    return sorted(found)
