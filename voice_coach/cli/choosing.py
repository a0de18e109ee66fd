"""Which drills a person wants: one, those that fit some filters, or those of a mock interview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from voice_coach.content.models import SECTIONS
from voice_coach.content.yamlfile import nearest
from voice_coach.errors import UsageError
from voice_coach.history.cards import cards
from voice_coach.history.schedule import next_drill

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from voice_coach.content.load import Library
    from voice_coach.content.models import Drill, Level
    from voice_coach.history.archive import Archive
    from voice_coach.history.schedule import Limits

S = TypeVar("S", bound=str)


@dataclass(frozen=True, slots=True)
class Filters:
    """What drills have to be like; None takes any. `section` is its id, or the beginning of it."""

    section: str | None = None
    level: Level | None = None
    tag: str | None = None
    concept: str | None = None

    def fitting(self, library: Library) -> list[Drill]:
        """The drills that fit, in the library's order; may be none.

        With a concept: the drills that require it, where it weighs most first.

        Raises:
            UsageError: there is no such section, tag or concept; the text suggests the nearest.
            ContentError: the library cannot be read.
        """
        drills = list(library.drills())
        if self.section:
            sections = named(self.section, SECTIONS, "section")
            drills = [drill for drill in drills if drill.section in sections]
        if self.level:
            drills = [drill for drill in drills if drill.level == self.level]
        if self.tag:
            (tag,) = named(
                self.tag, {tag for drill in library.drills() for tag in drill.tags}, "tag", exact=True
            )
            drills = [drill for drill in drills if tag in drill.tags]
        if self.concept:
            known = {item.id for drill in library.drills() for item in drill.concepts}
            (concept,) = named(self.concept, known, "concept", exact=True)
            drills = [drill for drill in drills if weight(drill, concept)]
            drills.sort(key=lambda drill: -weight(drill, concept))
        return drills


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to practise: a `drill`, drills that fit, or a mock interview of `count` of them or of a `file`'s."""

    drill: str | None = None
    filters: Filters = Filters()
    file: Path | None = None
    count: int | None = None

    @property
    def interview(self) -> bool:
        """Whether several drills are asked before there is a report."""
        return self.file is not None or self.count is not None

    def pool(self, library: Library) -> list[Drill]:
        """What is chosen from; of drills with a wanted concept only those in which it weighs most.

        Raises:
            UsageError: what is wanted contradicts itself or fits no drill.
        """
        filters = self.filters != Filters()
        if self.drill and (filters or self.interview):
            raise UsageError(
                f"A drill is named, `{self.drill}`: leave it out, or the options that choose drills."
            )
        if self.file and (filters or self.count):
            raise UsageError("--set names the drills itself; leave out --count and what narrows the choice.")
        if self.file:
            return read_set(self.file, library)
        drills = self.filters.fitting(library)
        if not drills:
            raise UsageError("No drill is like that; `voice-coach drills` lists them all.")
        if (concept := self.filters.concept) and not self.count:
            heaviest = weight(drills[0], concept)
            return [drill for drill in drills if weight(drill, concept) == heaviest]
        if self.count and self.count > len(drills):
            raise UsageError(
                f"Only {len(drills)} drills are like that: choose --count {len(drills)} or fewer."
            )
        return drills

    def questions(
        self, pool: Sequence[Drill], archive: Archive, now: datetime, limits: Limits
    ) -> list[Drill]:
        """The drills of the mock interview, in the order they are asked.

        Without a file: as `next_drill` chooses, from as many sections as there are.

        Args:
            pool: as `pool` gives it.
            archive: what was answered so far.
            now: with the person's time zone.
            limits: the person's.
        """
        if self.count is None:
            return list(pool)
        rows, waiting = list(archive.rows()), cards(archive, limits).due(now)
        chosen: list[Drill] = []
        while len(chosen) < self.count:
            asked = [drill.section for drill in chosen]
            left = [drill for drill in pool if drill not in chosen]
            fewest = min(asked.count(drill.section) for drill in left)
            fresh = [drill for drill in left if asked.count(drill.section) == fewest]
            chosen.append(next_drill(fresh, rows, now, waiting)[0])
        return chosen


def read_set(path: Path, library: Library) -> list[Drill]:
    """The drills that a file names: an id a line, `#` begins a remark.

    Raises:
        UsageError: the file cannot be read, names no drill or one that is not there; says the line.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: the set cannot be read ({error}). Give a text file of drill ids."
        ) from error
    drills = []
    for number, line in enumerate(lines, start=1):
        drill_id = line.partition("#")[0].strip().removeprefix("- ").strip()
        if drill_id:
            try:
                drills.append(library.drill(drill_id))
            except UsageError as error:
                raise UsageError(f"{path}:{number}: {error}") from None
    if not drills:
        raise UsageError(f"{path} names no drill: write the id of one on each line.")
    return drills


def weight(drill: Drill, concept: str) -> float:
    """How much a concept weighs in a drill; 0 where it is not required."""
    return next((item.weight for item in drill.concepts if item.id == concept), 0)


def named(name: str, names: Iterable[S], what: str, *, exact: bool = False) -> list[S]:
    """The names that `name` stands for: itself, else those that begin with it.

    Raises:
        UsageError: it stands for none.
    """
    known = list(names)
    if same := [each for each in known if each == name]:
        return same
    found = [] if exact else [each for each in known if each.startswith(name)]
    if not found:
        hint = nearest(name, known) or f"there are {', '.join(sorted(known))}."
        raise UsageError(f"There is no {what} `{name}`; {hint}")
    return found
