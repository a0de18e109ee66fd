"""A model's folder on disk: is it whole, and are its files the ones expected?

Hashing 145 MB takes a third of a second and more on a slow disk, so a folder found right gets a stamp with
size, time of change and SHA-256 of each file. A file is hashed again only when it no longer fits its stamp.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from pydantic import ValidationError

from voice_coach.errors import WeightsError
from voice_coach.records import Record
from voice_coach.speech.catalog import Expected

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STAMP = "verified.json"
REQUIRED = ("config.json", "model.bin", "tokenizer.json")
"""Beside a `vocabulary` file. Without `tokenizer.json`, faster-whisper would ask the hub for one."""


class Seen(Record):
    """A file as it was when its hash was taken."""

    size: int
    mtime_ns: int
    sha256: str


class Stamp(Record):
    """The files of a verified folder, by name."""

    files: dict[str, Seen]


def missing(folder: Path) -> list[str]:
    """The files that a faster-whisper model needs and `folder` lacks."""
    lacking = [name for name in REQUIRED if not (folder / name).is_file()]
    return lacking if any(folder.glob("vocabulary.*")) else [*lacking, "vocabulary.json"]


def size(folder: Path) -> int:
    """Bytes of the model's files."""
    return sum(file.stat().st_size for file in _files(folder))


def sealed(folder: Path, expected: Mapping[str, Expected]) -> bool:
    """Whether every file fits the stamp and the stamp fits `expected`; nothing is hashed."""
    stamp = _stamp(folder)
    return not missing(folder) and all(
        (seen := stamp.get(file.name)) is not None
        and _unchanged(file, seen)
        and expected.get(file.name, Expected()).sha256 in {None, seen.sha256}
        for file in _files(folder)
    )


def seal(folder: Path, expected: Mapping[str, Expected], remedy: str) -> None:
    """Hash every file of a folder just made, compare with `expected` and leave a stamp.

    Raises:
        WeightsError: a file is missing, or not as expected; ends with `remedy`.
    """
    _verify(folder, expected, {}, remedy, new=True)


def verify(folder: Path, expected: Mapping[str, Expected], remedy: str, *, thorough: bool = False) -> None:
    """Compare a folder with `expected` and its stamp; `thorough` hashes even files that fit their stamp.

    Raises:
        WeightsError: a file is missing, not as expected, or was never verified; ends with `remedy`.
    """
    if thorough or not sealed(folder, expected):
        _verify(folder, expected, _stamp(folder), remedy, new=False)


def unseal(folder: Path) -> None:
    """Take back that `folder` was ever verified."""
    (folder / STAMP).unlink(missing_ok=True)


def install(work: Path, folder: Path) -> None:
    """Put the finished folder `work` in the place of `folder`, which may exist."""
    old = work.with_name(f"{work.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    work.replace(folder)
    shutil.rmtree(old, ignore_errors=True)


def _verify(
    folder: Path, expected: Mapping[str, Expected], stamp: Mapping[str, Seen], remedy: str, *, new: bool
) -> None:
    if lacking := missing(folder):
        raise WeightsError(
            f"{folder}: this model is incomplete, {' and '.join(lacking)} is missing. {remedy}"
        )
    seen = {}
    for file in _files(folder):
        wanted = expected.get(file.name, Expected())
        sha256 = wanted.sha256 or (stamp[file.name].sha256 if file.name in stamp else None)
        status = file.stat()
        if wanted.size not in {None, status.st_size}:
            raise _unexpected(file, f"{wanted.size} bytes", str(status.st_size), remedy)
        found = _digest(file)
        if sha256 is None and not new:
            raise WeightsError(f"{file}: nothing says what this file should be. {remedy}")
        if sha256 is not None and sha256 != found:
            raise _unexpected(file, f"SHA-256 {sha256[:12]}", found[:12], remedy)
        seen[file.name] = Seen(size=status.st_size, mtime_ns=status.st_mtime_ns, sha256=found)
    part = folder / f"{STAMP}.part"
    part.write_text(Stamp(files=seen).model_dump_json(indent=1), encoding="utf-8")
    part.replace(folder / STAMP)


def _unexpected(file: Path, expected: str, found: str, remedy: str) -> WeightsError:
    return WeightsError(f"{file}: not the expected file, {expected} expected, {found} found. {remedy}")


def _files(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.iterdir() if file.is_file() and not file.name.startswith((STAMP, "."))
    )


def _stamp(folder: Path) -> dict[str, Seen]:
    try:
        return Stamp.model_validate_json((folder / STAMP).read_bytes()).files
    except (FileNotFoundError, ValidationError):
        return {}


def _unchanged(file: Path, seen: Seen) -> bool:
    status = file.stat()
    return (status.st_size, status.st_mtime_ns) == (seen.size, seen.mtime_ns)


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
