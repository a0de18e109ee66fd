"""The vocabulary: the records that flow from the microphone to the archive, one direction, never changed.

Hot records (`Frame`, `Notice`) are frozen dataclasses; what is stored or parsed is a frozen pydantic model.
Time is an integer sample index at `SAMPLE_RATE` from the start of the answer; seconds appear only where
a person reads (`seconds()`). Evidence is a range of word indices, so that a quote is always cut from the
transcript and cannot be invented.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads annotations at run time
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SAMPLE_RATE = 16_000
"""Samples a second of every frame in the program (mono, signed 16 bit, little endian)."""
FRAME_SAMPLES = 512
"""Samples in one frame: 32 ms, the unit of the speech detector."""

Verdict = Literal["explained", "named", "dismissed", "missed"]
VERDICTS: tuple[Verdict, ...] = ("explained", "named", "dismissed", "missed")
"""Best first, as the rule "the best passage counts" orders them."""

AnswerSource = Literal["microphone", "file", "typed"]
EndReason = Literal[
    "done", "silence", "nobody-began", "too-long", "stopped", "end-of-file", "fault", "recovered"
]


def seconds(samples: int) -> float:
    """Sample index or count as seconds, for people and for JSON."""
    return round(samples / SAMPLE_RATE, 3)


@dataclass(frozen=True, slots=True)
class Frame:
    """A piece of audio: `pcm` is mono 16-bit little-endian at `SAMPLE_RATE`, `start` its first sample's index."""

    start: int
    pcm: bytes

    @property
    def stop(self) -> int:
        """Index of the first sample after the frame."""
        return self.start + len(self.pcm) // 2


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know about their recording that did not end it: muted, audio lost, too loud."""

    text: str


class Record(BaseModel):
    """Base of everything stored or parsed: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(Record):
    """A word as heard or typed; `start` and `stop` in samples and `probability` in 0..1; None when typed."""

    text: str
    start: int | None = None
    stop: int | None = None
    probability: float | None = None


class Transcript(Record):
    """The words of one answer in the order spoken, and what heard them."""

    words: tuple[Word, ...]
    language: str = "en"
    model: str = "typed"
    settings: dict[str, str | int | float | bool | None] = Field(default_factory=dict)

    @property
    def text(self) -> str:
        """All words, joined by single spaces."""
        return " ".join(word.text for word in self.words)


class Span(Record):
    """Word indices `first` up to and without `stop` in a transcript's words."""

    first: int = Field(ge=0)
    stop: int = Field(ge=1)

    def quote(self, transcript: Transcript) -> str:
        """The words themselves, joined by single spaces."""
        return " ".join(word.text for word in transcript.words[self.first : self.stop])

    def times(self, transcript: Transcript) -> tuple[int, int] | None:
        """First and last sample of the quote, or None where the words have no times."""
        words = transcript.words[self.first : self.stop]
        if not words or words[0].start is None or words[-1].stop is None:
            return None
        return words[0].start, words[-1].stop


class Finding(Record):
    """What one concept got, on which words. `missed` has no evidence; every other verdict has some."""

    concept: str
    verdict: Verdict
    confidence: float = Field(ge=0, le=1)
    evidence: tuple[Span, ...] = ()


class RedFlag(Record):
    """A claim that costs the candidate, with the words that made it."""

    id: str
    evidence: Span


class Judgement(Record):
    """What the check says of one transcript under one rubric.

    Either `graded` with a finding per concept of the rubric, or not, with the reason in `not_graded` and
    no findings: audio that cannot be judged is never reported as missed concepts.
    """

    rubric: str
    graded: bool = True
    not_graded: str | None = None
    findings: tuple[Finding, ...] = ()
    red_flags: tuple[RedFlag, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)

    @property
    def coverage(self) -> dict[Verdict, int]:
        """How many concepts got each verdict."""
        counts = Counter(finding.verdict for finding in self.findings)
        return {verdict: counts[verdict] for verdict in VERDICTS}


class Delivery(Record):
    """How it was said, beside and never within the coverage. Durations in samples; None without times."""

    words: int
    samples: int | None = None
    words_per_minute: float | None = None
    first_word: int | None = None
    longest_pause: int | None = None


class FollowUp(Record):
    """A question asked after an answer, and where the answer to it begins: word `first`, sample `start`.

    `concept` is the gap that it aimed at without naming it; `start` is None where the answer was typed.
    """

    concept: str
    question: str
    first: int = Field(ge=0)
    start: int | None = None


class Attempt(Record):
    """One answer to one drill, as kept. `audio` is a file name inside the archive's audio folder.

    Words, samples and audio are of the whole answer, what was said after follow-ups included. `judgement` and
    `delivery` are of what was said unprompted, before the first follow-up; `prompted` is the judgement of all
    words, None where no follow-up was answered. `interview` is common to the answers of one mock interview.
    """

    id: str
    drill: str
    asked_at: datetime
    source: AnswerSource
    ended: EndReason
    samples: int | None = None
    audio: str | None = None
    transcript: Transcript
    judgement: Judgement
    delivery: Delivery
    follow_ups: tuple[FollowUp, ...] = ()
    prompted: Judgement | None = None
    interview: str | None = None
    notices: tuple[str, ...] = ()

    @property
    def unprompted(self) -> Transcript:
        """The words said before the first follow-up, which `judgement` is of."""
        stop = self.follow_ups[0].first if self.follow_ups else None
        return self.transcript.model_copy(update={"words": self.transcript.words[:stop]})

    @property
    def unprompted_samples(self) -> int | None:
        """Length of what was said before the first follow-up; None when typed."""
        return self.follow_ups[0].start if self.follow_ups else self.samples

    @property
    def gained(self) -> tuple[str, ...]:
        """Concepts that are explained with, and not without, what was said after follow-ups."""
        before = {finding.concept for finding in self.judgement.findings if finding.verdict == "explained"}
        findings = self.prompted.findings if self.prompted else ()
        return tuple(
            finding.concept
            for finding in findings
            if finding.verdict == "explained" and finding.concept not in before
        )


class ConceptTally(Record):
    """How one concept fared over all graded attempts that asked for it."""

    concept: str
    title: str
    explained: int = 0
    named: int = 0
    dismissed: int = 0
    missed: int = 0
    last_asked: datetime | None = None

    @property
    def asked(self) -> int:
        """Graded attempts whose drill required the concept."""
        return self.explained + self.named + self.dismissed + self.missed


class Tally(Record):
    """All attempts, counted once; renderers only format. Concepts most missed first."""

    attempts: int
    not_graded: int
    concepts: tuple[ConceptTally, ...]
    red_flags: dict[str, int] = Field(default_factory=dict)
