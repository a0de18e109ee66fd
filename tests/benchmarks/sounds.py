"""Sounds that hold no concept: silence, noise, music, breathing, a keyboard; made by the same numbers every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Callable

Sound = NDArray[np.floating[Any]]
SECONDS = 30


def canaries() -> dict[str, bytes]:
    """16-bit PCM by name, half a minute each."""
    makers: dict[str, Callable[[np.random.Generator], Sound]] = {
        "digital silence": lambda _: np.zeros(SECONDS * SAMPLE_RATE),
        "quiet room": lambda chance: 0.001 * _white(chance),
        "white noise": lambda chance: 0.1 * _white(chance),
        "fan (brown noise)": _fan,
        "mains hum": lambda _: 0.2 * _tones([50, 100, 150, 300]),
        "music": _music,
        "breathing": _breathing,
        "keyboard": _keyboard,
    }
    return {name: pcm(make(np.random.default_rng(7))) for name, make in makers.items()}


def pcm(sound: Sound) -> bytes:
    """Sound of -1 to 1 as 16-bit PCM."""
    return (np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes()


def noisy(speech: bytes, decibels: float) -> bytes:
    """16-bit PCM with white noise `decibels` below it."""
    samples = np.frombuffer(speech, np.int16).astype(np.float64) / 32768
    loud = np.sqrt(np.mean(samples**2))
    noise = np.random.default_rng(7).standard_normal(len(samples))
    return pcm(samples + noise * loud * 10 ** (-decibels / 20))


def _time() -> Sound:
    return np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE


def _white(chance: np.random.Generator) -> Sound:
    return chance.standard_normal(SECONDS * SAMPLE_RATE)


def _tones(hertz: list[float]) -> Sound:
    wave: Sound = np.mean([np.sin(2 * np.pi * tone * _time()) for tone in hertz], axis=0)
    return wave


def _fan(chance: np.random.Generator) -> Sound:
    brown = np.cumsum(_white(chance))
    brown -= np.convolve(brown, np.ones(1600) / 1600, "same")
    fan: Sound = 0.3 * brown / np.abs(brown).max()
    return fan


def _music(chance: np.random.Generator) -> Sound:
    """Chords of four with a melody, each note decaying as a piano's does."""
    sound = np.zeros(SECONDS * SAMPLE_RATE)
    beat = SAMPLE_RATE // 2
    chords = [(220, 262, 330), (175, 220, 262), (131, 165, 196), (196, 247, 294)]
    for number, start in enumerate(range(0, len(sound) - beat, beat)):
        chord = chords[number // 4 % 4]
        for note in (*chord, 2 * chord[chance.integers(3)]):
            length = min(2 * beat, len(sound) - start)
            time = np.arange(length) / SAMPLE_RATE
            partials = sum(np.sin(2 * np.pi * note * part * time) / part**2 for part in range(1, 6))
            sound[start : start + length] += 0.08 * partials * np.exp(-3 * time)
    return sound


def _breathing(chance: np.random.Generator) -> Sound:
    """In and out every four seconds, louder out."""
    smooth = np.convolve(_white(chance), np.ones(12) / 12, "same")
    phase = _time() % 4
    envelope = np.exp(-(((phase - 0.8) / 0.35) ** 2)) + 1.6 * np.exp(-(((phase - 2.4) / 0.5) ** 2))
    breath: Sound = 0.15 * envelope * smooth
    return breath


def _keyboard(chance: np.random.Generator) -> Sound:
    """About six strokes a second, each a short burst."""
    sound = 0.001 * _white(chance)
    at = 0
    while (at := at + int(chance.exponential(SAMPLE_RATE / 6)) + 800) < len(sound) - 800:
        burst = chance.standard_normal(800) * np.exp(-np.arange(800) / 120)
        sound[at : at + 800] += 0.3 * chance.uniform(0.4, 1) * burst
    return sound
