"""The report over all attempts: the grid of concepts by attempts, what limits the person, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from voice_coach.records import SAMPLE_RATE, VERDICTS
from voice_coach.show.due import streak
from voice_coach.show.page import (
    FLAG_STYLE,
    SIGNS,
    STYLES,
    Fitting,
    Hanging,
    Page,
    clock,
    limiting,
    percent,
    sections,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from voice_coach.records import Column, ConceptTally, FlagTally, Period, Share, Tally

_WIDE_COLUMNS, _NARROW_COLUMNS = 12, 5
DISPUTED = "?"
"""Stands for a verdict that the person sees otherwise."""
UP, DOWN, LEVEL = "▲", "▼", "="
TREND = f"{UP} {DOWN} the last 5 answers against all before: explained more or less often."
MUST_HAVES = 5
"""How many of the must-haves missed most are named."""
PERIODS = 8


def tally_table(tally: Tally) -> RenderableType:
    """The whole report, most useful first."""
    if not tally.attempts:
        return Page(
            Text("No attempts yet. Answer a first question, or watch one being answered:"),
            Text("  voice-coach practice\n  voice-coach demo", style="bold"),
        )
    graded = tally.attempts - tally.not_graded
    behind = Text(f"Over {times(graded, 'graded attempt')}, the most missed concept first.")
    if not graded:
        behind = Text("No attempt was graded yet, so there is nothing to count.")
    return sections(
        [
            [behind, *([Text(streak(tally.streak), style="dim")] if tally.streak > 1 else [])],
            _advice(tally),
            [_grid(tally)] if tally.concepts else [],
            _headed("Must-haves missed most", must_haves(tally.concepts)),
            _flags(tally.red_flags),
            _headed("Unprompted and prompted", prompting(tally)),
            _headed("You see it otherwise", views(tally)),
            _over_time(tally),
            _apart(tally),
        ]
    )


def trend(concept: ConceptTally) -> str:
    """Whether the latest answers explained it more often than those before; nothing where none were before."""
    if not concept.before.whole or not concept.recent.whole:
        return ""
    rise = concept.recent.part * concept.before.whole - concept.before.part * concept.recent.whole
    return UP if rise > 0 else DOWN if rise < 0 else LEVEL


def of(share: Share) -> str:
    """A percentage with what stands behind it."""
    return (
        f"{percent(share.part, share.whole)} ({share.part} of {share.whole})"
        if share.whole
        else "never asked"
    )


def must_haves(concepts: Sequence[ConceptTally]) -> list[str]:
    """The must-haves that were lost in most answers, a sentence each."""
    lost = sorted(
        (concept for concept in concepts if concept.must_have.part),
        key=lambda concept: (-concept.must_have.part, -concept.must_have.part / concept.must_have.whole),
    )
    return [
        f"{concept.title}: missed or dismissed in {concept.must_have.part} of "
        f"{times(concept.must_have.whole, 'answer')} that needed it"
        for concept in lost[:MUST_HAVES]
    ]


def prompting(tally: Tally) -> list[str]:
    """What was explained unprompted and what only after a follow-up; nothing where none was answered."""
    if not tally.prompted.whole:
        return []
    return [
        f"Explained without being asked: {of(tally.unprompted)}",
        f"Of the rest, explained after a follow-up: {of(tally.prompted)}",
    ]


def views(tally: Tally) -> list[str]:
    """The person's own verdicts beside ours, newest first, as far back as the grid goes."""
    title = {concept.concept: concept.title for concept in tally.concepts}
    return [
        f"{title[concept]}: we say {ours}, you say {column.disputed[concept]} "
        f"({column.asked_at.astimezone():%d %b %Y}, {column.attempt})"
        for column in reversed(tally.columns)
        for concept, ours in column.verdicts.items()
        if column.disputed.get(concept, ours) != ours
    ]


def times(count: int, what: str) -> str:
    """So many of them, in words."""
    return f"{count} {what}{'s' * (count != 1)}"


def _advice(tally: Tally) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if tally.limit:
        lines.append(Hanging("Limits you  ", Text(limiting(tally.limit), style="bold")))
    if tally.next:
        lines.append(Hanging("Next        ", Text(f"{tally.next.title}, because {tally.next.reason}.")))
        lines.append(Text(f"              voice-coach practice {tally.next.drill}", style="bold"))
    return lines


def _grid(tally: Tally) -> RenderableType:
    legend = ", ".join(f"{SIGNS[verdict]} {verdict}" for verdict in VERDICTS)
    notes = [Hanging("", Text(f"{legend}, . not asked. The newest answer stands right."))]
    if any(concept.prompted for concept in tally.concepts):
        notes.append(Hanging("", Text("prompted: explained only after a follow-up, counted nowhere else.")))
    if any(concept.disputed for concept in tally.concepts):
        notes.append(Hanging("", Text(f"{DISPUTED} a verdict that you see otherwise; the counts are ours.")))
    if any(trend(concept) for concept in tally.concepts):
        notes.append(Hanging("", Text(TREND)))
    return Group(Fitting(_wide(tally), _narrow(tally)), Text(), *notes)


def _wide(tally: Tally) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("concept")
    table.add_column("answers")
    for verdict in VERDICTS:
        table.add_column(SIGNS[verdict], justify="right", style=STYLES[verdict])
    table.add_column("explained", justify="right")
    table.add_column("last 5")
    columns = tally.columns[-_WIDE_COLUMNS:]
    prompted = any(concept.prompted for concept in tally.concepts)
    if prompted:
        table.add_column("prompted", justify="right")
    for concept in tally.concepts:
        recent = (
            f"{concept.recent.part}/{concept.recent.whole} {trend(concept)}" if concept.recent.whole else ""
        )
        table.add_row(
            Text(concept.title),
            _strip(concept.concept, columns),
            *_counts(concept),
            f"{percent(concept.explained, concept.asked)} of {concept.asked}",
            recent,
            *([str(concept.prompted or "")] if prompted else []),
        )
    return table


def _narrow(tally: Tally) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("concept")
    table.add_column("last")
    table.add_column("explained", justify="right")
    for concept in tally.concepts:
        share = f"{percent(concept.explained, concept.asked)} of {concept.asked}"
        table.add_row(Text(concept.title), _strip(concept.concept, tally.columns[-_NARROW_COLUMNS:]), share)
    return table


def _strip(concept: str, columns: Sequence[Column]) -> Text:
    strip = Text()
    for column in columns:
        verdict = column.verdicts.get(concept)
        if verdict is None:
            strip.append(".", style="dim")
        elif column.disputed.get(concept, verdict) != verdict:
            strip.append(DISPUTED, style=STYLES[verdict])
        else:
            strip.append(SIGNS[verdict], style=STYLES[verdict])
    return strip


def _counts(concept: ConceptTally) -> list[Text]:
    """0 is left blank, so that the eye finds what there is."""
    return [Text(str(getattr(concept, verdict) or "")) for verdict in VERDICTS]


def _headed(heading: str, lines: Sequence[str]) -> list[RenderableType]:
    if not lines:
        return []
    return [Text(heading, style="bold"), *(Hanging("  ", Text(line)) for line in lines)]


def _flags(flags: Sequence[FlagTally]) -> list[RenderableType]:
    if not flags:
        return []
    lines: list[RenderableType] = [Text("! Red flags", style=FLAG_STYLE)]
    for flag in flags:
        last = f"last on {flag.last_at.astimezone():%d %b %Y} ({flag.last_attempt})"
        lines.append(Hanging("  ", Text(f"{flag.title}: in {times(flag.attempts, 'attempt')}, {last}")))
        if flag.quote:
            at = "" if flag.start is None else f"{clock(flag.start)} "
            lines.append(Hanging("    ", Text(f"{at}“{flag.quote}”", style="dim")))
    return lines


def _over_time(tally: Tally) -> list[RenderableType]:
    if len(tally.periods) < 2:  # noqa: PLR2004 - one point is no course
        return []
    table = Fitting(_periods(tally, 5), _periods(tally, 3))
    left_out = len(tally.periods) - PERIODS
    note = [Text(f"and {times(left_out, tally.period)} before", style="dim")] if left_out > 0 else []
    return [Text("Over time", style="bold"), table, *note]


def _periods(tally: Tally, columns: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column(tally.period)
    for heading in ("answers", "explained", "words/min", "longest pause")[: columns - 1]:
        table.add_column(heading, justify="right")
    for period in tally.periods[-PERIODS:]:
        table.add_row(*period_row(period)[:columns])
    return table


def period_row(period: Period) -> list[str]:
    """A period's figures: begin, answers, share explained, mean pace and mean longest pause."""
    share = period.explained
    return [
        f"{period.start:%d %b %Y}",
        str(period.attempts),
        f"{percent(share.part, share.whole)} of {share.whole}" if share.whole else "",
        "" if period.words_per_minute is None else f"{period.words_per_minute:.0f}",
        "" if period.longest_pause is None else f"{period.longest_pause / SAMPLE_RATE:.1f} s",
    ]


def _apart(tally: Tally) -> list[RenderableType]:
    if not tally.not_graded:
        return []
    lines: list[RenderableType] = [
        Text(f"Not graded, and counted nowhere: {times(tally.not_graded, 'attempt')}.")
    ]
    lines += [
        Hanging("  ", Text(f"{column.attempt}: {column.not_graded or 'no reason'}", style="dim"))
        for column in reversed(tally.apart)
    ]
    return lines
