"""Fits the head of the check on labelled answers and writes `voice_coach/check/head.json`.

    python tests/benchmarks/fit_check.py ANSWERS_FOLDER [--write]

The folder holds `answers.jsonl` and `labels.jsonl`. Only every second question is used; the others stay for
`bench_check.py`. Printed are the figures of leaving out one question at a time, from which the bar is chosen.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from bench_check import Labelled, figures, halves, labelled, transcript_of
from numpy.typing import NDArray

from voice_coach.check import head as head_module
from voice_coach.check.anchors import Anchors
from voice_coach.check.encoder import MiniLM
from voice_coach.check.features import FEATURES
from voice_coach.check.head import Head
from voice_coach.check.judge import decide, grounds
from voice_coach.check.reading import read
from voice_coach.check.targets import prepare
from voice_coach.content.load import Library
from voice_coach.records import VERDICTS

if TYPE_CHECKING:
    from voice_coach.check.features import Ground
    from voice_coach.records import Verdict

VERSION = "head-1"
PENALTY = 8.0
STEPS = 600


def fit(features: NDArray[np.float64], verdicts: NDArray[np.int64], bar: float) -> Head:
    """Multinomial logistic regression with an L2 penalty, by accelerated gradient descent from zero."""
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    rows = np.c_[(features - mean) / scale, np.ones(len(features))]
    truth = np.eye(len(VERDICTS))[verdicts]
    penalty = np.full((rows.shape[1], 1), PENALTY / len(rows))
    penalty[-1] = 0
    weights = np.zeros((rows.shape[1], len(VERDICTS)))
    speed = np.zeros_like(weights)
    for _ in range(STEPS):
        ahead = weights + 0.9 * speed
        logits = rows @ ahead
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        gradient = rows.T @ (odds / odds.sum(axis=1, keepdims=True) - truth) / len(rows) + penalty * ahead
        speed = 0.9 * speed - 0.5 * gradient
        weights = weights + speed
    raw = weights[:-1] / scale[:, None]
    return Head(VERSION, raw.T, weights[-1] - mean @ raw, bar)


def seen(answers: list[Labelled]) -> list[list[tuple[Ground, int]]]:
    """For each answer what each core concept finds in it, with the agreed verdict as index into `VERDICTS`."""
    rubric = Library().core()
    encoder = MiniLM()
    targets = prepare(rubric, rubric, Anchors(encoder))
    result = []
    for answer in answers:
        reading = read(transcript_of(answer.answer), answer.question, encoder)
        truth = [VERDICTS.index(cast("Verdict", answer.verdict(concept.id))) for concept in rubric.concepts]
        result.append(list(zip(grounds(reading, targets), truth, strict=True)))
    return result


def fit_pairs(pairs: list[tuple[Ground, int]], bar: float) -> Head:
    return fit(np.array([g.features for g, _ in pairs]), np.array([truth for _, truth in pairs]), bar)


def left_out(answers: list[Labelled], pairs: list[list[tuple[Ground, int]]]) -> list[tuple[dict[Verdict, float], Ground, int]]:
    """Probabilities of every pair by a head that never saw its question."""
    result = []
    for question in dict.fromkeys(answer.question for answer in answers):
        rest = [pair for a, own in zip(answers, pairs, strict=True) if a.question != question for pair in own]
        head = fit_pairs(rest, bar=0.5)
        result += [
            (head.probabilities(g.features), g, truth)
            for a, own in zip(answers, pairs, strict=True)
            if a.question == question
            for g, truth in own
        ]
    return result


def main(folder: Path, *, write: bool) -> None:
    _, answers = halves(labelled(folder))
    pairs = seen(answers)
    tried = left_out(answers, pairs)
    truth = [VERDICTS[t] for _, _, t in tried]
    scores = {}
    for bar in np.arange(0.3, 0.61, 0.05).round(2).tolist():
        result = figures(truth, [decide(p, g, bar) for p, g, _ in tried])
        sys.stdout.write(f"bar {bar:.2f} " + " ".join(f"{k}={v:.3f}" for k, v in result.items()) + "\n")
        scores[bar] = result["explained"] + result["macro-F1"]
    best = max(scores, key=scores.__getitem__)
    head = fit_pairs([pair for own in pairs for pair in own], best)
    for verdict, weights in zip(VERDICTS, head.weights, strict=True):
        sys.stdout.write(f"{verdict:10}" + " ".join(f"{n}={w:+.2f}" for n, w in zip(FEATURES, weights, strict=True)) + "\n")
    if write:
        Path(head_module.__file__).with_name("head.json").write_text(as_json(head), "utf-8")


def as_json(head: Head) -> str:
    kept = {
        "version": head.version,
        "bar": head.bar,
        "bias": dict(zip(VERDICTS, head.bias.round(4).tolist(), strict=True)),
        "weights": {
            verdict: dict(zip(FEATURES, row.round(4).tolist(), strict=True))
            for verdict, row in zip(VERDICTS, head.weights, strict=True)
        },
    }
    return json.dumps(kept, indent=1) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write the head that ships")
    arguments = parser.parse_args()
    main(arguments.folder, write=arguments.write)
