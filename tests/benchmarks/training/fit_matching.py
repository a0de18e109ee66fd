"""Fits the head for concepts that the reader was not trained on, and tells what it is worth on a field it never saw.

    python -m tests.benchmarks.training.fit_matching

`rubrics/training/own/` holds rubrics of many fields, none of them AI, each with samples written by somebody who saw
only its concepts' statements. The head learns from all of them, and from several said one after the other, as in an
answer; what is printed is each one judged by a head that learnt from the others.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.corpus import FOLDER
from tests.benchmarks.training.fit import Case, regression, rows_of, write_head
from voice_coach.check.features import FEATURES
from voice_coach.check.head import MATCHED, Bars, Head
from voice_coach.check.judge import Judge, settled
from voice_coach.check.reader import Reader
from voice_coach.check.trial import Outcome, agreement
from voice_coach.content.load import Library, read_rubric, yaml_files
from voice_coach.records import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from voice_coach.content.models import Rubric

OWN = FOLDER / "own"
BARS = Bars(explained=0.55, named=0.45)
"""From 0.50 to 0.55 the F1 of "explained" hardly moves; lower credits more wrongly."""
SEED = 7
IN_A_ROW = 3
"""Samples that make a longer answer; there are as many of those as samples."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A rubric's samples as a head sees them.

    Attributes:
        rubric: which.
        rows: of shape (samples * concepts, features).
        truth: the verdict of each, as index into VERDICTS.
        of_sample: which sample each belongs to; of a sample the concepts are in the rubric's order.
        aside: whether each is set aside rather than named.
        longer: rows and truth of several samples in a row.
    """

    rubric: Rubric
    rows: NDArray[np.float64]
    truth: NDArray[np.int64]
    of_sample: NDArray[np.int64]
    aside: NDArray[np.bool_]
    longer: tuple[NDArray[np.float64], NDArray[np.int64]]

    def outcomes(self, head: Head) -> list[Outcome]:
        """What each concept gets on each sample."""
        found = []
        for at, (row, wanted, sample) in enumerate(zip(self.rows, self.truth, self.of_sample, strict=True)):
            got = settled(head.probabilities(row), head.bars, aside=bool(self.aside[at]))
            concept = self.rubric.concepts[at % len(self.rubric.concepts)].id
            found.append(Outcome(self.rubric.samples[sample], concept, VERDICTS[wanted], got))
        return found


def tried(rubric: Rubric, judge: Judge) -> Tried:
    """The rubric's samples read.

    Raises:
        CheckError: the reader failed.
    """
    samples = [
        Case(
            "",
            tuple(sample.text.split()),
            tuple(sample.verdicts.get(concept.id, "missed") for concept in rubric.concepts),
        )
        for sample in rubric.samples
    ]
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    longer = [in_a_row(chance.sample(samples, IN_A_ROW)) for _ in samples]
    rows, truth, *_ = rows_of(judge, longer, rubric)
    return Tried(rubric, *rows_of(judge, samples, rubric), (rows, truth))


def in_a_row(cases: Sequence[Case]) -> Case:
    """One answer made of several. What is set aside in one and brought up in another is not known."""

    def together(verdicts: tuple[str, ...]) -> str:
        said = set(verdicts) - {"missed"}
        if "dismissed" in said and len(said) > 1:
            return ""
        return next((verdict for verdict in VERDICTS if verdict in said), "missed")

    words = tuple(word for case in cases for word in case.words)
    return Case("", words, tuple(map(together, zip(*(case.verdicts for case in cases), strict=True))))


def fitted(rubrics: Sequence[Tried]) -> Head:
    """The head that these rubrics teach.

    How surely any stretch only names the concept is kept from it: in a long answer a list beside an explanation would
    make a mention of it, and nothing is lost on short ones.
    """
    rows = np.concatenate([part for one in rubrics for part in (one.rows, one.longer[0])])
    rows[:, FEATURES.index("named")] = 0
    truth = np.concatenate([part for one in rubrics for part in (one.truth, one.longer[1])])
    return Head("fitted", *regression(rows, truth, len(VERDICTS)), BARS)


def left_out(rubrics: Sequence[Tried]) -> list[list[Outcome]]:
    """Each rubric judged by a head that learnt from the others."""
    return [one.outcomes(fitted([other for other in rubrics if other is not one])) for one in rubrics]


def told(name: str, outcomes: Iterable[Outcome]) -> float:
    """Prints a line of figures; returns the F1 of "explained"."""
    found = list(outcomes)
    explained, spoken = agreement(found), agreement(found, ("explained", "named", "dismissed"))
    not_there = [one.got for one in found if one.wanted in {"missed", "dismissed"}]
    credit = sum(got == "explained" for got in not_there) / len(not_there)
    sys.stdout.write(
        f"{name:15} explained {explained.f1 or 0:.3f} (precision {explained.precision or 0:.2f}, recall "
        f"{explained.recall or 0:.2f}), spoken to {spoken.f1 or 0:.3f}, credit-error {credit:.3f}\n"
    )
    return explained.f1 or 0.0


def all_tried(reader: Reader) -> list[Tried]:
    """Every rubric of `OWN` with its samples read."""
    judge = Judge(reader, Library().core())
    return [tried(read_rubric(path), judge) for path in yaml_files(OWN)]


def report(rubrics: Sequence[Tried]) -> float:
    """Prints a line for each rubric left out, and one for all; returns the mean F1 of "explained"."""
    outcomes = left_out(rubrics)
    each = [told(one.rubric.id, found) for one, found in zip(rubrics, outcomes, strict=True)]
    told("all together", (one for found in outcomes for one in found))
    mean = float(np.mean(each))
    sys.stdout.write(f"{len(each)} rubrics, each left out: mean F1 of explained {mean:.3f}\n")
    return mean


def fit_matching(reader: Reader) -> None:
    """Fits the head and writes `matching.json`."""
    rubrics = all_tried(reader)
    report(rubrics)
    head = fitted(rubrics)
    write_head(MATCHED, head.weights, head.bias, head.bars)


if __name__ == "__main__":
    fit_matching(Reader())
