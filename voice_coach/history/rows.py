"""Attempts without their words, as counting and scheduling read them: all of ten thousand in a fraction of a second."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from voice_coach.history.tables import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from voice_coach.records import Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """What counting and scheduling need of an attempt.

    `verdicts` by concept are of what was said unprompted, `prompted` of all that was said, empty where no
    follow-up was answered; `disputed` are the person's own where there are any; `red_flags` are ids, as raised;
    `samples` and `longest_pause` in samples, None where there are no times.
    """

    id: str
    drill: str
    asked_at: datetime
    graded: bool
    verdicts: Mapping[str, Verdict]
    prompted: Mapping[str, Verdict] = field(default_factory=dict)
    red_flags: tuple[str, ...] = ()
    disputed: Mapping[str, Verdict] = field(default_factory=dict)
    not_graded: str | None = None
    samples: int | None = None
    words_per_minute: float | None = None
    longest_pause: int | None = None


@dataclass(frozen=True, slots=True)
class After:
    """A place in the order of attempts: all that were asked later, or at the same moment under a later id."""

    asked_at: datetime
    id: str = ""


# The demo is nobody's practice.
_ROWS = """
    SELECT id, drill, asked_at, graded, not_graded, samples,
        json_extract(delivery, '$.words_per_minute'), json_extract(delivery, '$.longest_pause'),
        (SELECT judgement FROM prompted WHERE attempt = attempts.id),
        (SELECT json_group_object(concept, verdict) FROM findings WHERE attempt = attempts.id AND NOT unclear),
        (SELECT json_group_array(flag) FROM red_flags WHERE attempt = attempts.id),
        (SELECT json_group_object(concept, verdict) FROM disputes WHERE attempt = attempts.id)
    FROM attempts
    WHERE drill <> 'demo' AND (asked_at, id) > (?, ?) AND (?3 IS NULL OR drill = ?3)
    ORDER BY asked_at, id
"""


def read_rows(
    connection: sqlite3.Connection, after: After | None = None, drill: str | None = None
) -> Iterator[Row]:
    """Attempts, oldest first; those of the demo are left out.

    Args:
        connection: to the database.
        after: leaves out what came before; None: from the first on.
        drill: only attempts at this drill.
    """
    place = (stamp(after.asked_at), after.id) if after else ("", "")
    for found in connection.execute(_ROWS, (*place, drill)):
        (attempt_id, name, asked_at, graded, not_graded, samples, words_per_minute, longest_pause,
         prompted, verdicts, flags, disputed) = found  # fmt: skip
        yield Row(
            id=attempt_id,
            drill=name,
            asked_at=datetime.fromisoformat(asked_at),
            graded=bool(graded),
            verdicts=json.loads(verdicts),
            prompted=_verdicts(prompted) if prompted else {},
            red_flags=() if flags == "[]" else tuple(json.loads(flags)),
            disputed={} if disputed == "{}" else json.loads(disputed),
            not_graded=not_graded,
            samples=samples,
            words_per_minute=words_per_minute,
            longest_pause=longest_pause,
        )


def _verdicts(judgement: str) -> dict[str, Verdict]:
    findings = json.loads(judgement)["findings"]
    return {finding["concept"]: finding["verdict"] for finding in findings if not finding.get("unclear")}
