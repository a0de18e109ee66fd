"""Listening to one answer: frames in, settled words out, while the person goes on talking.

Frames move the cutter; what it cuts is decoded by one worker thread, which reads the sound from the journal.
Settled utterances are decoded in order and none is left out; of drafts only the newest waits, and none is made
while settled utterances wait, so that a slow machine catches up. The transcript depends on the sound alone: a
draft is used as final only when its range is exactly the one that was cut.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voice_coach.errors import CoachError
from voice_coach.events import Heard
from voice_coach.records import SAMPLE_RATE, Frame, Stretch, Transcript, Word
from voice_coach.speech import cutting
from voice_coach.speech.cutting import Cutter, Cutting, Utterance
from voice_coach.speech.guards import believed, voiced
from voice_coach.speech.voicing import Voicing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voice_coach.speech.whisper import Recogniser

LEAST_VOICED = SAMPLE_RATE // 10
"""An utterance with less voice than this is noise: Whisper would invent words for it."""
LEAST_SKIPPED = 2 * SAMPLE_RATE
"""Voice without a word that is more than bad timing: Whisper leaves out what somebody repeats, and whole sentences."""
LEAST_TELLING = 5 * SAMPLE_RATE
"""Voice that tells which language is spoken."""
LEAST_UNCLEAR = SAMPLE_RATE // 2
"""Voice shorter than this, and not understood, is a cough and not worth telling."""


class Hearing:
    """Hears one answer; `feed` and `finish` from one thread, decoding in another.

    Attributes:
        voicing: where the person spoke.
    """

    def __init__(
        self, recogniser: Recogniser, read: Callable[[int, int], bytes], settings: Cutting | None = None
    ) -> None:
        self.voicing = Voicing()
        self._recogniser = recogniser
        self._read = read
        self._cutter = Cutter(settings or Cutting())
        self._wake = threading.Condition()
        self._settled_jobs: deque[Utterance] = deque()
        self._draft_job: Utterance | None = None
        self._decoded = 0
        self._decoding = False
        self._closing = False
        self._fault: CoachError | None = None
        self._words: list[Word] = []
        self._unclear: list[Stretch] = []
        self._language: str | None = None
        self._told = self._told_unclear = 0
        self._draft: tuple[Word, ...] = ()
        self._changed = False
        self._last_draft: tuple[Utterance, _Heard] | None = None
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._thread.start()

    def feed(self, frame: Frame, probability: float) -> None:
        """One more frame of the answer with its speech probability, in order."""
        self.voicing.append(probability, frame.stop - frame.start)
        self._cutter, utterance = cutting.step(self._cutter, probability, frame.stop - frame.start)
        if utterance:
            self._order(utterance)

    def poll(self) -> Heard | None:
        """What has been heard since the last call, None if nothing."""
        with self._wake:
            if not self._changed:
                return None
            self._changed = False
            settled = tuple(self._words[self._told :])
            unclear = tuple(self._unclear[self._told_unclear :])
            self._told, self._told_unclear = len(self._words), len(self._unclear)
            return Heard(settled, self._draft, unclear)

    @property
    def behind(self) -> int:
        """Samples that are cut and wait for the recogniser; stays below an utterance where it keeps up."""
        with self._wake:
            waiting = self._settled_jobs[-1].stop if self._settled_jobs else self._decoded
            return max(0, waiting - self._decoded)

    @property
    def resting(self) -> bool:
        """Whether the recogniser has nothing to do just now."""
        with self._wake:
            return not (self._decoding or self._settled_jobs or self._draft_job)

    def finish(self) -> Transcript:
        """Decode what is left and give all the words.

        Raises:
            HearingError: the recogniser could not be loaded or failed; the sound is still in the journal.
        """
        for utterance in cutting.finish(self._cutter):
            self._order(utterance)
        self.close()
        self._thread.join()
        if self._fault:
            raise self._fault
        return transcript(self._recogniser, self._words, self._unclear, "utterances", self._language)

    def close(self) -> None:
        """Let the worker end when it has done what was ordered."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()

    def _order(self, utterance: Utterance) -> None:
        if self.voicing.voice(utterance.start, utterance.stop) < LEAST_VOICED:
            return
        with self._wake:
            if utterance.settled:
                self._settled_jobs.append(utterance)
                self._draft_job = None
            else:
                self._draft_job = utterance
            self._wake.notify_all()

    def _run(self) -> None:
        try:
            self._recogniser.load()
            while utterance := self._next():
                self._decode(utterance)
        except CoachError as error:
            with self._wake:
                self._fault = error

    def _next(self) -> Utterance | None:
        utterance: Utterance | None
        with self._wake:
            self._decoding = False
            self._wake.wait_for(lambda: self._settled_jobs or self._draft_job or self._closing)
            if self._settled_jobs:
                utterance = self._settled_jobs.popleft()
            else:
                utterance, self._draft_job = self._draft_job, None
                utterance = None if self._closing else utterance
            self._decoding = utterance is not None
            return utterance

    def _decode(self, utterance: Utterance) -> None:
        if self._last_draft and self._last_draft[0] == _as_draft(utterance):
            heard = self._last_draft[1]
        else:
            heard = self._heard(utterance.start, utterance.stop)
        words = heard.words
        voice = self.voicing.voice(utterance.start, utterance.stop)
        understood = bool(words) and believed(words, voice)
        if utterance.settled and self._language is None and voice >= LEAST_TELLING:
            self._language = self._recogniser.language(self._read(utterance.start, utterance.stop))
        with self._wake:
            if not utterance.settled:
                self._draft = tuple(words) if understood else ()
                self._last_draft = (utterance, heard)
            else:
                self._draft, self._decoded = (), utterance.stop
                if understood:
                    self._words += words
                    self._unclear += heard.unclear
                elif voice >= LEAST_UNCLEAR:
                    self._unclear.append(Stretch(start=utterance.start, stop=utterance.stop))
            self._changed = True

    def _heard(self, start: int, stop: int) -> _Heard:
        """What was said between two places; what the words leave out before, between and after is heard by itself."""
        words = self._recogniser.words(self._read(start, stop))
        words = voiced(placed(words, start, stop), self.voicing)
        heard = _Heard()
        if not words:
            return heard
        begins = [start, *(word.stop or 0 for word in words)]
        ends = [*(word.start or 0 for word in words), stop]
        for begin, end, word in zip(begins, ends, [*words, None], strict=True):
            # Shorter than the whole, so that it comes to an end.
            if end - begin < stop - start and (voice := self.voicing.voice(begin, end)) >= LEAST_SKIPPED:
                skipped = self._heard(begin, end)
                if skipped.words and believed(skipped.words, voice):
                    heard.words += skipped.words
                    heard.unclear += skipped.unclear
                else:
                    heard.unclear.append(Stretch(start=begin, stop=end))
            heard.words += [word] if word else []
        return heard


@dataclass(slots=True)
class _Heard:
    """Words, and where somebody spoke between them and nothing can be believed."""

    words: list[Word] = field(default_factory=list)
    unclear: list[Stretch] = field(default_factory=list)


def placed(words: Sequence[Word], start: int, stop: int) -> list[Word]:
    """Words of the sound from `start` to `stop` at their place in the answer: in order of time, and within it."""
    kept, earliest = [], start
    for word in words:
        begin = min(max(earliest, start + (word.start or 0)), stop)
        end = min(max(begin, start + (word.stop or 0)), stop)
        kept.append(word.model_copy(update={"start": begin, "stop": end}))
        earliest = begin
    return kept


def transcript(
    recogniser: Recogniser,
    words: Sequence[Word],
    unclear: Sequence[Stretch],
    pieces: str,
    language: str | None = None,
) -> Transcript:
    """What was heard, with what heard it and in which `pieces`; `language` where it was looked at."""
    return Transcript(
        words=tuple(words),
        unclear=tuple(unclear),
        language=language or str(recogniser.settings["language"]),
        model=recogniser.name,
        settings=recogniser.settings | {"pieces": pieces},
    )


def _as_draft(utterance: Utterance) -> Utterance:
    return Utterance(utterance.start, utterance.stop, settled=False)
