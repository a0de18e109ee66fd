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
from voice_coach.records import SAMPLE_RATE, Delivery, Finding, Span, Stretch, Transcript, Word

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


def test_fillers_hedges_and_reasons_are_counted_by_meaning_and_not_by_spelling() -> None:
    text = (
        "Um, I think we'd start with, uh, a small model, because it's cheap. Maybe we cache. I'm going to measure it "
        "so that we know, you know, since the human umbrella of errors is, erm, probably large. We chose Postgres."
    )
    measured = delivery(Transcript(words=tuple(Word(text=word) for word in text.split())), None)
    assert measured.fillers == 4  # um, uh, you know, erm; and neither "umbrella" nor "human" nor "errors"
    assert measured.hedges == 3  # I think, maybe, probably
    assert measured.reasons == 3  # because, so that, since
    assert measured.decisions == 3  # we'd, I'm going to, we chose


def test_talk_and_silence_are_those_of_the_sound_and_the_longest_pauses_have_their_places() -> None:
    second = SAMPLE_RATE
    talk = [
        Stretch(start=start * second, stop=stop * second)
        for start, stop in ((2, 4), (5, 6), (9, 10), (12, 13), (17, 18))
    ]
    finding = Finding(concept="cost", verdict="named", confidence=1, evidence=(Span(first=2, stop=3),))
    missed = Finding(concept="latency", verdict="missed", confidence=1)
    words = spoken([(2 * second, second)] * 4)
    measured = delivery(words, 20 * second, talk, (missed, finding), target=120)
    assert measured.talking == 6 * second
    assert measured.silence == 0.7
    assert [(pause.start, pause.stop) for pause in measured.pauses] == [
        (13 * second, 17 * second),
        (6 * second, 9 * second),
        (10 * second, 12 * second),
    ]
    assert measured.longest_pause == 4 * second
    assert measured.words_per_minute == 15  # four words in the sixteen seconds from first talk to last
    assert measured.target_words_per_minute == 120
    assert measured.first_concept == 8 * second
    assert delivery(words, 20 * second, talk, (missed,)).first_concept is None


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
