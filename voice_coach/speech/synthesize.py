"""The child process of `voice.py`: speaks one text into a file with pyttsx3, or lists the voices, and ends.

Its own process because pyttsx3 loses settings, overwrites files and may hang or crash from its second
utterance on. It is started by path and imports nothing of this package, so it works from any folder.

Standard input: one JSON object, `{"seconds", "text", "voice", "rate", "file"}` to speak, `{"seconds"}` alone
to list the voices. Standard output: one JSON object, `{}` when spoken, `{"voices": [...]}` when listed, or
`{"error", "stage"}` with stage `install`, `init`, `voice` (with `voices`) or `speech`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

SETTLE = 0.1
"""Seconds that a driver gets to carry out the settings before it is asked to speak (see `configure`)."""
QUIET = 0.5
"""Seconds for which a file must not have grown to count as complete, for drivers that do not say so."""


class UnknownVoiceError(LookupError):
    """No voice of the engine goes by the name asked for."""


def voices_of(engine: Any) -> list[dict[str, str]]:
    """The engine's voices as `id`, `name` and `language` (`en-us`; empty where unknown)."""
    return [
        {
            "id": str(voice.id),
            "name": str(voice.name).strip(),
            "language": str(next(iter(voice.languages or ()), "") or "").replace("_", "-").lower(),
        }
        for voice in engine.getProperty("voices")
    ]


def choose(voices: list[dict[str, str]], wanted: str | None, current: str | None) -> str | None:
    """The id of the voice to set; None leaves the engine's own.

    `wanted` is an id, a name, the last part of an id, or a language, in any case; espeak's `+variant` stays
    attached. Nothing wanted: an English voice, should the engine's own (`current`) speak another language.

    Raises:
        UnknownVoiceError: no voice is called that.
    """
    if wanted is None:
        english = [voice["id"] for voice in voices if voice["language"].startswith("en")]
        own = [voice["id"].lower() for voice in voices if voice["id"] in english]
        return None if not english or current is None or current.lower() in own else english[0]
    base, plus, variant = wanted.strip().lower().partition("+")
    names = [
        (voice["id"], voice["name"], voice["id"].replace("\\", "/").rpartition("/")[2], voice["language"])
        for voice in voices
    ]
    for names_of_a_kind in zip(*names, strict=True):
        for voice, name in zip(voices, names_of_a_kind, strict=True):
            if name.lower() == base:
                return voice["id"] + plus + variant
    raise UnknownVoiceError(f"no voice is called {wanted!r}")


def configure(engine: Any, voice: str | None, rate: int) -> None:
    """Set voice and rate now, not with the first utterance, and give the driver time to carry that out.

    pyttsx3 keeps settings back until `runAndWait`, which then ends its loop with a `stop` that makes espeak
    throw away whatever it has not yet carried out: one utterance in four was spoken at the default rate.
    Reading the rate back would prove nothing, as pyttsx3 leaves out an argument of espeak's getter.
    """
    engine.proxy.setBusy(False)
    if voice is not None:
        engine.setProperty("voice", voice)
    engine.setProperty("rate", rate)
    engine.proxy.setBusy(True)
    time.sleep(SETTLE)


def speak(engine: Any, request: dict[str, Any]) -> None:
    """Speak `text` into `file` and return when the file is complete.

    Raises:
        RuntimeError: the driver reported an error; its words.
        UnknownVoiceError: as `choose`.
    """
    finished = threading.Event()
    problems: list[str] = []
    engine.connect("finished-utterance", lambda **_: finished.set())
    engine.connect("error", lambda exception, **_: problems.append(str(exception)))
    voice = choose(voices_of(engine), request["voice"], engine.getProperty("voice"))
    configure(engine, voice, request["rate"])
    engine.save_to_file(request["text"], request["file"])
    engine.runAndWait()  # returns at once with espeak, after speaking with the others
    file = Path(request["file"])
    size, since = -1, time.monotonic()
    while not finished.wait(0.02):
        if problems:
            raise RuntimeError("; ".join(problems))
        if file.exists() and file.stat().st_size != size:
            size, since = file.stat().st_size, time.monotonic()
        if size > 0 and time.monotonic() - since > QUIET:
            break


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What standard output gets for `request`."""
    try:
        pyttsx3 = importlib.import_module("pyttsx3")
    except ImportError as error:
        return {"stage": "install", "error": str(error)}
    try:
        engine = pyttsx3.init()
    except Exception as error:  # noqa: BLE001 - drivers raise anything: OSError, KeyError, RuntimeError, COM errors
        return {"stage": "init", "error": f"{type(error).__name__}: {error}"}
    if "text" not in request:
        return {"voices": voices_of(engine)}
    try:
        speak(engine, request)
    except UnknownVoiceError as error:
        return {"stage": "voice", "error": str(error), "voices": voices_of(engine)}
    except Exception as error:  # noqa: BLE001 - as above
        return {"stage": "speech", "error": f"{type(error).__name__}: {error}"}
    return {}


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    # A hang inside a driver ends here, even when the parent is gone and nobody is left to kill this process.
    faulthandler.dump_traceback_later(request["seconds"], exit=True)
    # pyttsx3 and the sound libraries print as they like: only the reply may reach standard output.
    reply = os.dup(1)
    os.dup2(2, 1)
    with os.fdopen(reply, "w", encoding="ascii") as stream, contextlib.redirect_stdout(sys.stderr):
        json.dump(answer(request), stream)


if __name__ == "__main__":
    main()
