"""Charts as SVG, drawn by Vega-Lite inside this process: no network, no script in the page.

Colours are the page's own variables, so that a chart follows light, dark and print with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_coach.records import SAMPLE_RATE, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.records import ConceptTally, Period

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_VERSION = "5.20"
WIDTH = 420
"""Few enough that a chart scaled to a phone can be read."""
_LABEL, _LETTER = 220, 7.5
"""Pixels of the longest label, and of a letter in a wide font."""
_CONFIG = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 12, "titleFontSize": 12,
        "gridColor": "var(--line)", "domainColor": "var(--soft)", "tickColor": "var(--soft)",
    },
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 12},
    "aria": False,
}  # fmt: skip


def coverage(periods: Sequence[Period], kind: str) -> str:
    """Share explained by day, week or month."""
    values = [
        {"start": period.start.isoformat(), "share": period.explained.part / period.explained.whole}
        for period in periods
        if period.explained.whole
    ]
    share = {"field": "share", "type": "quantitative", "title": "explained", "axis": {"format": "%"}}
    return _line(values, share | {"scale": {"domain": [0, 1]}}, kind, "var(--explained)")


def pace(periods: Sequence[Period], kind: str) -> str:
    """Mean words a minute by day, week or month."""
    values = [
        {"start": period.start.isoformat(), "pace": period.words_per_minute}
        for period in periods
        if period.words_per_minute is not None
    ]
    axis = {"field": "pace", "type": "quantitative", "title": "words a minute", "scale": {"zero": False}}
    return _line(values, axis, kind, "var(--accent)")


def pauses(periods: Sequence[Period], kind: str) -> str:
    """Mean of the longest pause, in seconds, by day, week or month."""
    values = [
        {"start": period.start.isoformat(), "pause": period.longest_pause / SAMPLE_RATE}
        for period in periods
        if period.longest_pause is not None
    ]
    axis = {"field": "pause", "type": "quantitative", "title": "longest pause, s"}
    return _line(values, axis, kind, "var(--named)")


def verdicts(concepts: Sequence[ConceptTally]) -> str:
    """How each concept fared, as a bar of its verdicts."""
    values = [
        {
            "concept": concept.title,
            "verdict": verdict,
            "rank": rank,
            "answers": getattr(concept, verdict),
        }
        for concept in concepts
        for rank, verdict in enumerate(VERDICTS)
        if getattr(concept, verdict)
    ]
    # Vega measures with another font than the browser's, which may be wider and would be cut off at the left.
    room = min(_LABEL, _LETTER * max(len(concept.title) for concept in concepts))
    return _svg(
        {
            "data": {"values": values},
            "mark": {"type": "bar", "stroke": "var(--paper)", "strokeWidth": 1},
            "width": WIDTH - 110,
            "height": {"step": 22},
            "encoding": {
                "y": {
                    "field": "concept", "type": "nominal", "title": None,
                    "sort": [concept.title for concept in concepts], "axis": {"labelLimit": _LABEL, "minExtent": room},
                },
                "x": {
                    "field": "answers", "type": "quantitative", "title": "answers",
                    "axis": {"tickMinStep": 1, "tickCount": 5},
                },
                "color": {
                    "field": "verdict", "type": "nominal", "title": None,
                    "scale": {"domain": list(VERDICTS), "range": [f"var(--{verdict})" for verdict in VERDICTS]},
                    "legend": {"orient": "top", "symbolType": "square"},
                },
                "order": {"field": "rank", "type": "quantitative"},
            },
        }
    )  # fmt: skip


def _line(values: list[dict[str, Any]], y: dict[str, Any], kind: str, colour: str) -> str:
    formats = {"day": "%d %b", "week": "%d %b", "month": "%b %Y"}
    return _svg(
        {
            "data": {"values": values},
            "mark": {"type": "line", "point": {"filled": True, "size": 50, "color": colour}, "color": colour},
            "width": WIDTH,
            "height": 150,
            "encoding": {
                # Ordinal, so that each answer's day has its place and no zone moves it.
                "x": {
                    "field": "start", "type": "ordinal", "timeUnit": "utcyearmonthdate", "title": kind,
                    "axis": {"format": formats[kind], "labelAngle": 0, "labelOverlap": True},
                },
                "y": y,
            },
        }
    )  # fmt: skip


def _svg(chart: dict[str, Any]) -> str:
    import vl_convert

    spec = {"$schema": _SCHEMA, "config": _CONFIG, **chart}
    return str(vl_convert.vegalite_to_svg(spec, vl_version=_VERSION))
