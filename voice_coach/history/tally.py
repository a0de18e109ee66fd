"""How each concept fared over all attempts."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from voice_coach.records import ConceptTally, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from voice_coach.history.archive import Row
    from voice_coach.records import Verdict


def tally(rows: Iterable[Row], titles: Mapping[str, str]) -> Tally:
    """Count verdicts per concept, and red flags once per attempt that raised them.

    Attempts that were not graded are counted as such and nowhere else. Concepts come most missed first: by the
    share of answers that missed or dismissed them, then by their number, then by id.

    Args:
        rows: attempts, in any order.
        titles: by concept id; a concept that no rubric holds any more goes by its id.
    """
    attempts = not_graded = 0
    verdicts: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
    last_asked: dict[str, datetime] = {}
    flags: Counter[str] = Counter()
    for row in rows:
        attempts += 1
        if not row.graded:
            not_graded += 1
            continue
        flags.update(set(row.red_flags))
        for concept, verdict in row.verdicts.items():
            verdicts[concept][verdict] += 1
            last_asked[concept] = max(row.asked_at, last_asked.get(concept, row.asked_at))
    concepts = [
        ConceptTally(
            concept=concept,
            title=titles.get(concept, concept),
            explained=counts["explained"],
            named=counts["named"],
            dismissed=counts["dismissed"],
            missed=counts["missed"],
            last_asked=last_asked[concept],
        )
        for concept, counts in verdicts.items()
    ]
    return Tally(
        attempts=attempts,
        not_graded=not_graded,
        concepts=tuple(sorted(concepts, key=_most_missed_first)),
        red_flags=dict(sorted(flags.items())),
    )


def _most_missed_first(concept: ConceptTally) -> tuple[float, int, str]:
    lost = concept.missed + concept.dismissed
    return -lost / concept.asked, -lost, concept.concept
