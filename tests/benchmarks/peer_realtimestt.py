"""RealtimeSTT as a peer: fed a recording at real speed, how long its text takes after the last word.

    PYTHON tests/benchmarks/peer_realtimestt.py MODEL_FOLDER WAV

PYTHON is an interpreter with `RealtimeSTT[faster-whisper,silero-onnx-cpu]` installed (1.1.2 was tried; it needs
PortAudio's headers and a compiler); nothing of voice-coach is used. One thread asks for text after text, as its
README shows; when the recording ends, what is open is stopped, as a done key would. Prints a line of JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import wave

CHUNK = 512
LONGEST_WAIT = 300.0
"""Seconds after the end in which the last text must have come."""


def main(model: str, file: str) -> None:
    from RealtimeSTT import AudioToTextRecorder

    recorder = AudioToTextRecorder(
        model=model, language="en", device="cpu", compute_type="int8", beam_size=5, use_microphone=False,
        spinner=False, no_log_file=True,
    )  # fmt: skip
    texts: list[str] = []
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            texts.append(recorder.text())

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    with wave.open(file, "rb") as sound:
        began = time.monotonic()
        fed = 0
        while pcm := sound.readframes(CHUNK):
            recorder.feed_audio(pcm)
            fed += len(pcm) // 2
            time.sleep(max(0.0, began + fed / sound.getframerate() - time.monotonic()))
    ended = time.monotonic()
    over.set()
    recorder.flush_audio_input()
    recorder.drain_audio_input(timeout=LONGEST_WAIT)
    if recorder.is_recording:
        recorder.stop()
    elif recorder.state == "listening":
        recorder.abort()
    listener.join(LONGEST_WAIT)
    if listener.is_alive():
        sys.exit(f"no text came within {LONGEST_WAIT:.0f} seconds after the end")
    waited = time.monotonic() - ended
    sys.stdout.write(json.dumps({"wait": waited, "text": " ".join(texts)}) + "\n")
    sys.stdout.flush()
    recorder.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
