"""The archive's tables, and how an older archive becomes the present one.

The version of an archive is SQLite's `user_version`: how many of `MIGRATIONS` it has been through. A migration
that was released is never changed; a new shape of the tables is a new migration at the end.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Migration = tuple[str, ...]
"""SQL statements, run in order."""

# Findings and red flags are counted over all attempts, so they have tables, each stored in the order of its
# primary key: what belongs to one attempt lies together. What is only ever read with its attempt is JSON, in the
# last columns, so that scanning the columns before them does not read it.
_FIRST: Migration = (
    """
    CREATE TABLE attempts (
        id TEXT PRIMARY KEY,
        drill TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        source TEXT NOT NULL,
        ended TEXT NOT NULL,
        samples INTEGER,
        audio TEXT,
        prompted INTEGER NOT NULL CHECK (prompted IN (0, 1)),
        rubric TEXT NOT NULL,
        graded INTEGER NOT NULL CHECK (graded IN (0, 1)),
        not_graded TEXT,
        versions TEXT NOT NULL,
        notices TEXT NOT NULL,
        delivery TEXT NOT NULL,
        transcript TEXT NOT NULL
    )
    """,
    "CREATE INDEX attempts_by_time ON attempts (asked_at, id)",
    """
    CREATE TABLE findings (
        attempt TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        concept TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('explained', 'named', 'dismissed', 'missed')),
        confidence REAL NOT NULL,
        evidence TEXT NOT NULL,
        PRIMARY KEY (attempt, position)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE red_flags (
        attempt TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        flag TEXT NOT NULL,
        first INTEGER NOT NULL,
        stop INTEGER NOT NULL,
        PRIMARY KEY (attempt, position)
    ) WITHOUT ROWID
    """,
)

# What was said after follow-ups is judged apart from what was said without them. It has a table of its own since few
# attempts have it, and every count reads it: as a column behind the transcript it would be slow to reach.
_FOLLOW_UPS: Migration = (
    "ALTER TABLE attempts DROP COLUMN prompted",
    "ALTER TABLE attempts ADD COLUMN interview TEXT",
    """
    CREATE TABLE prompted (
        attempt TEXT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
        follow_ups TEXT NOT NULL,
        judgement TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)

# A dispute outlives judging its attempt again and goes with the attempt. The schedule is one row, a fold over the
# attempts up to one of them; whatever changes an attempt at or before that one makes it void, and it is made anew.
_REVIEW: Migration = (
    """
    CREATE TABLE disputes (
        attempt TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
        concept TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('explained', 'named', 'dismissed', 'missed')),
        at TEXT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (attempt, concept)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE schedule (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        made_by TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        attempt TEXT NOT NULL,
        state TEXT NOT NULL
    )
    """,
    "CREATE INDEX attempts_by_drill ON attempts (drill, asked_at, id)",
    *(
        f"""
        CREATE TRIGGER schedule_after_{event} AFTER {event} ON attempts
        WHEN EXISTS (SELECT 1 FROM schedule WHERE ({row}.asked_at, {row}.id) <= (asked_at, attempt))
        BEGIN DELETE FROM schedule; END
        """  # noqa: S608 - ours
        for event, row in (("insert", "NEW"), ("update", "OLD"), ("delete", "OLD"))
    ),
)

_UNCLEAR: Migration = (
    "ALTER TABLE findings ADD COLUMN unclear INTEGER NOT NULL DEFAULT 0 CHECK (unclear IN (0, 1))",
)

MIGRATIONS: tuple[Migration, ...] = (_FIRST, _FOLLOW_UPS, _REVIEW, _UNCLEAR)


class NewerVersionError(Exception):
    """The database went through migrations that this program does not know."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"version {found}, known up to {known}")
        self.found = found
        self.known = known


def migrate(
    connection: sqlite3.Connection,
    migrations: Sequence[Migration] = MIGRATIONS,
    before: Callable[[int], None] | None = None,
) -> None:
    """Bring a database to the newest version, in one transaction: all missing migrations or none.

    Args:
        connection: in autocommit mode (`isolation_level=None`) and with foreign keys still off, so that a
            migration may rebuild a table that others refer to.
        migrations: all there ever were, oldest first.
        before: called with the old version before a database that holds something is changed, to back it up.

    Raises:
        NewerVersionError: the database is newer than `migrations`; nothing was changed.
        sqlite3.Error: a migration failed or left a reference to nothing; nothing was changed.
    """
    found = _version(connection, len(migrations))
    if found == len(migrations):
        return
    if found and before:
        before(found)
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another process may have migrated while this one waited for the lock.
        for statements in migrations[_version(connection, len(migrations)) :]:
            for statement in statements:
                connection.execute(statement)
        _check_references(connection)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, known: int) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > known:
        raise NewerVersionError(found, known)
    return found


def _check_references(connection: sqlite3.Connection) -> None:
    if broken := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to a row of {broken[2]} that is not there")
