"""Where the recogniser's weights are, and how they get there.

In this order: a folder that the person names; our cache; the packages of the extra `offline`, joined once
into the cache. The model hub is asked only by `fetch`, and only `fetch` uses the network. Whatever stands in
the cache was verified before it got its name there.
"""

from __future__ import annotations

import importlib.util
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from filelock import FileLock, Timeout

from voice_coach.errors import WeightsError
from voice_coach.speech import catalog, hub, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 120.0
"""Seconds to wait for another process that joins the packages of the same model."""


@dataclass(frozen=True, slots=True)
class Model:
    """A line of `voice-coach models`. `size` in bytes, to be downloaded where `where` is `absent`.

    `verified`: its files fit the record made when their hashes were found right.
    """

    name: str
    size: int
    where: Literal["cache", "package", "absent"]
    path: Path | None
    verified: bool
    note: str


def package_folder(package: str) -> Path | None:
    """The folder of an installed Python package, which is not imported; None where it is not installed."""
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def locate(
    name_or_path: str, cache: Path, *, packages: Callable[[str], Path | None] = package_folder
) -> Path:
    """The folder of a model, complete and verified; never touches the network.

    Args:
        name_or_path: a model's name, or a folder, whose files are then the person's own affair.
        cache: our folder for models, made when first needed.
        packages: finds an installed package's folder.

    Raises:
        WeightsError: there is none, or it is incomplete or damaged; says how to get it.
    """
    own = Path(name_or_path).expanduser()
    if catalog.known(name_or_path) is None and own.is_dir():
        if lacking := store.missing(own):
            raise WeightsError(f"{own}: not a faster-whisper model, {' and '.join(lacking)} is missing.")
        return own
    folder = cache / catalog.folder_name(name_or_path)
    if folder.is_dir():
        again = f"Delete {folder} or fetch it again with `voice-coach models get {name_or_path}`."
        try:
            store.verify(folder, catalog.expected(name_or_path), again)
        except OSError as error:
            raise WeightsError(f"{folder}: the model cannot be read ({error}).") from error
        return folder
    if _packaged(name_or_path, packages) is not None:
        return _join(name_or_path, folder, packages)
    catalog.repository(name_or_path)  # a name that nobody knows is another error
    raise WeightsError(
        f"The model {name_or_path!r} is not on this machine. "
        f"Get it with `voice-coach models get {name_or_path}`. "
        f"Without a network, {hub.WITHOUT_NETWORK}."
    )


def fetch(
    name: str,
    cache: Path,
    progress: hub.Progress | None = None,
    *,
    endpoint: str | None = None,
    packages: Callable[[str], Path | None] = package_folder,
) -> Path:
    """Make sure that a model is in the cache, every file hashed anew; from the hub if need be.

    A dropped connection is taken up again; a download that was given up starts anew the next time. Nothing
    about the person or the machine is sent, no token either.

    Args:
        name: one of the catalog, one of faster-whisper's names, or a hub id `user/repo`.
        cache: our folder for models.
        progress: is told how far the download is.
        endpoint: the hub's address; None for the library's own (`HF_ENDPOINT`).
        packages: finds an installed package's folder.

    Raises:
        WeightsError: the hub cannot be reached or has no such model, or what came is not what was expected.
    """
    repository = catalog.repository(name)
    folder = cache / catalog.folder_name(name)
    if folder.is_dir():
        try:
            store.verify(folder, catalog.expected(name), "", thorough=True)
        except WeightsError:
            store.unseal(folder)  # to be replaced
        else:
            return folder
    if _packaged(name, packages) is not None:
        return _join(name, folder, packages)
    with _working(folder, 0, f"Another process is fetching {name!r} already; wait for it.") as work:
        files = work / "files"
        listing = hub.download_files(repository, work, endpoint, progress or (lambda _done, _total: None))
        shutil.rmtree(files / ".cache", ignore_errors=True)  # the hub library's notes
        store.seal(files, listing | catalog.expected(name), f"It came from {repository}. Try again later.")
        store.install(files, folder)
    return folder


def installed(cache: Path, *, packages: Callable[[str], Path | None] = package_folder) -> list[Model]:
    """The catalog's models and whatever else the cache holds, without hashing anything."""
    folders = [folder.name for folder in cache.iterdir() if folder.is_dir()] if cache.is_dir() else []
    others = sorted(catalog.model_name(name) for name in folders if not name.startswith("."))
    names = dict.fromkeys([*(model.name for model in catalog.KNOWN), *others])
    return [_model(name, cache / catalog.folder_name(name), packages) for name in names]


def _model(name: str, folder: Path, packages: Callable[[str], Path | None]) -> Model:
    entry = catalog.known(name)
    note = entry.note if entry else "not one of ours"
    if folder.is_dir():
        verified = store.sealed(folder, catalog.expected(name))
        return Model(name, store.size(folder), "cache", folder, verified, note)
    size = entry.size if entry else 0
    parts = _packaged(name, packages)
    return Model(name, size, "package" if parts else "absent", None, verified=False, note=note)


def _packaged(name: str, packages: Callable[[str], Path | None]) -> dict[str, list[Path]] | None:
    """The parts of each file of a model that is installed as packages; None where any part is absent."""
    files: dict[str, list[Path]] = {}
    for file, packaged in catalog.PACKAGED.get(name, {}).items():
        for package, path in packaged.parts:
            folder = packages(package)
            if folder is None or not (folder / path).is_file():
                return None
            files.setdefault(file, []).append(folder / path)
    return files or None


def _join(name: str, folder: Path, packages: Callable[[str], Path | None]) -> Path:
    """Put a model together from its packages, unless another process does so first."""
    names = sorted(
        {part[0].replace("_", "-") for file in catalog.PACKAGED[name].values() for part in file.parts}
    )
    remedy = f"Install its packages again: pip install --force-reinstall {' '.join(names)}"
    expected = {file: packaged.expected for file, packaged in catalog.PACKAGED[name].items()}
    with _working(folder, PATIENCE, f"Another process keeps the model {name!r} busy.") as work:
        if store.sealed(folder, expected):
            return folder
        for file, parts in (_packaged(name, packages) or {}).items():
            with (work / file).open("wb") as whole:
                for path in parts:
                    with path.open("rb") as part:
                        shutil.copyfileobj(part, whole, 1 << 20)
        store.seal(work, expected, remedy)
        store.install(work, folder)
    return folder


@contextmanager
def _working(folder: Path, patience: float, busy: str) -> Iterator[Path]:
    """An empty folder to prepare the content of `folder` in, for one process at a time; removed afterwards.

    Raises:
        WeightsError: the disk is full or not writable, or another process works there: `busy`.
    """
    work = folder.parent / ".incoming" / folder.name
    try:
        work.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{work}.lock", timeout=patience):
            shutil.rmtree(work, ignore_errors=True)  # of a process that was killed
            work.mkdir()
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except Timeout as error:
        raise WeightsError(busy) from error
    except OSError as error:
        raise WeightsError(
            f"{folder}: the model cannot be put there ({error.strerror or error}). "
            "Free some space or choose another folder with --home."
        ) from error
