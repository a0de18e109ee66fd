"""Hearing an answer again as a whole, after the report: slower than listening along, and more exact.

While somebody talks, the recogniser gets utterances and sees nothing of what comes next. Afterwards it gets
passages of a minute or two, cut at pauses, and goes through each window by window with the text before it. That
wins back the words that cutting cost (1.0 to 1.5 points of word error rate). Passages bound the memory, and what
is heard depends on the sound alone. It knows nothing of the glossary, which costs it a point on accented speech; so
the glossary's terms stay as they were heard along the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Stretch, Transcript, Word
from voice_coach.speech import cutting, glossary
from voice_coach.speech.cutting import Cutter, Cutting, Utterance
from voice_coach.speech.guards import NEAR, believed, voiced
from voice_coach.speech.hearing import LEAST_TELLING, LEAST_UNCLEAR, LEAST_VOICED, placed, transcript
from voice_coach.speech.voicing import Voicing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voice_coach.records import Frame
    from voice_coach.speech.whisper import Recogniser

PASSAGES = Cutting(
    settle=90 * SAMPLE_RATE,
    longest=150 * SAMPLE_RATE,
    search=30 * SAMPLE_RATE,
    pause=20 * FRAME_SAMPLES,
    pre_roll=2 * SAMPLE_RATE,
)
"""Passages of about a minute and a half, cut at pauses of two thirds of a second; an ordinary answer is one or two.
Whisper hears better with some quiet around the speech."""
BYTES = 2
"""Bytes a sample."""
LOST = 0.6
"""With a smaller share of the words heard before, the long way has skipped something."""


@dataclass(slots=True)
class Passages:
    """Cuts an answer's frames into passages and keeps the sound of the open one; `voicing` is where somebody spoke."""

    voicing: Voicing = field(default_factory=Voicing)
    _cutter: Cutter = field(default_factory=lambda: Cutter(PASSAGES))
    _kept: bytearray = field(default_factory=bytearray)
    _kept_from: int = 0

    @property
    def position(self) -> int:
        """Samples fed so far."""
        return self._cutter.position

    def feed(self, frame: Frame, probability: float) -> Utterance | None:
        """One more frame with its speech probability, in order; the passage that it completes."""
        self.voicing.append(probability, frame.stop - frame.start)
        self._kept += frame.pcm
        self._cutter, passage = cutting.step(self._cutter, probability, frame.stop - frame.start)
        if self._cutter.last is None and not passage:
            self._forget(self._cutter.position - PASSAGES.pre_roll - FRAME_SAMPLES)
        return passage if passage and passage.settled else None

    def finish(self) -> Utterance | None:
        """The last passage when no more frames come, None if nothing is open."""
        cutter = self._cutter
        if cutter.last is None:
            return None
        return Utterance(cutter.start, min(cutter.position, cutter.last + PASSAGES.pre_roll), settled=True)

    def take(self, passage: Utterance) -> bytes:
        """The sound of the passage just given; it and what lies before it is kept no longer."""
        self._forget(passage.start)
        pcm = bytes(self._kept[: BYTES * (passage.stop - passage.start)])
        self._forget(passage.stop)
        return pcm

    def _forget(self, until: int) -> None:
        if until > self._kept_from:
            del self._kept[: BYTES * (until - self._kept_from)]
            self._kept_from = until


class HearingAgain:
    """The words of an answer, passage by passage.

    Args:
        recogniser: loaded or not.
        before: what was heard along the way, None where nobody listened along.
    """

    def __init__(self, recogniser: Recogniser, before: Transcript | None = None) -> None:
        self._recogniser = recogniser
        self._before = before
        self._words: list[Word] = []
        self._unclear: list[Stretch] = []
        self._language = before.language if before else None

    def hear(self, passages: Passages, passage: Utterance | None) -> Iterator[None]:
        """Hear what `passages` gave, in turns of some seconds' work, so that whoever drives may wait or stop between.

        Raises:
            HearingError: the recogniser failed.
        """
        if passage is None:
            return
        pcm, voicing = passages.take(passage), passages.voicing
        voice = voicing.voice(passage.start, passage.stop)
        if voice < LEAST_VOICED:
            return
        if self._language is None and voice >= LEAST_TELLING:
            self._language = self._recogniser.language(pcm)
        words: list[Word] = []
        doubted: list[Stretch] = []
        for turn in self._recogniser.passage(pcm):
            heard = placed(turn, passage.start, passage.stop)
            if heard:
                start, stop = heard[0].start or 0, heard[-1].stop or 0
                spoken = voicing.voice(start - NEAR, stop + NEAR)
                if believed(heard, spoken):
                    words += voiced(heard, voicing)
                else:  # what was heard there along the way, which was believed
                    words += self._earlier(start, stop)
                    doubted += [Stretch(start=start, stop=stop)] if spoken >= LEAST_UNCLEAR else []
            yield
        earlier = self._earlier(passage.start, passage.stop)
        if len(words) < LOST * len(earlier):
            words = earlier
        words = with_terms(words, earlier)
        self._words += placed(words, 0, passage.stop)
        self._unclear += self._not_understood(passage, words, voice, doubted)

    def transcript(self) -> Transcript:
        """All that was heard."""
        return transcript(self._recogniser, self._words, self._unclear, "passages", self._language)

    def _earlier(self, start: int, stop: int) -> list[Word]:
        """What was heard along the way between these samples."""
        before = self._before.words if self._before else ()
        return [word for word in before if start <= (word.start or 0) < stop]

    def _not_understood(
        self, passage: Utterance, words: list[Word], voice: int, doubted: list[Stretch]
    ) -> Iterator[Stretch]:
        """Where nothing is understood: what was unclear before or is doubted now and holds no word, or all of it."""
        if not words and voice >= LEAST_UNCLEAR:
            yield Stretch(start=passage.start, stop=passage.stop)
            return
        told = passage.start
        unclear = [*(self._before.unclear if self._before else ()), *doubted]
        for stretch in sorted(unclear, key=lambda stretch: stretch.start):
            inside = told <= stretch.start < passage.stop
            if inside and not any(stretch.start <= (word.start or 0) < stretch.stop for word in words):
                told = stretch.stop
                yield stretch


def with_terms(words: Sequence[Word], earlier: Sequence[Word]) -> list[Word]:
    """The words, and in the place of those that were the field's terms when heard `earlier`, the terms."""
    kept = list(words)
    for term in glossary.terms(earlier):
        start, stop = term[0].start or 0, term[-1].stop or 0
        inside = [at for at, word in enumerate(kept) if start <= _middle(word) < stop]
        near = kept[max(0, inside[0] - 2) : inside[-1] + 3] if inside else []
        text = [form for word in term for form in glossary.forms(word.text)]
        if inside and not any(
            [form for word in found for form in glossary.forms(word.text)] == text
            for found in glossary.terms(near)
        ):
            kept[inside[0] : inside[-1] + 1] = term
    return kept


def _middle(word: Word) -> int:
    return ((word.start or 0) + (word.stop or 0)) // 2
