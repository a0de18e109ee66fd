"""What a recogniser wrote is believed only where somebody spoke: guards against invented text, pure.

Whisper fills noise with what its training ended on ("Thank you.", "Thanks for watching!"), repeats a phrase it
cannot leave, and puts words into silence. Each guard looks at the words and at the voice that was measured in
the same stretch of sound; what is not believed counts as not understood and is shown as such.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.records import Word
    from voice_coach.speech.voicing import Voicing

CREDITS = re.compile(
    r"(thanks?( you)?( so much| very much)? for watching.*|(please )?(like and )?subscribe.*"
    r"|(subtitles|captions|transcription|translation|transcribed|translated) by .*|see you in the next video.*"
    r"|(music|applause|laughter|silence|blank audio|inaudible)( (playing|music))?)"
)
"""Nobody says these in an answer; they end videos, which the recogniser was trained on."""
POLITE = frozenset({"you", "thank you", "thank you very much", "thanks", "bye", "bye bye", "oh", "hmm", "so"})
"""What it writes for a breath or a click, and people do say: believed with a voice long or words sure enough."""
POLITE_VOICE = SAMPLE_RATE * 4 // 10
POLITE_SURE = 0.6
FASTEST = 10.0
"""Words a second of voice; nobody says more than 8. The voice of a hoarse or distant speaker is measured far too
short, so words that the recogniser is sure of are believed all the same."""
FEWEST = 5
"""With fewer words than these a rate means nothing."""
LEAST_SURE = 0.25
"""Mean word probability; real speech has 0.8, words for noise far less."""
NEAR = SAMPLE_RATE // 2
"""How far a word's time may be off."""


def believed(words: Sequence[Word], voice: int) -> bool:
    """Whether these words can be what was said in a stretch that holds `voice` samples of voice."""
    text = " ".join(re.findall(r"[a-z']+", " ".join(word.text for word in words).lower()))
    if CREDITS.fullmatch(text):
        return False
    probabilities = [word.probability for word in words if word.probability is not None]
    sure = sum(probabilities) / len(probabilities) if probabilities else 1.0
    if text in POLITE and (voice < POLITE_VOICE or sure < POLITE_SURE):
        return False
    too_fast = len(words) >= FEWEST and len(words) > FASTEST * voice / SAMPLE_RATE and sure < POLITE_SURE
    return sure >= LEAST_SURE and not too_fast


def voiced(words: Sequence[Word], voicing: Voicing) -> list[Word]:
    """The words without those that stand where nobody made a sound; their times are in the whole answer."""
    return [
        word
        for word in words
        if word.start is None
        or word.stop is None
        or voicing.may_hold_speech(word.start - NEAR, word.stop + NEAR)
    ]


def collapse_loops(words: list[Word], *, longest: int = 8) -> list[Word]:
    """Words without a decoder's loops: a phrase of up to `longest` words said far too often in a row is said once.

    People do say "words words words words"; a decoder that loops goes on to its limit.
    """
    kept: list[Word] = []
    at = 0
    texts = [word.text.lower() for word in words]
    while at < len(words):
        for size in range(1, longest + 1):
            phrase = texts[at : at + size]
            times = 1
            while texts[at + times * size : at + (times + 1) * size] == phrase and len(phrase) == size:
                times += 1
            if times > max(3, 8 // size):
                kept += words[at : at + size]
                at += times * size
                break
        else:
            kept.append(words[at])
            at += 1
    return kept
