"""Fits what stands between the reader and a verdict: the head, and its bars.

    python -m tests.benchmarks.training.fit FOLDER

FOLDER holds labelled answers (`labelled.py`) that the networks did not learn from: on those of
`rubrics/training/whole`, which they did, they are surer than they have a right to be.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.labelled import Labelled, labelled, questions
from voice_coach.check.gate import FEWEST_WORDS
from voice_coach.check.head import SEES, TRAINED, Bars
from voice_coach.check.judge import Judge, sets_aside, settled
from voice_coach.check.reader import CONCEPTS, Reader
from voice_coach.check.trial import SIDE_BY_SIDE
from voice_coach.content.load import Library
from voice_coach.records import VERDICTS, Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.content.models import Rubric

PENALTY, STEPS = 30.0, 800
FAR = 4.0
"""How much a share of verdicts that are wrong by two grades counts beside an F1."""
EXPLAINED = 0.53
"""The bar of "explained". The sixty alone hardly tell it: between 0.50 and 0.57 its F1, each question left out, moves
by 0.014 up and down, and three verdicts more or fewer are credited wrongly; the measure below would take 0.55 or more.
The drills' samples decide: from 0.523 to 0.536 all came out as they were written (measured before activations were
rounded; at 0.53 they still do), so they are no test of it."""
CROPS = 0.5
"""How much passages by themselves count beside whole answers."""


@dataclass(frozen=True, slots=True)
class Case:
    """An answer with the verdicts it should get, in the order of the rubric's concepts; an empty one is not known."""

    question: str
    words: tuple[str, ...]
    verdicts: tuple[str, ...]

    @property
    def transcript(self) -> Transcript:
        return Transcript(words=tuple(Word(text=word) for word in self.words))


def regression(
    rows: NDArray[np.float64],
    truth: NDArray[np.int64],
    classes: int,
    weight: NDArray[np.float64] | None = None,
    shrink: float = PENALTY,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Multinomial logistic regression with an L2 penalty, by accelerated gradient descent from zero.

    Returns:
        Weights of shape (classes, features) and bias of shape (classes,).
    """
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    scaled = np.c_[(rows - mean) / scale, np.ones(len(rows))]
    wanted = np.eye(classes)[truth]
    share = (np.ones(len(rows)) if weight is None else weight)[:, None]
    share = share / share.sum()
    penalty = np.full((scaled.shape[1], 1), shrink / len(rows))
    penalty[-1] = 0
    weights, speed = np.zeros((scaled.shape[1], classes)), np.zeros((scaled.shape[1], classes))
    for _ in range(STEPS):
        ahead = weights + 0.9 * speed
        logits = scaled @ ahead
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        gradient = scaled.T @ ((odds / odds.sum(axis=1, keepdims=True) - wanted) * share) + penalty * ahead
        speed = 0.9 * speed - 0.5 * gradient
        weights = weights + speed
    raw = weights[:-1] / scale[:, None]
    return raw.T, weights[-1] - mean @ raw


def rows_of(
    judge: Judge, cases: Sequence[Case], rubric: Rubric
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Features and verdict (as index into VERDICTS) of every concept whose verdict is known, whose case it is, and
    whether it is set aside rather than named."""
    rows, truth, of_case, aside = [], [], [], []
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        answers = list(pool.map(lambda case: judge.read(case.transcript, case.question), cases))
    for number, (case, answer) in enumerate(zip(cases, answers, strict=True)):
        for ground, verdict in zip(judge.grounds(answer, rubric), case.verdicts, strict=True):
            if verdict and answer.stretches.spans:
                rows.append(ground.features(answer))
                truth.append(list[str](VERDICTS).index(verdict))
                of_case.append(number)
                aside.append(sets_aside(ground.own))
    return np.array(rows), np.array(truth), np.array(of_case), np.array(aside)


def chosen_bars(
    rows: NDArray[np.float64],
    truth: NDArray[np.int64],
    groups: NDArray[np.int64],
    share: NDArray[np.float64],
    aside: NDArray[np.bool_],
) -> Bars:
    """`EXPLAINED`, and the bar of "named" that does best with it on the first rows, as many as `aside` has, each group
    left out in turn.

    Best is the F1 of "explained", that of what is spoken to, and the mean over verdicts, added up, less the errors that
    cost trust: what is missed or dismissed and credited as explained, and what is explained and reported missed or
    dismissed.
    """
    odds = np.zeros((len(rows), len(VERDICTS)))
    for group in np.unique(groups):
        kept = groups != group
        weights, bias = regression(rows[kept], truth[kept], len(VERDICTS), share[kept])
        odds[~kept] = _odds(rows[~kept] @ weights.T + bias)
    odds, truth = odds[: len(aside)], truth[: len(aside)]

    def worth(bars: Bars) -> float:
        got = np.array(
            [
                VERDICTS.index(settled(dict(zip(VERDICTS, row, strict=True)), bars, aside=set_aside))
                for row, set_aside in zip(odds.tolist(), aside.tolist(), strict=True)
            ]
        )
        explained, named, _, missed = range(len(VERDICTS))
        credited = (got == explained)[truth > named].mean()
        denied = (got > named)[truth == explained].mean()
        each = [_f1(got == v, truth == v) for v in range(len(VERDICTS))]
        total = each[explained] + _f1(got != missed, truth != missed) + float(np.mean(each))
        return total - FAR * float(credited + denied)

    steps = np.arange(0.30, 0.56, 0.05).round(2).tolist()
    return max((Bars(EXPLAINED, named) for named in steps), key=worth)


def _f1(got: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    return float(2 * (got & wanted).sum() / max(1, got.sum() + wanted.sum()))


def _odds(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def write_head(file: Path, weights: NDArray[np.float64], bias: NDArray[np.float64], bars: Bars) -> None:
    """Writes a head as the program reads it."""
    kept = {
        "bars": asdict(bars),
        "bias": dict(zip(VERDICTS, bias.round(4).tolist(), strict=True)),
        "weights": {
            verdict: dict(zip(SEES[file], row.round(4).tolist(), strict=True))
            for verdict, row in zip(VERDICTS, weights, strict=True)
        },
    }
    file.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def crops(one: Labelled) -> list[Case]:
    """The passages that readers cited, each as a short answer of its own.

    Known are the cited concept's verdict, and that what the whole answer misses is missed here too.
    """
    missed = tuple("missed" if one.verdict(concept) == "missed" else "" for concept in CONCEPTS)
    found = []
    for at, concept in enumerate(CONCEPTS):
        verdict = one.verdict(concept)
        for quote in one.concepts.get(concept, {}).get("quotes", ())[:1] if verdict else ():
            words = tuple(quote.split())
            if len(words) >= FEWEST_WORDS:
                found.append(Case("", words, (*missed[:at], verdict or "", *missed[at + 1 :])))
    return found


def fit_all(reader: Reader, folder: Path) -> None:
    """Fits the head on the folder's answers and writes `head.json`."""
    core = Library().core()
    judge = Judge(reader, core)
    answers = labelled(folder)
    cases = [
        Case(one.question, tuple(one.answer.split()), tuple(one.verdict(c) or "" for c in CONCEPTS))
        for one in answers
    ]
    passages = [(crop, number) for number, one in enumerate(answers) for crop in crops(one)]
    whole, whole_truth, of_case, aside = rows_of(judge, cases, core)
    few, few_truth, of_passage, _ = rows_of(judge, [crop for crop, _ in passages], core)
    of_answer = np.concatenate((of_case, np.array([number for _, number in passages])[of_passage]))
    rows, truth = np.concatenate((whole, few)), np.concatenate((whole_truth, few_truth))
    share = np.concatenate((np.ones(len(whole)), np.full(len(few), CROPS * len(whole) / len(few))))
    asked = questions(answers)
    of_question = np.array([asked.index(one.question) for one in answers])[of_answer]
    bars = chosen_bars(rows, truth, of_question, share, aside)
    weights, bias = regression(rows, truth, len(VERDICTS), share)
    write_head(TRAINED, weights, bias, bars)
    sys.stdout.write(f"{len(whole)} pairs of whole answers, {len(few)} of passages, {bars}\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    fit_all(Reader(), Path(sys.argv[1]))
