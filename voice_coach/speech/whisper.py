"""Whisper through faster-whisper, on the CPU: utterances while somebody talks, whole passages afterwards.

Settings follow measurements, not defaults. Beam 5 is worth 1.5 points of word error rate. Temperature stays 0:
the usual fallback samples at random, which makes the same sound give different words, and one stuttered piece
took 16 of 21 CPU seconds in it. Instead an utterance that looks wrong (repetitive, or very unsure) is tried once
more with the full window, and what still repeats is collapsed. Before an utterance it reads the field's glossary,
the same for every drill, and never what a drill hopes for: a recogniser told what to expect hears it in silence.
"""

from __future__ import annotations

import itertools
import os
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from voice_coach.errors import HearingError
from voice_coach.memory import give_back
from voice_coach.records import SAMPLE_RATE, Word
from voice_coach.speech import glossary
from voice_coach.speech.guards import collapse_loops
from voice_coach.speech.mel import PiecewiseMel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from faster_whisper import WhisperModel

SHORTEST_WINDOW = 10.0
"""Seconds; below this Whisper's encoder makes the decoder loop."""
WINDOW_MARGIN = 2.0
LONGEST_WINDOW = 30.0
TOKENS_PER_SECOND = 12
"""More than anybody says (about 6); bounds what a looping decoder can cost."""
REPETITIVE = 2.4
"""Compression ratio above which Whisper's own authors call a text repetitive (openai/whisper)."""
SURE_OF_LANGUAGE = 0.65
"""Foreign accents in English sound like another language with less (0.46 at most on our recordings)."""
UNSURE = -1.0
"""Mean log probability below which they decode again."""
DOUBTFUL = -0.45
"""Mean log probability below which the glossary may have been read into an accent: the surer of two hearings counts."""

QUIET = 0.02
"""Of the loudest sample (-34 dB), what is quiet before somebody talks."""


class Recogniser(Protocol):
    """Sound to words. Used from several threads, one piece at a time."""

    @property
    def name(self) -> str:
        """The model, for the transcript."""

    @property
    def settings(self) -> dict[str, str | int | float | bool | None]:
        """What its words depend on besides the model, for the transcript."""

    def load(self) -> None:
        """Get ready; called once before `words`, takes about a second.

        Raises:
            HearingError: the model cannot be loaded.
        """

    def words(self, pcm: bytes) -> list[Word]:
        """The words of one utterance, times in samples from its start; none where it understood nothing.

        Raises:
            HearingError: decoding failed.
        """

    def language(self, pcm: bytes) -> str:
        """The code of the language that is spoken: the expected one, unless it surely sounds like another.

        Raises:
            HearingError: the recogniser failed.
        """

    def passage(self, pcm: bytes) -> Iterator[list[Word]]:
        """The words of minutes of sound, as exactly as it can, in turns of a few seconds' work each.

        Raises:
            HearingError: decoding failed.
        """


@dataclass(frozen=True, slots=True)
class _Heard:
    """The words of an utterance, whether they look wrong, and their mean log probability."""

    words: list[Word]
    wrong: bool
    sure: float


class Whisper:
    """A `Recogniser` over a folder of faster-whisper weights.

    Args:
        folder: the weights.
        name: the model's.
        language: two letters; the glossary serves English only.
        threads: of the processor, None for what suits it.
        model: makes the model of folder and threads; None for faster-whisper's.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        language: str = "en",
        threads: int | None = None,
        model: Callable[[Path, int], Any] | None = None,
    ) -> None:
        self.name = name
        self.settings: dict[str, str | int | float | bool | None] = {
            "language": language,
            "beam_size": 5,
            "compute_type": "int8",
            "temperature": 0.0,
            "glossary": glossary.VERSION if language == "en" else None,
        }
        self._glossary = glossary.TEXT if language == "en" else None
        self._folder = folder
        # For utterances one thread beats two on two cores (0.71 s against 0.86 s); more cores gain a little.
        self._threads = threads or max(1, min(4, (os.cpu_count() or 1) // 2))
        self._make = model or _faster_whisper
        self._model: Any = None
        self._loading = threading.Lock()
        self._decoding = threading.Lock()

    def load(self) -> None:
        """Load the weights (0.5 s for base, after 1.5 s of imports).

        Raises:
            HearingError: the folder does not hold a faster-whisper model.
        """
        with self._loading:
            if self._model is None:
                self._model = self._loaded()

    def _loaded(self) -> Any:
        try:
            model = self._make(self._folder, self._threads)
        except Exception as error:
            raise HearingError(
                f"{self._folder}: cannot be loaded as a faster-whisper model ({error}). "
                "Remove the folder and get it again with `voice-coach models get`."
            ) from error
        model.encode = _ShortEncode(model)
        model.feature_extractor = PiecewiseMel(model.feature_extractor)
        return model

    def words(self, pcm: bytes) -> list[Word]:
        """Words of one utterance of at most 28 s.

        Raises:
            HearingError: the recogniser failed.
        """
        self.load()
        samples = _floats(pcm)
        duration = len(samples) / SAMPLE_RATE
        window = max(SHORTEST_WINDOW, duration + WINDOW_MARGIN)
        try:
            heard = self._decode(samples, window, self._glossary)
            if heard.wrong:
                again = self._decode(samples, LONGEST_WINDOW, None)
                heard = heard if again.wrong and len(heard.words) < len(again.words) else again
            elif self._glossary and heard.sure < DOUBTFUL:
                without = self._decode(samples, window, None)
                heard = without if without.sure > heard.sure and not without.wrong else heard
        except Exception as error:
            raise HearingError(f"the recogniser failed on {duration:.1f} s of sound: {error}") from error
        return collapse_loops(heard.words)

    def language(self, pcm: bytes) -> str:
        """As Whisper's first token has it, by the first ten seconds (0.3 CPU seconds).

        Told to hear English it would translate, so that its words don't show what was spoken.

        Raises:
            HearingError: the recogniser failed.
        """
        self.load()
        expected = str(self.settings["language"])
        if not self._model.model.is_multilingual:
            return expected
        try:
            with self._decoding:
                self._model.encode.window = SHORTEST_WINDOW
                code, probability, _ = self._model.detect_language(_floats(pcm))
        except Exception as error:
            raise HearingError(f"the recogniser failed to tell the language: {error}") from error
        return str(code) if probability >= SURE_OF_LANGUAGE else expected

    def passage(self, pcm: bytes) -> Iterator[list[Word]]:
        """Words of a passage, window by window, each with the text before it, as Whisper was made to be used.

        Raises:
            HearingError: the recogniser failed.
        """
        self.load()
        samples = _floats(pcm)
        try:
            segments, _ = self._model.transcribe(
                samples,
                language=self.settings["language"],
                beam_size=5,
                temperature=0.0,
                word_timestamps=True,
                vad_filter=False,
            )
            for window in self._windows(segments):
                yield collapse_loops(
                    joined([word for segment in window for word in segment.words or ()], len(samples))
                )
        except Exception as error:
            raise HearingError(
                f"the recogniser failed on {len(samples) / SAMPLE_RATE:.0f} s of sound: {error}"
            ) from error

    def _windows(self, segments: Iterator[Any]) -> Iterator[list[Any]]:
        """The segments that were decoded together; the model is free for others between two windows."""
        waiting: list[Any] = []
        while True:
            with self._decoding:
                self._model.encode.window = LONGEST_WINDOW
                segment = next(segments, None)  # decodes when a window's segments are used up
            give_back()
            if waiting and (segment is None or segment.seek != waiting[0].seek):
                yield waiting
                waiting = []
            if segment is None:
                return
            waiting.append(segment)

    def _decode(self, samples: Any, window: float, told: str | None) -> _Heard:
        """What is heard when `told` was read before."""
        with self._decoding:
            self._model.encode.window = window
            heard = self._decoded(samples, told)
        give_back()
        return heard

    def _decoded(self, samples: Any, told: str | None) -> _Heard:
        duration = len(samples) / SAMPLE_RATE
        segments, _ = self._model.transcribe(
            samples,
            language=self.settings["language"],
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            hotwords=told,
            without_timestamps=True,  # 1 to 2 points of word error rate better on utterances, and no loops
            word_timestamps=True,
            vad_filter=False,
            max_new_tokens=min(220, 20 + int(TOKENS_PER_SECOND * duration)),
        )
        # Only the first window, which is one segment without timestamps. Asking for one more would make
        # faster-whisper decode the quiet after the last word: a third of all the work.
        first = [segment for segment in itertools.islice(segments, 1) if segment.seek == 0]
        recited = any(glossary.recited(segment.text) for segment in first)
        wrong = recited or any(
            segment.avg_logprob < UNSURE or compression_ratio(segment.text) > REPETITIVE for segment in first
        )
        pieces = [] if recited else [word for segment in first for word in segment.words or ()]
        sure = min((segment.avg_logprob for segment in first), default=0.0)
        return _Heard(begun(joined(pieces, len(samples)), samples), wrong, sure)


def _faster_whisper(folder: Path, threads: int) -> WhisperModel:
    # On AMD's processors oneDNN keeps code for every length of sound that it met, 4 MB a minute of talk and no faster.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
    from faster_whisper import WhisperModel

    return WhisperModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
    )


class _ShortEncode:
    """Whisper's encoder over `window` seconds instead of always thirty.

    The encoder accepts any length and its cost grows faster than linearly: 0.97 s for 30 s, 0.14 s for 10 s.
    """

    def __init__(self, model: WhisperModel) -> None:
        self._encode = model.encode
        self._frames_per_second = model.frames_per_second
        self.window = LONGEST_WINDOW

    def __call__(self, features: Any) -> Any:
        """Encode the first `window` seconds of `features` (mel bands x frames)."""
        return self._encode(features[..., : round(self.window * self._frames_per_second)])


def _floats(pcm: bytes) -> Any:
    import numpy as np

    return np.frombuffer(pcm, dtype=np.int16).astype(np.float32) / 32768


def joined(pieces: Iterable[Any], samples: int) -> list[Word]:
    """Whisper's pieces as whole words: one that does not begin with a space belongs to the word before it.

    A word takes the lowest probability of its pieces. `samples` is the length of the sound.
    """
    words: list[Word] = []
    for piece in pieces:
        start, stop = (min(samples, round(time * SAMPLE_RATE)) for time in (piece.start, piece.end))
        probability = round(float(piece.probability), 3)
        text = piece.word.strip()
        if text and words and not piece.word.startswith(" "):
            before = words.pop()
            text, start = before.text + text, before.start
            probability = min(probability, before.probability or 0.0)
        if text:
            words.append(Word(text=text, start=start, stop=stop, probability=probability))
    return words


def begun(words: list[Word], samples: Any) -> list[Word]:
    """The words, the first of which begins no sooner than the sound; Whisper gives it the quiet before it, too."""
    if not words or words[0].start is None or words[0].stop is None:
        return words
    import numpy as np

    loud = np.flatnonzero(np.abs(samples) > QUIET * np.abs(samples).max())
    start = min(max(words[0].start, int(loud[0]) if len(loud) else 0), words[0].stop)
    return [words[0].model_copy(update={"start": start}), *words[1:]]


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes compressed; openai/whisper's measure of repetition."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0
