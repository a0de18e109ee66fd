"""An outside check: short answers from elsewhere, marked by their teachers, on subjects that no rubric here knows.

    python -m tests.benchmarks.bench_public FOLDER

FOLDER holds XML files of the Short Answer Feedback data (SAF, English, MIT licence) or of SciEntsBank and Beetle
(SemEval-2013 task 7, CC-BY-SA 3.0); none of it ships. Each question becomes a rubric of one concept whose examples
are the reference answers, as a person would write one, with no training and no threshold chosen here. An answer that
the teacher marked correct should be "explained", every other not. Such answers are too short for the trust gate,
which is left out.

Beside it stands the share of the reference's words that occur in the answer; being a threshold chosen on these very
answers, its figure is the best that keywords can do.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from tests.benchmarks.labelled import transcript_of
from voice_coach.check.judge import Judge
from voice_coach.check.reader import Reader
from voice_coach.content.load import Library
from voice_coach.content.models import Concept, Examples, Rubric

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from voice_coach.check.judge import Answer, Ground

RIGHT = "correct"


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the answers that would be right, and what students answered: (text, whether it is correct)."""

    text: str
    references: tuple[str, ...]
    answers: tuple[tuple[str, bool], ...]


def questions(folder: Path) -> Iterator[Question]:
    """Every question of the folder.

    Raises:
        ValueError: a file has none of the known forms.
    """
    for path in sorted(folder.rglob("*.xml")):
        root = ET.parse(path).getroot()  # noqa: S314 - files that the person has chosen
        found = [root] if root.tag == "question" else list(root.iter("question"))
        if not found:
            raise ValueError(f"{path}: there is no question in it")
        for question in found:
            answers = tuple((_said(answer), _mark(answer)) for answer in question.iter("studentAnswer"))
            yield Question(
                _text(question.find("questionText")),
                tuple(_text(reference) for reference in question.iter("referenceAnswer")),
                tuple((text, mark == RIGHT) for text, mark in answers if text),
            )


def _said(answer: ET.Element) -> str:
    response = answer.find("response")
    return _text(answer if response is None else response)


def _mark(answer: ET.Element) -> str:
    return (
        answer.get("accuracy") or _text(answer.find("verification_feedback")) or _text(answer.find("score"))
    ).lower()


def _text(element: ET.Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


def rubric_of(question: Question) -> Rubric:
    concept = Concept(
        id="answer",
        title="Answer",
        why=question.text,
        statement=question.references[0],
        examples=Examples(explained=question.references),
        follow_up=question.text,
    )
    return Rubric(id="public", title="Public", version=1, concepts=(concept,), red_flags=())


def overlap(answer: str, references: Sequence[str]) -> float:
    """The largest share of a reference's longer words that the answer has."""
    said = set(re.findall(r"\w{4,}", answer.lower()))
    wanted = [set(re.findall(r"\w{4,}", reference.lower())) for reference in references]
    return max((len(words & said) / len(words) for words in wanted if words), default=0.0)


def weighted_f1(truth: NDArray[np.bool_], guess: NDArray[np.bool_]) -> float:
    """F1 of each of the two classes, weighted by how often it occurs, as SemEval-2013 task 7 reports it."""
    total = 0.0
    for kind in (True, False):
        there, got = truth == kind, guess == kind
        total += there.mean() * 2 * (there & got).sum() / max(1, there.sum() + got.sum())
    return float(total)


def ranked(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve: how often a correct answer stands above one that is not; ties count half."""
    above = score[truth][:, None] - score[~truth][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def main(folder: Path) -> None:
    judge = Judge(Reader(), Library().core())
    truth, odds, guess, words = [], [], [], []
    asked = list(questions(folder))
    for question in asked:
        rubric = rubric_of(question)
        for text, correct in question.answers:
            answer = judge.read(transcript_of(text), question.text)
            (ground,) = judge.grounds(answer, rubric)
            odd, bar = _explained(ground, answer)
            truth.append(correct)
            odds.append(odd)
            guess.append(odd >= bar)
            words.append(overlap(text, question.references))
    right, shares = np.array(truth), np.array(words)
    say(f"{len(asked)} questions, {len(right)} answers, {right.mean():.0%} of them correct")
    say(f"{'':10}{'weighted F1':>12}{'F1 correct':>12}{'AUC':>8}")
    best = max(np.unique(shares), key=lambda bar: weighted_f1(right, shares >= bar))
    for name, found, score in (
        ("all", np.ones(len(right), bool), np.zeros(len(right))),
        ("keywords", shares >= best, shares),
        ("check", np.array(guess), np.array(odds)),
    ):
        own = 2 * (right & found).sum() / max(1, right.sum() + found.sum())
        say(f"{name:10}{weighted_f1(right, found):12.3f}{own:12.3f}{ranked(right, score):8.3f}")


def _explained(ground: Ground, answer: Answer) -> tuple[float, float]:
    """How likely it is that the answer explains it, and from where on it counts."""
    if not answer.stretches.spans:
        return 0.0, 1.0
    probabilities, bars = ground.weighed(answer)
    return probabilities["explained"], bars.explained


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
