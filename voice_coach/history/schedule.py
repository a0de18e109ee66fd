"""When a concept is due again, and which drill to practise next.

Each concept is a card of FSRS, version 6 (the Free Spaced Repetition Scheduler; Ye, Su and Cao, "A Stochastic
Shortest Path Algorithm for Optimizing Spaced Repetition Scheduling", KDD 2022), and each graded attempt that
asked for it a review. The state of every card is a fold over the attempts, oldest first; `history.cards` keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from voice_coach.records import Due

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fsrs import Card, Rating

    from voice_coach.content.models import Drill
    from voice_coach.history.rows import Row
    from voice_coach.records import Verdict

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person may set of the schedule.

    `retention` is the share of concepts that should still be there when they come back: the higher, the sooner
    they do. No wait is longer than `longest_days`. What falls due within `ahead_hours` is due now, since a daily
    practice does not begin at the same minute each day. At most `most_due` concepts are due at once.
    """

    retention: float = 0.9
    longest_days: int = 365
    ahead_hours: float = 12
    most_due: int | None = None


DEFAULT = Limits()


class Remembered(NamedTuple):
    """A concept's card, the drills that explained it since it was last lost, and the answer last reviewed."""

    card: Card
    explained_in: frozenset[str]
    drill: str
    verdict: Verdict
    prompted: Verdict | None


class Cards:
    """The cards of all concepts, advanced by one attempt at a time.

    Args:
        limits: those that the waits depend on.
        concepts: the cards so far.
    """

    def __init__(self, limits: Limits = DEFAULT, concepts: Mapping[str, Remembered] | None = None) -> None:
        from fsrs import Scheduler

        # Without steps of minutes the shortest wait is a day: an answer repeated at once shows memory of the
        # report, not command of the concept. Without fuzz the same attempts always give the same times.
        self._scheduler = Scheduler(
            desired_retention=limits.retention,
            maximum_interval=limits.longest_days,
            learning_steps=(),
            relearning_steps=(),
            enable_fuzzing=False,
        )
        self._limits = limits
        self.concepts = dict(concepts or {})

    def review(self, row: Row) -> None:
        """Advance by one attempt, which is not older than those before; one that was not graded moves nothing."""
        from fsrs import Card, Rating

        if not row.graded:
            return
        reviewed_at = row.asked_at.astimezone(UTC)  # fsrs takes no other zone, however equal
        for concept, verdict in row.verdicts.items():
            known = self.concepts.get(concept)
            drills = known.explained_in if known else frozenset()
            prompted = row.prompted.get(concept)
            if verdict == "explained":
                drills |= {row.drill}
            rating = rate(verdict, prompted, len(drills))
            if rating == Rating.Again:
                drills = frozenset()
            before = known.card if known else Card(card_id=0)  # without an id it would wait for the clock
            card, _ = self._scheduler.review_card(before, rating, reviewed_at)
            self.concepts[concept] = Remembered(card, drills, row.drill, verdict, prompted)

    def due(self, now: datetime) -> list[Due]:
        """The concepts that are due at `now` or soon after, longest due first, as far as the limits go."""
        soon = now + timedelta(hours=self._limits.ahead_hours)
        found = [
            Due(
                concept=concept,
                due_at=known.card.due,
                drill=known.drill,
                asked_at=known.card.last_review or known.card.due,
                verdict=known.verdict,
                prompted=known.prompted,
            )
            for concept, known in self.concepts.items()
            if known.card.due <= soon
        ]
        return sorted(found, key=lambda item: (item.due_at, item.concept))[: self._limits.most_due]

    def coming(self, now: datetime) -> datetime | None:
        """When the next concept falls due that is not due yet; None where there is none."""
        soon = now + timedelta(hours=self._limits.ahead_hours)
        return min(
            (known.card.due for known in self.concepts.values() if known.card.due > soon), default=None
        )


def due(rows: Iterable[Row], now: datetime, limits: Limits = DEFAULT) -> list[Due]:
    """The concepts that are due at `now` or soon after, longest due first.

    Args:
        rows: attempts, oldest first.
        now: with its time zone.
        limits: the person's.
    """
    return folded(rows, limits).due(now)


def folded(rows: Iterable[Row], limits: Limits = DEFAULT) -> Cards:
    """The cards after all attempts, which come oldest first."""
    cards = Cards(limits)
    for row in rows:
        cards.review(row)
    return cards


def rate(verdict: Verdict, prompted: Verdict | None, drills: int) -> Rating:
    """How well a concept was recalled.

    Args:
        verdict: on what was said unprompted.
        prompted: on all that was said, where a follow-up was asked.
        drills: in which it was explained unprompted since it was last lost.
    """
    from fsrs import Rating

    if verdict == "explained":
        return Rating.Easy if drills > 1 else Rating.Good
    return Rating.Hard if verdict == "named" or prompted == "explained" else Rating.Again


def next_drill(
    drills: Sequence[Drill], rows: Iterable[Row], now: datetime, waiting: Sequence[Due] | None = None
) -> tuple[Drill, str]:
    """The drill to practise next, and why.

    The one in which due concepts weigh most, other than the last answered, and each concept counting only in
    drills other than the one it was last asked in, as far as there is a choice: it should carry over, not be
    recalled. Where nothing is due the first not yet tried; else the one practised longest ago. An attempt that
    was not graded does not count as a try.

    Args:
        drills: at least one, in the library's order.
        rows: attempts, oldest first.
        now: with its time zone.
        waiting: what is due; None: made from `rows`.

    Returns:
        The drill, and the reason as a part of a sentence: "3 of its 8 concepts are due again". It names no
        concept, which would give the answer away.
    """
    graded = [row for row in rows if row.graded]
    tried = {row.drill: row.asked_at for row in graded}
    oldest_first = sorted(drills, key=lambda drill: tried.get(drill.id, _NEVER))
    last_in = {item.concept: item.drill for item in (due(graded, now) if waiting is None else waiting)}
    candidates = [drill for drill in oldest_first if _weight(drill, last_in)]
    if candidates:
        last = graded[-1].drill if graded else ""
        # max takes the first of equals: the one that has waited longest.
        best = max(
            candidates,
            key=lambda drill: (
                drill.id != last,
                _weight(drill, last_in, fresh=True),
                _weight(drill, last_in),
            ),
        )
        return best, _count_due(best, last_in)
    first = oldest_first[0]
    return first, "you practised it longest ago" if first.id in tried else "you have not tried it yet"


def streak(rows: Iterable[Row], now: datetime) -> int:
    """Days in a row with an attempt, up to today or yesterday, in the time zone of `now`."""
    days = {row.asked_at.astimezone(now.tzinfo).date() for row in rows}
    day = now.date() if now.date() in days else now.date() - timedelta(days=1)
    count = 0
    while day in days:
        count += 1
        day -= timedelta(days=1)
    return count


def _weight(drill: Drill, last_in: Mapping[str, str], *, fresh: bool = False) -> float:
    """How much the due concepts weigh in a drill; with `fresh` only those that were last asked in another."""
    return sum(
        requirement.weight
        for requirement in drill.concepts
        if requirement.id in last_in and not (fresh and last_in[requirement.id] == drill.id)
    )


def _count_due(drill: Drill, concepts: Mapping[str, str]) -> str:
    count = sum(requirement.id in concepts for requirement in drill.concepts)
    return f"{count} of its {len(drill.concepts)} concepts {'is' if count == 1 else 'are'} due again"
