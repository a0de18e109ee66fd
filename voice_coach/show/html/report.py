"""The report as one page: the grid as a table, charts, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from voice_coach.records import VERDICTS
from voice_coach.show.due import streak
from voice_coach.show.html import charts, page
from voice_coach.show.page import SIGNS, clock, limiting, percent
from voice_coach.show.tallies import DISPUTED, TREND, must_haves, period_row, prompting, times, trend, views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voice_coach.records import Column, ConceptTally, Tally

_NAME = 28
"""Characters of a drill's title above its column."""


def report_page(tally: Tally, links: Mapping[str, str]) -> str:
    """The whole page.

    Args:
        tally: the figures.
        links: by attempt id, the relative address of its page, where one was written.
    """
    graded = tally.attempts - tally.not_graded
    first = f" since {tally.first_at.astimezone():%d %B %Y}" if tally.first_at else ""
    signs = ", ".join(f"{SIGNS[verdict]} {verdict}" for verdict in VERDICTS)
    return page(
        "report.html.j2",
        "report.js",
        title="What you keep missing",
        behind=f"Over {times(graded, 'graded attempt')}{first}, the most missed concept first.",
        limit=limiting(tally.limit) if tally.limit else None,
        next=tally.next,
        streak=streak(tally.streak) if tally.streak > 1 else None,
        legend=f"{signs}; {DISPUTED} after it: you see it otherwise; an empty cell was not asked for. "
        f"The newest answer stands right. {TREND}",
        columns=[_heading(column, links) for column in tally.columns],
        rows=[_row(concept, tally, links) for concept in tally.concepts],
        charts=_charts(tally) if tally.concepts else [],
        must_haves=must_haves(tally.concepts),
        flags=[
            {
                "title": flag.title,
                "times": f"in {times(flag.attempts, 'attempt')}, last on {flag.last_at.astimezone():%d %b %Y}",
                "quote": f"“{flag.quote}”" + ("" if flag.start is None else f" at {clock(flag.start)}")
                if flag.quote
                else "",
                "link": links.get(flag.last_attempt),
            }
            for flag in tally.red_flags
        ],
        prompting=prompting(tally),
        views=views(tally),
        apart=[
            f"{column.asked_at.astimezone():%d %b %Y}, {column.title}: {column.not_graded or 'no reason'}"
            for column in reversed(tally.apart)
        ],
    )


def _heading(column: Column, links: Mapping[str, str]) -> dict[str, Any]:
    short = column.title if len(column.title) <= _NAME else column.title[: _NAME - 1] + "…"
    return {
        "when": f"{column.asked_at.astimezone():%d %b}",
        "name": short,
        "title": column.title,
        "link": links.get(column.attempt),
    }


def _row(concept: ConceptTally, tally: Tally, links: Mapping[str, str]) -> dict[str, Any]:
    recent = f"{concept.recent.part}/{concept.recent.whole} {trend(concept)}" if concept.recent.whole else ""
    return {
        "title": concept.title,
        "share": percent(concept.explained, concept.asked),
        "of": f"of {concept.asked}",
        "recent": recent,
        "cells": [_cell(concept.concept, column, links) for column in tally.columns],
    }


def _cell(concept: str, column: Column, links: Mapping[str, str]) -> dict[str, Any]:
    verdict = column.verdicts.get(concept)
    if verdict is None:
        return {"verdict": None}
    view = column.disputed.get(concept, verdict)
    other = f", you see it as {view}" if view != verdict else ""
    return {
        "verdict": verdict,
        "sign": SIGNS[verdict] + (DISPUTED if other else ""),
        "label": f"{verdict}{other}, {column.asked_at.astimezone():%d %b}, {column.title}",
        "link": links.get(column.attempt),
    }


def _charts(tally: Tally) -> list[dict[str, Any]]:
    kind = tally.period
    found: list[dict[str, Any]] = [
        {
            "title": "How each concept fared",
            "label": "Bars: answers by verdict for each concept. The figures stand below.",
            "svg": Markup(charts.verdicts(tally.concepts)),  # noqa: S704 - Vega escapes its texts
            "headings": ["concept", *VERDICTS, "share explained"],
            "rows": [
                [
                    concept.title,
                    *(getattr(concept, verdict) for verdict in VERDICTS),
                    f"{percent(concept.explained, concept.asked)} of {concept.asked}",
                ]
                for concept in tally.concepts
            ],
        }
    ]
    if len(tally.periods) < 2:  # noqa: PLR2004 - one point is no course
        return found
    rows = [period_row(period) for period in tally.periods]
    drawn = [("Coverage over time", charts.coverage, 2)]
    if any(period.words_per_minute is not None for period in tally.periods):
        drawn.append(("Pace over time", charts.pace, 3))
    if any(period.longest_pause is not None for period in tally.periods):
        drawn.append(("Longest pause over time", charts.pauses, 4))
    headings = [kind, "answers", "share explained", "words a minute", "longest pause"]
    return found + [
        {
            "title": title,
            "label": f"Line: {headings[value]} by {kind}. The figures stand below.",
            "svg": Markup(draw(tally.periods, kind)),  # noqa: S704 - Vega escapes its texts
            "headings": [headings[0], headings[1], headings[value]],
            "rows": [[row[0], row[1], row[value]] for row in rows],
        }
        for title, draw, value in drawn
    ]
