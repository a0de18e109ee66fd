"""What the person set of the schedule and of keeping sound, and the parts that review commands share."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from voice_coach.cli.settings import FILE, read
from voice_coach.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from voice_coach.content.load import Library
    from voice_coach.content.models import Drill, Rubric
    from voice_coach.history.archive import Archive
    from voice_coach.history.schedule import Limits
    from voice_coach.records import Attempt

_AGO = re.compile(r"(\d{1,4})\s*([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


def limits(home: Path) -> Limits:
    """The limits of the schedule as set in the data folder.

    Raises:
        UsageError: a setting makes no sense; names file and key.
    """
    from voice_coach.history.schedule import DEFAULT, Limits

    settings = read(home / FILE)
    most = _number(home, settings, "most_due", 1, 1000)
    return Limits(
        retention=_number(home, settings, "retention", 0.7, 0.99) or DEFAULT.retention,
        longest_days=round(_number(home, settings, "longest_wait", 1, 36500) or DEFAULT.longest_days),
        ahead_hours=DEFAULT.ahead_hours
        if (ahead := _number(home, settings, "due_ahead", 0, 240)) is None
        else ahead,
        most_due=None if most is None else round(most),
    )


def drop_old_audio(archive: Archive, home: Path, now: datetime) -> int:
    """Remove the sound of attempts older than the setting `keep-audio` allows; gives how many.

    Raises:
        UsageError: the setting makes no sense.
        ArchiveError: not all could be removed.
    """
    from voice_coach.history.upkeep import drop_audio

    days = _number(home, read(home / FILE), "keep_audio", 0, 36500)
    return 0 if days is None else drop_audio(archive, now - timedelta(days=days))


def now() -> datetime:
    """The present moment in the person's time zone."""
    from voice_coach.clock import SystemClock

    return SystemClock().now().astimezone()


def moment(text: str, at: datetime) -> datetime:
    """A date as typed: `2026-01-31`, or an age such as `14d`, `6w`, `3m`, `1y`.

    Raises:
        UsageError: it is neither.
    """
    if found := _AGO.fullmatch(text.strip().lower()):
        return at - timedelta(days=int(found[1]) * _DAYS[found[2]])
    try:
        day = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"`{text}` is no date; write it as 2026-01-31, or as an age: 14d, 6w, 3m or 1y."
        ) from None
    return day if day.tzinfo else day.replace(tzinfo=at.tzinfo)


def drill_of(library: Library, drill_id: str) -> Drill | None:
    """The drill of an attempt, None where the library no longer has it."""
    from voice_coach import demo

    try:
        return demo.demo_drill(library) if drill_id == demo.ID else library.drill(drill_id)
    except UsageError:
        return None


def rubric_of(library: Library, attempt: Attempt) -> tuple[Drill | None, Rubric]:
    """The drill of an attempt, if it is still there, and what its answers are checked against."""
    drill = drill_of(library, attempt.drill)
    return drill, library.rubric_for(drill) if drill else library.core()


def titles_of(library: Library) -> dict[str, str]:
    """Titles of all concepts and red flags by id."""
    core = library.core()
    flags = {flag.id: flag.title for flag in core.red_flags}
    own = (concept for drill in library.drills() for concept in drill.own_concepts)
    return flags | {concept.id: concept.title for concept in (*core.concepts, *own)}


def _number(home: Path, settings: dict[str, Any], name: str, least: float, most: float) -> float | None:
    """A setting as a number between two bounds, None where it is not set."""
    value = settings.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        key = name.replace("_", "-")
        raise UsageError(f"{home / FILE}: {key}: wants a number from {least:g} to {most:g}, not {value!r}.")
    return float(value)
