"""Transcript and rubric to a judgement: the same words and rubric always give the same, byte for byte.

words -> gate -> stretches -> reader -> per concept: features -> head -> verdict -> evidence
                                     -> per red flag: claim

Concepts that the reader was not trained on are matched with their examples instead (`matching.py`).

Where a drill has an outline, what the reader makes of a stretch is lifted by it (`outline.py`); no clause explains more
than its sentence (`sentences.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check import matching, outline
from voice_coach.check.anchors import Anchors
from voice_coach.check.claims import raised
from voice_coach.check.evidence import best_spans, joined
from voice_coach.check.features import features
from voice_coach.check.gate import obstacle
from voice_coach.check.head import MATCHED, shipped
from voice_coach.check.misheard import repaired
from voice_coach.check.reader import CONCEPTS, FLAGS, STANCES_READ, VERDICTS_READ
from voice_coach.check.sentences import sentences, within_sentences
from voice_coach.check.stretches import listing, stretches
from voice_coach.records import Finding, Judgement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from voice_coach.check.head import Bars
    from voice_coach.check.reader import Embeddings, Read, Reader, Stretches
    from voice_coach.content.models import Concept, Rubric
    from voice_coach.records import Span, Transcript, Verdict

VERSION = "reader-9"
"""Changes with everything here that may move a verdict, except weights and heads, which have their own."""

_RUBRICS = 32
"""Rubrics kept ready: one per drill in use."""
_LITTLE, _FAR, _WORTH, _OFF = 0.5, 0.27, 0.35, 1.0
"""Talk of which less than `_LITTLE` speaks to a concept is about something else where its median stretch is less like
any concept's statement than `_FAR`, less `_WORTH` times what speaks to one, and more by `_OFF` times the mean of the
reader's stance "off". Chosen on labelled answers: all 54 about other things are on that side, and 18 on the subject,
which say next to nothing (one concept is explained in one of them)."""
_SAYS = 0.5
"""How likely a stretch that says a point of the outline shows that the answer is about the question."""
_UNSURE = 0.5
"""Mean probability of the words of a verdict's best evidence below which it is unclear what was said."""
_SET_ASIDE = 0.5
"""Probability from which a stretch surely sets a concept aside."""
_EVIDENCE = {"explained": 3, "named": 2, "dismissed": 2, "missed": 0}
"""Most stretches quoted for each verdict."""
_GROUNDS = {
    "explained": ("explained",),
    "named": ("named", "explained"),
    "dismissed": ("dismissed", "taken-back"),
}
"""What stretches do on which each verdict stands; an explanation in doubt is a mention at least."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer read.

    Attributes:
        words: with mis-heard terms put right.
        read: what the reader makes of them.
        stretches: the same for each stretch.
        lists: which stretches are lists of terms, as `listing` gives it.
        sentences: which stretch completes each one's sentence, as `sentences` gives it.
    """

    words: list[str]
    read: Read
    stretches: Stretches
    lists: NDArray[np.bool_]
    sentences: NDArray[np.intp]

    @property
    def elsewhere(self) -> float:
        """How far it talks about something else, by the reader's own stance."""
        off = self.stretches.stance[:, STANCES_READ.index("off")]
        return float(off.mean()) if len(off) else 0.0

    @property
    def spoken(self) -> float:
        """Share of its words that speak to the likeliest concept of each stretch, of those that the reader knows."""
        speaks = (1 - self.stretches.verdicts[:, :, VERDICTS_READ.index("nothing")]).max(axis=1)
        words = np.array([span.stop - span.first for span in self.stretches.spans])
        return float(speaks @ words / words.sum()) if len(words) else 0.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What an answer gives one concept.

    Attributes:
        concept: which.
        own: of shape (stretches, VERDICTS_READ), what each stretch does for it.
        more: what matching saw beside, as `Match.more`; None where the reader was trained on it.
        asked: how likely a stretch says what the outline asks of it; 0 without an outline.
    """

    concept: Concept
    own: NDArray[np.float64]
    more: NDArray[np.float64] | None
    asked: float

    @property
    def known(self) -> bool:
        """Whether the reader was trained on the concept."""
        return self.more is None

    def features(self, answer: Answer) -> NDArray[np.float64]:
        """What the head sees of it."""
        found = features(self.own, answer.stretches)
        return found if self.more is None else np.concatenate((found, self.more))

    def weighed(self, answer: Answer) -> tuple[dict[Verdict, float], Bars]:
        """How likely each verdict is for the whole answer, and what it takes.

        Raises:
            CheckError: the head cannot be loaded.
        """
        head = shipped() if self.known else shipped(MATCHED)
        return head.probabilities(self.features(answer)), head.bars


class Judge:
    """Judges transcripts; made once, safe to use from several threads.

    Args:
        reader: what it makes of words.
        core: the rubric that the reader was trained on; its concepts, and only those with the same text, are the
            reader's.
        cache: a folder where embeddings of rubrics' texts are kept between runs, or None.

    Raises:
        CheckError: a head cannot be loaded.
    """

    def __init__(self, reader: Reader, core: Rubric, cache: Path | None = None) -> None:
        self._reader = reader
        self._known = {concept.id: concept for concept in core.concepts if concept.id in CONCEPTS}
        self._anchors = Anchors(reader, cache)
        self._statements = lru_cache(maxsize=1)(
            lambda: self._anchors.embed([concept.statement for concept in self._known.values()])
        )
        self._ready = lru_cache(maxsize=_RUBRICS)(
            lambda concepts: matching.ready(
                concepts,
                self._anchors,
                frozenset(concept.id for concept in concepts if not self._knows(concept)),
            )
        )
        self._outlines = lru_cache(maxsize=_RUBRICS)(lambda points: outline.ready(points, self._anchors))

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        """Judges one answer.

        Args:
            transcript: its words, any number.
            rubric: what to look for.
            question: the prompt and its constraints; words that only repeat it earn nothing.

        Raises:
            CheckError: the reader failed; never reported as missed concepts.
            ContentError: a cue of the rubric cannot be parsed.
        """
        versions = {
            "judge": f"{VERSION}+{shipped().version}+{shipped(MATCHED).version}",
            "rubric": f"{rubric.id}@{rubric.version}",
            "reader": self._reader.version,
        }
        reason = obstacle(transcript)
        if reason is not None:
            return Judgement(rubric=rubric.id, graded=False, not_graded=reason, versions=versions)
        answer = self.read(transcript, question)
        grounds = self.grounds(answer, rubric)
        if any(ground.known for ground in grounds) and self._off_topic(answer, grounds):
            missed = tuple(Finding(concept=c.id, verdict="missed", confidence=1) for c in rubric.concepts)
            return Judgement(rubric=rubric.id, findings=missed, versions=versions)
        return Judgement(
            rubric=rubric.id,
            findings=tuple(_finding(ground, answer, transcript) for ground in grounds),
            red_flags=raised(answer.stretches, self._claims(answer, rubric)),
            versions=versions,
        )

    def read(self, transcript: Transcript, question: str) -> Answer:
        """The answer as the reader sees it.

        Raises:
            CheckError: the reader failed.
        """
        words = repaired([word.text for word in transcript.words])
        spans = stretches(transcript.words, question)
        read = self._reader.read(words, question)
        return Answer(
            words,
            read,
            read.over(spans),
            listing(spans, transcript.words),
            sentences(spans, transcript.words),
        )

    def grounds(self, answer: Answer, rubric: Rubric) -> list[Ground]:
        """What the answer gives each concept of the rubric, in order.

        Raises:
            CheckError: the reader failed.
            ContentError: a cue cannot be parsed.
        """
        matched = self._matched(answer, rubric)
        says = self._said(answer, rubric)
        found: list[Ground] = []
        for concept in rubric.concepts:
            match = matched.get(concept.id)
            verdicts = (
                answer.stretches.verdicts[:, CONCEPTS.index(concept.id)] if match is None else match.own
            )
            asked = 0.0
            if concept.id in says:
                verdicts = outline.lifted(verdicts, says[concept.id])
                asked = float(says[concept.id].max(initial=0))
            own = within_sentences(without_lists(verdicts, answer.lists), answer.sentences)
            found.append(Ground(concept, own, match.more if match else None, asked))
        return found

    def embed(self, texts: Sequence[str]) -> Embeddings:
        """The meaning of each text by itself, as `Reader.embed`; a rubric's texts are remembered.

        Raises:
            CheckError: the reader failed.
        """
        return self._anchors.embed(texts)

    def _off_topic(self, answer: Answer, grounds: Sequence[Ground]) -> bool:
        """Whether it talks about something else altogether, which earns nothing."""
        if any(ground.asked >= _SAYS for ground in grounds):
            return False
        spoken = answer.spoken
        if not answer.stretches.spans or spoken >= _LITTLE:
            return False
        likeness = answer.read.embeddings(answer.stretches.spans) @ self._statements().T
        return float(np.median(likeness.max(axis=1))) < _FAR - _WORTH * spoken + _OFF * answer.elsewhere

    def _said(self, answer: Answer, rubric: Rubric) -> dict[str, NDArray[np.float64]]:
        """How likely each stretch says what the rubric's outline asks of each concept."""
        if not rubric.outline:
            return {}
        windows = answer.read.embeddings(answer.stretches.spans)
        return outline.said(self._outlines(rubric.outline), windows)

    def _matched(self, answer: Answer, rubric: Rubric) -> dict[str, matching.Match]:
        """What the answer gives each concept that the reader does not know."""
        if all(map(self._knows, rubric.concepts)):
            return {}
        windows = answer.read.embeddings(answer.stretches.spans)
        return matching.matched(self._ready(rubric.concepts), windows, answer.words, answer.stretches)

    def _claims(self, answer: Answer, rubric: Rubric) -> dict[str, NDArray[np.float64]]:
        """How sure it is that each stretch makes each claim."""
        known = answer.stretches.flags
        own = [flag for flag in rubric.red_flags if flag.id not in FLAGS]
        windows = answer.read.embeddings(answer.stretches.spans) if own else None
        return {
            flag.id: known[:, FLAGS.index(flag.id)]
            if windows is None or flag.id in FLAGS
            else matching.claims(
                windows, *map(self._anchors.embed, (flag.examples.present, flag.examples.absent))
            )
            for flag in rubric.red_flags
        }

    def _knows(self, concept: Concept) -> bool:
        known = self._known.get(concept.id)
        return known is not None and known.statement == concept.statement


def without_lists(own: NDArray[np.float64], lists: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A list of terms names what it seems to explain."""
    moved = own.copy()
    explained, named = VERDICTS_READ.index("explained"), VERDICTS_READ.index("named")
    moved[lists, named] += moved[lists, explained]
    moved[lists, explained] = 0
    return moved


def sets_aside(own: NDArray[np.float64]) -> bool:
    """Whether a stretch sets the concept aside more surely than any brings it up: then it is no bare mention."""
    named, dismissed = (
        float(own[:, VERDICTS_READ.index(verdict)].max(initial=0)) for verdict in ("named", "dismissed")
    )
    return dismissed > max(named, _SET_ASIDE)


def settled(probabilities: Mapping[Verdict, float], bars: Bars, *, aside: bool) -> Verdict:
    """The verdict on a concept.

    Args:
        probabilities: of each verdict, for the whole answer.
        bars: what each takes.
        aside: as `sets_aside` says of its stretches.
    """
    verdict = bars.verdict(probabilities)
    return "dismissed" if verdict == "named" and aside else verdict


def _finding(ground: Ground, answer: Answer, transcript: Transcript) -> Finding:
    spans = answer.stretches.spans
    if not spans:
        return Finding(concept=ground.concept.id, verdict="missed", confidence=1)
    probabilities, bars = ground.weighed(answer)
    verdict = settled(probabilities, bars, aside=sets_aside(ground.own))
    evidence: tuple[Span, ...] = ()
    if verdict != "missed":
        strength = ground.own[:, [VERDICTS_READ.index(kind) for kind in _GROUNDS[verdict]]].sum(axis=1)
        evidence = joined(best_spans(spans, strength, most=_EVIDENCE[verdict]), transcript.words)
    return Finding(
        concept=ground.concept.id,
        verdict=verdict,
        confidence=round(probabilities[verdict], 3),
        evidence=evidence,
        unclear=bool(evidence) and all(_badly_heard(span, transcript) for span in evidence),
    )


def _badly_heard(span: Span, transcript: Transcript) -> bool:
    sure = [
        word.probability for word in transcript.words[span.first : span.stop] if word.probability is not None
    ]
    return bool(sure) and sum(sure) / len(sure) < _UNSURE
