"""The first trust gate: what cannot be judged is not graded, never missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_coach.check.text import tokens

if TYPE_CHECKING:
    from voice_coach.records import Transcript

FEWEST_WORDS = 8
"""With fewer nothing can be explained, and a cut recording is likelier than an answer."""
LEAST_PROBABILITY = 0.35
"""Mean of the recogniser's word probabilities; heard speech has 0.8, words invented on noise far less."""


def obstacle(transcript: Transcript) -> str | None:
    """Why the transcript cannot be judged, completing "not graded, because ...", or None."""
    words = [word for word in transcript.words if tokens([word.text])]
    verb = "typed" if transcript.model == "typed" else "heard"
    if not words:
        return f"no words were {verb}"
    if len(words) < FEWEST_WORDS:
        return (
            f"only {len(words)} word{'s were' if len(words) > 1 else ' was'} {verb}, far too short to judge"
        )
    sure = [word.probability for word in words if word.probability is not None]
    if sure and sum(sure) / len(sure) < LEAST_PROBABILITY:
        return f"the recogniser was only {sum(sure) / len(sure):.0%} sure of the words"
    return None
