"""Finding and loading drills and rubrics: the shipped ones, shadowed by a person's own of the same id."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from voice_coach.content.models import SECTIONS, Drill, Rubric
from voice_coach.content.references import check_drill, check_rubric
from voice_coach.content.yamlfile import Document, nearest
from voice_coach.errors import ContentError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORE = "core"
"""Id of the rubric that every drill draws on."""
_PACKAGE = Path(__file__).resolve().parents[1]
_LEARNT_FROM = "training"
"""In a source tree, the folder beside the shipped rubrics with what the judge learns from; nothing there is content."""


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


def shipped_folder(package: Path = _PACKAGE) -> Path:
    """The folder with the shipped `drills` and `rubrics`: the package itself, else the source tree's root.

    Raises:
        ContentError: neither holds them.
    """
    for folder in (package, package.parent):
        if (folder / "drills").is_dir() and (folder / "rubrics").is_dir():
            return folder
    raise ContentError(
        f"Neither {package} nor {package.parent} holds the folders `drills` and `rubrics`: "
        "the installation is incomplete, install voice-coach again."
    )


class Library:
    """Drills and rubrics: the shipped ones, and those in `home`, which replace shipped ones of the same id.

    Each kind is read once, when first asked for. A file that is wrong makes every question about its kind
    fail, with all problems of all its files: a drill left out in silence would never be missed. One drill or rubric
    by its id needs the files that hold the id, no others.

    Args:
        home: the person's data folder; its `drills` and `rubrics` need not be there. None: shipped ones only.
        shipped: the folder with the shipped ones; None: wherever this installation keeps them.
    """

    def __init__(self, home: Path | None = None, shipped: Path | None = None) -> None:
        self._home = home
        self._shipped = shipped
        self._single: dict[str, Drill] = {}
        self._single_rubrics: dict[str, Rubric] = {}

    def drills(self) -> tuple[Drill, ...]:
        """All drills by section, then by id.

        Raises:
            ContentError: a drill or rubric file is wrong; one line per problem.
        """
        return tuple(self._drills.values())

    def drill(self, drill_id: str) -> Drill:
        """The drill of that id.

        Raises:
            UsageError: there is none; the text suggests the nearest.
            ContentError: its file is wrong, or where there is none of that id, as for `drills`.
        """
        if drill_id in self._single:
            return self._single[drill_id]
        if "_drills" not in self.__dict__ and (found := self._read_drills(drill_id).get(drill_id)):
            return self._single.setdefault(drill_id, found[1])
        try:
            return self._drills[drill_id]
        except KeyError:
            hint = nearest(drill_id, self._drills) or "`voice-coach drills` lists them all."
            raise UsageError(f"There is no drill `{drill_id}`; {hint}") from None

    def rubric(self, id_or_path: str | Path) -> Rubric:
        """The rubric of that id, or in that file when it is a path or ends in `.yaml` or `.yml`.

        Raises:
            UsageError: there is none.
            ContentError: the file asked for is wrong or, where there is none of that id, one in the rubric folders.
        """
        path = Path(id_or_path)
        if isinstance(id_or_path, Path) or path.suffix in {".yaml", ".yml"}:
            if not path.is_file():
                raise UsageError(
                    f"There is no rubric file {path}; give a path to a file, or the id of a rubric."
                )
            return read_rubric(path)
        if found := self._rubric(id_or_path):
            return found
        try:
            return self._rubrics[id_or_path]
        except KeyError:
            hint = nearest(id_or_path, self._rubrics) or f"there are: {', '.join(self._rubrics)}."
            raise UsageError(f"There is no rubric `{id_or_path}`; {hint}") from None

    def rubrics(self) -> tuple[Rubric, ...]:
        """All rubrics, shipped ones first.

        Raises:
            ContentError: a rubric file is wrong; one line per problem.
        """
        return tuple(self._rubrics.values())

    def rubric_files(self, id_or_path: str | None = None) -> list[Path]:
        """The file of one rubric, or of all, whether they are right or wrong.

        Raises:
            UsageError: there is none of that name.
        """
        files = [
            path for folder in self._folders("rubrics") if folder.is_dir() for path in self._files(folder)
        ]
        if id_or_path is None:
            return files
        named = (
            [Path(id_or_path)]
            if Path(id_or_path).is_file()
            else [path for path in files if path.stem == id_or_path]
        )
        if not named:
            raise UsageError(
                f"There is no rubric file `{id_or_path}`; give a path, or one of: {', '.join(p.stem for p in files)}."
            )
        return named

    def core(self) -> Rubric:
        """The core rubric.

        Raises:
            ContentError: no rubric folder holds it, or its file is wrong.
        """
        if found := self._rubric(CORE):
            return found
        folders = " or ".join(map(str, self._folders("rubrics")))
        raise ContentError(f"No file in {folders} has the id `{CORE}`: put it back.")

    def rubric_for(self, drill: Drill) -> Rubric:
        """What an answer to the drill is checked against, in the drill's order.

        Its required concepts, from the core rubric and of its own, what its outline says of them, and the red
        flags that it names, or all core ones where it names none. The id is `core`, or the drill's where it adds
        concepts of its own.
        """
        core = self.core()
        concepts = {concept.id: concept for concept in (*core.concepts, *drill.own_concepts)}
        flags = {flag.id: flag for flag in core.red_flags}
        return Rubric(
            id=drill.id if drill.own_concepts else CORE,
            title=drill.title,
            version=core.version,
            concepts=tuple(concepts[requirement.id] for requirement in drill.concepts),
            red_flags=tuple(flags[flag] for flag in drill.red_flags or flags),
            outline=drill.outline,
        )

    def own(self, drill: Drill) -> bool:
        """Whether the drill comes from the person's own folder.

        Raises:
            ContentError: as for `drills`.
        """
        return self._home is not None and self._drill_files[drill.id][0].is_relative_to(self._home)

    def drill_folders(self) -> list[Path]:
        """The folders that drills come from, the shipped one first; the person's own need not be there."""
        return self._folders("drills")

    @cached_property
    def _drills(self) -> dict[str, Drill]:
        order = list(SECTIONS)
        found = (drill for _, drill in self._drill_files.values())
        ordered = sorted(found, key=lambda drill: (order.index(drill.section), drill.id))
        return {drill.id: drill for drill in ordered}

    @cached_property
    def _drill_files(self) -> dict[str, tuple[Path, Drill]]:
        return self._read_drills()

    def _read_drills(self, holding: str = "") -> dict[str, tuple[Path, Drill]]:
        """The drills of all files, or of those that hold a text."""
        core = self.core()
        return self._gather("drills", lambda path: read_drill(path, core), holding)

    def _rubric(self, rubric_id: str) -> Rubric | None:
        """The rubric of that id, from the files that hold it."""
        if "_rubrics" in self.__dict__:
            return self._rubrics.get(rubric_id)
        if rubric_id not in self._single_rubrics:
            found = self._gather("rubrics", read_rubric, rubric_id).get(rubric_id)
            if found is None:
                return None
            self._single_rubrics[rubric_id] = found[1]
        return self._single_rubrics[rubric_id]

    @cached_property
    def _rubrics(self) -> dict[str, Rubric]:
        return {name: rubric for name, (_, rubric) in self._gather("rubrics", read_rubric).items()}

    def _folders(self, kind: str) -> list[Path]:
        roots = [self._shipped or shipped_folder(), *([self._home] if self._home else [])]
        return [root / kind for root in roots]

    def _files(self, folder: Path) -> Iterator[Path]:
        aside = (self._shipped or shipped_folder()) / "rubrics" / _LEARNT_FROM
        return (path for path in yaml_files(folder) if not path.is_relative_to(aside))

    def _gather(self, kind: str, read: Callable[[Path], T], holding: str = "") -> dict[str, tuple[Path, T]]:
        """Everything of one kind by id, with its file; a later folder's shadows an earlier one's.

        With `holding`, only from files with that id as a word.
        """
        mark = re.compile(rb"(?<![\w-])" + re.escape(holding.encode()) + rb"(?![\w-])") if holding else None
        found: dict[str, tuple[Path, T]] = {}
        faults: list[str] = []
        for folder in self._folders(kind):
            paths: dict[str, Path] = {}
            for path in self._files(folder):
                if mark and not _holds(path, mark):
                    continue
                try:
                    content = read(path)
                except ContentError as error:
                    faults.append(str(error))
                    continue
                if content.id in paths:
                    faults.append(
                        f"{path}: id: `{content.id}` is also in {paths[content.id]}; change one of them."
                    )
                paths[content.id] = path
                found[content.id] = path, content
        if faults:
            raise ContentError("\n".join(faults))
        return found


def _holds(path: Path, mark: re.Pattern[bytes]) -> bool:
    """Whether a file holds what is sought; one that cannot be read may."""
    try:
        return mark.search(path.read_bytes()) is not None
    except OSError:
        return True


def read_rubric(path: Path) -> Rubric:
    """The rubric in a file.

    Raises:
        ContentError: the file is wrong; one line per problem.
    """
    document = Document(path)
    rubric = document.validate(Rubric)
    check_rubric(document)
    if rubric is None or document.problems:
        raise document.error()
    return rubric


def read_drill(path: Path, core: Rubric) -> Drill:
    """The drill in a file; its `follow_ups` hold one for every required concept, its own concepts' included.

    Raises:
        ContentError: the file is wrong, also in what it draws from `core`; one line per problem.
    """
    document, drill = open_drill(path, core)
    if drill is None or document.problems:
        raise document.error()
    return drill


def open_drill(path: Path, core: Rubric) -> tuple[Document, Drill | None]:
    """A drill's file with all its problems, and the drill as `read_drill` gives it where its values fit.

    Raises:
        ContentError: the file cannot be read or is not YAML.
    """
    document = Document(path)
    drill = document.validate(Drill)
    check_drill(document, core)
    if drill is None:
        return document, None
    own = {concept.id: concept.follow_up for concept in drill.own_concepts}
    return document, drill.model_copy(update={"follow_ups": own | drill.follow_ups})


def yaml_files(folder: Path) -> Iterator[Path]:
    """The YAML files of a folder and its subfolders by name, without an editor's hidden ones."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".yaml", ".yml"} and not path.name.startswith(".") and path.is_file():
            yield path
