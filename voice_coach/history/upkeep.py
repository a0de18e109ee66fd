"""Looking after the archive: what is kept where, forgetting for good, backups, and checking that all is whole."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import zipfile
from contextlib import closing, suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from voice_coach.errors import AudioFileError, UsageError
from voice_coach.history import tables
from voice_coach.history.archive import UPGRADE_BACKUP
from voice_coach.history.failures import explained, writing
from voice_coach.history.rescue import DAMAGED, problems, rescue
from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from voice_coach.history.archive import Archive
    from voice_coach.records import Attempt

PLACES = {
    "history.db": "attempts: words, verdicts, disputes",
    UPGRADE_BACKUP.format("*"): "copies made before an upgrade; yours to delete",
    DAMAGED.format("*"): "damaged databases that `history check` replaced; yours to delete",
    "audio": "sound of the attempts",
    "journal": "answers that were interrupted, not yet finished",
    "drills": "drills of your own",
    "rubrics": "rubrics of your own",
    "cache": "what can be made again: spoken questions, prepared rubrics",
    "models": "recognisers",
}
"""What lies in the data folder."""
_COPIES = (UPGRADE_BACKUP.format("*"), DAMAGED.format("*"))
"""Databases that are no longer used, with what SQLite may have left beside them."""
OWN = ("drills", "rubrics", "settings.toml")
"""What a backup holds besides attempts and their sound."""


@dataclass(frozen=True, slots=True)
class Size:
    """A place in the data folder: its files, and their bytes together."""

    place: str
    what: str
    files: int
    size: int


class _Found(NamedTuple):
    mended: list[str]
    open_: list[str]


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found: `mended` is right again, `open_` needs the person, each as a sentence."""

    attempts: int
    sounds: int
    mended: tuple[str, ...]
    open_: tuple[str, ...]


def sizes(home: Path) -> list[Size]:
    """What is kept where in the data folder; places with nothing in them are left out.

    Raises:
        ArchiveError: the folder cannot be read.
    """
    with explained(home):
        found = []
        for entry in sorted(home.iterdir()):
            files = [path for path in entry.rglob("*") if path.is_file()] if entry.is_dir() else [entry]
            base = entry.name
            if base.startswith("history"):  # the database with its log, and copies of it
                base = next((kind for kind in _COPIES if fnmatch(base, f"{kind}*")), "history.db")
            found.append((base, len(files), sum(path.stat().st_size for path in files)))
    names = dict.fromkeys([*PLACES, *(name for name, _, _ in found)])
    return [
        Size(name, PLACES.get(name, ""), sum(n for _, n, _ in of_name), sum(size for _, _, size in of_name))
        for name in names
        if (of_name := [item for item in found if item[0] == name and item[1]])
    ]


def forget(archive: Archive, attempt_ids: Sequence[str]) -> int:
    """Remove attempts with their sound, words, findings and disputes for good; gives the bytes that became free.

    What SQLite frees is overwritten, and copies of the database that were made before an upgrade or a repair go
    too, since they hold the same words. A backup that the person made is theirs.

    Raises:
        ArchiveError: not all could be removed.
    """
    before = _total(archive)
    connection = archive.connection
    with explained(archive.path):
        connection.execute("PRAGMA secure_delete = ON")
        names: list[str] = []
        with archive.transaction():
            for attempt_id in attempt_ids:
                names += [
                    name
                    for (name,) in connection.execute(
                        "SELECT audio FROM attempts WHERE id = ?", (attempt_id,)
                    )
                    if name
                ]
                connection.execute("DELETE FROM attempts WHERE id = ?", (attempt_id,))
        for name in names:
            (archive.audio / name).unlink(missing_ok=True)
        for kind in _COPIES:
            for copy in archive.path.parent.glob(f"{kind}*"):
                copy.unlink()
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return max(0, before - _total(archive))


def drop_audio(archive: Archive, before: datetime) -> int:
    """Remove the sound, not the words, of attempts asked before a time; gives their number.

    Raises:
        ArchiveError: not all could be removed.
    """
    with explained(archive.path):
        found = archive.connection.execute(
            "SELECT id, audio FROM attempts WHERE audio IS NOT NULL AND asked_at < ?", (tables.stamp(before),)
        ).fetchall()
        if not found:
            return 0
        with archive.transaction():
            archive.connection.executemany(
                "UPDATE attempts SET audio = NULL WHERE id = ?", [(attempt_id,) for attempt_id, _ in found]
            )
        for _, name in found:
            (archive.audio / name).unlink(missing_ok=True)
    return len(found)


def back_up(archive: Archive, target: Path) -> tuple[int, int]:
    """Write everything of the person's to one ZIP file, also while somebody practises.

    Unpacked into an empty folder it is a data folder again.

    Returns:
        The number of attempts and of sounds in it.

    Raises:
        UsageError: `target` is there already.
        ArchiveError: it cannot be written; nothing is left of it.
    """
    if target.exists():
        raise UsageError(f"{target} is there already; name another file, or remove it first.")
    home = archive.path.parent
    part = target.with_name(f".{target.name}.part")
    with (
        explained(archive.path),
        writing(target),
        tempfile.TemporaryDirectory(prefix="voice-coach-") as folder,
    ):
        copied = Path(folder) / "history.db"
        with closing(sqlite3.connect(copied)) as copy:
            archive.connection.backup(copy)
            attempts = int(copy.execute("SELECT count(*) FROM attempts").fetchone()[0])
            names = [name for (name,) in copy.execute("SELECT audio FROM attempts WHERE audio IS NOT NULL")]
        sounds = [archive.audio / name for name in names if (archive.audio / name).is_file()]
        own = [path for name in OWN for path in _files(home / name)]
        try:
            with zipfile.ZipFile(part, "x", zipfile.ZIP_DEFLATED) as backup:
                backup.write(copied, "history.db")
                for path in own:
                    backup.write(path, path.relative_to(home))
                for path in sounds:  # FLAC does not get smaller
                    backup.write(path, path.relative_to(home), compress_type=zipfile.ZIP_STORED)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return attempts, len(sounds)


def check(archive: Archive, length: Callable[[Path], int]) -> Health:
    """Read every row and every sound, and mend what can be mended without losing anything.

    Args:
        archive: open, so that its database is of the present version.
        length: decodes a sound and gives its samples; raises `AudioFileError` where it cannot.

    Raises:
        ArchiveError: the database is too damaged to be read at all.
    """
    found = _Found([], [])
    with explained(archive.path):
        lost = _check_database(archive, found)
        ids = [
            attempt_id for (attempt_id,) in archive.connection.execute("SELECT id FROM attempts ORDER BY id")
        ]
        named = {f"{attempt_id}.flac" for attempt_id in lost}
        for attempt_id in ids:
            try:
                attempt = tables.get(archive.connection, attempt_id)
            except (ValueError, sqlite3.Error) as error:
                reason = str(error).splitlines()[0]
                found.open_.append(
                    f"Attempt {attempt_id} cannot be read ({reason}); restore it from a backup with "
                    f"`import`, or remove it with `voice-coach forget {attempt_id}`."
                )
                named |= {f"{attempt_id}.flac"}
                continue
            if attempt.audio:
                named.add(attempt.audio)
                _check_sound(archive, attempt, length, found)
        _check_leftovers(archive, named, found)
    sounds = sum((archive.audio / name).is_file() for name in named)
    return Health(len(ids), sounds, tuple(found.mended), tuple(found.open_))


def _check_database(archive: Archive, found: _Found) -> tuple[str, ...]:
    """Gives the ids of attempts that were lost."""
    lost: tuple[str, ...] = ()
    if wrong := problems(archive.connection):
        with suppress(sqlite3.DatabaseError):
            archive.connection.execute("REINDEX")
        if left := problems(archive.connection):
            rescued = rescue(archive)
            lost = rescued.lost
            found.mended.append(
                f"The database was damaged ({left[0].splitlines()[-1]}). A new one holds the {rescued.attempts} "
                f"attempts that could be read; the damaged one is kept as {rescued.aside}."
            )
        else:
            found.mended.append(f"The database's indexes were wrong ({wrong[0]}) and were made anew.")
    for attempt_id in lost:
        sound = archive.audio / f"{attempt_id}.flac"
        hear = f"; its sound is there: `voice-coach check {sound}`" if sound.is_file() else ""
        found.open_.append(f"Attempt {attempt_id} could not be read; `import` it from a backup{hear}.")
    # A schedule of attempts that are gone would count them for ever.
    removed = archive.connection.execute(
        "DELETE FROM schedule WHERE attempt NOT IN (SELECT id FROM attempts)"
    ).rowcount
    if removed > 0:
        found.mended.append("The schedule rested on an attempt that is gone; it will be made anew.")
    return lost


def _check_sound(archive: Archive, attempt: Attempt, length: Callable[[Path], int], found: _Found) -> None:
    path = archive.audio / str(attempt.audio)
    if not path.is_file():
        with archive.transaction():
            archive.connection.execute("UPDATE attempts SET audio = NULL WHERE id = ?", (attempt.id,))
        found.mended.append(
            f"The sound of attempt {attempt.id} is gone; it is now kept as one without sound."
        )
        return
    try:
        there = length(path)
    except AudioFileError:
        found.open_.append(f"Attempt {attempt.id}: {path} cannot be read as audio; restore it from a backup.")
        return
    if attempt.samples is not None and attempt.samples - there > SAMPLE_RATE // 10:
        found.open_.append(
            f"{path}: {there / SAMPLE_RATE:.1f} s can be read of {attempt.samples / SAMPLE_RATE:.1f} s; "
            "restore the file from a backup."
        )


def _check_leftovers(archive: Archive, named: set[str], found: _Found) -> None:
    for path in sorted(archive.audio.iterdir()):
        if path.name.startswith(".") and path.suffix == ".part":
            path.unlink()
            found.mended.append(f"{path.name}, left by a save that was interrupted, was removed.")
        elif path.name not in named:
            found.open_.append(
                f"{path} belongs to no attempt; hear what it is with `voice-coach check {path}`, or delete it."
            )


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file()) if path.is_dir() else []


def _total(archive: Archive) -> int:
    files = [*archive.audio.iterdir(), *archive.path.parent.glob("history*")]
    return sum(path.stat().st_size for path in files if path.is_file())


def chosen(archive: Archive, attempt: str | None, before: datetime | None, *, everything: bool) -> list[str]:
    """The ids that `forget` was asked for in one of three ways.

    Raises:
        UsageError: none or several ways were used, or no attempt has that id.
        ArchiveError: the archive cannot be read.
    """
    if sum((attempt is not None, before is not None, everything)) != 1:
        raise UsageError("Say what to forget in one way: an attempt's id, --before DATE, or --all.")
    if attempt is not None:
        return [archive.attempt(attempt).id]
    with explained(archive.path):
        until = tables.stamp(before) if before else "9999"
        return [
            attempt_id
            for (attempt_id,) in archive.connection.execute(
                "SELECT id FROM attempts WHERE asked_at < ? ORDER BY asked_at, id", (until,)
            )
        ]
