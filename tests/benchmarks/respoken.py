"""Labelled answers as a recogniser hears them: spoken by a synthetic voice, transcribed, and kept in a file.

Speaking and hearing sixty answers takes some twenty minutes; what was heard is kept as JSON Lines (id, text) and used
again. Needs the extra `offline` and the development packages (Piper's voice joe).
"""

from __future__ import annotations

import json
import sys
import tempfile
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.terms import joe
from voice_coach.afterwards import heard
from voice_coach.speech.weights import locate
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Mapping


def respoken(answers: Mapping[str, str], kept: Path) -> dict[str, str]:
    """What was heard of each answer, by id; what the file `kept` lacks is spoken and added to it."""
    known = _read(kept)
    missing = {key: text for key, text in answers.items() if key not in known}
    if missing:
        with tempfile.TemporaryDirectory() as name, kept.open("a", encoding="utf-8") as lines:
            folder = Path(name)
            recogniser = Whisper(locate("base", folder / "models"), name="base")
            recogniser.load()
            for number, (key, text) in enumerate(missing.items(), start=1):
                known[key] = _spoken(text, folder / "answer.wav", recogniser)
                lines.write(json.dumps({"id": key, "text": known[key]}) + "\n")
                lines.flush()
                sys.stderr.write(f"\r{number} of {len(missing)} answers spoken and heard")
            sys.stderr.write("\n")
    return {key: known[key] for key in answers}


def _spoken(text: str, file: Path, recogniser: Whisper) -> str:
    with wave.open(str(file), "wb") as sound:
        joe().synthesize_wav(text, sound)
    return heard(file, recogniser).transcript.text


def _read(kept: Path) -> dict[str, str]:
    if not kept.exists():
        return {}
    rows = (json.loads(line) for line in kept.read_text("utf-8").splitlines())
    return {row["id"]: row["text"] for row in rows}
