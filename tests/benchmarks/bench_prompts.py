"""Whether every prompt can be understood by ear: spoken to a WAV file, transcribed back, and compared with its text.

    python -m tests.benchmarks.bench_prompts [DRILL...]      all drills, worst first
    tests/run -m bench tests/benchmarks/bench_prompts.py

Two voices: `natural` is Piper's joe at the coach's pace, which sounds like the voices of macOS and Windows;
`system` is what pyttsx3 finds here, on Linux espeak-ng, whose sounds the recogniser was never trained on. Texts are
compared as OpenAI compares them for Whisper: without case, punctuation and fillers, numbers as digits, one spelling.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import jiwer
import pytest
from whisper_normalizer.english import EnglishTextNormalizer

from tests.benchmarks.terms import joe
from voice_coach.afterwards import heard
from voice_coach.content.load import Library
from voice_coach.speech.voice import Voice
from voice_coach.speech.weights import locate
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from voice_coach.content.models import Drill

pytestmark = pytest.mark.bench

MOST = 0.10
"""Word error rate that a prompt may have in the natural voice."""
PACE = 1.1
"""How much longer than usual joe speaks: 170 words a minute instead of 186."""


def speakers(folder: Path) -> dict[str, Callable[[str, Path], None]]:
    """The voices by name; each writes a text to a WAV file."""
    from piper import SynthesisConfig

    system = Voice(folder / "cache")
    manner = SynthesisConfig(length_scale=PACE, noise_scale=0, noise_w_scale=0)  # nothing at random

    def natural(text: str, file: Path) -> None:
        with wave.open(str(file), "wb") as sound:
            joe().synthesize_wav(text, sound, syn_config=manner)

    return {"natural": natural, "system": lambda text, file: system.speech(text).write(file)}


def error_rate(said: str, heard_text: str) -> float:
    """Word error rate of what was heard, both texts normalised."""
    normal = EnglishTextNormalizer()
    return float(jiwer.wer(normal(said), normal(heard_text)))


def measure(drills: Iterable[Drill]) -> list[tuple[Drill, dict[str, float], str]]:
    """Each drill with its error rate by voice and what was heard of the natural one, the worst first."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recogniser = Whisper(locate("base", folder / "models"), name="base")
        recogniser.load()
        voices = speakers(folder)
        for drill in drills:
            texts = {}
            for voice, speak in voices.items():
                file = folder / f"{voice}.wav"
                speak(drill.prompt, file)
                texts[voice] = heard(file, recogniser).transcript.text
            rates = {voice: error_rate(drill.prompt, text) for voice, text in texts.items()}
            rows.append((drill, rates, texts["natural"]))
    return sorted(rows, key=lambda row: (-row[1]["natural"], -row[1]["system"]))


def run(drills: Sequence[Drill]) -> dict[str, float]:
    """Prints the table; returns the error rate in the natural voice by drill."""
    rows = measure(drills)
    sys.stdout.write(f"{'word error rate':40} natural  system\n")
    for drill, rates, text in rows:
        sys.stdout.write(f"{drill.id:40} {rates['natural']:7.1%} {rates['system']:7.1%}\n")
        if rates["natural"] > 0:
            sys.stdout.write(f"    said   {drill.prompt}\n    heard  {text}\n")
    for voice in ("natural", "system"):
        rate = [rates[voice] for _, rates, _ in rows]
        sys.stdout.write(
            f"{voice}: mean {statistics.mean(rate):.1%}, median {statistics.median(rate):.1%}, "
            f"{sum(each >= MOST for each in rate)} of {len(rate)} at {MOST:.0%} or above\n"
        )
    return {drill.id: rates["natural"] for drill, rates, _ in rows}


def test_every_prompt_is_understood_by_ear() -> None:
    rates = run(Library().drills())
    assert {drill: rate for drill, rate in rates.items() if rate >= MOST} == {}


if __name__ == "__main__":
    library = Library()
    run([library.drill(name) for name in sys.argv[1:]] or library.drills())
