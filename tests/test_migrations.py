"""An older archive becomes the present one in one step; a newer one is refused and left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.stored import attempt
from voice_coach.errors import ArchiveError
from voice_coach.history.archive import Archive
from voice_coach.history.migrations import MIGRATIONS, Migration, NewerVersionError, migrate

if TYPE_CHECKING:
    from pathlib import Path

FIRST: Migration = ("CREATE TABLE people (name TEXT)", "INSERT INTO people VALUES ('Ada')")
SECOND: Migration = (
    "ALTER TABLE people ADD COLUMN letters INTEGER",
    "UPDATE people SET letters = length(name)",
)


@pytest.fixture
def database() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("steps", [[[FIRST, SECOND]], [[FIRST], [FIRST, SECOND]]])
def test_new_and_old_databases_become_the_same(
    database: sqlite3.Connection, steps: list[list[Migration]]
) -> None:
    with closing(database):
        for known in steps:
            migrate(database, known)
            assert version(database) == len(known)
        assert database.execute("SELECT * FROM people").fetchall() == [("Ada", 3)]


def test_migrating_again_does_nothing(database: sqlite3.Connection) -> None:
    with closing(database):
        migrate(database, [FIRST, SECOND])
        migrate(database, [FIRST, SECOND])
        assert database.execute("SELECT count(*) FROM people").fetchone() == (1,)


def test_a_migration_that_fails_changes_nothing(database: sqlite3.Connection) -> None:
    with closing(database):
        migrate(database, [FIRST])
        with pytest.raises(sqlite3.OperationalError):
            migrate(database, [FIRST, SECOND, ("INSERT INTO nowhere VALUES (1)",)])
        assert version(database) == 1
        assert database.execute("SELECT * FROM people").fetchall() == [("Ada",)]


def test_a_migration_that_breaks_a_reference_changes_nothing(database: sqlite3.Connection) -> None:
    with closing(database):
        child: Migration = (
            "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
            "CREATE TABLE children (parent INTEGER REFERENCES parents (id))",
            "INSERT INTO children VALUES (7)",
        )
        with pytest.raises(sqlite3.IntegrityError, match="children"):
            migrate(database, [child])
        assert version(database) == 0


def test_a_newer_database_is_refused(database: sqlite3.Connection) -> None:
    with closing(database):
        migrate(database, [FIRST, SECOND])
        with pytest.raises(NewerVersionError) as caught:
            migrate(database, [FIRST])
        assert (caught.value.found, caught.value.known) == (2, 1)


def test_an_archive_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        archive.save(attempt())
    with closing(sqlite3.connect(archive.path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(ArchiveError, match=r"history\.db was written by a newer.*upgrade voice-coach"):
        Archive(tmp_path)
    with closing(sqlite3.connect(archive.path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (99,)
        assert database.execute("SELECT count(*) FROM attempts").fetchone() == (1,)


def test_an_archive_from_before_follow_ups_is_read_and_written(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "history.db", isolation_level=None)) as database:
        migrate(database, MIGRATIONS[:1])
        database.execute(
            "INSERT INTO attempts VALUES ('old', 'd', '2026-01-05T09:00:00+00:00', 'typed', 'done', NULL, NULL, 0, "
            """'core', 1, NULL, '{}', '[]', '{"words": 1}', '{"words": [{"text": "cap"}]}')"""
        )
    with Archive(tmp_path) as archive:
        old = archive.attempt("old")
        assert (old.follow_ups, old.prompted, old.interview) == ((), None, None)
        assert archive.save(attempt()) == archive.attempt(attempt().id)
        assert [row.prompted for row in archive.rows()] == [{}, {}]
