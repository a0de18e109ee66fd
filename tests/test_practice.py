"""Every way in which an answer can begin, go on and end, at a desk of fakes and with a real archive and journal."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.fakes import (
    FakeClock,
    FakeControls,
    FakeJudge,
    FakeRecogniser,
    FakeSource,
    FakeSpeaker,
    Gate,
    loud,
    said,
    silence,
)
from voice_coach.audio.endpoint import Endpointing
from voice_coach.audio.file import AudioFile
from voice_coach.audio.journal import Journal
from voice_coach.content.load import Library
from voice_coach.errors import (
    ArchiveError,
    CheckError,
    CoachError,
    HearingError,
    MicrophoneLostError,
    NoLoudspeakerError,
    NoMicrophoneError,
    VoiceError,
)
from voice_coach.events import Asked, Ended, Event, Graded, Heard, Level, Listening, Paused, Warned
from voice_coach.history.archive import Archive
from voice_coach.interviewer import Question
from voice_coach.practice import Desk, answer_aloud, answer_typed, finish_interrupted
from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE, Frame, Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from voice_coach.audio.source import Source
    from voice_coach.events import Command
    from voice_coach.records import Attempt

LOST = MicrophoneLostError("It was unplugged. The audio so far is kept.")


@dataclass
class Room:
    """A desk with a question, and what happened at it."""

    desk: Desk
    question: Question
    events: list[Event] = field(default_factory=list)

    def answer(self, source: Source, *steps: Command | Callable[[], object]) -> list[Event]:
        """Answer the drill aloud to the end."""
        controls = FakeControls(*steps)
        self.events += answer_aloud(self.desk, self.question, source, controls)
        return self.events

    def with_desk(self, **changes: Any) -> Room:
        return Room(replace(self.desk, **changes), self.question)

    def ended(self) -> Ended:
        (ended,) = [event for event in self.events if isinstance(event, Ended)]
        return ended

    def attempt(self) -> Attempt:
        """The attempt that was graded last, as the archive has it."""
        attempt = [event for event in self.events if isinstance(event, Graded)][-1].attempt
        assert self.desk.archive.attempt(attempt.id) == attempt
        return attempt

    def words(self) -> list[str]:
        return [word.text for word in self.attempt().transcript.words]

    def kept_sound(self) -> bytes:
        """The sound of the only attempt."""
        path = self.desk.archive.audio_path(self.attempt())
        assert path
        with AudioFile(path, FakeClock(), pace=False).open() as items:
            return b"".join(item.pcm for item in items if isinstance(item, Frame))

    def nothing_kept(self) -> bool:
        return not list(self.desk.archive.rows()) and not self.journals()

    def journals(self) -> list[Path]:
        return list(self.desk.journals.glob("*"))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def room(tmp_path: Path, library: Library) -> Iterator[Room]:
    drill = library.drill("reduce-hallucinations")
    with Archive(tmp_path) as archive:
        yield Room(
            Desk(
                home=tmp_path,
                speaker=None,
                recogniser=FakeRecogniser(),
                detector=lambda: loud,
                judge=FakeJudge(),
                archive=archive,
                clock=FakeClock(),
            ),
            Question(drill, library.rubric_for(drill)),
        )


def kinds(events: Iterable[Event]) -> list[type[Event]]:
    """What kinds of events came, neighbours of a kind once, levels and words left out."""
    found: list[type[Event]] = []
    for event in events:
        if not isinstance(event, Level | Heard) and (not found or found[-1] is not type(event)):
            found.append(type(event))
    return found


# Ways to end


def test_a_long_silence_ends_an_answer_which_is_judged_and_kept(room: Room) -> None:
    sound = silence(0.5) + said(1, 2, 3) + silence(7)
    events = room.answer(FakeSource(sound, said(4)))
    assert kinds(events) == [Asked, Listening, Ended, Graded]
    assert room.ended().reason == room.attempt().ended == "silence"
    assert room.words()[:3] == ["w1", "w2", "w3"]
    assert room.attempt().judgement.coverage["explained"] == len(room.question.rubric.concepts)
    assert room.kept_sound().startswith(sound[: 2 * 6 * SAMPLE_RATE])
    assert room.journals() == []


def test_enter_ends_an_answer_with_everything_that_was_said(room: Room) -> None:
    gate = Gate()
    room.answer(FakeSource(said(*range(1, 20)), gate), gate.reached, gate.open, "done")
    assert room.ended().reason == room.attempt().ended == "done"
    assert room.words() == [f"w{number}" for number in range(1, 20)]
    assert room.kept_sound() == said(*range(1, 20))


def test_stopping_keeps_what_was_said(room: Room) -> None:
    gate = Gate()
    room.answer(FakeSource(said(1, 2, 3), gate), gate.reached, gate.open, "stop")
    assert room.attempt().ended == "stopped"
    assert room.words() == ["w1", "w2", "w3"]


def test_where_nobody_begins_nothing_is_graded_or_called_missed(room: Room) -> None:
    patient = room.with_desk(endpointing=Endpointing(patience=2 * SAMPLE_RATE))
    patient.answer(FakeSource(silence(5)))
    assert patient.attempt().ended == "nobody-began"
    assert not patient.attempt().judgement.graded
    assert patient.attempt().judgement.findings == ()


def test_an_answer_without_end_is_ended_and_judged(room: Room) -> None:
    short = room.with_desk(endpointing=Endpointing(limit=3 * SAMPLE_RATE))
    short.answer(FakeSource(said(*range(1, 30))))
    assert short.attempt().ended == "too-long"
    assert short.words()[0] == "w1"


def test_the_end_of_a_file_ends_an_answer_without_a_key(room: Room) -> None:
    room.answer(FakeSource(said(1, 2), b"\7\0" * 100, kind="file"))
    assert room.attempt().ended == "end-of-file"
    assert room.attempt().source == "file"
    assert room.kept_sound() == said(1, 2) + b"\7\0" * 100


def test_a_microphone_that_is_lost_ends_the_answer_with_what_was_said(room: Room) -> None:
    room.answer(FakeSource(said(1, 2, 3), fault=LOST))
    assert room.ended() == Ended("fault", str(LOST))
    assert room.attempt().ended == "fault"
    assert room.words() == ["w1", "w2", "w3"]


def test_what_holds_no_word_is_not_kept(room: Room) -> None:
    gate = Gate()
    room.answer(FakeSource(silence(0.2), gate), gate.reached, gate.open, "stop")
    assert kinds(room.events) == [Asked, Listening, Ended]
    assert room.nothing_kept()


# The question


def test_nothing_is_recorded_while_the_coach_speaks(room: Room) -> None:
    source = FakeSource(said(1), silence(8))
    microphone_open: list[bool] = []
    speaker = FakeSpeaker(notes=lambda: microphone_open.append(source.is_open))
    talking = room.with_desk(speaker=speaker)
    talking.answer(source)
    assert speaker.said == [talking.question.text]
    assert microphone_open == [False]


def test_a_key_cuts_the_question_short_and_the_answer_begins(room: Room) -> None:
    speaker = FakeSpeaker(looks=10**6)
    talking = room.with_desk(speaker=speaker)
    talking.answer(FakeSource(said(1, 2)), "done")
    assert speaker.playing
    assert speaker.playing.stopped
    assert talking.words() == ["w1", "w2"]


def test_stopping_at_the_question_records_nothing(room: Room) -> None:
    talking = room.with_desk(speaker=FakeSpeaker(looks=10**6))
    talking.answer(FakeSource(said(1, 2)), "stop")
    assert kinds(talking.events) == [Asked, Ended]
    assert talking.nothing_kept()


@pytest.mark.parametrize(
    "error", [VoiceError("The question cannot be spoken."), NoLoudspeakerError("There is no loudspeaker.")]
)
def test_without_a_voice_the_question_is_shown_and_practice_goes_on(room: Room, error: CoachError) -> None:
    mute = room.with_desk(speaker=FakeSpeaker(fails=error))
    mute.answer(FakeSource(said(1, 2)))
    assert Warned(str(error)) in mute.events
    assert mute.words() == ["w1", "w2"]


def test_the_judge_is_told_the_question_so_that_repeating_it_earns_nothing(room: Room) -> None:
    judge = FakeJudge()
    room.with_desk(judge=judge).answer(FakeSource(said(1)))
    assert set(judge.questions) == {room.question.drill.question}


# Keys on the way


@pytest.mark.parametrize("command", ["pause", "repeat"])
def test_what_is_heard_in_a_pause_is_no_part_of_the_answer(room: Room, command: Command) -> None:
    before, meanwhile, after = Gate(), Gate(), Gate()
    source = FakeSource(said(1), before, said(2), meanwhile, said(3), after)
    speaker = FakeSpeaker(looks=2)
    room = room.with_desk(speaker=speaker)
    question_is_said = [lambda: None] * 2
    goes_on: list[Command] = ["pause"] if command == "pause" else []
    room.answer(
        source, *question_is_said,
        before.reached, command, before.open, meanwhile.reached, *goes_on,
        meanwhile.open, after.reached, after.open, "done",
    )  # fmt: skip
    assert kinds(room.events) == [Asked, Listening, Paused, Listening, Ended, Graded]
    assert room.words() == ["w1", "w3"]
    assert room.kept_sound() == said(1, 3)
    assert len(speaker.said) == (1 if command == "pause" else 2)


def test_stopping_in_a_pause_keeps_what_was_said_before(room: Room) -> None:
    gate = Gate()
    room.answer(FakeSource(said(1, 2), gate, said(3)), gate.reached, "pause", gate.open, "stop")
    assert room.attempt().ended == "stopped"
    assert room.kept_sound() == said(1, 2)


def test_a_microphone_that_is_lost_in_a_pause_ends_the_answer(room: Room) -> None:
    gate = Gate()
    room.answer(FakeSource(said(1, 2), gate, fault=LOST), gate.reached, "pause", gate.open)
    assert room.attempt().ended == "fault"
    assert room.words() == ["w1", "w2"]


# What is shown


def test_levels_words_and_remarks_are_shown_in_order(room: Room) -> None:
    remark = Notice("It was muted for a while.")
    room.answer(FakeSource(said(1, 2), remark, silence(1), said(3), kind="file"))
    positions = [event.position for event in room.events if isinstance(event, Level)]
    assert positions == list(range(FRAME_SAMPLES, positions[-1] + 1, FRAME_SAMPLES))
    settled = [word.text for event in room.events if isinstance(event, Heard) for word in event.settled]
    assert settled == room.words() == ["w1", "w2", "w3"]
    assert room.attempt().notices == (remark.text,)
    assert Warned(remark.text) in room.events


def test_a_recogniser_that_falls_far_behind_is_told_once_and_nothing_is_lost(room: Room) -> None:
    told, before_the_end = threading.Event(), Gate()  # told only while talk goes on
    slow = room.with_desk(recogniser=FakeRecogniser(while_decoding=lambda: told.wait(10)))
    turns = [list(range(first, first + 40)) for first in range(1, 400, 40)]  # 15 seconds each
    sound = b"".join(said(*turn) + silence(1) for turn in turns)
    source = FakeSource(sound, before_the_end, silence(1), kind="file")
    for event in answer_aloud(slow.desk, slow.question, source, FakeControls()):
        slow.events.append(event)
        if isinstance(event, Warned):
            told.set()
            before_the_end.open()
    assert [event.text[:38] for event in slow.events if isinstance(event, Warned)] == [
        "This machine hears more slowly than yo"
    ]
    assert slow.words() == [f"w{number}" for turn in turns for number in turn]


# What goes wrong


def test_a_missing_microphone_is_told_before_the_question_is_asked(room: Room) -> None:
    with pytest.raises(NoMicrophoneError, match="Connect one"):
        room.answer(FakeSource(refuses=NoMicrophoneError("There is no microphone. Connect one.")))
    assert room.events == []
    assert room.nothing_kept()


class FullArchive(Archive):
    """An archive that cannot keep anything."""

    def save(self, *_: object) -> Attempt:
        raise ArchiveError("The disk is full.")


@pytest.mark.parametrize("part", ["recogniser", "judge", "archive"])
def test_what_cannot_be_finished_now_can_be_finished_later(room: Room, tmp_path: Path, part: str) -> None:
    faulty: dict[str, object] = {
        "recogniser": FakeRecogniser(fails=HearingError("It failed.")),
        "judge": FakeJudge(fails=CheckError("It failed.")),
        "archive": FullArchive(tmp_path),
    }
    failing = room.with_desk(**{part: faulty[part]})
    with pytest.raises(CoachError):
        failing.answer(FakeSource(said(1, 2, 3), kind="file"))
    if isinstance(archive := faulty["archive"], FullArchive):
        archive.close()
    (journal,) = Journal.interrupted(room.desk.journals)
    room.events += finish_interrupted(room.desk, room.question, journal)
    assert kinds(room.events) == [Ended, Graded]
    assert room.attempt().ended == "recovered"
    assert room.attempt().id == journal.answering.id
    assert room.words() == ["w1", "w2", "w3"]
    assert room.kept_sound() == said(1, 2, 3)
    assert room.journals() == []


def test_a_disk_without_room_for_the_report_leaves_the_answer_to_be_finished_later(room: Room) -> None:
    connection = room.desk.archive.connection
    ((pages,),) = connection.execute("PRAGMA page_count")
    connection.execute(f"PRAGMA max_page_count = {pages}").close()
    with pytest.raises(ArchiveError, match="the disk is full"):
        room.answer(FakeSource(said(*range(1, 300)), kind="file"))
    assert not list(room.desk.archive.rows())
    connection.execute(f"PRAGMA max_page_count = {100 * pages}").close()
    (journal,) = Journal.interrupted(room.desk.journals)
    room.events += finish_interrupted(room.desk, room.question, journal)
    assert room.words() == [f"w{number}" for number in range(1, 300)]
    assert room.journals() == []


class LeapingClock(FakeClock):
    """The wall clock goes back a day at every look, as after a change of the system's time."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = 0

    def now(self) -> datetime:
        self._looks += 1
        return super().now() - timedelta(days=self._looks)


def test_a_wall_clock_that_leaps_loses_no_answer_and_changes_no_time_in_it(room: Room) -> None:
    calm = room.answer(FakeSource(said(1, 2) + silence(1) + said(3), kind="file"))[-1]
    leaping = room.with_desk(clock=LeapingClock())
    for _ in range(2):
        leapt = leaping.answer(FakeSource(said(1, 2) + silence(1) + said(3), kind="file"))[-1]
        assert isinstance(calm, Graded)
        assert isinstance(leapt, Graded)
        assert leapt.attempt.asked_at < calm.attempt.asked_at
        for part in ("transcript", "judgement", "delivery", "samples"):
            assert getattr(leapt.attempt, part) == getattr(calm.attempt, part)
    assert len(list(room.desk.archive.rows())) == 3


def test_whoever_stops_looking_on_loses_nothing(room: Room) -> None:
    gate = Gate()
    source = FakeSource(said(1, 2, 3), gate)
    events = cast("Generator[Event]", answer_aloud(room.desk, room.question, source, FakeControls()))
    while not isinstance(next(events), Level):
        pass
    gate.reached()
    gate.open()
    events.close()
    (journal,) = Journal.interrupted(room.desk.journals)
    assert journal.recording.read(0, 10**6) == said(1, 2, 3)
    journal.close()


def test_an_answer_finished_later_has_the_words_it_would_have_had(room: Room) -> None:
    sound = said(1, 2) + silence(1) + said(3) + silence(0.4) + said(*range(4, 90)) + silence(1) + said(90)
    room.answer(FakeSource(sound, kind="file"))
    at_once = room.attempt()
    with pytest.raises(CheckError):
        room.with_desk(judge=FakeJudge(fails=CheckError("It failed."))).answer(FakeSource(sound, kind="file"))
    (journal,) = Journal.interrupted(room.desk.journals)
    room.events += finish_interrupted(room.desk, room.question, journal)
    later = room.attempt()
    assert later.id != at_once.id
    assert later.transcript == at_once.transcript
    assert later.judgement == at_once.judgement


# Typed


def test_a_typed_answer_ends_at_the_first_empty_line(room: Room) -> None:
    speaker = FakeSpeaker(looks=10**6)
    room = room.with_desk(speaker=speaker)
    room.events += answer_typed(
        room.desk, room.question, iter(["We cite  every claim.", "Always.", " ", "not this"])
    )
    assert kinds(room.events) == [Asked, Listening, Ended, Graded]
    assert room.attempt().transcript.text == "We cite every claim. Always."
    assert room.attempt().source == "typed"
    assert room.attempt().audio is None
    assert speaker.playing
    assert speaker.playing.stopped


def test_a_typed_r_on_a_line_of_its_own_repeats_the_question(room: Room) -> None:
    speaker = FakeSpeaker(looks=10**6)
    room = room.with_desk(speaker=speaker)
    room.events += answer_typed(room.desk, room.question, iter(["r", "We cite every claim.", ""]))
    assert speaker.said == [room.question.text] * 2
    assert room.words() == ["We", "cite", "every", "claim."]


def test_nothing_typed_is_not_kept(room: Room) -> None:
    room.events += answer_typed(room.desk, room.question, iter([""]))
    assert kinds(room.events) == [Asked, Listening, Ended]
    assert room.nothing_kept()
