"""Attempts and figures as text for other tools: Markdown notes, Markdown and CSV tables."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE, VERDICTS
from voice_coach.show.page import SIGNS, clock, limiting, percent, titles
from voice_coach.show.report import still_lacking
from voice_coach.show.tallies import (
    DISPUTED,
    TREND,
    must_haves,
    period_row,
    prompting,
    times,
    trend,
    views,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Attempt, Column, Dispute, Finding, Span, Tally

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def attempt_notes(
    attempt: Attempt, drill: Drill | None, rubric: Rubric, disputes: Sequence[Dispute] = ()
) -> str:
    """One attempt as Markdown: verdicts with quotes, what was missed with its outline, and all words."""
    title = titles(rubric)
    judgement = attempt.judgement
    lines = [
        f"## {_plain(drill.title if drill else attempt.drill)}, {attempt.asked_at.astimezone():%Y-%m-%d %H:%M}",
        "",
        f"Attempt `{attempt.id}`, drill `{attempt.drill}`.",
        "",
    ]
    if drill:
        lines += [f"> {_plain(drill.prompt)}", ""]
    if not judgement.graded:
        lines += [f"Not graded, because {_plain(judgement.not_graded or 'no reason was recorded')}.", ""]
    views = {dispute.concept: dispute for dispute in disputes}
    for verdict in VERDICTS:
        found = [finding for finding in judgement.findings if finding.verdict == verdict]
        if found:
            lines += [f"### {verdict.capitalize()}", ""]
            for finding in found:
                lines += _finding(finding, attempt, drill, title.get(finding.concept, finding.concept))
                if view := views.get(finding.concept):
                    note = f": {_plain(view.note)}" if view.note else ""
                    lines.append(f"  - You see it as {view.verdict}{note}")
            lines.append("")
    if judgement.red_flags:
        lines += ["### Red flags", ""]
        lines += [
            f"- {_plain(title.get(flag.id, flag.id))}: {_quote(flag.evidence, attempt)}"
            for flag in judgement.red_flags
        ]
        lines.append("")
    lines += _asked_back(attempt, title)
    lines += ["### What you said", "", _plain(attempt.transcript.text) or "Nothing was heard.", ""]
    return "\n".join(lines)


def _asked_back(attempt: Attempt, title: Mapping[str, str]) -> list[str]:
    """The follow-ups, what only the answers to them explained, and what not even they did."""
    if not attempt.follow_ups:
        return []
    lines = ["### Asked back", "", *(f"- “{_plain(asked.question)}”" for asked in attempt.follow_ups)]
    for finding in attempt.prompted.findings if attempt.prompted else ():
        if finding.concept in attempt.gained:
            lines.append(f"- **{_plain(title.get(finding.concept, finding.concept))}**, explained only now")
            lines += [f"  - {_quote(span, attempt)}" for span in finding.evidence]
    lines += [
        f"- **{_plain(title.get(finding.concept, finding.concept))}**, {how}"
        for finding, how in still_lacking(attempt)
    ]
    return [*lines, ""]


def tally_markdown(tally: Tally) -> str:
    """The report as Markdown."""
    dates = "|".join(f" {column.asked_at.astimezone():%d %b} " for column in tally.columns)
    lines = [
        "# What you keep missing",
        "",
        f"{tally.attempts - tally.not_graded} graded attempts, {tally.not_graded} not graded.",
        "",
    ]
    if tally.limit:
        lines += [_plain(limiting(tally.limit)), ""]
    if tally.next:
        lines += [
            f"Next: {_plain(tally.next.title)} (`{tally.next.drill}`), because {tally.next.reason}.",
            "",
        ]
    lines += [
        "| Concept | explained | named | dismissed | missed | share explained | last 5 |"
        + (f"{dates}|" if tally.columns else ""),
        "|---|--:|--:|--:|--:|--:|---|" + "---|" * len(tally.columns),
    ]
    for concept in tally.concepts:
        counts = [concept.explained, concept.named, concept.dismissed, concept.missed]
        share = f"{percent(concept.explained, concept.asked)} of {concept.asked}"
        recent = f"{concept.recent.part}/{concept.recent.whole} {trend(concept)}".strip()
        cells = [_cell(column, concept.concept) for column in tally.columns]
        row = [_plain(concept.title), *map(str, counts), share, recent, *map(_plain, cells)]
        lines.append("| " + " | ".join(row) + " |")
    signs = ", ".join(f"{_plain(SIGNS[verdict])} {verdict}" for verdict in VERDICTS)
    lines += ["", f"{signs}; {DISPUTED} after it: you see it otherwise. {TREND}", ""]
    flags = [
        f"{flag.title}: {times(flag.attempts, 'attempt')}, last {flag.last_at.astimezone():%Y-%m-%d}"
        + (f", “{flag.quote}”" if flag.quote else "")
        for flag in tally.red_flags
    ]
    apart = [
        f"{column.attempt}, {column.title}: {column.not_graded or 'no reason'}"
        for column in reversed(tally.apart)
    ]
    for heading, items in (
        ("Must-haves missed most", must_haves(tally.concepts)),
        ("Red flags", flags),
        ("Unprompted and prompted", prompting(tally)),
        ("You see it otherwise", views(tally)),
        ("Not graded, and counted nowhere", apart),
    ):
        if items:
            lines += [f"## {heading}", "", *(f"- {_plain(item)}" for item in items), ""]
    if tally.periods:
        lines += ["## Over time", ""]
        lines += [f"| {tally.period} | answers | share explained | words a minute | longest pause |"]
        lines += ["|---|--:|--:|--:|--:|"]
        lines += ["| " + " | ".join(period_row(period)) + " |" for period in tally.periods]
        lines.append("")
    return "\n".join(lines)


def _cell(column: Column, concept: str) -> str:
    verdict = column.verdicts.get(concept)
    if verdict is None:
        return ""
    return SIGNS[verdict] + (DISPUTED if column.disputed.get(concept, verdict) != verdict else "")


def tally_csv(tally: Tally) -> str:
    """A line for each concept of each attempt in the grid, oldest first; `prompted`: with its follow-ups."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["attempt", "asked_at", "drill", "concept", "verdict", "prompted", "your_view"])
    for column in tally.columns:
        for concept, verdict in column.verdicts.items():
            other = [views.get(concept, "") for views in (column.prompted, column.disputed)]
            writer.writerow(
                [column.attempt, column.asked_at.isoformat(), column.drill, concept, verdict, *other]
            )
    return out.getvalue()


def _finding(finding: Finding, attempt: Attempt, drill: Drill | None, title: str) -> list[str]:
    lines = [f"- **{_plain(title)}**"]
    lines += [f"  - {_quote(span, attempt)}" for span in finding.evidence]
    if drill and finding.verdict != "explained":
        points = [point.point for point in drill.outline if point.concept == finding.concept]
        lines += [f"  - A strong answer: {_plain(point)}" for point in points]
    return lines


def _quote(span: Span, attempt: Attempt) -> str:
    times = span.times(attempt.transcript)
    at = f" ({clock(times[0])} to {clock(times[1] + SAMPLE_RATE - 1)})" if times else ""
    return f"“{_plain(span.quote(attempt.transcript))}”{at}"


def _plain(text: str) -> str:
    """Somebody's words, so that Markdown sees no marks in them."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
