"""From frames to words with a recogniser whose words are known: none is lost, doubled or moved."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import GAP_SAMPLES, WORD_SAMPLES, FakeRecogniser, Gate, loud, said, silence
from voice_coach.audio.file import reblocked
from voice_coach.errors import HearingError
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Frame, Word
from voice_coach.speech.cutting import Cutting
from voice_coach.speech.hearing import Hearing

if TYPE_CHECKING:
    from collections.abc import Callable

    from voice_coach.records import Transcript

SHORT = Cutting(
    settle=3 * SAMPLE_RATE, longest=5 * SAMPLE_RATE, search=2 * SAMPLE_RATE, apart=2 * SAMPLE_RATE
)
"""Cuts as in an ordinary answer, five times as often."""

answers = st.lists(st.tuples(st.integers(0, 8), st.floats(0, 1.5)), max_size=5)
"""Stretches of talk (a number of words) with the pause after each in seconds."""


def spoken(stretches: list[tuple[int, float]]) -> tuple[bytes, list[str]]:
    """Sound of an answer, and its words, each one unlike every other."""
    sound, words = b"", 0
    for count, pause in stretches:
        if count:
            sound += said(*range(words + 1, words + count + 1))
        words += count
        sound += silence(pause)
    return sound, [f"w{number}" for number in range(1, words + 1)]


def hear(
    sound: bytes,
    recogniser: FakeRecogniser | None = None,
    *,
    meanwhile: Callable[[Hearing], object] = lambda _: None,
    probability: Callable[[bytes], float] = loud,
) -> Transcript:
    """Hear all of it at once, `meanwhile` after each frame."""
    hearing = hearing_of(sound, recogniser or FakeRecogniser())
    feed(hearing, sound, meanwhile=meanwhile, probability=probability)
    return hearing.finish()


def hearing_of(sound: bytes, recogniser: FakeRecogniser, cuts: Cutting = SHORT) -> Hearing:
    return Hearing(recogniser, lambda start, stop: sound[2 * start : 2 * stop], cuts)


def feed(
    hearing: Hearing,
    sound: bytes,
    *,
    meanwhile: Callable[[Hearing], object] = lambda _: None,
    probability: Callable[[bytes], float] = loud,
) -> None:
    for frame in reblocked(iter([sound])):
        assert isinstance(frame, Frame)
        hearing.feed(frame, probability(frame.pcm))
        meanwhile(hearing)


def texts(words: tuple[Word, ...] | list[Word]) -> list[str]:
    return [word.text for word in words]


@settings(max_examples=60)
@given(answers)
def test_every_word_is_heard_once_and_where_it_was_said(stretches: list[tuple[int, float]]) -> None:
    sound, words = spoken(stretches)
    transcript = hear(sound)
    assert list(dict.fromkeys(texts(transcript.words))) == words
    samples = np.frombuffer(sound, np.int16)
    for word in transcript.words:
        assert word.start is not None
        assert word.stop is not None
        assert set(samples[word.start : word.stop]) == {int(word.text[1:])}


@settings(max_examples=30)
@given(answers)
def test_only_a_cut_without_a_pause_may_part_a_word(stretches: list[tuple[int, float]]) -> None:
    stretches = [(count, pause + 0.5) for count, pause in stretches]
    sound, words = spoken(stretches)
    assert texts(hear(sound).words) == words


def test_it_rests_when_all_that_was_cut_is_decoded() -> None:
    gate = Gate()
    sound = said(1, 2) + silence(2)
    hearing = hearing_of(sound, FakeRecogniser(while_decoding=gate.stand))
    rested = [hearing.resting]
    feed(hearing, sound)
    gate.reached()
    rested.append(hearing.resting)
    gate.open()
    assert texts(hearing.finish().words) == ["w1", "w2"]
    assert [*rested, hearing.resting] == [True, False, True]


def test_the_language_is_told_once_from_enough_talk() -> None:
    recogniser = FakeRecogniser(spoken="de")
    for words, language, told in ((3, "en", 0), (200, "de", 1)):
        sound = said(*range(1, words))
        hearing = hearing_of(sound, recogniser, Cutting())
        feed(hearing, sound)
        assert hearing.finish().language == language
        assert recogniser.languages_told == told


class Skipping(FakeRecogniser):
    """Leaves out of a longer piece the words between two places."""

    def __init__(self, first: int, stop: int) -> None:
        super().__init__()
        self.first, self.stop = first, stop

    def words(self, pcm: bytes) -> list[Word]:
        words = super().words(pcm)
        return words if len(words) < 26 else words[: self.first] + words[self.stop :]


@pytest.mark.parametrize(("first", "stop"), [(0, 15), (7, 22), (12, 26)], ids=["begin", "middle", "end"])
def test_what_the_recogniser_leaves_out_of_the_talk_is_heard_by_itself(first: int, stop: int) -> None:
    sound, words = spoken([(26, 0.5)])
    hearing = hearing_of(sound, Skipping(first, stop), Cutting())
    feed(hearing, sound)
    assert texts(hearing.finish().words) == words


def test_what_nobody_understands_even_by_itself_is_marked() -> None:
    class Never(Skipping):
        """Says nothing of the words between either."""

        def words(self, pcm: bytes) -> list[Word]:
            return [word for word in super().words(pcm) if not 7 < int(word.text[1:]) <= 22]

    sound, words = spoken([(26, 0.5)])
    hearing = hearing_of(sound, Never(7, 22), Cutting())
    feed(hearing, sound)
    shown = hearing.poll()
    transcript = hearing.finish()
    assert texts(transcript.words) == words[:7] + words[22:]
    [stretch] = transcript.unclear
    lost = np.frombuffer(sound, np.int16)[stretch.start : stretch.stop]
    assert {int(number) for number in lost} - {0} == set(range(8, 23))
    assert shown is None or shown.unclear in ((), transcript.unclear)


@settings(max_examples=30)
@given(answers, st.integers(0, 40))
def test_a_slow_recogniser_hears_the_same(stretches: list[tuple[int, float]], holds: int) -> None:
    sound, _ = spoken(stretches)
    free = threading.Event()
    frames = 0

    def let_go(_: Hearing) -> None:
        nonlocal frames
        frames += 1
        if frames == 20 * holds:
            free.set()

    slow = FakeRecogniser(while_decoding=lambda: free.wait(0.02))
    assert hear(sound, slow, meanwhile=let_go) == hear(sound)


def test_words_settle_in_order_and_once_while_the_person_goes_on() -> None:
    sound, words = spoken([(10, 1), (10, 1), (10, 1), (5, 1)])
    settled: list[str] = []
    drafts: list[list[str]] = []

    def look(hearing: Hearing) -> None:
        if heard := hearing.poll():
            settled.extend(texts(heard.settled))
            drafts.append(texts(heard.draft))

    hearing = hearing_of(sound, FakeRecogniser())
    feed(hearing, sound, meanwhile=look)
    transcript = hearing.finish()
    look(hearing)
    assert settled == words == texts(transcript.words)
    assert drafts[-1] == []
    assert hearing.poll() is None


def test_a_pause_shows_a_draft_and_the_end_needs_no_second_decode() -> None:
    sound, words = spoken([(5, 1)])
    drafted = threading.Event()
    recogniser = FakeRecogniser(while_decoding=drafted.set)
    hearing = hearing_of(sound, recogniser)
    feed(hearing, sound)
    assert drafted.wait(10)
    heard = None
    while heard is None:
        heard = hearing.poll()
    assert (heard.settled, texts(heard.draft)) == ((), words)
    assert texts(hearing.finish().words) == words
    assert recogniser.decoded == 1


def test_a_click_is_not_given_to_the_recogniser() -> None:
    recogniser = FakeRecogniser()
    click = np.full(2 * FRAME_SAMPLES, 99, np.int16).tobytes()
    assert hear(silence(1) + click + silence(2), recogniser).words == ()
    assert recogniser.decoded == 0


def test_faint_speech_beside_a_clear_voice_is_heard() -> None:
    sound = said(1, 2) + silence(0.2) + said(3)
    faint = {2: 0.9, 1: 0.9, 3: 0.25}

    def probability(pcm: bytes) -> float:
        return faint.get(int(np.frombuffer(pcm, np.int16).max()), 0.0)

    assert texts(hear(sound, probability=probability).words) == ["w1", "w2", "w3"]


def test_talk_without_a_pause_is_cut_and_goes_on() -> None:
    seconds = 20
    sound = np.repeat(np.arange(1, seconds + 1, dtype=np.int16), SAMPLE_RATE).tobytes()
    recogniser = FakeRecogniser()
    assert list(dict.fromkeys(texts(hear(sound, recogniser).words))) == [
        f"w{n}" for n in range(1, seconds + 1)
    ]
    assert recogniser.decoded >= 3


def test_the_transcript_says_what_heard_it() -> None:
    transcript = hear(said(1, 2, 3))
    assert (transcript.model, transcript.language) == ("fake", "en")


@pytest.mark.parametrize("when", ["loading", "decoding"])
def test_a_recogniser_that_fails_is_an_error_at_the_end_and_not_an_empty_answer(when: str) -> None:
    error = HearingError("the recogniser failed")
    recogniser = FakeRecogniser(fails_to_load=error) if when == "loading" else FakeRecogniser(fails=error)
    with pytest.raises(HearingError, match="the recogniser failed"):
        hear(said(1, 2, 3) + silence(1), recogniser)


def test_where_a_recogniser_stops_in_the_middle_of_talk_the_rest_is_heard_by_itself() -> None:
    class Lazy(FakeRecogniser):
        def words(self, pcm: bytes) -> list[Word]:
            return super().words(pcm)[:3]

    sound, words = spoken([(3, 0.3), (7, 1)])  # after three words more than two seconds of voice, then less
    assert texts(hear(sound, Lazy()).words) == words[:6]


def test_words_outside_their_utterance_are_put_inside_and_in_order() -> None:
    class Wild(FakeRecogniser):
        def words(self, pcm: bytes) -> list[Word]:
            assert pcm
            times = [(-500, 100), (9000, 800), (2000, 10**9), (None, None)]
            return [Word(text="w", start=start, stop=stop, probability=0.5) for start, stop in times]

    sound = silence(2) + said(1, 2, 3)
    transcript = hear(sound, Wild())
    edges = [edge for word in transcript.words for edge in (word.start, word.stop)]
    first = len(silence(2)) // 2 - SAMPLE_RATE // 2
    assert all(edge is not None and first <= edge <= len(sound) // 2 for edge in edges)
    starts = [word.start or 0 for word in transcript.words]
    assert starts == sorted(starts)
    assert all((word.stop or 0) >= (word.start or 0) for word in transcript.words)


def test_the_sound_of_these_tests_is_made_of_whole_frames() -> None:
    assert (
        WORD_SAMPLES % FRAME_SAMPLES == GAP_SAMPLES % FRAME_SAMPLES == len(silence(1.7)) % FRAME_SAMPLES == 0
    )
