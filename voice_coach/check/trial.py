"""A rubric tried on its own samples, which nothing is ever matched against."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from voice_coach.records import Judgement, Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voice_coach.content.models import Rubric, RubricSample
    from voice_coach.records import Verdict

SIDE_BY_SIDE = 2
"""Texts judged at once: a short one keeps one core busy, and the judge reads no more than two pieces at a time."""


class Judges(Protocol):
    """What a trial needs of a judge."""

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        """As `Judge.judge`; a sample shorter than an answer is judged all the same."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one concept should get on one sample, and what it got."""

    sample: RubricSample
    concept: str
    wanted: Verdict
    got: Verdict


@dataclass(frozen=True, slots=True)
class Agreement:
    """Precision and recall; None where there is nothing to divide by."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        """Their harmonic mean."""
        if not self.precision or not self.recall:
            return None if self.precision is None and self.recall is None else 0.0
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def transcript_of(text: str) -> Transcript:
    """A text as the transcript of a typed answer."""
    return Transcript(words=tuple(Word(text=word) for word in text.split()))


def judged(texts: Sequence[str], judge: Judges, rubric: Rubric, question: str = "") -> list[Judgement]:
    """A judgement for each text.

    Args:
        texts: as somebody would say them, any number.
        judge: safe to use from several threads, as `Judge` is.
        rubric: what to look for.
        question: that the texts answer; empty where none is known.

    Raises:
        CheckError: the judge failed.
    """
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(pool.map(lambda text: judge.judge(transcript_of(text), rubric, question=question), texts))


def trial(rubric: Rubric, judge: Judges) -> tuple[Outcome, ...]:
    """Every concept on every sample.

    Raises:
        CheckError: the judge failed.
    """
    outcomes = []
    judgements = judged([sample.text for sample in rubric.samples], judge, rubric)
    for sample, judgement in zip(rubric.samples, judgements, strict=True):
        got = {finding.concept: finding.verdict for finding in judgement.findings}
        outcomes += [
            Outcome(
                sample, concept.id, sample.verdicts.get(concept.id, "missed"), got.get(concept.id, "missed")
            )
            for concept in rubric.concepts
        ]
    return tuple(outcomes)


def agreement(outcomes: Iterable[Outcome], verdicts: tuple[Verdict, ...] = ("explained",)) -> Agreement:
    """How far what was got agrees with what was wanted, taking `verdicts` for yes and the others for no."""
    pairs = [(outcome.wanted in verdicts, outcome.got in verdicts) for outcome in outcomes]
    both = sum(wanted and got for wanted, got in pairs)
    wanted, got = (sum(pair[side] for pair in pairs) for side in (0, 1))
    return Agreement(both / got if got else None, both / wanted if wanted else None)
