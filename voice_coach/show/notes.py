"""Attempts and figures as text for other tools: Markdown notes, Markdown and CSV tables."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE, VERDICTS
from voice_coach.show.page import SIGNS, clock, limiting, percent, titles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Attempt, Dispute, Finding, Span, Tally

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def attempt_notes(
    attempt: Attempt, drill: Drill | None, rubric: Rubric, disputes: Sequence[Dispute] = ()
) -> str:
    """One attempt as Markdown: verdicts with quotes, what was missed with its outline, and all words."""
    title = titles(rubric)
    judgement = attempt.judgement
    lines = [
        f"## {_plain(drill.title if drill else attempt.drill)}, {attempt.asked_at:%Y-%m-%d %H:%M}",
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
    lines += ["### What you said", "", _plain(attempt.transcript.text) or "Nothing was heard.", ""]
    return "\n".join(lines)


def tally_markdown(tally: Tally) -> str:
    """The report as Markdown."""
    dates = "|".join(f" {column.asked_at:%d %b} " for column in tally.columns)
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
        "| Concept | explained | named | dismissed | missed | share explained |"
        + (f"{dates}|" if tally.columns else ""),
        "|---|--:|--:|--:|--:|--:|" + "---|" * len(tally.columns),
    ]
    for concept in tally.concepts:
        counts = [concept.explained, concept.named, concept.dismissed, concept.missed]
        share = f"{percent(concept.explained, concept.asked)} of {concept.asked}"
        cells = [
            SIGNS[column.verdicts[concept.concept]] if concept.concept in column.verdicts else ""
            for column in tally.columns
        ]
        row = [_plain(concept.title), *map(str, counts), share, *map(_plain, cells)]
        lines.append("| " + " | ".join(row) + " |")
    lines += ["", ", ".join(f"{_plain(SIGNS[verdict])} {verdict}" for verdict in VERDICTS), ""]
    if tally.red_flags:
        lines += ["## Red flags", ""]
        lines += [
            f"- {_plain(flag.title)}: {flag.attempts} attempts, last {flag.last_at:%Y-%m-%d}"
            + (f", “{_plain(flag.quote)}”" if flag.quote else "")
            for flag in tally.red_flags
        ]
        lines.append("")
    return "\n".join(lines)


def tally_csv(tally: Tally) -> str:
    """A line for each concept of each attempt in the grid, oldest first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["attempt", "asked_at", "drill", "concept", "verdict", "your_view"])
    for column in tally.columns:
        for concept, verdict in column.verdicts.items():
            at = column.asked_at.isoformat()
            writer.writerow(
                [column.attempt, at, column.drill, concept, verdict, column.disputed.get(concept, "")]
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
