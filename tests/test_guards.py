"""What a recogniser wrote is believed only where somebody spoke."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Stretch, Word
from voice_coach.speech.guards import believed, collapse_loops, voiced
from voice_coach.speech.voicing import BRIDGED, SHORTEST, Voicing

probabilities = st.lists(st.floats(0, 1), max_size=300)


def words(text: str, probability: float = 0.9) -> list[Word]:
    return [
        Word(text=word, start=at * 4000, stop=at * 4000 + 3000, probability=probability)
        for at, word in enumerate(text.split())
    ]


def voicing(frames: list[float]) -> Voicing:
    heard = Voicing()
    for probability in frames:
        heard.append(probability, FRAME_SAMPLES)
    return heard


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for watching!",
        "Thank you for watching.",
        "Please subscribe.",
        "Subtitles by the community",
        "(music)",
    ],
)
def test_credits_of_videos_are_never_believed(text: str) -> None:
    assert not believed(words(text), 5 * SAMPLE_RATE)


@pytest.mark.parametrize("text", ["Thank you.", "you", "Bye."])
def test_a_polite_word_is_believed_only_with_a_voice_and_sure(text: str) -> None:
    assert believed(words(text), SAMPLE_RATE)
    assert not believed(words(text), SAMPLE_RATE // 5)
    assert not believed(words(text, 0.4), SAMPLE_RATE)


def test_more_words_than_anybody_can_say_are_believed_only_where_they_are_sure() -> None:
    assert not believed(words("we would cache the prompt prefix and stream", 0.5), SAMPLE_RATE // 2)
    assert believed(words("we would cache the prompt prefix and stream"), SAMPLE_RATE // 2)
    assert believed(words("we would cache the prompt prefix and stream"), 2 * SAMPLE_RATE)


def test_words_that_the_recogniser_itself_doubts_are_not_believed() -> None:
    assert not believed(words("the the when a", 0.1), 3 * SAMPLE_RATE)


def test_words_of_an_engine_without_probabilities_are_believed() -> None:
    assert believed([Word(text="fallback", start=0, stop=8000)], SAMPLE_RATE)


def test_words_put_into_silence_are_left_out() -> None:
    heard = voicing([0.9] * 31 + [0.0] * 120)
    inside = Word(text="cache", start=4000, stop=8000)
    outside = Word(text="you", start=60_000, stop=64_000)
    assert voiced([inside, outside], heard) == [inside]


@given(st.lists(st.sampled_from(["a", "b", "c d"]), max_size=40))
def test_loops_are_told_once_and_what_is_no_loop_stays(texts: list[str]) -> None:
    said = words(" ".join(texts))
    kept = collapse_loops(said)
    assert [word for word in said if word in kept] == kept
    assert {word.text for word in kept} == {word.text for word in said}
    assert collapse_loops(words("words words words words")) == words("words words words words")
    assert len(collapse_loops(words("and so on " * 30))) == 3


@given(probabilities)
def test_talk_lies_in_the_sound_in_order_and_apart(frames: list[float]) -> None:
    talk = voicing(frames).talk()
    ends = [0, *(stretch.stop for stretch in talk)]
    for stretch, before in zip(talk, ends, strict=False):
        assert stretch.stop - stretch.start >= SHORTEST
        assert stretch.start - before >= (BRIDGED if before else 0)
    assert ends[-1] <= len(frames) * FRAME_SAMPLES


@given(probabilities, st.integers(0, 300))
def test_talk_up_to_a_place_does_not_reach_past_it(frames: list[float], frame: int) -> None:
    place = frame * FRAME_SAMPLES + 7
    assert all(stretch.stop <= place for stretch in voicing(frames).talk(stop=place))


def test_a_click_is_no_talk_and_a_short_gap_no_pause() -> None:
    frames = [0.9] * 2 + [0.0] * 40 + [0.9] * 20 + [0.0] * 5 + [0.9] * 20
    assert voicing(frames).talk() == (Stretch(start=42 * FRAME_SAMPLES, stop=87 * FRAME_SAMPLES),)
