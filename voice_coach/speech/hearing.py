"""Listening to one answer: frames in, settled words out, while the person goes on talking.

Frames move the cutter; what it cuts is decoded by one worker thread, which reads the sound from the journal.
Settled utterances are decoded in order and none is left out; of drafts only the newest waits. The transcript
depends on the sound alone: a draft is used as final only when its range is exactly the one that was cut.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from voice_coach.errors import CoachError
from voice_coach.events import Heard
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Frame, Transcript, Word
from voice_coach.speech import cutting
from voice_coach.speech.cutting import Cutter, Cutting, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable

    from voice_coach.speech.whisper import Recogniser

VOICED = 0.5
"""Speech probability that counts as a voice."""
LEAST_VOICED = SAMPLE_RATE // 10
"""An utterance with less voice than this is noise: Whisper would invent words for it."""


class Hearing:
    """Hears one answer; `feed` and `finish` from one thread, decoding in another."""

    def __init__(
        self, recogniser: Recogniser, read: Callable[[int, int], bytes], settings: Cutting | None = None
    ) -> None:
        self._recogniser = recogniser
        self._read = read
        self._cutter = Cutter(settings or Cutting())
        self._voiced: deque[int] = deque()
        self._wake = threading.Condition()
        self._settled_jobs: deque[Utterance] = deque()
        self._draft_job: Utterance | None = None
        self._closing = False
        self._fault: CoachError | None = None
        self._words: list[Word] = []
        self._told = 0
        self._draft: tuple[Word, ...] = ()
        self._changed = False
        self._last_draft: tuple[Utterance, list[Word]] | None = None
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._thread.start()

    def feed(self, frame: Frame, probability: float) -> None:
        """One more frame of the answer with its speech probability, in order."""
        if probability >= VOICED:
            self._voiced.append(frame.start)
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
            self._told = len(self._words)
            return Heard(settled, self._draft)

    def finish(self) -> Transcript:
        """Decode what is left and give all the words.

        Raises:
            HearingError: the recogniser could not be loaded or failed; the sound is still in the journal.
        """
        if utterance := cutting.finish(self._cutter):
            self._order(utterance)
        self.close()
        self._thread.join()
        if self._fault:
            raise self._fault
        return Transcript(
            words=tuple(self._words),
            language=str(self._recogniser.settings["language"]),
            model=self._recogniser.name,
            settings=self._recogniser.settings,
        )

    def close(self) -> None:
        """Let the worker end when it has done what was ordered."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()

    def _order(self, utterance: Utterance) -> None:
        while self._voiced and self._voiced[0] < utterance.start:
            self._voiced.popleft()
        voiced = sum(1 for start in self._voiced if start < utterance.stop)
        if voiced * FRAME_SAMPLES < LEAST_VOICED:
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
        with self._wake:
            self._wake.wait_for(lambda: self._settled_jobs or self._draft_job or self._closing)
            if self._settled_jobs:
                return self._settled_jobs.popleft()
            utterance, self._draft_job = self._draft_job, None
            return None if self._closing else utterance

    def _decode(self, utterance: Utterance) -> None:
        if self._last_draft and self._last_draft[0] == _as_draft(utterance):
            words = self._last_draft[1]
        else:
            words = self._place(
                utterance, self._recogniser.words(self._read(utterance.start, utterance.stop))
            )
        with self._wake:
            if utterance.settled:
                self._words += words
                self._draft = ()
            else:
                self._draft = tuple(words)
                self._last_draft = (utterance, words)
            self._changed = True

    @staticmethod
    def _place(utterance: Utterance, words: list[Word]) -> list[Word]:
        """The words at their place in the answer: in order of time, within the utterance."""
        placed, earliest = [], utterance.start
        for word in words:
            start = min(max(earliest, utterance.start + (word.start or 0)), utterance.stop)
            stop = min(max(start, utterance.start + (word.stop or 0)), utterance.stop)
            placed.append(word.model_copy(update={"start": start, "stop": stop}))
            earliest = start
        return placed


def _as_draft(utterance: Utterance) -> Utterance:
    return Utterance(utterance.start, utterance.stop, settled=False)
