"""Pure measures: how loud, how fast, how long the pauses."""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.audio.level import (
    FLOOR_DBFS,
    Clipping,
    clipped_share,
    is_digital_silence,
    peak_dbfs,
    rms_dbfs,
)
from voice_coach.check.delivery import delivery
from voice_coach.records import SAMPLE_RATE, Delivery, Transcript, Word

pcm = st.lists(st.integers(-32768, 32767), max_size=200).map(
    lambda samples: np.array(samples, np.int16).tobytes()
)
pauses_and_words = st.lists(
    st.tuples(st.integers(0, 5 * SAMPLE_RATE), st.integers(1, SAMPLE_RATE)), min_size=1, max_size=20
)


def samples(*values: int) -> bytes:
    return np.array(values, np.int16).tobytes()


def spoken(timed: list[tuple[int, int]]) -> Transcript:
    """Words given as the pause before each and its length."""
    ends = accumulate(pause + length for pause, length in timed)
    return Transcript(
        words=tuple(
            Word(text="w", start=end - length, stop=end, probability=0.9)
            for end, (_, length) in zip(ends, timed, strict=True)
        )
    )


# Loudness


@pytest.mark.parametrize(
    ("values", "peak"),
    [
        ((), FLOOR_DBFS),
        ((0, 0), FLOOR_DBFS),
        ((-32768,), 0),
        ((0, 16384, -3), -6.02),
        ((328,), -40),
        ((1,), -90.3),
    ],
)
def test_the_peak_is_that_of_the_largest_sample(values: tuple[int, ...], peak: float) -> None:
    assert peak_dbfs(samples(*values)) == pytest.approx(peak, abs=0.02)


def test_a_full_sine_has_an_rms_of_minus_three() -> None:
    wave = 32767 * np.sin(2 * np.pi * np.arange(16_000) / 100)
    assert rms_dbfs(wave.astype(np.int16).tobytes()) == pytest.approx(-3.01, abs=0.01)


@given(pcm)
def test_levels_lie_between_the_floor_and_full_scale_and_the_peak_is_above_the_rms(sound: bytes) -> None:
    assert FLOOR_DBFS <= rms_dbfs(sound) <= peak_dbfs(sound) + 1e-9 <= 1e-9
    assert (peak_dbfs(sound) == FLOOR_DBFS) == is_digital_silence(sound)


def test_only_the_ends_of_the_range_are_clipped() -> None:
    assert clipped_share(samples(32767, -32768, -32767, 32766)) == 0.75
    assert clipped_share(b"") == 0


def test_only_talk_counts_as_clipped() -> None:
    clipping = Clipping()
    clipping.add(samples(32767, 32767), 0.1)  # a bang
    assert clipping.share == 0
    clipping.add(samples(32767, 0, 0), 0.9)
    clipping.add(samples(0), 0.9)
    assert clipping.share == 0.25


# Delivery


def test_pace_and_pauses_of_an_answer() -> None:
    second = SAMPLE_RATE
    measured = delivery(
        spoken([(second, second), (0, second), (2 * second, second), (0, second)]), 20 * second
    )
    assert (measured.words, measured.samples, measured.words_per_minute) == (4, 20 * second, 40)
    assert (measured.first_word, measured.longest_pause) == (second, 2 * second)


def test_an_answer_without_times_has_words_only() -> None:
    assert delivery(Transcript(words=(Word(text="a"), Word(text="b"))), None) == Delivery(words=2)
    assert delivery(Transcript(words=()), 5) == Delivery(words=0, samples=5)


@given(pauses_and_words)
def test_the_longest_pause_is_one_between_words_and_waiting_does_not_slow_the_pace(
    timed: list[tuple[int, int]],
) -> None:
    measured = delivery(spoken(timed), None)
    assert measured.first_word == timed[0][0]
    assert measured.longest_pause == max((pause for pause, _ in timed[1:]), default=0)
    later = delivery(spoken([(timed[0][0] + 99 * SAMPLE_RATE, timed[0][1]), *timed[1:]]), None)
    assert later.words_per_minute == measured.words_per_minute
    talk = sum(pause + length for pause, length in timed) - timed[0][0]
    assert measured.words_per_minute is not None
    assert math.isclose(measured.words_per_minute, len(timed) * 60 * SAMPLE_RATE / talk, abs_tol=0.06)
