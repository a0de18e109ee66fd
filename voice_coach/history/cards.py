"""The schedule's state as kept in the archive: a fold over the attempts that goes on where it stopped.

A review of 100,000 verdicts takes seconds, so the cards are stored with the last attempt that went into them.
The archive throws them away when an attempt at or before that one changes; then they are made anew.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voice_coach.history.failures import explained
from voice_coach.history.rows import After
from voice_coach.history.schedule import DEFAULT, Cards, Limits, Remembered
from voice_coach.history.tables import stamp

if TYPE_CHECKING:
    from voice_coach.history.archive import Archive

VERSION = 1
"""Grows with every change of the fold that may move a due time, so that older states are made anew."""


def cards(archive: Archive, limits: Limits = DEFAULT) -> Cards:
    """All cards as of the last attempt.

    Raises:
        ArchiveError: the archive cannot be read or written.
    """
    with explained(archive.path):
        state, after = _stored(archive, limits)
        if next(iter(archive.rows(after)), None) is None:
            return state
        # Within one transaction: an older attempt that another process adds meanwhile would be left out for good.
        with archive.transaction():
            state, after = _stored(archive, limits)
            for row in archive.rows(after):
                state.review(row)
                after = After(row.asked_at, row.id)
            if after:
                _store(archive, limits, state, after)
        return state


def rebuild(archive: Archive, limits: Limits = DEFAULT) -> Cards:
    """All cards made anew from the attempts.

    Raises:
        ArchiveError: the archive cannot be read or written.
    """
    with explained(archive.path):
        archive.connection.execute("DELETE FROM schedule")
    return cards(archive, limits)


def _made_by(limits: Limits) -> str:
    return json.dumps([VERSION, limits.retention, limits.longest_days])


def _stored(archive: Archive, limits: Limits) -> tuple[Cards, After | None]:
    found = archive.connection.execute(
        "SELECT asked_at, attempt, state FROM schedule WHERE made_by = ?", (_made_by(limits),)
    ).fetchone()
    if found is None:
        return Cards(limits), None
    asked_at, attempt, state = found
    concepts = {concept: _read(kept) for concept, kept in json.loads(state).items()}
    return Cards(limits, concepts), After(datetime.fromisoformat(asked_at), attempt)


def _store(archive: Archive, limits: Limits, state: Cards, after: After) -> None:
    text = json.dumps({concept: _written(kept) for concept, kept in state.concepts.items()})
    archive.connection.execute(
        "INSERT OR REPLACE INTO schedule (only_row, made_by, asked_at, attempt, state) VALUES (1, ?, ?, ?, ?)",
        (_made_by(limits), stamp(after.asked_at), after.id, text),
    )


def _written(kept: Remembered) -> dict[str, Any]:
    return kept._asdict() | {"card": kept.card.to_dict(), "explained_in": sorted(kept.explained_in)}


def _read(kept: dict[str, Any]) -> Remembered:
    from fsrs import Card

    return Remembered(
        card=Card.from_dict(kept["card"]),
        explained_in=frozenset(kept["explained_in"]),
        drill=kept["drill"],
        verdict=kept["verdict"],
        prompted=kept["prompted"],
    )
