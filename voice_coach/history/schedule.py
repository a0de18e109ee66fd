"""When a concept is due again, and which drill to practise next.

Each concept is a card of FSRS, version 6 (the Free Spaced Repetition Scheduler; Ye, Su and Cao, "A Stochastic
Shortest Path Algorithm for Optimizing Spaced Repetition Scheduling", KDD 2022), and each graded attempt that
asked for it a review. Nothing is stored: the state of every card is a fold over the attempts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fsrs import Rating

    from voice_coach.content.models import Drill
    from voice_coach.history.archive import Row
    from voice_coach.records import Verdict

AHEAD = timedelta(hours=12)
"""What falls due within this time is due now: a daily practice does not begin at the same minute each day."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Due:
    """A concept that should be practised, since `due_at`."""

    concept: str
    due_at: datetime


def due(rows: Iterable[Row], now: datetime) -> list[Due]:
    """The concepts that are due at `now` or within `AHEAD`, longest due first.

    Args:
        rows: attempts, oldest first.
        now: with its time zone.
    """
    found = [Due(concept, due_at) for concept, due_at in _due_times(rows).items() if due_at <= now + AHEAD]
    return sorted(found, key=lambda item: (item.due_at, item.concept))


def next_drill(drills: Sequence[Drill], rows: Iterable[Row], now: datetime) -> tuple[Drill, str]:
    """The drill to practise next, and why.

    The one in which due concepts weigh most, another than the last answered where there is a choice; where
    nothing is due the first not yet tried; else the one practised longest ago. An attempt that was not graded
    does not count as a try.

    Args:
        drills: at least one, in the library's order.
        rows: attempts, oldest first.
        now: with its time zone.

    Returns:
        The drill, and the reason as a part of a sentence: "3 of its 8 concepts are due again". It names no
        concept, which would give the answer away.
    """
    graded = [row for row in rows if row.graded]
    tried = {row.drill: row.asked_at for row in graded}
    waiting = sorted(drills, key=lambda drill: tried.get(drill.id, _NEVER))
    concepts = {item.concept for item in due(graded, now)}
    weights = {drill.id: weight for drill in waiting if (weight := _weight(drill, concepts))}
    if weights:
        last = graded[-1].drill
        # max takes the first of equals: the one that has waited longest.
        candidates = [drill for drill in waiting if drill.id in weights]
        best = max(candidates, key=lambda drill: (drill.id != last, weights[drill.id]))
        return best, _count_due(best, concepts)
    first = waiting[0]
    return first, "you practised it longest ago" if first.id in tried else "you have not tried it yet"


def _due_times(rows: Iterable[Row]) -> dict[str, datetime]:
    """When each concept that was ever asked for is due, after all reviews."""
    from fsrs import Card, Rating, Scheduler

    # Without steps of minutes the shortest interval is a day: an answer repeated at once shows memory of the
    # report, not command of the concept. Without fuzz the same attempts always give the same times.
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    cards: dict[str, Card] = {}
    explained_in: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if not row.graded:
            continue
        reviewed_at = row.asked_at.astimezone(UTC)  # fsrs takes no other zone, however equal
        for concept, verdict in row.verdicts.items():
            drills = explained_in[concept]
            if verdict == "explained":
                drills.add(row.drill)
            rating = _rating(verdict, row.prompted.get(concept), len(drills))
            if rating == Rating.Again:
                drills.clear()
            card = cards.get(concept) or Card(card_id=0)  # without an id it would wait for the clock
            cards[concept], _ = scheduler.review_card(card, rating, reviewed_at)
    return {concept: card.due for concept, card in cards.items()}


def _rating(verdict: Verdict, prompted: Verdict | None, drills: int) -> Rating:
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


def _weight(drill: Drill, concepts: set[str]) -> float:
    return sum(requirement.weight for requirement in drill.concepts if requirement.id in concepts)


def _count_due(drill: Drill, concepts: set[str]) -> str:
    count = sum(requirement.id in concepts for requirement in drill.concepts)
    return f"{count} of its {len(drill.concepts)} concepts {'is' if count == 1 else 'are'} due again"
