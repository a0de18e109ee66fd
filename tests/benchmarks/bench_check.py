"""How well the check agrees with labelled answers, beside plain keywords; and how fast it is.

    python -m tests.benchmarks.bench_check ANSWERS_FOLDER [HEARD_FILE]
    VOICE_COACH_ANSWERS=ANSWERS_FOLDER tests/run -m bench

The folder holds `answers.jsonl` (id, question, kind, answer) and `labels.jsonl` (id, concepts with verdict and quotes,
red flags); a clone has none. The head was fitted on every second question ("fitted"), so that "other" is what counts.
With HEARD_FILE the answers are also judged as a recogniser hears them (see `respoken.py`, which makes the file).
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.benchmarks.corpus import read_all
from tests.benchmarks.respoken import respoken
from tests.benchmarks.training.examples import runs, shared_run
from voice_coach.check.judge import Judge
from voice_coach.check.reader import Reader
from voice_coach.content.load import Library
from voice_coach.records import VERDICTS, Finding, Judgement, Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from voice_coach.content.models import Rubric

pytestmark = pytest.mark.bench


@dataclass(frozen=True)
class Labelled:
    """An answer with its agreed verdicts (a concept left out is missed) and red flags."""

    id: str
    kind: str
    question: str
    answer: str
    concepts: dict[str, dict[str, Any]]
    red_flags: frozenset[str]

    def verdict(self, concept: str) -> str:
        return str(self.concepts.get(concept, {}).get("verdict", "missed"))


def labelled(folder: Path) -> list[Labelled]:
    """All answers of the folder in their order."""
    answers, labels = (
        {row["id"]: row for row in _rows(folder / f"{name}.jsonl")} for name in ("answers", "labels")
    )
    return [
        Labelled(
            key,
            row["kind"],
            row["question"],
            row["answer"],
            labels[key]["concepts"],
            frozenset(labels[key]["red_flags"]),
        )
        for key, row in answers.items()
    ]


def halves(answers: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """The answers to every second question, for fitting, and the others."""
    questions = list(dict.fromkeys(answer.question for answer in answers))
    fitted = set(questions[::2])
    return [a for a in answers if a.question in fitted], [a for a in answers if a.question not in fitted]


def transcript_of(text: str) -> Transcript:
    return Transcript(words=tuple(Word(text=word) for word in text.split()))


def f1(truth: Iterable[bool], guess: Iterable[bool]) -> float:
    pairs = list(zip(truth, guess, strict=True))
    return 2 * sum(t and g for t, g in pairs) / max(1, sum(t + g for t, g in pairs))


def figures(truth: Sequence[str], guess: Sequence[str]) -> dict[str, float]:
    """Agreement over (answer, concept) pairs."""
    by_verdict = {v: f1((t == v for t in truth), (g == v for g in guess)) for v in VERDICTS}
    not_there = [g for t, g in zip(truth, guess, strict=True) if t in {"missed", "dismissed"}]
    there = [g for t, g in zip(truth, guess, strict=True) if t == "explained"]
    return {
        "macro-F1": sum(by_verdict.values()) / len(VERDICTS),
        **{str(verdict): value for verdict, value in by_verdict.items()},
        "spoken-to": f1((t != "missed" for t in truth), (g != "missed" for g in guess)),
        "credit-error": sum(g == "explained" for g in not_there) / max(1, len(not_there)),
        "miss-error": sum(g in {"missed", "dismissed"} for g in there) / max(1, len(there)),
    }


def keywords(answer: Labelled, rubric: Rubric) -> Judgement:
    """What keyword checkers do: a concept is explained where words of its title or a cue occur in the text."""
    text = answer.answer.lower()
    found = {
        concept.id: any(
            word in text
            for word in (
                *re.findall(r"\w{4,}", concept.title.lower()),
                *(c for c in concept.cues if c.isalpha()),
            )
        )
        for concept in rubric.concepts
    }
    return Judgement(
        rubric=rubric.id,
        findings=tuple(
            Finding(concept=key, verdict="explained" if there else "missed", confidence=1)
            for key, there in found.items()
        ),
    )


def row(
    name: str, answers: Sequence[Labelled], rubric: Rubric, judge: Callable[[Labelled], Judgement]
) -> dict[str, float]:
    """Judges the answers and prints one line of figures."""
    judged = [(answer, judge(answer)) for answer in answers]
    pairs = [
        (answer.verdict(f.concept), f.verdict) for answer, judgement in judged for f in judgement.findings
    ]
    result = figures([t for t, _ in pairs], [g for _, g in pairs])
    flags = [flag.id for flag in rubric.red_flags]
    result["flags"] = f1(
        (flag in answer.red_flags for answer, _ in judged for flag in flags),
        (flag in {f.id for f in judgement.red_flags} for _, judgement in judged for flag in flags),
    )
    sys.stdout.write(f"{name:20}" + " ".join(f"{key}={value:.3f}" for key, value in result.items()) + "\n")
    return result


def run(folder: Path, heard: Path | None = None) -> dict[str, float]:
    """Prints the table; returns the figures of the half that was not fitted."""
    rubric = Library().core()
    judge = Judge(Reader(), rubric)
    answers = labelled(folder)
    fitted, other = halves(answers)
    judge.judge(transcript_of(fitted[0].answer), rubric)  # everything is loaded now

    def check(answer: Labelled) -> Judgement:
        return judge.judge(transcript_of(answer.answer), rubric, question=answer.question)

    for name, part in (("fitted", fitted), ("other", other), ("all", answers)):
        row(f"keywords, {name}", part, rubric, lambda answer: keywords(answer, rubric))
    row("check, fitted", fitted, rubric, check)
    result = row("check, other", other, rubric, check)
    row("check, all", answers, rubric, check)
    if heard is not None:
        texts = respoken({answer.id: answer.answer for answer in answers}, heard)
        row("check, all, heard", [replace(one, answer=texts[one.id]) for one in answers], rubric, check)
    for kind in ("keyword-salad", "off-topic"):
        judged = [check(answer) for answer in answers if answer.kind == kind]
        credited = sum(judgement.coverage["explained"] for judgement in judged)
        sys.stdout.write(f"{len(judged)} answers of the kind {kind}: {credited} concepts explained\n")
    asked = {
        answer.question: judge.judge(transcript_of(answer.question), rubric, question=answer.question)
        for answer in answers
    }
    earned = sum(
        judgement.coverage["explained"] + judgement.coverage["named"] for judgement in asked.values()
    )
    sys.stdout.write(f"{len(asked)} questions read out as the answer: {earned} concepts explained or named\n")
    for words in (300, 600):
        seconds = speed(answers, words, rubric)
        sys.stdout.write(f"{seconds:.3f} s for {words} words never read before, median of 5\n")
    return result


def speed(answers: Sequence[Labelled], words: int, rubric: Rubric) -> float:
    """Median time of judging so many words of answers one after the other; nothing of them is remembered."""
    pool = " ".join(answer.answer for answer in answers).split()
    judge = Judge(Reader(), rubric)
    judge.judge(transcript_of(answers[0].question), rubric)
    times = []
    for at in range(5):
        text = Transcript(words=tuple(Word(text=word) for word in pool[at * words : (at + 1) * words]))
        start = time.perf_counter()
        judge.judge(text, rubric)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def test_nothing_was_learnt_from_the_labelled_answers() -> None:
    folder = os.environ.get("VOICE_COACH_ANSWERS")
    if not folder:
        pytest.skip("VOICE_COACH_ANSWERS names no folder of labelled answers")
    seen = runs([one.answer for one in labelled(Path(folder))])
    texts = [thought.text for answer in read_all() for thought in answer.thoughts]
    for concept in Library().core().concepts:
        texts += [*concept.examples.explained, *concept.examples.named, *concept.examples.not_]
    assert [run for text in texts if (run := shared_run(text, seen))] == []


def test_agrees_with_labelled_answers() -> None:
    folder = os.environ.get("VOICE_COACH_ANSWERS")
    if not folder:
        pytest.skip("VOICE_COACH_ANSWERS names no folder of labelled answers")
    result = run(Path(folder))
    assert result["explained"] >= 0.72
    assert result["credit-error"] <= 0.12


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    run(*map(Path, sys.argv[1:]))
