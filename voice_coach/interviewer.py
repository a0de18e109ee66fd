"""The interviewer's part: what is asked, which gap a follow-up aims at, and the sentence at the end. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from voice_coach.records import VERDICTS, FollowUp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Attempt, EndReason, Judgement, Transcript


class Judging(Protocol):
    """Whoever judges; `check.judge.Judge` or something that loads one."""

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        """Judge one answer.

        Raises:
            CheckError: it could not be judged; never reported as missed concepts.
        """


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a drill's prompt or, after the answer `follows`, the follow-up that aims at `concept`.

    `interview` is the id of the mock interview that it is a part of.
    """

    drill: Drill
    rubric: Rubric
    interview: str | None = None
    follows: Attempt | None = None
    concept: str = ""

    @property
    def text(self) -> str:
        """As it is said."""
        return self.drill.follow_ups[self.concept] if self.follows else self.drill.prompt

    @property
    def given(self) -> str:
        """All that was asked up to here, with the constraints: what the check treats as no answer."""
        return f"{given(self.drill, self.follows)} {self.text}" if self.follows else self.drill.question

    def follow_up(self, attempt: Attempt) -> Question | None:
        """What to ask after `attempt`, which answers this question; None where no must-have is missing."""
        concept = weightiest_gap(attempt, self.drill)
        return replace(self, follows=attempt, concept=concept) if concept else None


def given(drill: Drill, attempt: Attempt) -> str:
    """All that was asked in an attempt, with the constraints: what the check treats as no answer."""
    return " ".join((drill.question, *(asked.question for asked in attempt.follow_ups)))


def outcome(attempt: Attempt) -> Judgement:
    """The judgement of all that was said."""
    return attempt.prompted or attempt.judgement


def weightiest_gap(attempt: Attempt, drill: Drill) -> str | None:
    """The must-have that a follow-up should aim at; None where none is missing, or nothing was graded.

    A concept of which it is unclear what was said is not missing.

    Missing is a must-have that is not explained and was not asked about yet; the weightiest comes first, of equals
    the one with the worst verdict, then in the drill's order.
    """
    asked = {follow_up.concept for follow_up in attempt.follow_ups}
    verdicts = outcome(attempt).verdicts
    gaps = [
        item
        for item in drill.concepts
        if item.must_have and item.id not in asked and verdicts.get(item.id, "explained") != "explained"
    ]
    worst_first = max(gaps, key=lambda item: (item.weight, VERDICTS.index(verdicts[item.id])), default=None)
    return worst_first.id if worst_first else None


def continued(
    question: Question, transcript: Transcript, samples: int | None, ended: EndReason, notices: Iterable[str]
) -> Attempt:
    """The attempt that `question` follows with the answer to it, not yet judged together.

    Args:
        question: a follow-up.
        transcript: the words of the answer to it, counted from its own beginning.
        samples: length of that answer; None when typed.
        ended: how it ended.
        notices: what was remarked on the way.

    Raises:
        ValueError: the question follows nothing.
    """
    before = question.follows
    if before is None:
        raise ValueError("only a follow-up continues an attempt")
    start = before.samples
    heard = moved(transcript, start or 0)
    asked = FollowUp(
        concept=question.concept, question=question.text, first=len(before.transcript.words), start=start
    )
    words = before.transcript.model_copy(
        update={
            "words": before.transcript.words + heard.words,
            "unclear": before.transcript.unclear + heard.unclear,
        }
    )
    return before.model_copy(
        update={
            "transcript": words,
            "samples": None if start is None or samples is None else start + samples,
            "ended": ended,
            "follow_ups": (*before.follow_ups, asked),
            "notices": (*before.notices, *notices),
        }
    )


def moved(transcript: Transcript, by: int) -> Transcript:
    """The transcript with all times later by `by` samples."""

    def later(sample: int | None) -> int | None:
        return None if sample is None else sample + by

    return transcript.model_copy(
        update={
            "words": tuple(
                word.model_copy(update={"start": later(word.start), "stop": later(word.stop)})
                for word in transcript.words
            ),
            "unclear": tuple(
                stretch.model_copy(update={"start": stretch.start + by, "stop": stretch.stop + by})
                for stretch in transcript.unclear
            ),
        }
    )


def closing(answers: Sequence[tuple[Attempt, Question]]) -> str:
    """What is said when all is over: the outcome and the main gap, in one sentence.

    Args:
        answers: one, or all of a mock interview, each with the question that it answers.
    """
    graded = [(attempt, asked) for attempt, asked in answers if outcome(attempt).graded]
    if not graded:
        if len(answers) == 1:
            return f"This answer is not graded, because {outcome(answers[0][0]).not_graded}."
        return "None of your answers could be graded."
    verdicts = [verdict for attempt, _ in graded for verdict in outcome(attempt).verdicts.values()]
    gained = sum(len(attempt.gained) for attempt, _ in graded)
    over = f"Over {len(answers)} questions you" if len(answers) > 1 else "You"
    after = f", {gained} of them only after a follow-up" if gained else ""
    gap = main_gap(graded)
    lacking = f"the main gap is {gap}" if gap else "nothing is missing"
    return f"{over} explained {verdicts.count('explained')} of {len(verdicts)} concepts{after}; {lacking}."


def main_gap(answers: Iterable[tuple[Attempt, Question]]) -> str | None:
    """Title of the concept that weighs most among those not explained, must-haves first; None if all were."""
    lost: dict[str, tuple[int, float]] = {}
    titles: dict[str, str] = {}
    for attempt, asked in answers:
        verdicts = outcome(attempt).verdicts
        titles |= {concept.id: concept.title for concept in asked.rubric.concepts}
        for item in asked.drill.concepts:
            if verdicts.get(item.id, "explained") != "explained":
                must_haves, weight = lost.get(item.id, (0, 0.0))
                lost[item.id] = must_haves + item.must_have, weight + item.weight
    worst = max(lost, key=lambda concept: lost[concept], default=None)
    return titles[worst] if worst else None
