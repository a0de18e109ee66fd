"""Is this machine ready to practise? Each part is tried for real, one result a part.

Only what makes practising aloud impossible blocks; a missing voice or loudspeaker leaves the question on the screen.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from voice_coach.audio.level import clipped_share, is_digital_silence, peak_dbfs
from voice_coach.errors import CoachError, DeviceError
from voice_coach.records import SAMPLE_RATE, Frame, Notice, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from voice_coach.audio.source import Source
    from voice_coach.practice import Speaker

Status = Literal["ok", "warning", "problem"]

LISTENING = 2 * SAMPLE_RATE
"""Samples that the microphone is tried for."""
QUIET_DBFS = -50.0
"""A peak below this in two seconds: speech at arm's length reaches -30."""
CLIPPED = 0.001
LEAST_FREE = 50_000_000
FREE = 500_000_000
"""Bytes; an hour of answers takes about 60 MB."""
TOO_SLOW = 0.5
"""Work for a second of speech above which drafts and their repetitions do not leave the machine enough room."""
FAST = 0.07
"""Below this a model three times as large keeps up as well."""
FASTER = {
    "medium": "small",
    "medium.en": "small.en",
    "small": "base",
    "small.en": "base.en",
    "base": "tiny.en",
    "base.en": "tiny.en",
}
HELP = "Let a faster machine hear with --engine, or type your answers with --typed"
BETTER = {"tiny.en": "base", "base": "small", "base.en": "small.en"}
SAMPLE = "This is the voice that asks the questions."


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one part; `blocks` where practising aloud is impossible with it."""

    part: str
    status: Status
    text: str
    blocks: bool = False


def data_folder(home: Path) -> Result:
    """Whether attempts can be kept there."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"\0")
    except OSError as error:
        text = f"{home} cannot be written ({error.strerror or error}). Make it writable, or choose another with --home."
        return Result("data folder", "problem", text, blocks=True)
    return Result("data folder", "ok", str(home))


def disk_space(home: Path) -> Result:
    """Whether there is room for recordings."""
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} GB free"
    if free < LEAST_FREE:
        return Result("disk space", "problem", f"only {free / 1e6:.0f} MB free. Make room.", blocks=True)
    if free < FREE:
        return Result("disk space", "warning", f"{text}; an hour of answers takes 60 MB. Make room soon.")
    return Result("disk space", "ok", text)


def loads(part: str, load: Callable[[], str]) -> Result:
    """Whether a model loads; `load` gives what to say of it."""
    try:
        return Result(part, "ok", load())
    except CoachError as error:
        return Result(part, "problem", str(error), blocks=True)


def speed(measure: Callable[[], float], model: str | None) -> Result:
    """How fast the recogniser hears.

    Args:
        measure: gives seconds of work for a second of speech.
        model: its name or folder where it hears on this machine; only of named ones is it known what is smaller.
    """
    try:
        load = measure()
    except CoachError as error:
        return Result("speed of hearing", "problem", str(error))
    text = f"{load:.2f} s of work for a second of speech"
    if load > TOO_SLOW:
        return Result(
            "speed of hearing", "warning",
            f"{text}: the report comes late. "
            + (f"--model {FASTER[model]} asks less of this machine" if model in FASTER else HELP),
        )  # fmt: skip
    if load < FAST and model in BETTER:
        return Result(
            "speed of hearing", "ok", f"{text}; --model {BETTER[model]} would keep up too, and is more exact"
        )
    return Result("speed of hearing", "ok", text)


def microphone(source: Source) -> Result:
    """Records two seconds and measures them."""
    try:
        pcm, notices = _recorded(source)
    except DeviceError as error:
        return Result("microphone", "problem", str(error), blocks=True)
    heard = f"{source.name}, {seconds(len(pcm) // 2):.1f} s recorded, peak {peak_dbfs(pcm):.0f} dBFS"
    if is_digital_silence(pcm):
        return Result(
            "microphone", "warning",
            f"{source.name} delivers digital silence: it is muted, or not connected. Unmute it in the sound settings.",
        )  # fmt: skip
    if clipped_share(pcm) > CLIPPED:
        return Result("microphone", "warning", f"{heard}: too loud, it clips. Turn the microphone down.")
    if peak_dbfs(pcm) < QUIET_DBFS:
        return Result(
            "microphone", "warning",
            f"{heard}: very quiet. If you were speaking, turn it up or come closer.",
        )  # fmt: skip
    if notices:
        return Result("microphone", "warning", f"{heard}. {notices[0]}")
    return Result("microphone", "ok", heard)


def voice(speaker: Speaker, wait: Callable[[], None]) -> Result:
    """Speaks a sentence on the loudspeaker; `wait` passes a little time."""
    try:
        playing = speaker.say(SAMPLE)
        while not playing.done:
            wait()
    except CoachError as error:
        return Result("voice and loudspeaker", "warning", str(error))
    return Result("voice and loudspeaker", "ok", "you should have heard a sentence")


def _recorded(source: Source) -> tuple[bytes, list[str]]:
    pieces: list[bytes] = []
    notices: list[str] = []
    with source.open() as items:
        for item in items:
            if isinstance(item, Notice):
                notices.append(item.text)
            elif isinstance(item, Frame):
                pieces.append(item.pcm)
                if item.stop >= LISTENING:
                    break
    return b"".join(pieces), notices


def examine(checks: tuple[Callable[[], Result], ...]) -> Iterator[Result]:
    """The results in order, each as soon as it is known."""
    for check in checks:
        yield check()
