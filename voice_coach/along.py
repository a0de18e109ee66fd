"""Judging along while somebody talks: concepts light up for whoever wants it, and the report comes sooner.

A judge remembers what it made of windows of text that it has seen, so judging the whole answer takes little when its
parts were judged along the way.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from voice_coach.errors import CheckError
from voice_coach.events import Standing, Warned
from voice_coach.interviewer import outcome
from voice_coach.records import Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from voice_coach.events import Event
    from voice_coach.interviewer import Judging, Question
    from voice_coach.records import Judgement, Verdict

STEP = 60
"""Words between judgements that nobody sees."""


class Along:
    """Judges the words so far in a thread of its own, always the newest and one judgement at a time.

    Leaving the context does not wait for a judgement that is being made: nobody needs it any more, and the person
    waits for the report.

    Args:
        judge: whoever judges.
        question: what is being answered; words of the attempt that it follows count too.
        shown: whether anybody wants to see how the concepts stand.

    Attributes:
        judged: the words of this answer that it has judged, or is judging.
    """

    def __init__(self, judge: Judging, question: Question, *, shown: bool) -> None:
        self._judge: Judging | None = judge
        self._shown = shown
        self._question = question
        self._before = question.follows.transcript.words if question.follows else ()
        self._settled: tuple[Word, ...] = ()
        self._draft: tuple[Word, ...] = ()
        self.judged: tuple[Word, ...] = ()
        self._told: dict[str, Verdict] | None = None
        self._running: Future[Judgement] | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="along")

    def __enter__(self) -> Self:
        if self._judge:
            # The first judgement by a rubric takes seconds; the question's own words earn nothing and prepare it.
            words = tuple(Word(text=text) for text in self._question.given.split())
            self._pool.submit(
                self._judge.judge,
                Transcript(words=words),
                self._question.rubric,
                question=self._question.given,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def add(self, settled: tuple[Word, ...], draft: tuple[Word, ...] = ()) -> None:
        """Words that are now final, in order, and the present guess at those after them."""
        self._settled += settled
        # A guess is judged only for somebody who looks on: it would double the machine's work.
        self._draft = draft if self._shown else ()

    def poll(self, *, resting: bool = True) -> Iterator[Event]:
        """How the concepts stand, where that changed; never waits.

        Args:
            resting: whether the recogniser has nothing to do. It comes first: a judgement that nobody sees begins only
                then, so that the two seldom need a processor and their memory at once.
        """
        if self._judge is None:
            return
        if self._shown and self._told is None:
            follows = self._question.follows
            yield from self._tell(outcome(follows).verdicts if follows else {})
        if self._running and self._running.done():
            try:
                judgement = self._running.result()
            except CheckError as error:  # told again, as an error, when the whole answer is judged
                self._judge = None
                if self._shown:
                    yield Warned(str(error))
                return
            self._running = None
            yield from self._tell(judgement.verdicts)
        said = self._settled + self._draft
        if self._running is None and self._due(said) and (self._shown or resting):
            self.judged = said
            words = Transcript(words=self._before + said)
            self._running = self._pool.submit(
                self._judge.judge, words, self._question.rubric, question=self._question.given
            )

    def _due(self, said: tuple[Word, ...]) -> bool:
        """Whether to judge again: at every word for somebody who looks on, else so that little is left at the end."""
        return said != self.judged if self._shown else len(said) - len(self.judged) >= STEP

    def _tell(self, verdicts: dict[str, Verdict]) -> Iterator[Event]:
        standing: dict[str, Verdict] = {
            concept.id: verdicts.get(concept.id, "missed") for concept in self._question.rubric.concepts
        }
        if self._shown and standing != self._told:
            self._told = standing
            yield Standing(self._question.rubric, standing)
