"""Sound that was lost on its way, and silence that no room has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.audio.dropouts import DeadSilence, LostSound


def deliver(
    meter: LostSound, lateness: list[float], lost_after: int | None = None, lost: float = 0
) -> list[float]:
    """Blocks of 20 ms, each late by so much; from block `lost_after` on, `lost` seconds are missing."""
    shift = [lost if lost_after is not None and index >= lost_after else 0 for index in range(len(lateness))]
    at = [0.02 * index + late + gone for index, (late, gone) in enumerate(zip(lateness, shift, strict=True))]
    came = np.maximum.accumulate(at)  # a block cannot overtake the one before
    return [told for time_ in came if (told := meter(0.02, 100 + float(time_), overflowed=False))]


def jitter(seed: int, most: float) -> list[float]:
    return [float(late) for late in np.random.default_rng(seed).uniform(0, most, 600)]


@given(st.integers(0, 2**32), st.floats(0, 0.15))
def test_jitter_is_never_taken_for_lost_sound(seed: int, most: float) -> None:
    assert deliver(LostSound(), jitter(seed, most)) == []


@given(st.integers(0, 2**32), st.floats(0, 0.15), st.integers(1, 300), st.floats(0.5, 5))
def test_a_loss_is_told_with_its_length(seed: int, most: float, where: int, lost: float) -> None:
    told = deliver(LostSound(), jitter(seed, most), where, lost)
    assert sum(told) == pytest.approx(lost, abs=0.2)


def test_half_a_second_late_and_caught_up_is_no_loss() -> None:
    assert deliver(LostSound(), [0.0] * 150 + [0.5 - 0.02 * index for index in range(25)] + [0.0] * 400) == []


def test_a_slow_sound_card_is_no_loss() -> None:
    assert deliver(LostSound(), [0.02 * index * 0.002 for index in range(15_000)]) == []


def test_a_small_loss_is_told_where_the_driver_reports_an_overflow() -> None:
    meter = LostSound()
    told = [
        meter(0.02, 0.02 * index + (0.1 if index >= 150 else 0), overflowed=index == 150)
        for index in range(400)
    ]
    assert [round(seconds, 3) for seconds in told if seconds] == [0.1]


def test_silence_is_told_once_a_stretch() -> None:
    silence = DeadSilence()
    blocks = [True] * 300 + [False] + [True] * 150
    assert [index for index, silent in enumerate(blocks) if silence(silent, 0.02)] == [99, 400]
