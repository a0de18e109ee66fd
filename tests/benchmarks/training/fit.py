"""Fits what stands between the reader and a verdict: the two heads, and the regression for concepts it does not know.

All on answers that the reader never saw: the training files that `train` leaves out, and half of the labelled answers
where their folder is given. The other half stays for `bench_check.py`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.bench_check import Labelled, halves, labelled
from tests.benchmarks.corpus import FOLDER, read
from voice_coach.check import features as features_module
from voice_coach.check import matching
from voice_coach.check.encoder import MiniLM
from voice_coach.check.features import FEATURES, features
from voice_coach.check.gate import FEWEST_WORDS
from voice_coach.check.judge import Judge
from voice_coach.check.matching import SIGNS
from voice_coach.check.reader import CONCEPTS, VERDICTS_READ, Reader, plain
from voice_coach.content.load import Library
from voice_coach.records import VERDICTS, Span, Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tests.benchmarks.corpus import Answer
    from voice_coach.content.models import Rubric

PENALTY, STEPS = 30.0, 800
SHRINK = 0.001
"""Penalty of the regression by row: its signs say much the same, and none shall lean on the difference."""
CROPS = 0.5
"""How much passages by themselves count beside whole answers."""
CODES = {"e": "explained", "n": "named", "d": "dismissed", "r": "dismissed"}


@dataclass(frozen=True, slots=True)
class Case:
    """An answer with the verdicts it should get, in the order of CONCEPTS; an empty one is not known."""

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


def core_rows(
    judge: Judge, cases: Sequence[Case], rubric: Rubric
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Features and verdicts (as indices into VERDICTS) of every concept of the rubric in every case."""
    rows, truth = [], []
    wanted = {concept: at for at, concept in enumerate(CONCEPTS)}
    for case in cases:
        answer = judge.read(case.transcript, case.question)
        for ground in judge.grounds(answer, rubric):
            verdict = case.verdicts[wanted[ground.concept.id]]
            if verdict and answer.stretches.spans:
                rows.append(features(ground.own, answer.stretches))
                truth.append(list[str](VERDICTS).index(verdict))
    return np.array(rows), np.array(truth)


def unknown(core: Rubric) -> list[Rubric]:
    """The core concepts as a person's own rubrics would hold them: five at a time, twelve examples each, no cues lost.

    Another statement makes them concepts that the reader does not know.
    """
    concepts = []
    for concept in core.concepts:
        said = concept.examples.explained
        few = tuple(said[round(at)] for at in np.linspace(0, len(said) - 1, 12))
        examples = concept.examples.model_copy(
            update={"explained": few, "named": concept.examples.named[:5], "not_": concept.examples.not_[:4]}
        )
        concepts.append(
            concept.model_copy(update={"statement": concept.statement + " ", "examples": examples})
        )
    return [
        core.model_copy(update={"concepts": tuple(concepts[at::3]), "red_flags": (), "samples": ()})
        for at in range(3)
    ]


def line_rows(
    judge: Judge, answers: Sequence[Answer], rubrics: Sequence[Rubric]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Signs and verdicts (as indices into VERDICTS_READ) of every line for every concept of the rubrics."""
    rows, truth = [], []
    for answer in answers:
        words: list[str] = []
        spans = []
        for thought in answer.thoughts:
            spans.append(Span(first=len(words), stop=len(words) + len(thought.text.split())))
            words += thought.text.split()
        for rubric in rubrics:
            for concept, found in judge.signs(words, spans, answer.question, rubric).items():
                rows.append(found)
                codes = [thought.verdicts.get(concept, "") for thought in answer.thoughts]
                truth += [VERDICTS_READ.index(CODES.get(code, "nothing")) for code in codes]
    return np.concatenate(rows), np.array(truth)


def chosen_bar(rows: NDArray[np.float64], truth: NDArray[np.int64], groups: NDArray[np.int64]) -> float:
    """The bar for "explained" that does best on questions left out one after the other."""
    bars = np.arange(0.30, 0.46, 0.05).round(2)
    score = np.zeros(len(bars))
    odds = np.zeros((len(rows), len(VERDICTS)))
    for group in np.unique(groups):
        weights, bias = regression(rows[groups != group], truth[groups != group], len(VERDICTS))
        odds[groups == group] = _odds(rows[groups == group] @ weights.T + bias)
    for at, bar in enumerate(bars):
        rest = 1 + odds[:, 1:].argmax(axis=1)
        got = np.where(odds[:, 0] >= bar, 0, rest)
        hits = [
            2 * ((truth == v) & (got == v)).sum() / max(1, (truth == v).sum() + (got == v).sum())
            for v in range(4)
        ]
        wrong = (got == 0)[np.isin(truth, (2, 3))].mean() + np.isin(got, (2, 3))[truth == 0].mean()
        score[at] = hits[0] + np.mean(hits) - wrong
    return float(bars[score.argmax()])


def _odds(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def as_head(
    weights: NDArray[np.float64], bias: NDArray[np.float64], bar: float, version: str
) -> dict[str, object]:
    """A head as `heads.json` holds it."""
    return {
        "version": version,
        "bar": bar,
        "bias": dict(zip(VERDICTS, bias.round(4).tolist(), strict=True)),
        "weights": {
            verdict: dict(zip(FEATURES, row.round(4).tolist(), strict=True))
            for verdict, row in zip(VERDICTS, weights, strict=True)
        },
    }


def crops(one: Labelled) -> list[Case]:
    """The passages that labellers cited, each as a short answer of its own.

    Known are the cited concept's verdict, and that what the whole answer misses is missed here too.
    """
    missed = tuple("missed" if one.verdict(concept) == "missed" else "" for concept in CONCEPTS)
    found = []
    for concept, label in one.concepts.items():
        for quote in label.get("quotes", ())[:1]:
            words = tuple(quote.split())
            if len(words) >= FEWEST_WORDS and concept in CONCEPTS:
                at = CONCEPTS.index(concept)
                found.append(Case("", words, (*missed[:at], label["verdict"], *missed[at + 1 :])))
    return found


def fit_all(answers_folder: Path, held: Sequence[str], reader: Reader) -> None:
    """Fits all and writes `heads.json` and `matching.json`."""
    core = Library().core()
    encoder = MiniLM()
    judge = Judge(reader, encoder, core)
    fitted, _ = halves(labelled(answers_folder))
    cases = [
        Case(one.question, tuple(one.answer.split()), tuple(one.verdict(concept) for concept in CONCEPTS))
        for one in fitted
    ]
    short = [crop for one in fitted for crop in crops(one)]
    questions = list(dict.fromkeys(case.question for case in cases))
    group = np.array([questions.index(case.question) for case in cases])
    rubrics = unknown(core)
    answers = [answer for name in held for answer in read(FOLDER / f"{name}.txt")]

    rows, truth = line_rows(judge, answers, rubrics)
    weights, bias = regression(rows, truth, len(VERDICTS_READ) - 1, shrink=SHRINK * len(rows))
    talk = encoder.embed([plain(thought.text) for answer in answers for thought in answer.thoughts]).mean(
        axis=0
    )
    kept = {
        "talk": talk.round(5).tolist(),
        "weights": {
            verdict: dict(zip(SIGNS, row.round(4).tolist(), strict=True)) | {"bias": round(float(at), 4)}
            for verdict, row, at in zip(VERDICTS_READ[:-1], weights, bias, strict=True)
        },
    }
    _write("matching.json", kept)
    matching.forget()

    heads = {}
    for kind, of in (("core", [core]), ("own", rubrics)):
        whole = [core_rows(judge, cases, rubric) for rubric in of]
        cut = [core_rows(judge, short, rubric) for rubric in of]
        groups = np.concatenate([np.repeat(group, len(rubric.concepts)) for rubric in of])
        bar = chosen_bar(*_together(whole), groups)
        rows, truth = _together([*whole, *cut])
        share = np.where(
            np.arange(len(rows)) < len(groups), 1.0, CROPS * len(groups) / (len(rows) - len(groups))
        )
        weights, bias = regression(rows, truth, len(VERDICTS), share)
        heads[kind] = as_head(weights, bias, bar, f"{kind}-{reader.version[:6]}")
        sys.stdout.write(
            f"{kind}: {len(groups)} pairs of whole answers, {len(rows) - len(groups)} of passages, bar {bar}\n"
        )
    _write("heads.json", heads)


def _together(
    parts: Sequence[tuple[NDArray[np.float64], NDArray[np.int64]]],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    return np.concatenate([rows for rows, _ in parts]), np.concatenate([truth for _, truth in parts])


def _write(name: str, kept: Mapping[str, object]) -> None:
    (Path(features_module.__file__).with_name(name)).write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    fit_all(Path(sys.argv[1]), sys.argv[2:], Reader())
