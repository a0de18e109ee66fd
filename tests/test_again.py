"""An answer heard again as a whole: every word once, in place, and nothing worse than what was heard before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import FakeClock, FakeJudge, FakeRecogniser, FakeSource, loud, said, silence
from voice_coach.afterwards import Afterwards, Listened, hear
from voice_coach.audio.flac import write_flac
from voice_coach.content.load import Library
from voice_coach.errors import HearingError
from voice_coach.events import Corrected, Warned
from voice_coach.history.archive import Archive
from voice_coach.practice import Desk
from voice_coach.records import (
    SAMPLE_RATE,
    Attempt,
    Delivery,
    FollowUp,
    Judgement,
    Notice,
    Stretch,
    Transcript,
    Word,
)
from voice_coach.speech.again import with_terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from voice_coach.content.models import Drill, Rubric

DRILL = "reduce-hallucinations"


class Deaf(FakeRecogniser):
    """Skips most of a passage, as Whisper now and then does."""

    def passage(self, pcm: bytes) -> Iterator[list[Word]]:
        yield self.words(pcm)[:1]


class Doubtful(FakeRecogniser):
    """Is not sure of the last quarter of a passage."""

    def passage(self, pcm: bytes) -> Iterator[list[Word]]:
        words = self.words(pcm)
        sure = len(words) * 3 // 4
        yield words[:sure]
        yield [word.model_copy(update={"probability": 0.1}) for word in words[sure:]]


def listened(
    *script: bytes | Notice, recogniser: FakeRecogniser | None = None, before: Transcript | None = None
) -> Listened:
    turns = hear(FakeSource(*script, kind="file"), recogniser or FakeRecogniser(), loud, before)
    while True:
        try:
            next(turns)
        except StopIteration as over:
            result: Listened = over.value
            return result


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0, 3)), max_size=5))
def test_every_word_of_a_recording_is_heard_once_and_in_place(stretches: list[tuple[int, float]]) -> None:
    sound, count = b"", 0
    for words, pause in stretches:
        sound += said(*range(count + 1, count + words + 1)) + silence(pause) if words else silence(pause)
        count += words
    result = listened(sound)
    assert [word.text for word in result.transcript.words] == [f"w{number}" for number in range(1, count + 1)]
    assert result.samples == len(sound) // 2
    last = 0
    for word in result.transcript.words:
        assert word.start is not None
        assert word.stop is not None
        assert last <= word.start < word.stop <= result.samples
        assert sound[2 * word.start : 2 * word.stop].count(b"\0\0") == 0
        last = word.start


def test_talk_of_many_minutes_is_heard_in_passages_and_none_of_it_is_lost() -> None:
    numbers = range(1, 1001)  # more than six minutes without a pause
    recogniser = FakeRecogniser()
    result = listened(said(*numbers), recogniser=recogniser)
    assert [word.text for word in result.transcript.words] == [f"w{number}" for number in numbers]
    assert recogniser.decoded >= 3


def test_the_language_is_told_from_the_sound_or_as_it_was_told_before() -> None:
    sound = said(*range(1, 40))
    heard = listened(sound, recogniser=FakeRecogniser(spoken="de")).transcript
    assert heard.language == "de"
    assert listened(sound, before=heard).transcript.language == "de"


def test_where_the_long_way_skips_something_the_first_hearing_stands() -> None:
    sound = said(*range(1, 20))
    before = listened(sound).transcript
    assert listened(sound, recogniser=Deaf(), before=before).transcript.words == before.words


def test_what_is_still_not_understood_stays_so_and_what_is_understood_now_does_not() -> None:
    sound = said(*range(1, 11)) + silence(1.5) + said(*range(11, 21))
    understood = Stretch(start=0, stop=SAMPLE_RATE)
    not_understood = Stretch(start=4 * SAMPLE_RATE, stop=5 * SAMPLE_RATE)
    before = listened(sound).transcript.model_copy(update={"unclear": (understood, not_understood)})
    assert listened(sound, before=before).transcript.unclear == (not_understood,)


def test_words_that_are_not_believed_give_way_to_those_heard_before() -> None:
    sound = said(*range(1, 41))
    before = listened(sound).transcript
    again = listened(sound, recogniser=Doubtful(), before=before).transcript
    assert [word.text for word in again.words] == [word.text for word in before.words]
    assert again.unclear == ()


def test_words_that_are_not_believed_leave_a_mark_where_nobody_listened_before() -> None:
    sound = said(*range(1, 41))
    alone = listened(sound, recogniser=Doubtful()).transcript
    assert [word.text for word in alone.words] == [f"w{number}" for number in range(1, 31)]
    (mark,) = alone.unclear
    assert (alone.words[-1].stop or 0) <= mark.start < mark.stop <= len(sound) // 2


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Archive(tmp_path) as archive:
        yield desk_of(tmp_path, archive, FakeRecogniser())


def desk_of(home: Path, archive: Archive, recogniser: FakeRecogniser) -> Desk:
    return Desk(
        home=home, speaker=None, recogniser=recogniser, detector=lambda: loud, judge=FakeJudge(),
        archive=archive, clock=FakeClock(),
    )  # fmt: skip


def kept(desk: Desk, sound: bytes, text: str, **more: object) -> Attempt:
    """An attempt as it was shown, with `text` heard in `sound`."""
    words = tuple(Word(text=word, start=100, stop=200) for word in text.split())
    attempt = Attempt.model_validate(
        {
            "id": "20260105-090000-abc",
            "drill": DRILL,
            "asked_at": desk.clock.now(),
            "source": "microphone",
            "ended": "done",
            "samples": len(sound) // 2,
            "transcript": Transcript(words=words, settings={"language": "en", "pieces": "utterances"}),
            "judgement": Judgement(rubric=DRILL, graded=False, not_graded="too short"),
            "delivery": Delivery(words=len(words)),
        }
        | more
    )
    return desk.archive.save(attempt, lambda path: write_flac(path, [sound]))


def news(afterwards: Afterwards) -> Corrected | Warned:
    """The first news; waits for it."""
    for _ in range(1000):
        for item in afterwards.news():
            return item
        threading.Event().wait(0.01)
    raise AssertionError("nothing was heard again")


def parts(library: Library) -> tuple[Drill, Rubric]:
    drill = library.drill(DRILL)
    return drill, library.rubric_for(drill)


def test_an_answer_is_corrected_and_kept_as_it_is_now(desk: Desk, library: Library) -> None:
    attempt = kept(desk, said(1, 2, 3), "what nobody said")
    with Afterwards(desk) as afterwards:
        afterwards.add(attempt, *parts(library))
        assert afterwards.busy
        corrected = news(afterwards)
    assert isinstance(corrected, Corrected)
    assert corrected.before == attempt
    assert corrected.attempt.transcript.text == "w1 w2 w3"
    assert corrected.attempt.judgement.graded
    assert corrected.attempt.delivery.talking is not None
    assert desk.archive.attempt(attempt.id) == corrected.attempt
    assert not afterwards.busy


def test_follow_ups_stay_at_their_place_in_the_sound(desk: Desk, library: Library) -> None:
    sound = said(1, 2, 3) + silence(1) + said(4, 5)
    start = len(said(1, 2, 3)) // 2
    follow_up = FollowUp(concept="grounding", question="And then?", first=1, start=start)
    attempt = kept(desk, sound, "one", follow_ups=(follow_up,), prompted=Judgement(rubric=DRILL))
    with Afterwards(desk) as afterwards:
        afterwards.add(attempt, *parts(library))
        corrected = news(afterwards)
    assert isinstance(corrected, Corrected)
    assert corrected.attempt.unprompted.text == "w1 w2 w3"
    assert corrected.attempt.prompted
    assert corrected.attempt.prompted.findings


def test_it_rests_while_the_person_answers(desk: Desk, library: Library) -> None:
    with Afterwards(desk) as afterwards:
        afterwards.rest()
        afterwards.add(kept(desk, said(1, 2), "x"), *parts(library))
        threading.Event().wait(0.2)
        assert list(afterwards.news()) == []
        afterwards.go_on()
        assert isinstance(news(afterwards), Corrected)


def test_leaving_does_not_wait_for_what_was_not_begun(desk: Desk, library: Library) -> None:
    with Afterwards(desk) as afterwards:
        afterwards.rest()
        afterwards.add(kept(desk, said(1, 2), "as it was"), *parts(library))
    assert desk.archive.attempt(None).transcript.text == "as it was"


def test_a_hearing_that_fails_leaves_the_answer_as_it_was(tmp_path: Path, library: Library) -> None:
    with Archive(tmp_path) as archive:
        desk = desk_of(tmp_path, archive, FakeRecogniser(fails=HearingError("no.")))
        attempt = kept(desk, said(1, 2), "as it was")
        with Afterwards(desk) as afterwards:
            afterwards.add(attempt, *parts(library))
            assert isinstance(news(afterwards), Warned)
        assert archive.attempt(attempt.id) == attempt


def test_what_was_typed_or_heard_as_a_whole_is_not_heard_again(desk: Desk, library: Library) -> None:
    whole = Transcript(words=(), settings={"language": "en", "pieces": "passages"})
    with Afterwards(desk) as afterwards:
        afterwards.add(kept(desk, said(1, 2), "x", transcript=whole), *parts(library))
        assert not afterwards.busy


def at(second: float, *texts: str) -> list[Word]:
    """Words of half a second each from a place on."""
    return [
        Word(
            text=text,
            start=round((second + number / 2) * SAMPLE_RATE),
            stop=round((second + number / 2 + 0.5) * SAMPLE_RATE),
        )
        for number, text in enumerate(texts)
    ]


def test_the_fields_terms_stay_as_they_were_heard_along_the_way() -> None:
    earlier = at(1, "with", "exponential", "backoff,", "and", "LoRA", "is", "idempotent")
    again = [*at(1, "With", "explanation", "back", "off", "Laura", "is"), *at(4, "idempotent.")]
    texts = [word.text for word in with_terms(again, earlier)]
    assert texts == ["With", "exponential", "backoff,", "off", "LoRA", "is", "idempotent."]
    assert with_terms(again, at(9, "idempotent")) == again
    assert with_terms([], earlier) == []
    assert with_terms(earlier, earlier) == earlier
