"""What is due again, why, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from voice_coach.show.page import STYLES, Hanging, sections

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import RenderableType

    from voice_coach.records import Due, Proposed

_FARED = {
    "explained": "explained",
    "named": "only named",
    "dismissed": "dismissed",
    "missed": "missed",
}


def due_page(proposed: Proposed, titles: Mapping[str, str], now: datetime) -> RenderableType:
    """The concepts that are due, longest first, each with how it fared when last asked; then the next drill.

    Args:
        proposed: what is due and what comes next.
        titles: of concepts and drills by id.
        now: with the person's time zone, in which days are told.
    """
    count = len(proposed.waiting)
    if count:
        head = Text(f"{count} concept{'s are' if count > 1 else ' is'} due again.", style="bold")
    elif proposed.coming:
        head = Text(
            f"Nothing is due. The next concept is on {proposed.coming.astimezone(now.tzinfo):%A %d %B}."
        )
    else:
        head = Text("Nothing is due: no drill was answered yet.")
    return sections(
        [
            [head],
            [line for item in proposed.waiting for line in _item(item, titles, now)],
            [
                Hanging("Next  ", Text(f"{proposed.next.title}, because {proposed.next.reason}.")),
                Text(f"  voice-coach practice {proposed.next.drill}", style="bold"),
            ],
            [Text(streak(proposed.streak), style="dim")] if proposed.streak > 1 else [],
        ]
    )


def streak(days: int) -> str:
    """Days in a row, as a remark."""
    return f"You practised {days} days in a row."


def why(item: Due, titles: Mapping[str, str], now: datetime) -> str:
    """How a due concept fared: "missed 3 days ago in Help desk"."""
    fared = _FARED[item.verdict]
    if item.verdict != "explained" and item.prompted == "explained":
        fared = "explained only after a follow-up"
    return f"{fared} {ago(item.asked_at, now)} in {titles.get(item.drill, item.drill)}"


def ago(then: datetime, now: datetime) -> str:
    """A day in words, in the time zone of `now`."""
    days = (now.date() - then.astimezone(now.tzinfo).date()).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def due_json(proposed: Proposed) -> dict[str, object]:
    """The object that `due --json` prints."""
    return {
        "due": [
            {
                "concept": item.concept,
                "due_at": item.due_at.isoformat(),
                "last_asked": item.asked_at.isoformat(),
                "last_drill": item.drill,
                "verdict": item.verdict,
                "prompted": item.prompted,
            }
            for item in proposed.waiting
        ],
        "next": proposed.next.model_dump(),
        "coming": proposed.coming and proposed.coming.isoformat(),
        "streak": proposed.streak,
    }


def _item(item: Due, titles: Mapping[str, str], now: datetime) -> list[RenderableType]:
    days = (now - item.due_at).days
    since = f", due for {days} day{'s' * (days != 1)}" if days > 0 else ""
    return [
        Hanging("  ", Text(titles.get(item.concept, item.concept), style=f"bold {STYLES[item.verdict]}")),
        Hanging("    ", Text(f"{why(item, titles, now)}{since}")),
    ]
