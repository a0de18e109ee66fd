"""The vocabulary: the records that flow from the microphone to the archive, one direction, never changed.

Hot records (`Frame`, `Notice`) are frozen dataclasses; what is stored or parsed is a frozen pydantic model.
Time is an integer sample index at `SAMPLE_RATE` from the start of the answer; seconds appear only where
a person reads (`seconds()`). Evidence is a range of word indices, so that a quote is always cut from the
transcript and cannot be invented.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - pydantic reads annotations at run time
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
    """Base of everything stored or parsed: frozen, and unknown keys are errors.

    A model's validator is made when first used: a command needs a few of fifty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Word(Record):
    """A word as heard or typed; `start` and `stop` in samples and `probability` in 0..1; None when typed."""

    text: str
    start: int | None = None
    stop: int | None = None
    probability: float | None = None


class Stretch(Record):
    """A part of the sound: samples `start` up to and without `stop`."""

    start: int = Field(ge=0)
    stop: int


class Transcript(Record):
    """The words of one answer in the order spoken, and what heard them.

    `unclear` is where somebody spoke and nothing that can be believed was understood; `clipped` the share of the talk's
    samples at the very ends of the range.
    """

    words: tuple[Word, ...]
    unclear: tuple[Stretch, ...] = ()
    clipped: float = 0.0
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
    """What one concept got, on which words. `missed` has no evidence; every other verdict has some.

    `unclear`: the words that it stands on were hardly heard, so that it counts neither for nor against the person.
    """

    concept: str
    verdict: Verdict
    confidence: float = Field(ge=0, le=1)
    evidence: tuple[Span, ...] = ()
    unclear: bool = False


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
    def verdicts(self) -> dict[str, Verdict]:
        """By concept; those of which it is unclear what was said are left out."""
        return {finding.concept: finding.verdict for finding in self.findings if not finding.unclear}

    @property
    def coverage(self) -> dict[Verdict, int]:
        """How many concepts got each verdict; those of which it is unclear what was said are left out."""
        counts = Counter(finding.verdict for finding in self.findings if not finding.unclear)
        return {verdict: counts[verdict] for verdict in VERDICTS}


class Delivery(Record):
    """How it was said, beside and never within the coverage. Durations and places in samples; None without times.

    `talking` and `pauses` (the longest, longest first) are measured on the sound, not on the words. `first_concept`
    is where the first required concept was explained or named. `fillers` and `hedges` are floors, since recognisers
    leave such words out. `decisions` and `reasons` count the words that announce them.
    """

    words: int
    samples: int | None = None
    words_per_minute: float | None = None
    target_words_per_minute: float | None = None
    first_word: int | None = None
    longest_pause: int | None = None
    talking: int | None = None
    pauses: tuple[Stretch, ...] = ()
    first_concept: int | None = None
    fillers: int = 0
    hedges: int = 0
    decisions: int = 0
    reasons: int = 0

    @property
    def silence(self) -> float | None:
        """Share of the recording in which nobody talked."""
        if self.talking is None or not self.samples:
            return None
        return 1 - self.talking / self.samples


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
        before, after = self.judgement.verdicts, self.prompted.verdicts if self.prompted else {}
        return tuple(
            concept
            for concept, verdict in after.items()
            if verdict == "explained" and before.get(concept) != "explained"
        )


class Dispute(Record):
    """A person's own view of one verdict, kept beside ours and never in its place. `at` has its time zone."""

    attempt: str
    concept: str
    verdict: Verdict
    at: datetime
    note: str = ""


class Share(Record):
    """How many of how many, so that a percentage never goes without what stands behind it."""

    part: int = 0
    whole: int = 0


class ConceptTally(Record):
    """How one concept fared over all graded attempts that asked for it.

    `prompted` counts those explained only after a follow-up, whom the other counts do not see. `must_have` is the
    share lost (missed or dismissed) of those that could not do without it; `recent` and `before` are the shares
    explained of the last answers and of all earlier ones. `disputed` counts verdicts that the person sees otherwise.
    """

    concept: str
    title: str
    explained: int = 0
    named: int = 0
    dismissed: int = 0
    missed: int = 0
    last_asked: datetime | None = None
    prompted: int = 0
    must_have: Share = Share()
    recent: Share = Share()
    before: Share = Share()
    disputed: int = 0

    @property
    def asked(self) -> int:
        """Graded attempts whose drill required the concept."""
        return self.explained + self.named + self.dismissed + self.missed


class FlagTally(Record):
    """A red flag: in how many attempts it was raised, and when last, with its words (`start` in samples)."""

    id: str
    title: str
    attempts: int
    last_attempt: str
    last_at: datetime
    quote: str = ""
    start: int | None = None


class Column(Record):
    """One attempt in the grid of concepts by attempts; durations in samples, None where they are not known.

    `verdicts` are ours by concept, `prompted` ours of all that was said, empty where no follow-up was answered,
    `disputed` the person's where they differ.
    """

    attempt: str
    drill: str
    title: str
    asked_at: datetime
    graded: bool = True
    not_graded: str | None = None
    samples: int | None = None
    words_per_minute: float | None = None
    longest_pause: int | None = None
    verdicts: dict[str, Verdict] = Field(default_factory=dict)
    prompted: dict[str, Verdict] = Field(default_factory=dict)
    disputed: dict[str, Verdict] = Field(default_factory=dict)
    red_flags: tuple[str, ...] = ()

    @property
    def explained(self) -> Share:
        """Concepts explained of those asked for."""
        return Share(part=list(self.verdicts.values()).count("explained"), whole=len(self.verdicts))


class Period(Record):
    """Graded attempts of a day, week or month that begins at `start`: coverage and mean delivery."""

    start: date
    attempts: int
    explained: Share
    words_per_minute: float | None = None
    longest_pause: int | None = None


class Limit(Record):
    """The concept that limits the latest answers: how many lack it or only name it, and how many it decided.

    It decides an answer where it is the weightiest must-have that was not explained.
    """

    concept: str
    title: str
    missing: int
    named: int
    decided: int
    answers: int


class Proposal(Record):
    """The drill to practise next, and why, as a part of a sentence that gives no concept away."""

    drill: str
    title: str
    reason: str


class Due(Record):
    """A concept that should be practised since `due_at`, and how it fared when it was last asked for."""

    concept: str
    due_at: datetime
    drill: str
    asked_at: datetime
    verdict: Verdict
    prompted: Verdict | None = None


class Proposed(Record):
    """What is due, longest first, and what comes next; `coming` is when the next concept falls due that is not yet.

    `streak` is in days.
    """

    waiting: tuple[Due, ...]
    next: Proposal
    streak: int = 0
    coming: datetime | None = None


class Tally(Record):
    """All attempts, counted once; renderers only format. Concepts most missed first, columns newest last.

    `apart` are the latest attempts that were not graded and count nowhere else. `streak` is in days.
    """

    attempts: int
    not_graded: int
    concepts: tuple[ConceptTally, ...]
    red_flags: tuple[FlagTally, ...] = ()
    columns: tuple[Column, ...] = ()
    apart: tuple[Column, ...] = ()
    unprompted: Share = Share()
    prompted: Share = Share()
    periods: tuple[Period, ...] = ()
    period: Literal["day", "week", "month"] = "day"
    limit: Limit | None = None
    next: Proposal | None = None
    streak: int = 0
    first_at: datetime | None = None
