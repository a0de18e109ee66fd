"""How each concept fared over all attempts, and what that says about the next one."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from voice_coach.records import Column, ConceptTally, FlagTally, Limit, Period, Share, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from voice_coach.content.models import Drill, Requirement
    from voice_coach.history.rows import Row
    from voice_coach.records import Verdict

RECENT = 5
"""Answers whose share explained is set against all before them, and which the limiting concept is sought in."""
NEWEST = 12
"""Columns of the grid, unless asked otherwise."""
APART = 10
_DAYS, _WEEKS = 31, 26
"""The longest span, in days, told by the day; and, in weeks, by the week."""


@dataclass(slots=True)
class _Count:
    """What is counted of one concept while the attempts go by."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    prompted: int = 0
    must_have: int = 0
    must_have_lost: int = 0
    disputed: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))
    last_asked: datetime | None = None

    def tally(self, concept: str, title: str) -> ConceptTally:
        asked = self.verdicts.total()
        recent = Share(part=sum(self.recent), whole=len(self.recent))
        return ConceptTally(
            concept=concept,
            title=title,
            explained=self.verdicts["explained"],
            named=self.verdicts["named"],
            dismissed=self.verdicts["dismissed"],
            missed=self.verdicts["missed"],
            last_asked=self.last_asked,
            prompted=self.prompted,
            must_have=Share(part=self.must_have_lost, whole=self.must_have),
            recent=recent,
            before=Share(part=self.verdicts["explained"] - recent.part, whole=asked - recent.whole),
            disputed=self.disputed,
        )


def tally(
    rows: Iterable[Row],
    titles: Mapping[str, str],
    drills: Iterable[Drill] = (),
    *,
    newest: int = NEWEST,
    zone: tzinfo = UTC,
) -> Tally:
    """Count verdicts per concept, and red flags once per attempt that raised them.

    Attempts that were not graded are counted as such and nowhere else. Concepts come most missed first: by the
    share of answers that missed or dismissed them, then by their number, then by id.

    Args:
        rows: attempts, in any order.
        titles: of concepts and red flags by id; one that no rubric holds any more goes by its id.
        drills: for titles, weights and must-haves; an attempt whose drill is gone counts without.
        newest: how many attempts the grid shows.
        zone: where the days of the figures over time begin.
    """
    ordered = sorted(rows, key=lambda row: (row.asked_at, row.id))
    known = {drill.id: drill for drill in drills}
    graded = [row for row in ordered if row.graded]
    counts = _counts(graded, known)
    concepts = [count.tally(concept, titles.get(concept, concept)) for concept, count in counts.items()]
    periods, period = _periods(graded, zone)
    return Tally(
        attempts=len(ordered),
        not_graded=len(ordered) - len(graded),
        concepts=tuple(sorted(concepts, key=_most_missed_first)),
        red_flags=_flags(graded, titles),
        columns=_latest(graded, newest, known),
        apart=_latest([row for row in ordered if not row.graded], APART, known),
        unprompted=_explained(graded),
        prompted=_explained_prompted(graded),
        periods=periods,
        period=period,
        limit=_limit(graded[-RECENT:], known, titles),
        first_at=ordered[0].asked_at if ordered else None,
    )


def decides(row: Row, drill: Drill | None) -> str | None:
    """The concept that kept the answer from being a strong one; None where all were explained.

    A must-have before others, one that was lost before one only named, then the weightiest, then the first.
    """
    needs = _needs(drill)
    found = None
    for concept, verdict in row.verdicts.items():
        if verdict == "explained":
            continue
        need = needs.get(concept)
        rank = (bool(need and need.must_have), _is_lost(verdict), need.weight if need else 1.0)
        if found is None or rank > found[0]:
            found = (rank, concept)
    return found[1] if found else None


def _counts(rows: Iterable[Row], drills: Mapping[str, Drill]) -> dict[str, _Count]:
    counts: defaultdict[str, _Count] = defaultdict(_Count)
    must_haves = {
        drill.id: {need.id for need in drill.concepts if need.must_have} for drill in drills.values()
    }
    for row in rows:
        must = must_haves.get(row.drill, set())
        for concept, verdict in row.verdicts.items():
            count = counts[concept]
            count.verdicts[verdict] += 1
            count.recent.append(verdict == "explained")
            count.prompted += verdict != "explained" == row.prompted.get(concept)
            count.disputed += row.disputed.get(concept, verdict) != verdict
            count.last_asked = row.asked_at
            if concept in must:
                count.must_have += 1
                count.must_have_lost += _is_lost(verdict)
    return counts


def _flags(rows: Iterable[Row], titles: Mapping[str, str]) -> tuple[FlagTally, ...]:
    """Most frequent first."""
    times: Counter[str] = Counter()
    last: dict[str, Row] = {}
    for row in rows:
        for flag in set(row.red_flags):
            times[flag] += 1
            last[flag] = row
    return tuple(
        FlagTally(
            id=flag,
            title=titles.get(flag, flag),
            attempts=count,
            last_attempt=last[flag].id,
            last_at=last[flag].asked_at,
        )
        for flag, count in sorted(times.items(), key=lambda item: (-item[1], item[0]))
    )


def _latest(rows: Sequence[Row], most: int, drills: Mapping[str, Drill]) -> tuple[Column, ...]:
    return tuple(_column(row, drills) for row in rows[max(0, len(rows) - most) :])


def _column(row: Row, drills: Mapping[str, Drill]) -> Column:
    return Column(
        attempt=row.id,
        drill=row.drill,
        title=drills[row.drill].title if row.drill in drills else row.drill,
        asked_at=row.asked_at,
        graded=row.graded,
        not_graded=row.not_graded,
        samples=row.samples,
        words_per_minute=row.words_per_minute,
        longest_pause=row.longest_pause,
        verdicts=dict(row.verdicts),
        prompted=dict(row.prompted),
        disputed=dict(row.disputed),
        red_flags=row.red_flags,
    )


def _explained(rows: Iterable[Row]) -> Share:
    verdicts = [verdict for row in rows for verdict in row.verdicts.values()]
    return Share(part=verdicts.count("explained"), whole=len(verdicts))


def _explained_prompted(rows: Iterable[Row]) -> Share:
    """Of the concepts not explained unprompted in answers with follow-ups, those explained after them."""
    after = [
        row.prompted.get(concept) == "explained"
        for row in rows
        if row.prompted
        for concept, verdict in row.verdicts.items()
        if verdict != "explained"
    ]
    return Share(part=sum(after), whole=len(after))


def _periods(rows: Sequence[Row], zone: tzinfo) -> tuple[tuple[Period, ...], Literal["day", "week", "month"]]:
    if not rows:
        return (), "day"
    dated = [(row.asked_at.astimezone(zone).date(), row) for row in rows]
    span = (dated[-1][0] - dated[0][0]).days
    begins: Callable[[date], date]
    kind: Literal["day", "week", "month"]
    if span <= _DAYS:
        kind, begins = "day", lambda day: day
    elif span <= 7 * _WEEKS:
        kind, begins = "week", lambda day: day - timedelta(days=day.weekday())
    else:
        kind, begins = "month", lambda day: day.replace(day=1)
    return tuple(
        _period(start, [row for _, row in group])
        for start, group in groupby(dated, key=lambda item: begins(item[0]))
    ), kind


def _period(start: date, rows: Sequence[Row]) -> Period:
    paces = [row.words_per_minute for row in rows if row.words_per_minute is not None]
    pauses = [row.longest_pause for row in rows if row.longest_pause is not None]
    return Period(
        start=start,
        attempts=len(rows),
        explained=_explained(rows),
        words_per_minute=round(sum(paces) / len(paces), 1) if paces else None,
        longest_pause=sum(pauses) // len(pauses) if pauses else None,
    )


def _limit(latest: Sequence[Row], drills: Mapping[str, Drill], titles: Mapping[str, str]) -> Limit | None:
    """Of what the latest answers lacked, the concept that decided most of them, then the one missing most."""
    lacking = Counter(
        concept for row in latest for concept, verdict in row.verdicts.items() if verdict != "explained"
    )
    if not lacking:
        return None
    missing = Counter(
        concept for row in latest for concept, verdict in row.verdicts.items() if _is_lost(verdict)
    )
    decided = Counter(decides(row, drills.get(row.drill)) for row in latest)
    worst = min(
        lacking, key=lambda concept: (-decided[concept], -missing[concept], -lacking[concept], concept)
    )
    return Limit(
        concept=worst,
        title=titles.get(worst, worst),
        missing=missing[worst],
        named=lacking[worst] - missing[worst],
        decided=decided[worst],
        answers=len(latest),
    )


def _needs(drill: Drill | None) -> dict[str, Requirement]:
    return {need.id: need for need in drill.concepts} if drill else {}


def _is_lost(verdict: Verdict) -> bool:
    return verdict in {"missed", "dismissed"}


def _most_missed_first(concept: ConceptTally) -> tuple[float, int, str]:
    lost = concept.missed + concept.dismissed
    return -lost / concept.asked, -lost, concept.concept
