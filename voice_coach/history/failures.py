"""What the disk and SQLite report, as a sentence that says what to do."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from voice_coach.errors import ArchiveError
from voice_coach.history.migrations import NewerVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNUSABLE = "cannot be read or written ({error}); make its folder writable, or choose another with --home."
_FOREIGN = (
    "is damaged, or not an archive of voice-coach ({error}); restore it from a backup, or move it away to begin "
    "a new one. The sound files beside it are not touched."
)
_DAMAGED = (
    "is damaged ({error}); `voice-coach history check` saves what can be read of it, or restore it from a backup. "
    "The sound files beside it are not touched."
)
_FAILURES = {
    sqlite3.SQLITE_NOTADB: _FOREIGN,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_ERROR: _FOREIGN,  # tables or columns that are not ours
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full. Free some space, or choose another folder with --home.",
    sqlite3.SQLITE_BUSY: "is being written by another program; close other voice-coach sessions and try again.",
    sqlite3.SQLITE_READONLY: _UNUSABLE,
    sqlite3.SQLITE_CANTOPEN: _UNUSABLE,
    sqlite3.SQLITE_PERM: _UNUSABLE,
    sqlite3.SQLITE_IOERR: _UNUSABLE,
}
_OTHER = "refused the attempt or the question ({error}); this is a fault of voice-coach, please report it."


@contextmanager
def explained(database: Path) -> Iterator[None]:
    """Work on `database` or the sound beside it.

    Raises:
        ArchiveError: whatever the disk or SQLite reported, naming the file and what to do.
    """
    try:
        yield
    except NewerVersionError as error:
        raise ArchiveError(
            f"{database} was written by a newer voice-coach (its version is {error.found}, this program knows "
            f"up to {error.known}); upgrade voice-coach, or choose another folder with --home."
        ) from error
    except sqlite3.Error as error:
        raise ArchiveError(f"{database} {_meaning(error)}") from error
    except OSError as error:
        raise ArchiveError(
            f"{error.filename or database.parent}: attempts cannot be kept here ({error.strerror or error}). "
            "Free some space, make the folder writable, or choose another with --home."
        ) from error


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Write a file that a person asked for.

    Raises:
        ArchiveError: it cannot be written, with the reason.
    """
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            f"{target} cannot be written ({error.strerror or error}); name another place."
        ) from error


def _meaning(error: sqlite3.Error) -> str:
    """What a failure of SQLite means to the person, by its primary result code (the low byte)."""
    code = getattr(error, "sqlite_errorcode", None)  # absent where Python, not SQLite, refused
    sentence = _OTHER if code is None else _FAILURES.get(code & 0xFF, _OTHER)
    return sentence.format(error=error)
