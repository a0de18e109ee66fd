"""Where the sound is cut for the recogniser, for any course of speech probabilities."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from voice_coach.records import FRAME_SAMPLES
from voice_coach.speech.cutting import Cutter, Cutting, Utterance, finish, step

SETTINGS = Cutting(
    settle=20 * FRAME_SAMPLES,
    longest=36 * FRAME_SAMPLES,
    search=10 * FRAME_SAMPLES,
    pause=4 * FRAME_SAMPLES,
    pre_roll=5 * FRAME_SAMPLES // 2,
    apart=12 * FRAME_SAMPLES,
    fresh=6 * FRAME_SAMPLES,
    rest=6 * FRAME_SAMPLES,
)
SPEECH, FAINT, NONE = 0.9, 0.2, 0.0

probabilities = st.lists(
    st.tuples(st.one_of(st.sampled_from([SPEECH, FAINT, NONE]), st.floats(0, 1)), st.integers(1, 9)),
    max_size=30,
).map(lambda runs: [probability for probability, times in runs for _ in range(times)])
"""Runs of frames, since pauses and talk both last."""


def cut(
    frames: list[float], settings: Cutting = SETTINGS
) -> tuple[list[Utterance], list[tuple[int, Utterance]]]:
    """The settled utterances of a whole answer, and its drafts, each with the number of frames there were then."""
    cutter = Cutter(settings)
    settled: list[Utterance] = []
    drafts: list[tuple[int, Utterance]] = []
    for taken, probability in enumerate(frames, start=1):
        cutter, utterance = step(cutter, probability, FRAME_SAMPLES)
        if utterance and utterance.settled:
            settled.append(utterance)
        elif utterance:
            drafts.append((taken, utterance))
    return settled + list(finish(cutter)), drafts


def test_silence_gives_nothing_to_decode() -> None:
    assert cut([NONE] * 200) == ([], [])


def test_a_short_answer_is_one_utterance_with_some_sound_before_and_after_it() -> None:
    frames = [NONE] * 10 + [SPEECH] * 8 + [NONE] * 20
    expected = Utterance(10 * FRAME_SAMPLES - SETTINGS.pre_roll, 22 * FRAME_SAMPLES, settled=True)
    assert cut(frames)[0] == [expected]


def test_the_draft_at_a_pause_is_what_is_settled_when_nothing_follows() -> None:
    settled, drafts = cut([SPEECH] * 8 + [NONE] * 15)
    assert [(draft.start, draft.stop) for _, draft in drafts] == [(settled[0].start, settled[0].stop)]


def test_at_the_end_only_what_came_after_the_last_draft_is_left_to_decode() -> None:
    settled, drafts = cut([SPEECH] * 8 + [NONE] * 6 + [SPEECH] * 3)
    assert [(draft.start, draft.stop) for _, draft in drafts] == [(settled[0].start, settled[0].stop)]
    assert settled[1:] == [Utterance(12 * FRAME_SAMPLES, 17 * FRAME_SAMPLES, settled=True)]


def test_a_few_words_are_drafted_only_at_a_longer_pause() -> None:
    _, drafts = cut([SPEECH] * 8 + [NONE] * 4 + [SPEECH] + [NONE] * 4 + [SPEECH] * 3)
    assert [taken for taken, _ in drafts] == [12]
    _, drafts = cut([SPEECH] * 8 + [NONE] * 4 + [SPEECH] + [NONE] * 7 + [SPEECH] * 3)
    assert [taken for taken, _ in drafts] == [12, 19]


def test_the_longer_the_open_utterance_the_more_must_be_new_for_a_draft() -> None:
    settings = replace(SETTINGS, share=0.5, settle=100 * FRAME_SAMPLES, longest=200 * FRAME_SAMPLES)
    _, drafts = cut(([SPEECH] * 6 + [NONE] * 4) * 8, settings)
    assert [taken for taken, _ in drafts] == [10, 20, 40, 80]


def test_a_short_answer_is_not_cut_in_two_at_its_end() -> None:
    assert len(cut([SPEECH] * 3 + [NONE] * 5 + [SPEECH] * 3)[0]) == 1


def test_long_talk_is_cut_at_its_first_pause() -> None:
    settled, _ = cut([SPEECH] * 25 + [NONE] * 4 + [SPEECH] * 5)
    assert settled[0] == Utterance(0, 29 * FRAME_SAMPLES, settled=True)
    assert settled[1].start == 29 * FRAME_SAMPLES


def test_talk_without_a_pause_is_cut_where_it_is_quietest() -> None:
    settled, _ = cut([SPEECH] * 30 + [0.4] + [SPEECH] * 20)
    assert settled[0].stop == 30 * FRAME_SAMPLES + FRAME_SAMPLES // 2
    assert settled[1].start == settled[0].stop


@given(probabilities)
def test_whatever_may_be_speech_is_in_exactly_one_utterance(frames: list[float]) -> None:
    settled, _ = cut(frames)
    for before, after in pairwise(settled):
        assert before.stop <= after.start
    for index, probability in enumerate(frames):
        if probability >= SETTINGS.maybe:
            start, stop = index * FRAME_SAMPLES, (index + 1) * FRAME_SAMPLES
            covered = sum(
                max(0, min(stop, utterance.stop) - max(start, utterance.start)) for utterance in settled
            )
            assert covered == FRAME_SAMPLES


@given(probabilities)
def test_utterances_lie_in_the_sound_and_none_is_too_long(frames: list[float]) -> None:
    settled, drafts = cut(frames)
    for utterance in settled:
        assert 0 <= utterance.start < utterance.stop <= len(frames) * FRAME_SAMPLES
        assert utterance.stop - utterance.start <= SETTINGS.longest
    for taken, draft in drafts:
        assert draft.stop <= taken * FRAME_SAMPLES
        assert any(draft.start == utterance.start for utterance in settled)


@given(probabilities)
def test_speech_begins_at_most_the_pre_roll_after_its_utterance(frames: list[float]) -> None:
    for utterance in cut(frames)[0]:
        first = next(
            index
            for index, probability in enumerate(frames)
            if probability >= SETTINGS.maybe and (index + 1) * FRAME_SAMPLES > utterance.start
        )
        assert first * FRAME_SAMPLES - utterance.start <= SETTINGS.pre_roll


@given(probabilities, probabilities)
def test_what_is_settled_does_not_depend_on_what_follows(frames: list[float], more: list[float]) -> None:
    settled, _ = cut(frames)
    kept = [utterance for utterance in cut(frames + more)[0] if utterance in settled]
    assert kept == settled[: len(kept)]
    assert len(kept) >= len(settled) - 2  # what the end of the answer cut, at most two, may go on
