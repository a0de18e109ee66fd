"""One attempt's report: what a person sees the moment they stop talking, and the outline that it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from voice_coach.records import SAMPLE_RATE
from voice_coach.show.page import FLAG_STYLE, SIGNS, STYLES, Hanging, clock, listed, sections, titles
from voice_coach.show.spoken import delivery_lines, not_understood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from voice_coach.content.models import Drill, Requirement, Rubric
    from voice_coach.records import Attempt, Finding, Judgement, Span, Transcript, Verdict

HEADINGS: dict[Verdict, str] = {
    "explained": "Explained",
    "named": "Named, with too little behind it",
    "dismissed": "Dismissed: raised, then set aside",
    "missed": "Missed: nothing you said speaks to it",
}
ON_TARGET = 0.1
"""A length this close to the target, as a share of it, is on it."""
_CUT_OFF = {"fault": "broke off", "too-long": "cut at the longest length", "recovered": "recovered"}
_BELOW = "    "
_AFTER_TIME = 9


def attempt_report(
    attempt: Attempt, drill: Drill, rubric: Rubric, *, replayed: bool = False
) -> RenderableType:
    """Everything about one attempt, most important first.

    Args:
        attempt: as kept, graded or not.
        drill: the one it answers, for target length and must-haves.
        rubric: for titles and for why a missed concept matters.
        replayed: whether the words follow, and it says which attempt it is; else it says how to see them.
    """
    judgement = attempt.judgement
    return sections(
        [
            [
                Text(drill.title, style="bold underline"),
                *([Text(which(attempt), style="dim")] if replayed else []),
                _length(attempt, drill),
            ],
            *_verdicts(judgement, attempt.transcript, rubric, drill.concepts),
            _follow_ups(attempt, titles(rubric)),
            delivery_lines(attempt.delivery),
            not_understood(attempt.transcript.unclear),
            [Hanging("! ", Text(notice), 2) for notice in attempt.notices],
            [] if replayed else _where_to_go_on(attempt),
        ]
    )


def which(attempt: Attempt) -> str:
    """When it was asked, and its id."""
    return f"{attempt.asked_at.astimezone():%d %b %Y, %H:%M}, attempt {attempt.id}"


def judgement_report(judgement: Judgement, transcript: Transcript, rubric: Rubric) -> RenderableType:
    """The verdicts alone, for an answer that was checked and not practised.

    Args:
        judgement: what the check said.
        transcript: the words judged.
        rubric: what they were checked against.
    """
    return sections(_verdicts(judgement, transcript, rubric, None))


def outline(drill: Drill, attempt: Attempt | None = None, rubric: Rubric | None = None) -> RenderableType:
    """The points of a strong answer by concept.

    Args:
        drill: whose outline.
        attempt: the answer whose explained concepts are marked, if any.
        rubric: for the concepts' titles; without it they are shown by id, except the drill's own.
    """
    title = {concept.id: concept.title for concept in drill.own_concepts} | (titles(rubric) if rubric else {})
    findings = attempt.judgement.findings if attempt else ()
    explained = {finding.concept for finding in findings if finding.verdict == "explained"}
    points: dict[str, list[str]] = {}
    for item in drill.outline:
        points.setdefault(item.concept, []).append(item.point)
    heading: list[RenderableType] = [Text("A strong answer", style="bold underline")]
    if explained:
        heading.append(Text(f"{SIGNS['explained']} marks what you explained."))
    return sections(
        [
            heading,
            *(
                _outline_of(title.get(concept, concept), of_concept, concept in explained)
                for concept, of_concept in points.items()
            ),
        ]
    )


def _where_to_go_on(attempt: Attempt) -> list[RenderableType]:
    verb = "Read" if attempt.source == "typed" else "Hear"
    evidence = " with the evidence marked" if attempt.judgement.graded else ""
    return [Text(f"{verb} it again{evidence}:"), Text(f"  voice-coach replay {attempt.id}", style="bold")]


def _outline_of(title: str, points: Sequence[str], explained: bool) -> list[RenderableType]:
    head = Text(f"{SIGNS['explained']} {title}" if explained else f"  {title}", style="bold")
    return [head, *(Hanging("    - ", Text(point)) for point in points)]


def _length(attempt: Attempt, drill: Drill) -> Text:
    if attempt.unprompted_samples is None:
        return Text("Typed answer")
    length, target = attempt.unprompted_samples, drill.seconds * SAMPLE_RATE
    if abs(length - target) <= ON_TARGET * target:
        distance = "on the target of"
    else:
        distance = f"{clock(abs(length - target))} {'under' if length < target else 'over'} the target of"
    cut_off = f", {_CUT_OFF[attempt.ended]}" if attempt.ended in _CUT_OFF else ""
    return Text(f"Length {clock(length)}, {distance} {clock(target)}{cut_off}")


def _verdicts(
    judgement: Judgement, transcript: Transcript, rubric: Rubric, requirements: Sequence[Requirement] | None
) -> list[list[RenderableType]]:
    if not judgement.graded:
        reason = (judgement.not_graded or "no reason was recorded").rstrip(".")
        return [
            [
                Text(f"Not graded, because {reason}.", style="bold yellow"),
                Text(
                    f"Nothing counts as missed{'' if requirements is None else '; what was recorded is kept'}."
                ),
            ]
        ]
    title = titles(rubric)
    must_have = {requirement.id for requirement in requirements or () if requirement.must_have}
    weight = {requirement.id: requirement.weight for requirement in requirements or ()}
    ordered = sorted(
        judgement.findings, key=lambda found: (found.concept not in must_have, -weight.get(found.concept, 1))
    )
    findings = [finding for finding in ordered if not finding.unclear]
    return [
        _coverage(judgement, findings, title, must_have),
        *(_group(verdict, findings, transcript, rubric, must_have) for verdict in SIGNS),
        _unclear([finding for finding in ordered if finding.unclear], transcript, title),
        _red_flags(judgement, transcript, title),
    ]


def still_lacking(attempt: Attempt) -> list[tuple[Finding, str]]:
    """What was asked back for and not explained even then, each with how it fared in a few words."""
    findings = {finding.concept: finding for finding in attempt.prompted.findings} if attempt.prompted else {}
    return [
        (
            finding,
            "not clear enough to tell"
            if finding.unclear
            else "still missed"
            if finding.verdict == "missed"
            else f"only {finding.verdict} even now",
        )
        for asked in attempt.follow_ups
        if (finding := findings.get(asked.concept)) and finding.verdict != "explained"
    ]


def headline(judgement: Judgement) -> str:
    """How many concepts got each verdict, and how many red flags were raised."""
    coverage = judgement.coverage
    counts = [f"{coverage['explained']} of {sum(coverage.values())} explained"]
    counts += [
        f"{coverage[verdict]} {verdict}" for verdict in SIGNS if verdict != "explained" and coverage[verdict]
    ]
    if flags := len(judgement.red_flags):
        counts.append(f"{flags} red flag{'s' * (flags != 1)}")
    return ", ".join(counts)


def must_have_sentence(findings: Sequence[Finding], title: Mapping[str, str], must_have: set[str]) -> str:
    """One sentence on the must-haves that were not explained, in the order of the findings."""
    said: dict[Verdict, str] = {"missed": "missed", "dismissed": "dismissed", "named": "only named"}
    short = {
        verdict: [
            title.get(found.concept, found.concept)
            for found in findings
            if found.verdict == verdict and found.concept in must_have
        ]
        for verdict in said
    }
    count = sum(map(len, short.values()))
    if not count:
        return "You explained every must-have."
    clauses = [f"{said[verdict]} {listed(names)}" for verdict, names in short.items() if names]
    kind = {1: "a must-have", 2: "both must-haves"}.get(count, "all must-haves")
    return f"You {listed(clauses, comma=',')}: {kind} here."


def _coverage(
    judgement: Judgement, findings: Sequence[Finding], title: Mapping[str, str], must_have: set[str]
) -> list[RenderableType]:
    coverage = judgement.coverage
    strip = Text.assemble(*((SIGNS[verdict] * coverage[verdict], STYLES[verdict]) for verdict in SIGNS))
    lines: list[RenderableType] = [
        Hanging(Text.assemble(strip, "  "), Text(headline(judgement), style="bold"))
    ]
    if must_have:
        lines.append(Text(must_have_sentence(findings, title, must_have)))
    return lines


def _group(
    verdict: Verdict, findings: Sequence[Finding], transcript: Transcript, rubric: Rubric, must_have: set[str]
) -> list[RenderableType]:
    found = [finding for finding in findings if finding.verdict == verdict]
    if not found:
        return []
    why = {concept.id: concept.why for concept in rubric.concepts}
    title = titles(rubric)
    style = f"bold {STYLES[verdict]}"
    lines: list[RenderableType] = [
        Hanging(Text(f"{SIGNS[verdict]} ", style=style), Text(HEADINGS[verdict], style=style), 2)
    ]
    for finding in found:
        mark = " (must-have)" if finding.concept in must_have else ""
        name = Text.assemble((title.get(finding.concept, finding.concept), "bold"), mark)
        lines.append(Hanging("  ", name))
        lines += [_quote(span, transcript) for span in finding.evidence]
        if verdict == "missed" and finding.concept in why:
            lines.append(Hanging(_BELOW, Text(why[finding.concept], style="dim")))
    return lines


def _unclear(
    findings: Sequence[Finding], transcript: Transcript, title: Mapping[str, str]
) -> list[RenderableType]:
    """Concepts whose only words were hardly heard."""
    if not findings:
        return []
    lines: list[RenderableType] = [Text("? Unclear: hardly heard, so it counts neither way", style="bold")]
    for finding in findings:
        lines.append(Hanging("  ", Text(title.get(finding.concept, finding.concept), style="bold")))
        lines += [_quote(span, transcript) for span in finding.evidence]
    return lines


def _follow_ups(attempt: Attempt, title: Mapping[str, str]) -> list[RenderableType]:
    """What was asked back, and what only the answers to that explained."""
    if not attempt.follow_ups or attempt.prompted is None:
        return []
    lines: list[RenderableType] = [Text("? Asked back, and not counted above", style="bold")]
    lines += [Hanging("  ", Text(f"“{asked.question}”", style="italic")) for asked in attempt.follow_ups]
    if not attempt.prompted.graded:
        return [*lines, Hanging("  ", Text(f"Not graded together, because {attempt.prompted.not_graded}."))]
    findings = {finding.concept: finding for finding in attempt.prompted.findings}
    for concept in attempt.gained:
        name = Text.assemble((title.get(concept, concept), "bold"), ", explained only now")
        lines.append(Hanging(Text(f"  {SIGNS['explained']} ", style=STYLES["explained"]), name))
        lines += [_quote(span, attempt.transcript) for span in findings[concept].evidence]
    for finding, how in still_lacking(attempt):
        name = Text.assemble((title.get(finding.concept, finding.concept), "bold"), f", {how}")
        lines.append(Hanging(Text(f"  {SIGNS[finding.verdict]} ", style=STYLES[finding.verdict]), name))
    return lines


def _red_flags(
    judgement: Judgement, transcript: Transcript, title: Mapping[str, str]
) -> list[RenderableType]:
    if not judgement.red_flags:
        return []
    lines: list[RenderableType] = [Text("! Red flags: said aloud, these cost you", style=FLAG_STYLE)]
    for flag in judgement.red_flags:
        lines += [
            Hanging("  ", Text(title.get(flag.id, flag.id), style="bold")),
            _quote(flag.evidence, transcript),
        ]
    return lines


def _quote(span: Span, transcript: Transcript) -> RenderableType:
    times = span.times(transcript)
    quote = Text(f"“{span.quote(transcript)}”")
    if times is None:
        return Hanging(_BELOW, quote)
    return Hanging(Text(f"{clock(times[0]):>8} ", style="cyan"), quote, _AFTER_TIME)
