"""Transcript and rubric to a judgement: the same words and rubric always give the same, byte for byte.

    words -> gate -> reading -> per concept: ground -> head -> verdict -> evidence
                             -> per red flag: claim
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.anchors import Anchors
from voice_coach.check.evidence import best_spans
from voice_coach.check.features import Ground, ground
from voice_coach.check.flags import raised
from voice_coach.check.gate import obstacle
from voice_coach.check.head import Head, shipped
from voice_coach.check.reading import read
from voice_coach.check.targets import prepare
from voice_coach.records import Finding, Judgement

if TYPE_CHECKING:
    from pathlib import Path

    from voice_coach.check.encoder import Encoder
    from voice_coach.check.reading import Reading
    from voice_coach.check.targets import Targets
    from voice_coach.content.models import Rubric
    from voice_coach.records import Span, Transcript, Verdict

VERSION = "prototypes-1"
"""Changes with everything here that may move a verdict, except the head and the encoder, which have their own."""

_RUBRICS = 32
"""Rubrics kept ready: one per drill in use."""


class Judge:
    """Judges transcripts; made once.

    Args:
        encoder: of windows and of the rubric's texts.
        cache: a folder where embeddings of the rubric's texts are kept between runs, or None.
        background: what concepts are told apart from, by default the other concepts of the same rubric. With the
            core rubric here, a concept gets the same verdict whichever others are asked for.
        head: probabilities from features; by default the one that ships.

    Raises:
        CheckError: the head cannot be loaded.
    """

    def __init__(
        self,
        encoder: Encoder,
        cache: Path | None = None,
        background: Rubric | None = None,
        head: Head | None = None,
    ) -> None:
        self._encoder = encoder
        self._background = background
        self._head = head or shipped()
        anchors = Anchors(encoder, cache)
        self._targets = lru_cache(maxsize=_RUBRICS)(
            lambda rubric: prepare(rubric, background or rubric, anchors)
        )

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        """Judges one answer.

        Args:
            transcript: its words, any number.
            rubric: what to look for.
            question: the prompt and its constraints; words that only repeat it earn nothing.

        Raises:
            CheckError: the encoder failed; never reported as missed concepts.
            ContentError: a cue of the rubric cannot be parsed.
        """
        versions = {
            "judge": f"{VERSION}+{self._head.version}",
            "rubric": f"{rubric.id}@{rubric.version}",
            "encoder": self._encoder.version,
        }
        if self._background is not None:
            versions["background"] = f"{self._background.id}@{self._background.version}"
        reason = obstacle(transcript)
        if reason is not None:
            return Judgement(rubric=rubric.id, graded=False, not_graded=reason, versions=versions)
        reading = read(transcript, question, self._encoder)
        targets: Targets = self._targets(rubric.model_copy(update={"samples": ()}))
        return Judgement(
            rubric=rubric.id,
            findings=findings(reading, targets, self._head),
            red_flags=raised(reading, targets.flags),
            versions=versions,
        )


def findings(reading: Reading, targets: Targets, head: Head) -> tuple[Finding, ...]:
    """One finding per concept, in order."""
    if not reading.windows:
        return tuple(Finding(concept=concept.id, verdict="missed", confidence=1) for concept in targets.concepts)
    return tuple(
        _finding(concept.id, reading, own, head)
        for concept, own in zip(targets.concepts, grounds(reading, targets), strict=True)
    )


def grounds(reading: Reading, targets: Targets) -> list[Ground]:
    """What each concept finds in an answer that has at least one window."""
    present = {key: np.minimum(reading.hits(cues), 1) for key, cues in targets.crowd.items()}
    everybody = sum(present.values(), np.zeros(len(reading.windows)))
    return [
        ground(reading, concept, reading.hits(concept.cues), everybody - present.get(concept.id, 0))
        for concept in targets.concepts
    ]


def decide(probabilities: dict[Verdict, float], own: Ground, bar: float) -> Verdict:
    """The verdict: "explained" from `bar` on, else the likeliest other for which there is ground in the words."""
    possible = dict(probabilities)
    if possible.pop("explained") >= bar and not own.listing[np.argsort(-own.explains, kind="stable")[:3]].all():
        return "explained"
    if not own.set_aside.any():
        del possible["dismissed"]
    return max(possible, key=possible.__getitem__)


def _finding(concept: str, reading: Reading, own: Ground, head: Head) -> Finding:
    probabilities = head.probabilities(own.features)
    verdict = decide(probabilities, own, head.bar)
    confidence = round(probabilities[verdict], 3)
    return Finding(
        concept=concept, verdict=verdict, confidence=confidence, evidence=_evidence(verdict, reading, own)
    )


def _evidence(verdict: Verdict, reading: Reading, own: Ground) -> tuple[Span, ...]:
    """The words that carry the verdict, best first."""
    if verdict == "explained":
        return best_spans(reading.windows, np.where(own.listing, -np.inf, own.explains), most=3)
    if verdict == "named":
        return best_spans(reading.windows, own.names, most=2)
    if verdict == "dismissed":
        return best_spans(reading.windows, np.where(own.set_aside > 0, own.set_aside, -np.inf), most=2)
    return ()
