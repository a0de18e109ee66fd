"""Asking back: on what, how often, and that what was said before and after it stays apart."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import (
    FakeClock,
    FakeControls,
    FakeRecogniser,
    FakeSource,
    FakeSpeaker,
    WordJudge,
    loud,
    said,
    silence,
)
from voice_coach.along import STEP, Along
from voice_coach.audio.file import AudioFile
from voice_coach.audio.journal import Answering, Journal
from voice_coach.content.models import Concept, Drill, Examples, OutlinePoint, Requirement, Rubric
from voice_coach.errors import NoMicrophoneError
from voice_coach.events import Asked, Ended, Graded, Standing, Warned
from voice_coach.history.archive import Archive
from voice_coach.interviewer import Question, closing, continued, moved, weightiest_gap
from voice_coach.practice import Desk, answer_aloud, answer_typed, finish_interrupted, interview
from voice_coach.records import (
    VERDICTS,
    Attempt,
    Delivery,
    Finding,
    Frame,
    Judgement,
    Stretch,
    Transcript,
    Verdict,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from voice_coach.audio.source import Source
    from voice_coach.events import Event

CONCEPTS = ("w1", "w2", "w3")
DRILL = Drill(
    id="drill",
    title="A drill",
    section="system-design",
    level="mid",
    prompt="How would you build it?",
    listening_for="Parts.",
    concepts=(
        Requirement(id="w1", weight=2, must_have=True),
        Requirement(id="w2", weight=3, must_have=True),
        Requirement(id="w3", weight=3),
    ),
    follow_ups={concept: f"What about {number}?" for number, concept in enumerate(CONCEPTS, start=1)},
    outline=(OutlinePoint(concept="w1", point="Say it."),),
    seconds=120,
)
RUBRIC = Rubric(
    id="drill",
    title="A drill",
    version=1,
    concepts=tuple(
        Concept(
            id=concept,
            title=concept.upper(),
            why="It matters.",
            statement="It is said.",
            examples=Examples(explained=(concept,)),
            follow_up="And?",
        )
        for concept in CONCEPTS
    ),
)
QUESTION = Question(DRILL, RUBRIC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Archive(tmp_path) as archive:
        yield Desk(
            home=tmp_path,
            speaker=FakeSpeaker(),
            recogniser=FakeRecogniser(),
            detector=lambda: loud,
            judge=WordJudge(),
            archive=archive,
            clock=FakeClock(),
        )


def spoken(
    desk: Desk, sources: list[Source], *, follow_ups: int = 1, question: Question = QUESTION
) -> list[Event]:
    """What happens when each question is answered by the next source."""
    return list(
        interview(
            question, lambda asked: answer_aloud(desk, asked, sources.pop(0), FakeControls()), follow_ups
        )
    )


def texts(transcript: Transcript) -> list[str]:
    return [word.text for word in transcript.words]


def graded(events: list[Event]) -> list[Attempt]:
    return [event.attempt for event in events if isinstance(event, Graded)]


def asked(events: list[Event]) -> list[str | None]:
    return [event.follow_up for event in events if isinstance(event, Asked)]


def pcm_of(path: Path) -> bytes:
    with AudioFile(path, FakeClock(), pace=False).open() as items:
        return b"".join(item.pcm for item in items if isinstance(item, Frame))


def judged(**verdicts: Verdict) -> Attempt:
    """An attempt of three words with these verdicts."""
    return Attempt(
        id="a",
        drill="drill",
        asked_at=FakeClock().now(),
        source="typed",
        ended="done",
        transcript=Transcript(words=tuple(Word(text=text) for text in ("one", "two", "three"))),
        judgement=Judgement(
            rubric="drill",
            findings=tuple(
                Finding(concept=concept, verdict=verdict, confidence=1)
                for concept, verdict in verdicts.items()
            ),
        ),
        delivery=Delivery(words=3),
    )


# Which gap


def test_the_weightiest_must_have_that_is_not_explained_is_asked_about() -> None:
    assert weightiest_gap(judged(w1="missed", w2="missed", w3="missed"), DRILL) == "w2"
    assert weightiest_gap(judged(w1="missed", w2="named", w3="missed"), DRILL) == "w2"
    assert weightiest_gap(judged(w1="dismissed", w2="explained", w3="missed"), DRILL) == "w1"


def test_of_equal_weight_the_worse_verdict_is_asked_about() -> None:
    level = DRILL.model_copy(update={"concepts": tuple(Requirement(id=c, must_have=True) for c in CONCEPTS)})
    assert weightiest_gap(judged(w1="named", w2="missed", w3="missed"), level) == "w2"


def test_what_was_not_heard_clearly_is_neither_asked_back_about_nor_called_missing() -> None:
    attempt = judged(w1="explained", w2="missed", w3="explained")
    unclear = tuple(
        finding.model_copy(update={"unclear": finding.concept == "w2"})
        for finding in attempt.judgement.findings
    )
    attempt = attempt.model_copy(
        update={"judgement": attempt.judgement.model_copy(update={"findings": unclear})}
    )
    assert weightiest_gap(attempt, DRILL) is None
    assert closing([(attempt, QUESTION)]) == "You explained 2 of 2 concepts; nothing is missing."


def test_nothing_is_asked_back_without_a_must_have_missing_or_a_grade() -> None:
    assert weightiest_gap(judged(w1="explained", w2="explained", w3="missed"), DRILL) is None
    assert weightiest_gap(judged(), DRILL) is None


@given(st.fixed_dictionaries({concept: st.sampled_from(VERDICTS) for concept in CONCEPTS}))
def test_a_gap_is_always_a_must_have_that_is_not_explained_and_never_asked_twice(
    verdicts: dict[str, Verdict],
) -> None:
    attempt = judged(**verdicts)
    gaps = []
    while question := QUESTION.follow_up(attempt):
        gaps.append(question.concept)
        more = continued(question, Transcript(words=(Word(text="more"),)), None, "done", ())
        attempt = more.model_copy(update={"prompted": more.judgement})
    assert set(gaps) == {concept for concept in ("w1", "w2") if verdicts[concept] != "explained"}
    assert len(gaps) == len(set(gaps))


# What is kept


def test_the_second_answer_is_judged_with_the_first_and_kept_apart_from_it(desk: Desk) -> None:
    events = spoken(desk, [FakeSource(said(5, 1)), FakeSource(said(2, 6))])
    assert asked(events) == [None, "What about 2?"]
    assert isinstance(desk.speaker, FakeSpeaker)
    assert desk.speaker.said == [DRILL.prompt, "What about 2?"]
    first, both = graded(events)
    assert first.id == both.id
    assert desk.archive.attempt() == both
    assert len(list(desk.archive.rows())) == 1
    assert texts(both.transcript) == ["w5", "w1", "w2", "w6"]
    assert texts(both.unprompted) == ["w5", "w1"]
    assert both.judgement == first.judgement
    assert both.delivery == first.delivery
    assert both.gained == ("w2",)
    (follow_up,) = both.follow_ups
    assert (follow_up.concept, follow_up.first, follow_up.start) == ("w2", 2, first.samples)
    (row,) = desk.archive.rows()
    assert (row.verdicts["w2"], row.prompted["w2"]) == ("missed", "explained")


def test_the_sound_of_both_is_one_recording_in_which_every_word_has_its_time(desk: Desk) -> None:
    events = spoken(desk, [FakeSource(said(5, 1)), FakeSource(silence(1), said(2))])
    attempt = graded(events)[-1]
    path = desk.archive.audio_path(attempt)
    assert path
    pcm = pcm_of(path)
    assert pcm == said(5, 1) + silence(1) + said(2)
    assert len(pcm) == 2 * (attempt.samples or 0)
    for word in attempt.transcript.words:
        assert word.start is not None
        assert int.from_bytes(pcm[2 * word.start : 2 * word.start + 2], "little") == int(word.text[1:])


def test_what_was_asked_is_given_to_the_judge_as_no_answer(desk: Desk) -> None:
    spoken(desk, [FakeSource(said(5)), FakeSource(said(6)), FakeSource(said(7))], follow_ups=2)
    assert isinstance(desk.judge, WordJudge)
    assert list(dict.fromkeys(desk.judge.questions)) == [  # judged along the way, too
        "How would you build it?",
        "How would you build it? What about 2?",
        "How would you build it? What about 2? What about 1?",
    ]


@pytest.mark.parametrize(("follow_ups", "times"), [(0, 1), (1, 2), (2, 3), (9, 3)])
def test_it_asks_back_as_often_as_wanted_and_as_there_are_gaps(
    desk: Desk, follow_ups: int, times: int
) -> None:
    events = spoken(desk, [FakeSource(said(5)) for _ in range(9)], follow_ups=follow_ups)
    assert len(asked(events)) == times


def test_nothing_is_asked_back_where_all_must_haves_are_explained(desk: Desk) -> None:
    assert asked(spoken(desk, [FakeSource(said(1, 2))])) == [None]


def test_a_follow_up_that_is_not_answered_leaves_the_first_answer_as_it_is(desk: Desk) -> None:
    (only,) = graded(spoken(desk, [FakeSource(said(5)), FakeSource()]))
    assert (only.follow_ups, only.prompted) == ((), None)
    assert desk.archive.attempt() == only
    assert not list(desk.journals.iterdir())


def test_a_microphone_that_is_gone_when_it_is_asked_back_is_warned_of_and_the_first_answer_is_kept(
    desk: Desk,
) -> None:
    gone = FakeSource(refuses=NoMicrophoneError("It is gone."))
    events = spoken(desk, [FakeSource(said(5)), gone])
    assert len(graded(events)) == 1
    assert events[-1] == Warned("It is gone.")


def test_who_stops_is_not_asked_back(desk: Desk) -> None:
    controls = FakeControls(*3 * [lambda: None], "stop")
    source = FakeSource(said(5))
    events = list(interview(QUESTION, lambda asked: answer_aloud(desk, asked, source, controls), 1))
    assert asked(events) == [None]


def test_a_typed_answer_is_asked_back_too(desk: Desk) -> None:
    lines = iter(["w5 w1", "", "w2", "", "w9"])
    events = list(interview(QUESTION, lambda asked: answer_typed(desk, asked, lines), 1))
    both = graded(events)[-1]
    assert texts(both.transcript) == ["w5", "w1", "w2"]
    assert both.samples is None
    assert both.follow_ups[0].start is None
    assert both.gained == ("w2",)


def test_an_interview_is_kept_with_its_answers(desk: Desk) -> None:
    spoken(desk, [FakeSource(said(5)), FakeSource(said(2))], question=replace(QUESTION, interview="mock"))
    assert desk.archive.attempt().interview == "mock"


def test_an_answer_to_a_follow_up_that_a_crash_cut_off_is_finished_the_same_way(
    desk: Desk, tmp_path: Path
) -> None:
    first = graded(spoken(desk, [FakeSource(said(5, 1))], follow_ups=0))[-1]
    question = QUESTION.follow_up(first)
    assert question
    answering = Answering(
        id="later",
        drill="drill",
        asked_at=first.asked_at,
        source="microphone",
        follows=first.id,
        concept="w2",
    )
    cut_off = Journal.create(desk.journals, answering)
    cut_off.recording.append(said(2))
    cut_off.close()
    (journal,) = Journal.interrupted(tmp_path / "journal")
    assert journal.answering == answering
    (both,) = graded(list(finish_interrupted(desk, question, journal)))
    assert both.gained == ("w2",)
    path = desk.archive.audio_path(both)
    assert path
    assert pcm_of(path) == said(5, 1) + said(2)


def test_sound_that_was_removed_meanwhile_leaves_silence_so_that_the_times_hold(desk: Desk) -> None:
    first = graded(spoken(desk, [FakeSource(said(5, 1))], follow_ups=0))[-1]
    path = desk.archive.audio_path(first)
    question = QUESTION.follow_up(first)
    assert path
    assert question
    path.unlink()
    events = list(answer_aloud(desk, question, FakeSource(said(2)), FakeControls()))
    assert pcm_of(path) == bytes(len(said(5, 1))) + said(2)
    assert graded(events)[-1].follow_ups[0].start == first.samples


# Coaching along


def test_concepts_light_up_while_somebody_talks_and_only_for_who_wants_it(desk: Desk) -> None:
    def standings(wanted: bool) -> list[dict[str, Verdict]]:
        sources: list[Source] = [FakeSource(said(1), silence(2), said(2), silence(2), kind="file")]
        events = spoken(replace(desk, coach=wanted), sources, follow_ups=0)
        return [dict(event.verdicts) for event in events if isinstance(event, Standing)]

    shown = standings(wanted=True)
    assert shown[0] == dict.fromkeys(CONCEPTS, "missed")
    assert all(verdict in {"missed", "explained"} for standing in shown for verdict in standing.values())
    assert standings(wanted=False) == []


def test_where_nobody_looks_on_it_judges_along_in_large_steps() -> None:
    judge = WordJudge()
    with Along(judge, QUESTION, shown=False) as along:
        for _ in range(2 * STEP):
            along.add((Word(text="x"),))
            assert list(along.poll()) == []
            while len(judge.questions) < 1 + len(along.judged) // STEP:
                time.sleep(0.001)
    assert len(judge.questions) == 3  # the question's own words, and twice the answer


@pytest.mark.parametrize("shown", [False, True])
def test_what_nobody_sees_waits_for_the_recogniser(shown: bool) -> None:
    with Along(WordJudge(), QUESTION, shown=shown) as along:
        along.add((Word(text="x"),) * STEP)
        list(along.poll(resting=False))
        assert len(along.judged) == (STEP if shown else 0)
        list(along.poll(resting=True))
        assert len(along.judged) == STEP


def test_typed_words_light_up_what_they_explain_also_those_of_the_answer_before(desk: Desk) -> None:
    lines = iter(["w1", "", "w2", "w4", ""])
    events = list(interview(QUESTION, lambda asked: answer_typed(replace(desk, coach=True), asked, lines), 1))
    standings = [event.verdicts for event in events if isinstance(event, Standing)]
    assert standings[0]["w1"] == "missed"
    first, second = (number for number, event in enumerate(events) if isinstance(event, Ended))
    later = [event.verdicts for event in events[first:second] if isinstance(event, Standing)]
    assert all(standing["w1"] == "explained" for standing in later)
    assert later[0]["w2"] == "missed"


# Joining


words = st.lists(
    st.builds(
        lambda start, length: Word(text="x", start=start, stop=start + length),
        st.integers(0, 99),
        st.integers(1, 9),
    ),
    max_size=4,
).map(tuple)


@given(words, st.integers(0, 10_000))
def test_moving_a_transcript_moves_every_time_and_nothing_else(spoken: tuple[Word, ...], by: int) -> None:
    before = Transcript(words=spoken, unclear=(Stretch(start=1, stop=2),))
    after = moved(before, by)
    assert moved(after, -by) == before
    assert texts(after) == texts(before)
    assert [word.start - by for word in after.words if word.start is not None] == [w.start for w in spoken]


def test_typed_words_have_no_times_to_move() -> None:
    typed = Transcript(words=(Word(text="x"),))
    assert moved(typed, 5) == typed


# The sentence at the end


def test_the_close_says_outcome_and_main_gap_in_one_sentence() -> None:
    attempt = judged(w1="explained", w2="missed", w3="missed")
    assert closing([(attempt, QUESTION)]) == "You explained 1 of 3 concepts; the main gap is W2."
    everything = judged(w1="explained", w2="explained", w3="explained")
    assert closing([(everything, QUESTION)]) == "You explained 3 of 3 concepts; nothing is missing."


def test_the_close_counts_what_came_only_after_a_follow_up_apart() -> None:
    attempt = judged(w1="missed", w2="missed", w3="missed").model_copy(
        update={"prompted": judged(w1="missed", w2="explained", w3="missed").judgement}
    )
    assert closing([(attempt, QUESTION)]) == (
        "You explained 1 of 3 concepts, 1 of them only after a follow-up; the main gap is W1."
    )


def test_the_close_of_an_interview_is_about_all_answers() -> None:
    answers = [
        (judged(w1="missed", w2="explained", w3="explained"), QUESTION),
        (judged(w1="missed", w2="missed", w3="missed"), QUESTION),
    ]
    assert closing(answers) == "Over 2 questions you explained 2 of 6 concepts; the main gap is W1."


def test_the_close_never_calls_missed_what_was_not_graded() -> None:
    silent = judged().model_copy(
        update={"judgement": Judgement(rubric="drill", graded=False, not_graded="no words were heard")}
    )
    assert closing([(silent, QUESTION)]) == "This answer is not graded, because no words were heard."
    assert closing([(silent, QUESTION), (silent, QUESTION)]) == "None of your answers could be graded."
