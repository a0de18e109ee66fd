"""The report's figures: attempts that a person asked for, counted, and what they should do next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from voice_coach.history.cards import cards
from voice_coach.history.schedule import DEFAULT, Limits, next_drill, streak
from voice_coach.history.tally import NEWEST, tally
from voice_coach.records import FlagTally, Proposal, Proposed, Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from voice_coach.content.models import Drill, Section
    from voice_coach.history.archive import Archive
    from voice_coach.history.rows import Row


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which attempts and concepts count, None leaves nothing out; and how many the grid shows."""

    since: datetime | None = None
    sections: Collection[Section] | None = None
    drill: str | None = None
    concept: str | None = None
    newest: int = NEWEST

    def rows(self, rows: Iterable[Row], drills: Iterable[Drill]) -> list[Row]:
        """The attempts that are wanted, with the concepts that are."""
        wanted = self.sections
        in_section = {drill.id for drill in drills if wanted is None or drill.section in wanted}
        return [
            self._only_concept(row)
            for row in rows
            if (self.since is None or row.asked_at >= self.since)
            and (wanted is None or row.drill in in_section)
            and self.drill in {None, row.drill}
            and (self.concept is None or self.concept in row.verdicts or not row.graded)
        ]

    def _only_concept(self, row: Row) -> Row:
        if self.concept is None or not row.graded:
            return row
        only = {self.concept: row.verdicts[self.concept]}
        return replace(
            row,
            verdicts=only,
            prompted={key: row.prompted[key] for key in only if key in row.prompted},
            disputed={key: row.disputed[key] for key in only if key in row.disputed},
        )


def propose(
    archive: Archive,
    drills: Sequence[Drill],
    now: datetime,
    limits: Limits = DEFAULT,
    rows: Sequence[Row] | None = None,
) -> Proposed:
    """What is due at `now`, and the drill to practise next.

    Args:
        archive: where the attempts are.
        drills: at least one, in the library's order.
        now: with the person's time zone.
        limits: the person's.
        rows: all attempts, oldest first, where they were read already.

    Raises:
        ArchiveError: the archive cannot be read.
    """
    everything = list(archive.rows()) if rows is None else rows
    state = cards(archive, limits)
    waiting = state.due(now)
    drill, reason = next_drill(drills, everything, now, waiting)
    return Proposed(
        waiting=tuple(waiting),
        next=Proposal(drill=drill.id, title=drill.title, reason=reason),
        streak=streak(everything, now),
        coming=state.coming(now),
    )


def review(
    archive: Archive,
    drills: Sequence[Drill],
    titles: Mapping[str, str],
    now: datetime,
    wanted: Wanted | None = None,
    limits: Limits = DEFAULT,
) -> Tally:
    """The figures of the report.

    Args:
        archive: where the attempts are.
        drills: at least one, in the library's order.
        titles: of concepts and red flags by id.
        now: with the person's time zone.
        wanted: what is counted, None for all; what is next is proposed from all of them.
        limits: the person's, of the schedule.

    Raises:
        ArchiveError: the archive cannot be read.
    """
    wanted = wanted or Wanted()
    rows = list(archive.rows())
    proposed = propose(archive, drills, now, limits, rows)
    counted = tally(wanted.rows(rows, drills), titles, drills, newest=wanted.newest, zone=now.tzinfo or UTC)
    return counted.model_copy(
        update={
            "red_flags": tuple(_quoted(archive, flag) for flag in counted.red_flags),
            "next": proposed.next,
            "streak": proposed.streak,
        }
    )


def _quoted(archive: Archive, flag: FlagTally) -> FlagTally:
    """With its latest words."""
    attempt = archive.attempt(flag.last_attempt)
    for raised in attempt.judgement.red_flags:
        if raised.id == flag.id:
            times = raised.evidence.times(attempt.transcript)
            quote = raised.evidence.quote(attempt.transcript)
            return flag.model_copy(update={"quote": quote, "start": times[0] if times else None})
    return flag
