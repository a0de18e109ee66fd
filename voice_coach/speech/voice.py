"""Text to speech: pyttsx3 made dependable, with what was once spoken kept in a cache.

Each utterance is spoken into a file by a child process of its own (`synthesize.py`, which says why), checked,
and tried once more before it counts as failed. Playing is the loudspeaker's part.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.metadata
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_coach.errors import UsageError, VoiceError
from voice_coach.speech import synthesize
from voice_coach.speech.spoken import DamagedError, Speech
from voice_coach.speech.utterances import utterances

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE = 170
"""Words a minute: an unhurried interviewer."""
RATES = range(80, 451)
"""Words a minute that the engines can speak."""
PAUSE = 0.25
"""Seconds of silence between the utterances of a long text, beside the pause that ends each."""
LIMIT = 15.0
"""Seconds one utterance may take; 0.2 is usual, 1 on a busy machine."""
COMMAND = (sys.executable, "-P", synthesize.__file__)
"""How the child is started; `-P` keeps modules of the folder the user is in away from it."""

SCREEN_ONLY = "Practice goes on with the question on the screen only."


@dataclass(frozen=True, slots=True)
class VoiceName:
    """A voice that the system offers; `language` like `en-us`, empty where unknown."""

    id: str
    name: str
    language: str


class _UnusableError(Exception):
    """One try gave no usable speech; the text says why, as the end of a sentence."""


class Voice:
    """The system's voice at one setting.

    Args:
        cache: folder for what was spoken, made when first needed.
        voice: id, name or language of a voice as `voices()` lists them; None for the system's own, or an
            English one where that speaks another language.
        rate: words a minute.
        command: starts the child process; tests pass their own.
        limit: seconds that the child may take.

    Raises:
        UsageError: `rate` is one that no engine speaks.
    """

    def __init__(
        self,
        cache: Path,
        *,
        voice: str | None = None,
        rate: int = RATE,
        command: Sequence[str] = COMMAND,
        limit: float = LIMIT,
    ) -> None:
        if rate not in RATES:
            raise UsageError(f"No voice speaks {rate} words a minute: choose {RATES[0]} to {RATES[-1]}.")
        self._cache = cache
        self._voice = voice
        self._rate = rate
        self._command = tuple(command)
        self._limit = limit

    def speech(self, text: str) -> Speech:
        """`text` spoken, from the cache where it was spoken before.

        Raises:
            VoiceError: it could not be spoken; says what is missing or what pyttsx3 said.
            UsageError: there is no voice of the name asked for; names the nearest.
        """
        pieces = utterances(text)
        if not pieces:
            raise VoiceError("There is nothing to speak: the text has no letter or digit.")
        file = self._cache / f"{self._key(pieces)}.wav"
        try:
            try:
                return _plausible(file, " ".join(pieces), self._rate)
            except (FileNotFoundError, _UnusableError):
                speech = Speech.joined([self._spoken(piece) for piece in pieces], PAUSE)
            speech.write(file)
        except OSError as error:
            raise VoiceError(
                f"{self._cache}: spoken questions cannot be kept there ({error}). "
                f"Free some space or choose another folder with --home. {SCREEN_ONLY}"
            ) from error
        return speech

    def voices(self) -> list[VoiceName]:
        """The voices of this system, in the system's order.

        Raises:
            VoiceError: they cannot be listed.
        """
        try:
            reply = self._ask({})
        except _UnusableError as error:
            raise VoiceError(f"The voices cannot be listed: {error}.") from error
        return [VoiceName(**voice) for voice in reply["voices"]]

    def _key(self, pieces: list[str]) -> str:
        version = importlib.metadata.version("pyttsx3")
        setting = json.dumps([pieces, self._voice, self._rate, version])
        return hashlib.sha256(setting.encode("ascii")).hexdigest()[:32]

    def _spoken(self, piece: str) -> Speech:
        try:
            try:
                return self._once(piece)
            except _UnusableError:
                return self._once(piece)
        except _UnusableError as error:
            raise VoiceError(
                f"The question could not be spoken, tried twice: {error}. {SCREEN_ONLY}"
            ) from error

    def _once(self, piece: str) -> Speech:
        with tempfile.TemporaryDirectory(prefix="voice-coach-") as folder:
            file = Path(folder) / "speech.wav"
            self._ask({"text": piece, "voice": self._voice, "rate": self._rate, "file": str(file)})
            try:
                return _plausible(file, piece, self._rate)
            except FileNotFoundError as error:
                raise _UnusableError("pyttsx3 reported success but wrote no sound") from error

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        # The child's own limit only matters when this process is gone, so it comes a little later.
        request = {"seconds": self._limit + 5, **request}
        try:
            child = subprocess.run(
                self._command,
                input=json.dumps(request).encode("ascii"),
                capture_output=True,
                timeout=self._limit,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _UnusableError(
                f"the speech engine gave no answer within {self._limit:g} seconds"
            ) from error
        try:
            reply = json.loads(child.stdout)
        except ValueError:
            reply = None
        if child.returncode != 0 or not isinstance(reply, dict):
            said = child.stderr.decode("utf-8", "replace").strip().splitlines() or ["nothing"]
            raise _UnusableError(
                f"the speech process ended with code {child.returncode} and said: {said[-1]}"
            )
        if "error" in reply:
            raise self._failure(reply)
        return reply

    def _failure(self, reply: dict[str, Any]) -> Exception:
        """What the child's report of a failure means: an error for the person, or a reason to try again."""
        said = str(reply["error"]).rstrip(".")
        match reply["stage"]:
            case "install":
                return VoiceError(
                    f"The question cannot be spoken: pyttsx3 is not installed ({said}). "
                    f"Run `pip install pyttsx3`. {SCREEN_ONLY}"
                )
            case "init" if sys.platform == "linux":
                return VoiceError(
                    "The question cannot be spoken: pyttsx3 could not start espeak-ng. Install the package "
                    "libespeak-ng1 (Debian, Ubuntu) or espeak-ng (Fedora, Arch, Alpine). "
                    f"pyttsx3 said: {said}. {SCREEN_ONLY}"
                )
            case "init":
                return VoiceError(
                    f"The question cannot be spoken: the system's voice did not start. pyttsx3 said: {said}. "
                    f"{SCREEN_ONLY}"
                )
            case "voice":
                return UsageError(
                    f"There is no voice {self._voice!r} on this system. "
                    f"{_nearest(str(self._voice), [VoiceName(**voice) for voice in reply['voices']])}"
                )
            case _:
                return _UnusableError(f"pyttsx3 said: {said}")


def _nearest(wanted: str, voices: list[VoiceName]) -> str:
    """A sentence that proposes voices whose id, name or language looks like `wanted`."""
    ids = {key.lower(): voice.id for voice in voices for key in (voice.language, voice.name, voice.id)}
    near = dict.fromkeys(ids[key] for key in difflib.get_close_matches(wanted.lower(), ids, n=5, cutoff=0.5))
    english = dict.fromkeys(voice.id for voice in voices if voice.language.startswith("en"))
    return (
        f"Near to it: {', '.join(near)}." if near else f"English ones: {', '.join([*english][:8]) or 'none'}."
    )


def _plausible(file: Path, text: str, rate: int) -> Speech:
    """The speech in `file`, checked to be a plausible reading of `text`.

    Raises:
        FileNotFoundError: there is no such file.
        _UnusableError: empty, cut off, silent, or of a length that `text` cannot have.
    """
    try:
        speech = Speech.read(file)
    except DamagedError as error:
        raise _UnusableError(f"pyttsx3 wrote {error}") from error
    if not speech.pcm.strip(b"\0"):
        raise _UnusableError("pyttsx3 wrote an empty or silent file")
    # Measured with espeak: 0.3 s a word. Much shorter is cut off; a spelt-out symbol may take a second.
    words = len(re.findall(r"[A-Za-z0-9]+", text))
    shortest, longest = 0.1 * words * RATE / rate, (3 + len(text)) * RATE / rate
    if not shortest <= speech.seconds <= longest:
        raise _UnusableError(f"pyttsx3 spoke {words} words in {speech.seconds:.1f} seconds, which cannot be")
    return speech
