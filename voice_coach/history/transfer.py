"""Attempts as one JSON file: everything that is known of them, to take elsewhere and to merge back.

    {"format": "voice-coach-attempts", "version": 1, "attempts": [...], "disputes": [...], "sounds": {...}}

Each attempt and each dispute is its record; `sounds` holds FLAC files in base64 by attempt id, where asked for.
A backup, as `upkeep.back_up` writes it, can be merged as well.
"""

from __future__ import annotations

import base64
import binascii
import json
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from voice_coach.errors import UsageError
from voice_coach.history.archive import Archive
from voice_coach.history.upkeep import chosen
from voice_coach.records import Attempt, Dispute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = "voice-coach-attempts"
VERSION = 1
T = TypeVar("T", Attempt, Dispute)


def exported(archive: Archive, attempt_ids: Iterable[str], *, sounds: bool) -> Iterator[str]:
    """The file, piece by piece, so that memory stays flat.

    Args:
        archive: where the attempts are.
        attempt_ids: those to write, in this order.
        sounds: whether their sound goes along.

    Raises:
        ArchiveError: an attempt cannot be read.
    """
    ids = list(attempt_ids)
    yield f'{{"format": "{FORMAT}", "version": {VERSION},\n"attempts": ['
    for number, attempt_id in enumerate(ids):
        yield ("," if number else "") + "\n" + archive.attempt(attempt_id).model_dump_json()
    yield '\n],\n"disputes": ['
    chosen = set(ids)
    disputes = [item.model_dump_json() for item in archive.disputes() if item.attempt in chosen]
    yield ",".join(f"\n{item}" for item in disputes) + '\n],\n"sounds": {'
    first = True
    for attempt_id in ids if sounds else ():
        if path := archive.audio_path(archive.attempt(attempt_id)):
            encoded = base64.b64encode(path.read_bytes()).decode()
            yield ("" if first else ",") + f'\n"{attempt_id}": "{encoded}"'
            first = False
    yield "\n}}\n"


def imported(archive: Archive, path: Path) -> tuple[int, int]:
    """Merge the attempts of a file or backup; those whose id is there already stay as they are.

    Returns:
        How many were added, and how many were there already.

    Raises:
        UsageError: the file cannot be read, is not ours, or is of a newer version; nothing was added.
        ArchiveError: they could not be kept; nothing was added.
    """
    if zipfile.is_zipfile(path):
        return _from_backup(archive, path)
    content = _content(path)
    sounds = content.get("sounds", {})
    attempts = [_record(path, Attempt, "attempts", n, kept) for n, kept in enumerate(content["attempts"])]
    disputes = [
        _record(path, Dispute, "disputes", n, kept) for n, kept in enumerate(content.get("disputes", []))
    ]
    return archive.merge(
        ((attempt, _sound(path, attempt.id, sounds.get(attempt.id))) for attempt in attempts), disputes
    )


def _from_backup(archive: Archive, path: Path) -> tuple[int, int]:
    try:
        with zipfile.ZipFile(path) as backup, tempfile.TemporaryDirectory(prefix="voice-coach-") as folder:
            if "history.db" not in backup.namelist():
                raise UsageError(f"{path}: is no backup. Give a file that `history backup` wrote.")
            backup.extract("history.db", folder)
            with Archive(Path(folder)) as kept:
                return archive.merge(_of_backup(kept, backup), kept.disputes())
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UsageError(f"{path}: is damaged ({error}). Give another backup.") from error


def _of_backup(kept: Archive, backup: zipfile.ZipFile) -> Iterator[tuple[Attempt, bytes | None]]:
    there = set(backup.namelist())
    for attempt_id in chosen(kept, None, None, everything=True):
        attempt = kept.attempt(attempt_id)
        sound = f"audio/{attempt.audio}"
        yield attempt, backup.read(sound) if sound in there else None


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}). Check the path.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text. Give a file that `export` wrote.") from error
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{path}:{error.lineno}: is not JSON ({error.msg}). Give a file that `export` wrote."
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UsageError(f"{path}: is not a file of attempts. Give one that `voice-coach export` wrote.")
    version = content.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise UsageError(
            f"{path}: was written by a newer voice-coach (version {version} of the file, this program knows up "
            f"to {VERSION}); upgrade voice-coach."
        )
    if not isinstance(content.get("attempts"), list):
        raise UsageError(f"{path}: attempts: is missing. Give a file that `voice-coach export` wrote.")
    return content


def _record(path: Path, model: type[T], key: str, number: int, kept: object) -> T:
    try:
        return model.model_validate(kept)
    except ValidationError as error:
        fault: Any = error.errors(include_url=False)[0]
        where = ".".join(map(str, (key, number, *fault["loc"])))
        raise UsageError(f"{path}: {where}: {fault['msg']}. Export the file again.") from error


def _sound(path: Path, attempt_id: str, encoded: object) -> bytes | None:
    if encoded is None:
        return None
    try:
        return base64.b64decode(str(encoded), validate=True)
    except binascii.Error as error:
        raise UsageError(f"{path}: sounds.{attempt_id}: is not base64. Export the file again.") from error
