"""A four-minute spoken answer through a virtual sound card: how long after the key the report is on the screen.

    python -m tests.benchmarks.bench_sound_card SPEECH_FOLDER [SECONDS]

Starts `voice-coach practice` as a person does, plays real speech into its microphone at real speed, presses Enter
at the end of the last word, and waits for the report. Needs PulseAudio and the extra `offline`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.benchmarks.talk import DRILL, Bench, answer_of, say, speech_folder
from tests.program import Program, read_until
from tests.virtual_sound import VirtualSound, sound_env
from voice_coach.records import SAMPLE_RATE
from voice_coach.speech.spoken import Speech

pytestmark = pytest.mark.bench

BOUND = 1.0


def main(speech: Path, seconds: int = 240) -> float:
    with tempfile.TemporaryDirectory(prefix="card-") as name:
        folder = Path(name)
        wav = folder / "answer.wav"
        Speech(answer_of(Bench(speech, folder / "home", 1), seconds), SAMPLE_RATE).write(wav)
        with VirtualSound(folder) as sound:
            program = Program(folder / "home", sound_env(sound.folder))
            process = program.start("practice", DRILL, "--no-voice", "--silence", "30", "--follow-ups", "0")
            try:
                read_until(process, "Listening to")
                time.sleep(3)  # as a person who thinks before speaking; the models load meanwhile
                sound.feed(wav).wait(seconds + 60)
                assert process.stdin
                pressed = time.monotonic()
                process.stdin.write("\n")
                process.stdin.flush()
                read_until(process, "Answer ended.")
                ended = time.monotonic() - pressed
                shown = read_until(process, "Delivery")
                waited = time.monotonic() - pressed
                process.stdin.write("q\n")
                process.stdin.flush()
                rest, _ = process.communicate(timeout=120)
            finally:
                process.kill()
    say(
        f"load {os.getloadavg()[0]:.1f}; key to 'Answer ended.' {ended:.2f} s, to the whole report {waited:.2f} s"
    )
    say("\n".join((shown + rest).splitlines()[:60]))
    return waited


def test_the_report_on_four_minutes_is_there_at_once() -> None:
    assert main(speech_folder()) <= BOUND


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
