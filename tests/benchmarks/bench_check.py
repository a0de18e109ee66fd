"""How well the check agrees with labelled answers, beside plain keywords; and how fast it is.

    python -m tests.benchmarks.bench_check ANSWERS_FOLDER [HEARD_FILE]
    VOICE_COACH_ANSWERS=ANSWERS_FOLDER tests/run -m bench

The folder holds answers as `labelled.py` describes them. A clone has those that the judge has learnt from
(`rubrics/training/whole`), and others that tell what it is worth (`rubrics/training/held-out` and `unseen`).
With HEARD_FILE the answers are also judged as a recogniser hears them (see `respoken.py`, which makes the file).
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.corpus import WHOLE, read_all
from tests.benchmarks.labelled import Labelled, labelled, questions, transcript_of
from tests.benchmarks.respoken import respoken
from tests.benchmarks.training.examples import runs, shared_run
from voice_coach.along import STEP
from voice_coach.check.judge import Judge
from voice_coach.check.reader import Reader
from voice_coach.content.load import Library
from voice_coach.records import VERDICTS, Finding, Judgement, Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from voice_coach.content.models import Rubric

pytestmark = pytest.mark.bench

LAST = 20
"""Words of the last utterance, which nobody could judge before it ended."""


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
        (verdict, f.verdict)
        for answer, judgement in judged
        for f in judgement.findings
        if (verdict := answer.verdict(f.concept)) is not None
    ]
    result = figures([t for t, _ in pairs], [g for _, g in pairs])
    claims = [
        (raised, flag.id in {f.id for f in judgement.red_flags})
        for answer, judgement in judged
        for flag in rubric.red_flags
        if (raised := answer.raises(flag.id)) is not None
    ]
    result["flags"] = f1((t for t, _ in claims), (g for _, g in claims))
    sys.stdout.write(f"{name:20}" + " ".join(f"{key}={value:.3f}" for key, value in result.items()) + "\n")
    return result


def run(folder: Path, heard: Path | None = None) -> dict[str, float]:
    """Prints the table; returns the figures of the check."""
    rubric = Library().core()
    judge = Judge(Reader(), rubric)
    answers = labelled(folder)
    judge.judge(answers[0].transcript, rubric)  # everything is loaded now

    def check(answer: Labelled) -> Judgement:
        return judge.judge(answer.transcript, rubric, question=answer.question)

    row("keywords", answers, rubric, lambda answer: keywords(answer, rubric))
    result = row("check", answers, rubric, check)
    if heard is not None:
        texts = respoken({answer.id: answer.answer for answer in answers}, heard)
        row("check, heard", [replace(one, answer=texts[one.id]) for one in answers], rubric, check)
    for kind in ("keyword-salad", "off-topic"):
        judged = [check(answer) for answer in answers if answer.kind == kind]
        credited = sum(judgement.coverage["explained"] for judgement in judged)
        sys.stdout.write(f"{len(judged)} answers of the kind {kind}: {credited} concepts explained\n")
    asked = {
        question: judge.judge(transcript_of(question), rubric, question=question)
        for question in questions(answers)
    }
    earned = sum(
        judgement.coverage["explained"] + judgement.coverage["named"] for judgement in asked.values()
    )
    sys.stdout.write(f"{len(asked)} questions read out as the answer: {earned} concepts explained or named\n")
    for words in (300, 600):
        unread, along = speed(answers, words, rubric, along=False), speed(answers, words, rubric, along=True)
        sys.stdout.write(
            f"{words} words: {unread:.3f} s where nothing was read before, {along:.3f} s where it was judged along, "
            "medians of 5\n"
        )
    return result


def speed(answers: Sequence[Labelled], words: int, rubric: Rubric, *, along: bool) -> float:
    """Median time of judging so many words of answers one after the other.

    Args:
        answers: where the words come from.
        words: how many.
        rubric: what to look for.
        along: judged before, as `practice` does it while somebody talks, up to the last words; else nothing is
            remembered.
    """
    pool = " ".join(answer.answer for answer in answers).split()
    judge = Judge(Reader(), rubric)
    judge.judge(transcript_of(answers[0].question), rubric)
    times = []
    for at in range(5):
        said = tuple(Word(text=word) for word in pool[at * words : (at + 1) * words])
        for stop in range(STEP, words - LAST, STEP) if along else ():
            judge.judge(Transcript(words=said[:stop]), rubric)
        start = time.perf_counter()
        judge.judge(Transcript(words=said), rubric)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def answers_folder() -> Path:
    """The labelled answers to measure on; those that the head was fitted on where no others are given."""
    return Path(os.environ.get("VOICE_COACH_ANSWERS", WHOLE))


def test_nothing_was_learnt_from_the_labelled_answers() -> None:
    folder = answers_folder()
    # Set phrases of the field have up to nine words; answers that came from elsewhere are kept clear of those, too.
    length = 10 if folder == WHOLE else 8
    seen = runs([one.answer for one in labelled(folder)], length)
    texts = [thought.text for answer in read_all() for thought in answer.thoughts]
    texts += [one.answer for one in labelled(WHOLE)] if folder != WHOLE else []
    for concept in Library().core().concepts:
        texts += [*concept.examples.explained, *concept.examples.named, *concept.examples.not_]
    assert [run for text in texts if (run := shared_run(text, seen, length))] == []


def test_agrees_with_labelled_answers() -> None:
    result = run(answers_folder())
    assert result["explained"] >= 0.72
    assert result["credit-error"] <= 0.12


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    run(*map(Path, sys.argv[1:]))
