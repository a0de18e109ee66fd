"""Whether a judge sets a drill's samples in the order that they were written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_coach.check.trial import judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voice_coach.content.models import Drill, Rubric, Samples
    from voice_coach.interviewer import Judging
    from voice_coach.records import Judgement

    Fault = tuple[tuple[str, ...], str]
    """Keys that lead to what is at fault, and a sentence without its full stop."""

WRITTEN = ("weak", "mid", "strong", "paraphrase", "salad", "dismissal")
"""Keys of the samples that a drill has."""


def sample_faults(drill: Drill, rubric: Rubric, judge: Judging) -> list[Fault]:
    """What is out of order in the drill's samples, all of it; empty where nothing is.

    Coverage is the number of required concepts that a sample explains. It rises from weak over mid to strong; the
    paraphrase has at least that of mid, the salad at most that of weak; what the dismissal raises to set it aside
    is not explained by it; strong explains every concept that the outline ties a point to.

    Raises:
        CheckError: the judge cannot run.
    """
    samples = drill.samples
    if samples is None:
        return [(("samples",), "is missing; add answers by which the drill can be tested")]
    texts = [_text(samples, name) for name in WRITTEN]
    judgements = dict(zip(WRITTEN, judged(texts, judge, rubric, drill.question), strict=True))
    refused: list[Fault] = [
        (_loc(name), f"is not graded, because {judgement.not_graded}")
        for name, judgement in judgements.items()
        if not judgement.graded
    ]
    return refused or [
        *_order(judgements),
        *_credited(judgements["dismissal"], samples),
        *_left_out(judgements, drill),
    ]


def _order(judgements: dict[str, Judgement]) -> Iterator[Fault]:
    count = {name: judgement.coverage["explained"] for name, judgement in judgements.items()}
    for lower, higher in (("weak", "mid"), ("mid", "strong")):
        if count[lower] >= count[higher]:
            yield _loc(higher), f"explains {_of(count, higher)}, not more than {lower} with {count[lower]}"
    if count["paraphrase"] < count["mid"]:
        yield _loc("paraphrase"), f"explains {_of(count, 'paraphrase')}, fewer than mid with {count['mid']}"
    if count["salad"] > count["weak"]:
        yield _loc("salad"), f"explains {_of(count, 'salad')}, more than weak with {count['weak']}"


def _credited(judgement: Judgement, samples: Samples) -> Iterator[Fault]:
    verdicts = judgement.verdicts
    for concept in samples.dismissal.dismisses:
        if verdicts.get(concept) == "explained":
            yield _loc("dismissal"), f"is credited with `{concept}`, which it sets aside"


def _left_out(judgements: dict[str, Judgement], drill: Drill) -> Iterator[Fault]:
    verdicts = judgements["strong"].verdicts
    tied = dict.fromkeys(point.concept for point in drill.outline)
    without = [f"`{concept}` ({verdicts[concept]})" for concept in tied if verdicts[concept] != "explained"]
    if without:
        yield _loc("strong"), f"does not explain what the outline ties to: {', '.join(without)}"


def _of(count: dict[str, int], name: str) -> str:
    return f"{count[name]} concept{'s' * (count[name] != 1)}"


def _loc(name: str) -> tuple[str, ...]:
    return ("samples", name)


def _text(samples: Samples, name: str) -> str:
    return samples.dismissal.text if name == "dismissal" else str(getattr(samples, name))
