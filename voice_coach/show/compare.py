"""Two answers to the same drill: what was gained and lost, and the two side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from voice_coach.records import SAMPLE_RATE, VERDICTS, Share
from voice_coach.show.page import FLAG_STYLE, SIGNS, STYLES, Hanging, clock, listed, sections, titles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Attempt, Verdict

_RANK = {verdict: rank for rank, verdict in enumerate(reversed(VERDICTS))}


@dataclass(frozen=True, slots=True)
class Change:
    """A concept in two answers; None where one of them was not asked for it."""

    concept: str
    before: Verdict | None
    after: Verdict | None

    @property
    def step(self) -> int:
        """Above 0 where it became better, below where worse."""
        if self.before is None or self.after is None:
            return 0
        return _RANK[self.after] - _RANK[self.before]


def changes(before: Attempt, after: Attempt) -> list[Change]:
    """Every concept of either answer, in the order of the later one."""
    earlier, later = (attempt.judgement.verdicts for attempt in (before, after))
    return [Change(name, earlier.get(name), later.get(name)) for name in (later | earlier)]


def explained(attempt: Attempt) -> Share:
    """Concepts explained, of those asked for."""
    coverage = attempt.judgement.coverage
    return Share(part=coverage["explained"], whole=sum(coverage.values()))


def difference(before: Attempt, after: Attempt, rubric: Rubric) -> RenderableType:
    """What changed from one answer to a later one, for below the later one's report.

    Args:
        before: graded.
        after: graded.
        rubric: for titles.
    """
    title = titles(rubric)
    found = changes(before, after)
    groups = (
        ("gained", "green", [change for change in found if change.step > 0]),
        ("lost", "red", [change for change in found if change.step < 0]),
    )
    lines: list[RenderableType] = [
        Hanging(f"{name} ", Text(_named(group, title), style=style), 7)
        for name, style, group in groups
        if group
    ]
    if not lines:
        lines = [Text("The same verdict for every concept.")]
    return sections(
        [
            [Text(f"Against {_earlier(before)}", style="bold"), *lines],
            [Hanging(f"{name:<9} ", Text(text)) for name, text in figures(before, after)],
        ]
    )


def no_difference(before: Attempt, after: Attempt) -> RenderableType:
    """Why nothing can be said of the change, in one line, where one of the two answers was not graded."""
    which, judged = (
        ("that one", before.judgement) if after.judgement.graded else ("this one", after.judgement)
    )
    reason = (judged.not_graded or "no reason was recorded").rstrip(".")
    return sections(
        [[Text(f"Nothing to compare with {_earlier(before)}: {which} was not graded, because {reason}.")]]
    )


def side_by_side(before: Attempt, after: Attempt, drill: Drill | None, rubric: Rubric) -> RenderableType:
    """Two answers as two columns: coverage, delivery, and each concept's verdict with its best quote.

    Args:
        before: stands left.
        after: stands right; of the same drill or another.
        drill: the later one's, for its title.
        rubric: for titles, of both.
    """
    title = titles(rubric)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    table.add_column("", ratio=2)
    table.add_column(Text(_head(before), style="bold"), ratio=3)
    table.add_column(Text(_head(after), style="bold"), ratio=3)
    table.add_column("", width=1)
    for name, left, right in _facts(before, after):
        table.add_row(Text(name, style="dim"), Text(left), Text(right), "")
    table.add_row("", "", "", "")
    for change in changes(before, after):
        table.add_row(
            Text(title.get(change.concept, change.concept)),
            _verdict(before, change.concept, change.before),
            _verdict(after, change.concept, change.after),
            Text("+" if change.step > 0 else "-" if change.step < 0 else ""),
        )
    flags = [_flags(attempt, title) for attempt in (before, after)]
    if any(flags):
        table.add_row("", "", "", "")
        none = "none"
        table.add_row(
            Text("Red flags"), *(Text(text or none, style=FLAG_STYLE if text else "") for text in flags)
        )
    same = before.drill == after.drill
    name = drill.title if drill else after.drill
    head = name if same else f"{name}, against an answer to another drill ({before.drill})"
    return sections(
        [[Text(head, style="bold underline")], [table], [Text("+ became better, - became worse")]]
    )


def figures(before: Attempt, after: Attempt) -> list[tuple[str, str]]:
    """Coverage, pace, length and longest pause as "from ... to ...", where both answers have them."""
    return [(name, f"{left} -> {right}") for name, left, right in _facts(before, after) if left and right]


def _earlier(attempt: Attempt) -> str:
    return f"your answer of {attempt.asked_at.astimezone():%d %B at %H:%M} ({attempt.id})"


def _facts(before: Attempt, after: Attempt) -> list[tuple[str, str, str]]:
    facts = [("Explained", *map(_explained, (before, after)))]
    facts += [("Length", *(_clock(attempt.unprompted_samples) for attempt in (before, after)))]
    paces = [attempt.delivery.words_per_minute for attempt in (before, after)]
    facts += [("Pace", *("" if pace is None else f"{pace:.0f} words a minute" for pace in paces))]
    pauses = [attempt.delivery.longest_pause for attempt in (before, after)]
    facts += [
        ("Pause", *("" if pause is None else f"longest {pause / SAMPLE_RATE:.1f} s" for pause in pauses))
    ]
    return [(name, left, right) for name, left, right in facts if left or right]


def _explained(attempt: Attempt) -> str:
    share = explained(attempt)
    return f"{share.part} of {share.whole}" if attempt.judgement.graded else "not graded"


def _clock(samples: int | None) -> str:
    return "" if samples is None else clock(samples)


def _head(attempt: Attempt) -> str:
    return f"{attempt.asked_at.astimezone():%d %b %Y, %H:%M}\n{attempt.id}"


def _verdict(attempt: Attempt, concept: str, verdict: Verdict | None) -> Text:
    if verdict is None:
        return Text("not asked" if attempt.judgement.graded else "not graded", style="dim")
    text = Text(f"{SIGNS[verdict]} {verdict}", style=STYLES[verdict])
    quotes = [
        span.quote(attempt.transcript)
        for finding in attempt.judgement.findings
        if finding.concept == concept
        for span in finding.evidence[:1]
    ]
    return text.append(f"\n“{quotes[0]}”", style="dim") if quotes else text


def _flags(attempt: Attempt, title: Mapping[str, str]) -> str:
    return ", ".join(title.get(flag.id, flag.id) for flag in attempt.judgement.red_flags)


def _named(group: Sequence[Change], title: Mapping[str, str]) -> str:
    return listed(
        [f"{title.get(item.concept, item.concept)} ({item.before} -> {item.after})" for item in group]
    )
