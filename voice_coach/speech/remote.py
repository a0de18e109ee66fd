"""Another machine as recogniser: a server with OpenAI's transcription interface, such as one on a GPU box.

Only used when asked for by name, since the sound of an answer then leaves this machine. Speaks HTTP through the
`openai` package (extra `engine`) to the address given and to no other; sends the sound, the model's name and the
language, and no prompt.
"""

from __future__ import annotations

import io
import os
import wave
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from voice_coach.errors import HearingError, UsageError
from voice_coach.records import SAMPLE_RATE, Word
from voice_coach.speech.guards import collapse_loops

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY_VARIABLE = "VOICE_COACH_ENGINE_KEY"
"""The environment variable with the server's key, where it wants one; never OpenAI's own variable."""
SECONDS = 60.0
RETRIES = 2


class RemoteRecogniser:
    """A `Recogniser` over HTTP.

    Args:
        url: the server, with or without the `/v1` at its end.
        model: the model's name as the server knows it.
        language: two letters.

    Raises:
        UsageError: not an http(s) address.
    """

    def __init__(self, url: str, *, model: str, language: str = "en") -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UsageError(f"--engine {url}: give the address of a server, such as http://gpu-box:8000")
        self.host = parts.netloc.rpartition("@")[2]
        self.name = f"{model} at {self.host}"
        self.settings: dict[str, str | int | float | bool | None] = {
            "language": language,
            "engine": self.host,
        }
        self._url = url.rstrip("/")
        self._model = model
        self._client: Any = None

    def load(self) -> None:
        """Set up the client; nothing is sent.

        Raises:
            HearingError: the extra `engine` is not installed.
        """
        if self._client is None:
            try:
                from openai import OpenAI
            except ImportError as error:
                raise HearingError(
                    "--engine needs the package openai: pip install 'voice-coach[engine]'"
                ) from error
            self._client = OpenAI(
                base_url=self._url if self._url.endswith("/v1") else f"{self._url}/v1",
                api_key=os.environ.get(KEY_VARIABLE) or "none",
                timeout=SECONDS,
                max_retries=RETRIES,
            )

    def words(self, pcm: bytes) -> list[Word]:
        """As in `Recogniser`.

        Raises:
            HearingError: the server cannot be reached, refused, or gave something else than a transcription.
        """
        self.load()
        import openai

        try:
            answer = self._client.audio.transcriptions.create(
                file=("utterance.wav", _wav(pcm), "audio/wav"),
                model=self._model,
                language=str(self.settings["language"]),
                response_format="verbose_json",
                timestamp_granularities=["word", "segment"],
                temperature=0.0,
            )
        except openai.APIConnectionError as error:
            raise HearingError(
                f"The server {self.host} cannot be reached ({error.__cause__ or error}). "
                "Start it, or leave out --engine."
            ) from error
        except openai.OpenAIError as error:
            raise HearingError(
                f"The server {self.host} did not transcribe ({error}). Check the model's name and its key "
                f"({KEY_VARIABLE}), or leave out --engine."
            ) from error
        if isinstance(answer, str) or not hasattr(answer, "text"):
            raise HearingError(f"The server {self.host} gave no transcription; is it one for speech?")
        return collapse_loops(words_of(answer, len(pcm) // 2))

    def language(self, pcm: bytes) -> str:  # noqa: ARG002 - the server is told what to expect and does not say
        """As in `Recogniser`: always the expected one."""
        return str(self.settings["language"])

    def passage(self, pcm: bytes) -> Iterator[list[Word]]:
        """As in `Recogniser`: the passage in one request."""
        yield self.words(pcm)


def words_of(answer: Any, samples: int) -> list[Word]:
    """The words of a transcription of `samples` samples, with the best times there are.

    Servers give word times, segment times or only the text; without word times the words of a segment (or of all)
    share its time by their lengths.
    """
    if words := getattr(answer, "words", None):
        probabilities = _probabilities(answer)
        return [
            Word(
                text=word.word.strip(),
                start=_sample(word.start, samples),
                stop=_sample(word.end, samples),
                probability=_within(probabilities, word.start),
            )
            for word in words
            if word.word.strip()
        ]
    if segments := getattr(answer, "segments", None):
        return [
            word
            for segment in segments
            for word in spread(
                segment.text.split(),
                _sample(segment.start, samples),
                _sample(segment.end, samples),
                _probability(segment),
            )
        ]
    return spread(answer.text.split(), 0, samples, None)


def spread(texts: Sequence[str], start: int, stop: int, probability: float | None) -> list[Word]:
    """Words over a stretch of sound, each for as long as it has letters."""
    letters = sum(len(text) + 1 for text in texts)
    words = []
    before = 0
    for text in texts:
        after = before + len(text) + 1
        words.append(
            Word(
                text=text,
                start=start + (stop - start) * before // letters,
                stop=start + (stop - start) * after // letters,
                probability=probability,
            )
        )
        before = after
    return words


def _probabilities(answer: Any) -> list[tuple[float, float, float | None]]:
    segments = getattr(answer, "segments", None) or []
    return [(segment.start, segment.end, _probability(segment)) for segment in segments]


def _within(probabilities: Sequence[tuple[float, float, float | None]], second: float) -> float | None:
    return next((value for start, end, value in probabilities if start <= second <= end), None)


def _probability(segment: Any) -> float | None:
    """The mean probability of a segment's tokens, which stands for each of its words."""
    import math

    mean = getattr(segment, "avg_logprob", None)
    return None if mean is None else round(min(1.0, math.exp(mean)), 3)


def _sample(second: float, samples: int) -> int:
    return max(0, min(samples, round(second * SAMPLE_RATE)))


def _wav(pcm: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes(pcm)
    return file.getvalue()
