"""Which core concepts an outline speaks to, and which of its points serves which: what the judge thinks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_coach.check.trial import judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.content.models import Rubric
    from voice_coach.interviewer import Judging
    from voice_coach.records import Finding, Judgement, Verdict

FALLBACK = "system-boundaries"
"""Required where the judge finds nothing: what every design has."""
_MUST_HAVES = 3
_GIVES: dict[Verdict, int] = {"explained": 2, "named": 1}
"""How much a word of evidence says for a concept."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A concept to require; `why` says what it stands on, for who reviews it."""

    concept: str
    weight: float
    must_have: bool
    why: str


@dataclass(frozen=True, slots=True)
class Tied:
    """A point of an outline and the concept it serves; not `sure` where only its neighbours tell."""

    point: str
    concept: str
    sure: bool


def propose(
    points: Sequence[str], core: Rubric, judge: Judging, question: str
) -> tuple[list[Proposed], list[Tied]]:
    """The concepts that an outline speaks to, heaviest first, and its points each with one of them.

    Args:
        points: of a strong answer; may be none.
        core: the concepts there are.
        judge: reads the points as an answer, together and each by itself.
        question: the prompt and its constraints.

    Raises:
        CheckError: the judge cannot run.
    """
    whole, *alone = judged([" ".join(points), *points], judge, core, question)
    tied = _tied(points, whole, alone)
    found = _strongest([whole, *alone])
    wanted = {point.concept for point in tied} | _with(whole, "explained").keys()
    order = [concept.id for concept in core.concepts]
    ordered = sorted(
        wanted or {FALLBACK}, key=lambda concept: (_rank(found.get(concept)), order.index(concept))
    )
    return [_proposed(number, concept, found.get(concept)) for number, concept in enumerate(ordered)], tied


def _strongest(judgements: Sequence[Judgement]) -> dict[str, Finding]:
    """For each concept that is spoken to the finding that says most for it."""
    strongest: dict[str, Finding] = {}
    for judgement in judgements:
        for finding in judgement.findings:
            if finding.verdict in _GIVES:
                strongest[finding.concept] = min(finding, strongest.get(finding.concept, finding), key=_rank)
    return strongest


def _rank(finding: Finding | None) -> tuple[int, float]:
    return (-_GIVES[finding.verdict], -finding.confidence) if finding else (0, 0)


def _with(judgement: Judgement, verdict: Verdict) -> dict[str, Finding]:
    return {finding.concept: finding for finding in judgement.findings if finding.verdict == verdict}


def _proposed(number: int, concept: str, finding: Finding | None) -> Proposed:
    if finding is None:
        return Proposed(concept, 1, must_have=number == 0, why="the judge found no concept, choose")
    why = f"{finding.verdict} by the outline, {finding.confidence:.2f}"
    explained = finding.verdict == "explained"
    weight = 3 if number == 0 else 2 if explained else 1
    return Proposed(concept, weight, must_have=explained and number < _MUST_HAVES, why=why)


def _tied(points: Sequence[str], whole: Judgement, alone: Sequence[Judgement]) -> list[Tied]:
    """Each point with the concept that it explains by itself, else that it is most evidence for, else names.

    Where it is none of these its neighbour's is taken.
    """
    first = 0
    concepts: list[str | None] = []
    for point, judgement in zip(points, alone, strict=True):
        stop = first + len(point.split())
        explained, named = (
            min(_with(judgement, verdict).values(), key=_rank, default=None) for verdict in _GIVES
        )
        evidence = _evidence(whole, first, stop)
        concepts.append(explained.concept if explained else evidence or (named.concept if named else None))
        first = stop
    before = next(filter(None, concepts), FALLBACK)
    tied = []
    for point, concept in zip(points, concepts, strict=True):
        before = concept or before
        tied.append(Tied(point, before, sure=concept is not None))
    return tied


def _evidence(whole: Judgement, first: int, stop: int) -> str | None:
    """The concept that words `first` up to `stop` say most for; None where they are no evidence."""
    said: Counter[str] = Counter()
    for finding in whole.findings:
        for span in finding.evidence:
            common = min(stop, span.stop) - max(first, span.first)
            if common > 0 and finding.verdict in _GIVES:
                said[finding.concept] += common * _GIVES[finding.verdict]
    return said.most_common(1)[0][0] if said else None
