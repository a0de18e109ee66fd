"""When an answer has ended, for any course of speech probabilities."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voice_coach.audio.endpoint import Ending, Endpointing, Turn, step
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE

SETTINGS = Endpointing(
    silence=8 * FRAME_SAMPLES,
    patience=12 * FRAME_SAMPLES,
    limit=60 * FRAME_SAMPLES,
    min_speech=3 * FRAME_SAMPLES,
)
SPEECH, MAYBE, NONE = 0.9, 0.4, 0.1
"""Above the onset; between release and onset; below both."""

probabilities = st.lists(st.sampled_from([SPEECH, MAYBE, NONE]), max_size=80)


def run(frames: list[float], settings: Endpointing = SETTINGS) -> tuple[int, Ending | None, Turn]:
    """How many frames were taken, how it ended, and where the turn stands then."""
    turn = Turn()
    for taken, probability in enumerate(frames, start=1):
        turn, ending = step(turn, probability, FRAME_SAMPLES, settings)
        if ending:
            return taken, ending, turn
    return len(frames), None, turn


def test_a_long_silence_after_speech_ends_the_answer() -> None:
    assert run([SPEECH] * 5 + [NONE] * 20)[:2] == (13, "silence")


def test_speech_resets_the_silence_even_where_it_begins_just_before_the_end() -> None:
    talk = [SPEECH] * 3 + [NONE] * 7
    assert run(talk * 4)[1] is None
    assert run([*talk * 4, NONE])[1] == "silence"


def test_a_click_neither_begins_an_answer_nor_resets_the_silence() -> None:
    click = [SPEECH] * 2 + [NONE] * 2
    assert run(click * 3)[:2] == (12, "nobody-began")
    assert run([SPEECH] * 3 + [NONE] + click * 3)[:2] == (11, "silence")


def test_nobody_began_and_too_long_are_endings_of_their_own() -> None:
    assert run([NONE] * 20)[:2] == (12, "nobody-began")
    assert run([SPEECH] * 99)[:2] == (60, "too-long")


def test_a_voice_that_fades_is_speech_until_it_falls_below_the_release() -> None:
    assert run([SPEECH, *[MAYBE] * 30])[1] is None
    assert run([MAYBE] * 30)[1] == "nobody-began"


def test_ordinary_limits_allow_six_seconds_of_thinking() -> None:
    def frames(seconds: float) -> int:
        return round(seconds * SAMPLE_RATE / FRAME_SAMPLES)

    talk = [SPEECH] * frames(2)
    assert run(talk + [NONE] * frames(5.9) + talk, Endpointing())[1] is None
    assert run(talk + [NONE] * frames(6.1) + talk, Endpointing())[1] == "silence"
    assert run([NONE] * frames(119), Endpointing())[1] is None


@given(probabilities)
def test_the_turn_agrees_with_what_was_heard(frames: list[float]) -> None:
    taken, ending, turn = run(frames)
    silent_for = turn.position - (turn.last_speech or 0)
    assert turn.position == taken * FRAME_SAMPLES <= SETTINGS.limit
    assert (ending == "too-long") == (turn.position == SETTINGS.limit)
    if ending == "silence":
        assert turn.began
        assert frames[taken - 1] != SPEECH
        assert silent_for >= SETTINGS.silence
    if ending == "nobody-began":
        assert not turn.began
        assert silent_for >= SETTINGS.patience
    if ending is None and not turn.speaking:
        assert silent_for < (SETTINGS.silence if turn.began else SETTINGS.patience)


@given(probabilities)
def test_enough_speech_keeps_any_answer_going(frames: list[float]) -> None:
    going = frames if run(frames)[1] is None else []
    _, ending, turn = run([*going, SPEECH, SPEECH, SPEECH])
    assert ending in {None, "too-long"}
    assert turn.last_speech == turn.position
    assert turn.silence_left(SETTINGS) == 1


@given(probabilities)
def test_the_share_of_silence_left_falls_while_nobody_speaks(frames: list[float]) -> None:
    turn, before = Turn(), 1.0
    for probability in frames:
        turn, ending = step(turn, probability, FRAME_SAMPLES, SETTINGS)
        left = turn.silence_left(SETTINGS)
        assert 0 <= left <= 1
        assert left <= before or turn.last_speech == turn.position
        if ending == "silence":
            assert left == 0
        if ending:
            break
        before = left
