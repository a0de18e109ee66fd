"""The first trust gate: what cannot be judged is not graded, never missed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from voice_coach.check.text import FUNCTION_WORDS, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voice_coach.records import Transcript

FEWEST_WORDS = 8
"""With fewer nothing can be explained, and a cut recording is likelier than an answer."""
LEAST_PROBABILITY = 0.35
"""Mean of the recogniser's word probabilities; heard speech has 0.8, words invented on noise far less."""

MOST_CLIPPED = 0.2
"""Share of the talk's samples at the ends of the range; with so many the recogniser guesses."""
LEAST_ENGLISH = 0.25
"""Share of English function words below which the language is looked at; English speech has 0.4 and more, a list of
terms may have less."""
LEAST_SURE = 0.75
"""Probability from which another language is believed."""


def obstacle(transcript: Transcript) -> str | None:
    """Why the transcript cannot be judged, completing "not graded, because ...", or None."""
    return next(_obstacles(transcript), None)


def _obstacles(transcript: Transcript) -> Iterator[str]:
    """The plainest first."""
    words = [word for word in transcript.words if tokens([word.text])]
    verb = "typed" if transcript.model == "typed" else "heard"
    language = transcript.language
    if language != "en":
        yield f"what was spoken sounds like another language (`{language}`), and only English can be judged"
    language = other_language([word.text for word in transcript.words]) or "en"
    if language != "en" and not 0 < len(words) < FEWEST_WORDS:
        yield f"the words are in another language (`{language}`), and only English can be judged"
    if not words:
        yield f"no words were {verb}"
    if len(words) < FEWEST_WORDS:
        one = len(words) == 1
        yield f"only {len(words)} word{' was' if one else 's were'} {verb}, far too short to judge"
    if transcript.clipped > MOST_CLIPPED:
        yield f"the microphone was turned up so far that {transcript.clipped:.0%} of the sound is clipped"
    sure = [word.probability for word in words if word.probability is not None]
    if sure and sum(sure) / len(sure) < LEAST_PROBABILITY:
        yield f"the recogniser was only {sum(sure) / len(sure):.0%} sure of the words"


def other_language(words: Sequence[str]) -> str | None:
    """The code of the language that the words are in, or None where they may be English.

    By py3langid, a fork of langid.py (Lui and Baldwin 2012), which is loaded only for words that hardly look English.
    """
    forms = [token.form for token in tokens(words)]
    text = " ".join(words).lower()
    english = sum(form in FUNCTION_WORDS for form in forms) >= LEAST_ENGLISH * max(1, len(forms))
    if not any(map(str.isalpha, text)) or english:
        return None
    language, sure = _identifier().classify(text)
    return str(language) if language != "en" and sure >= LEAST_SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
