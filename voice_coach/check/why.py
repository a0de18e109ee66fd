"""What each verdict stands on, in sentences that a person can argue with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.outline import NEAR
from voice_coach.check.reader import STANCES_READ, VERDICTS_READ

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from voice_coach.check.head import Bars
    from voice_coach.check.judge import Answer, Ground, Judge
    from voice_coach.check.reader import Embeddings
    from voice_coach.content.models import Rubric
    from voice_coach.records import Finding, Judgement, Transcript, Verdict

    Embed = Callable[[Sequence[str]], Embeddings]

_EXPLAINED, _DISMISSED, _TAKEN_BACK = map(VERDICTS_READ.index, ("explained", "dismissed", "taken-back"))
_LIKELY = 0.5
_SPEAKS = 0.1
"""How surely a stretch speaks to a missed concept to be called the nearest."""


@dataclass(frozen=True, slots=True)
class Why:
    """One concept's verdict and the sentences on it."""

    concept: str
    sentences: tuple[str, ...]


def why(
    judge: Judge,
    judgement: Judgement,
    transcript: Transcript,
    rubric: Rubric,
    question: str,
) -> tuple[Why, ...]:
    """For each finding what it stands on, and what kept it from "explained"; nothing where it is not graded.

    Raises:
        CheckError: the reader failed.
        ContentError: a cue of the rubric cannot be parsed.
    """
    if not judgement.graded:
        return ()
    answer = judge.read(transcript, question)
    if not answer.stretches.spans:
        return ()
    grounds = judge.grounds(answer, rubric)
    asked = {
        concept.id: [point.point for point in rubric.outline if point.concept == concept.id]
        for concept in rubric.concepts
    }
    return tuple(
        Why(
            finding.concept,
            tuple(_sentences(finding, ground, answer, transcript, judge.embed, asked[finding.concept])),
        )
        for finding, ground in zip(judgement.findings, grounds, strict=True)
    )


def _sentences(
    finding: Finding,
    ground: Ground,
    answer: Answer,
    transcript: Transcript,
    embed: Embed,
    points: Sequence[str],
) -> list[str]:
    said = [_standing(finding.verdict, *ground.weighed(answer))]
    speaks = ground.own[:, 1:].sum(axis=1)
    best = int(speaks.argmax())
    span = finding.evidence[0] if finding.evidence else answer.stretches.spans[best]
    quote = span.quote(transcript)
    if finding.verdict == "missed":
        near = speaks[best] >= _SPEAKS
        said.append(f"the nearest you came: “{quote}”" if near else "nothing you said comes near it")
    said += _obstacles(finding, ground, answer, transcript, best)
    examples = (*ground.concept.examples.explained, *ground.concept.examples.named)
    if finding.verdict != "missed" and examples:
        likeness = (embed([quote]) @ embed(examples).T)[0]
        said.append(f"most like the rubric's “{examples[int(likeness.argmax())]}” ({likeness.max():.2f})")
    if finding.verdict != "missed" and points:
        likeness = (embed([quote]) @ embed(points).T)[0]
        if likeness.max() >= NEAR.like:
            said.append(f"says the outline's “{points[int(likeness.argmax())]}” ({likeness.max():.2f})")
    return said


def _standing(verdict: Verdict, odds: Mapping[Verdict, float], bars: Bars) -> str:
    """How sure the verdict is, and what "explained" lacks."""
    sure, explained, bar = (f"{share:.0%}" for share in (odds[verdict], odds["explained"], bars.explained))
    if verdict == "explained":
        return f"explained: {sure} sure, {bar} is enough"
    other: Verdict = "dismissed" if odds["dismissed"] > odds["missed"] else "missed"
    if verdict == "named" and odds[other] > odds["named"]:
        return (
            f"named, being in doubt: {other} has {odds[other]:.0%}, explained has {explained} and takes {bar}"
        )
    return f"{verdict}: {sure} sure; explained has {explained} and takes {bar}"


def _obstacles(
    finding: Finding, ground: Ground, answer: Answer, transcript: Transcript, best: int
) -> list[str]:
    """What kept the best stretch from counting as an explanation."""
    if finding.verdict == "explained":
        return []
    found = []
    if answer.lists[best]:
        found.append("a list of terms explains none of them")
    if answer.stretches.stance[best, STANCES_READ.index("others")] >= _LIKELY:
        found.append("it tells what others do")
    if finding.verdict == "named":
        near = "mechanism, number, decision or consequence near it"
        unclear = ground.own[:, _EXPLAINED].max() >= _LIKELY
        found.append(f"no clear {near}" if unclear else f"no {near}")
    against = np.maximum(ground.own[:, _DISMISSED], ground.own[:, _TAKEN_BACK])
    if ground.own[:, _EXPLAINED].max() >= _LIKELY and against.max() >= _LIKELY:
        said, aside = (
            answer.stretches.spans[int(of.argmax())] for of in (ground.own[:, _EXPLAINED], against)
        )
        then = "explained at first, but then" if aside.first >= said.stop else "set aside by"
        found.append(f"{then}: “{aside.quote(transcript)}”")
    return found
