"""RealtimeSTT as a peer: fed a recording at real speed, how long its text takes after the last word.

    PYTHON tests/benchmarks/peer_realtimestt.py MODEL_FOLDER WAV

PYTHON is an interpreter with `realtimestt` installed; nothing of voice-coach is used. Prints a line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
import wave

CHUNK = 512


def main(model: str, file: str) -> None:
    from RealtimeSTT import AudioToTextRecorder

    texts: list[str] = []
    recorder = AudioToTextRecorder(
        model=model, language="en", device="cpu", compute_type="int8", beam_size=5, use_microphone=False,
        spinner=False, silero_use_onnx=True, post_speech_silence_duration=0.6, no_log_file=True,
    )  # fmt: skip
    with wave.open(file, "rb") as sound:
        began = time.monotonic()
        fed = 0
        while pcm := sound.readframes(CHUNK):
            recorder.feed_audio(pcm)
            fed += len(pcm) // 2
            time.sleep(max(0.0, began + fed / sound.getframerate() - time.monotonic()))
    ended = time.monotonic()
    recorder.stop()
    texts.append(recorder.text())
    sys.stdout.write(json.dumps({"wait": time.monotonic() - ended, "text": " ".join(texts)}) + "\n")
    recorder.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
