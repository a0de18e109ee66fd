"""Which drills are asked, how the face shows them, and the report on several answers."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

import pytest
from rich.console import Console

from tests.content_sample import write
from tests.test_follow_ups import DRILL, QUESTION, RUBRIC, judged
from voice_coach.cli.choosing import Filters, Wanted, read_set, weight
from voice_coach.content.load import Library
from voice_coach.content.models import SECTIONS, Level
from voice_coach.errors import UsageError
from voice_coach.events import Asked, Heard, Listening, Standing
from voice_coach.history.archive import Archive
from voice_coach.history.schedule import DEFAULT
from voice_coach.interviewer import continued
from voice_coach.records import Judgement, Transcript, Word
from voice_coach.show.interview import interview_report
from voice_coach.show.live import LiveFace, PlainFace
from voice_coach.show.report import attempt_report
from voice_coach.show.transcript import marked

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from voice_coach.events import Event
    from voice_coach.records import Attempt

LIBRARY = Library()
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def printed(*renderables: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=100, _environ={})
    for renderable in renderables:
        console.print(renderable)
    return str(console.file.getvalue())  # type: ignore[attr-defined] # it is the StringIO above


# Which drills


def test_filters_narrow_together_and_take_the_beginning_of_a_section() -> None:
    found = Filters(section="reliability", level="staff", concept="monitoring").fitting(LIBRARY)
    assert found
    for drill in found:
        assert (drill.section, drill.level) == ("reliability-and-safety", "staff")
    weights = [weight(drill, "monitoring") for drill in found]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_a_tag_finds_its_drills() -> None:
    assert all("retrieval" in drill.tags for drill in Filters(tag="retrieval").fitting(LIBRARY))
    with pytest.raises(UsageError, match="There is no tag `retreival`; did you mean `retrieval`"):
        Filters(tag="retreival").fitting(LIBRARY)


def test_with_a_concept_only_drills_in_which_it_weighs_most_are_practised() -> None:
    pool = Wanted(filters=Filters(concept="cost")).pool(LIBRARY)
    heaviest = max(weight(drill, "cost") for drill in LIBRARY.drills())
    assert pool
    assert {weight(drill, "cost") for drill in pool} == {heaviest}


def test_what_fits_no_drill_is_refused() -> None:
    level, tag = next(
        (level, tag)
        for level in get_args(Level)
        for tag in {tag for drill in LIBRARY.drills() for tag in drill.tags}
        if not any(drill.level == level and tag in drill.tags for drill in LIBRARY.drills())
    )
    with pytest.raises(UsageError, match="No drill is like that"):
        Wanted(filters=Filters(level=level, tag=tag)).pool(LIBRARY)


@pytest.mark.parametrize("count", [1, 4, 7, 12])
def test_a_mock_interview_has_as_many_drills_as_wanted_none_twice_from_all_sections(
    tmp_path: Path, count: int
) -> None:
    wanted = Wanted(count=count)
    with Archive(tmp_path) as archive:
        drills = wanted.questions(wanted.pool(LIBRARY), archive, NOW, DEFAULT)
    assert len({drill.id for drill in drills}) == count
    per_section = [sum(drill.section == section for drill in drills) for section in SECTIONS]
    assert max(per_section) - min(per_section) <= 1


def test_a_set_is_asked_in_its_order(tmp_path: Path) -> None:
    ids = [drill.id for drill in LIBRARY.drills()][:3][::-1]
    file = write(tmp_path / "friday.txt", f"# three\n{ids[0]}\n\n- {ids[1]}  # the hard one\n{ids[2]}\n")
    wanted = Wanted(file=file)
    assert wanted.interview
    pool = wanted.pool(LIBRARY)
    with Archive(tmp_path) as archive:
        assert [drill.id for drill in wanted.questions(pool, archive, NOW, DEFAULT)] == ids


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("# nothing\n", "names no drill"), ("\ncustomer-support-asistant\n", r"set\.txt:2: There is no drill")],
)
def test_a_set_that_names_no_drill_is_refused_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_set(write(tmp_path / "set.txt", text), LIBRARY)


# The face

TWO = (Word(text="w1", start=16_000, stop=17_000), Word(text="yes", start=18_000, stop=19_000))
EVENTS: list[Event] = [
    Asked(DRILL),
    Standing(RUBRIC, {"w1": "missed", "w2": "missed", "w3": "missed"}),
    Listening("a microphone"),
    Heard(TWO, ()),
    Standing(RUBRIC, {"w1": "explained", "w2": "missed", "w3": "missed"}),
    Asked(DRILL, "What about 2?"),
]


def test_plain_lines_say_what_lights_up_and_what_is_asked_back() -> None:
    console = Console(file=io.StringIO(), width=80, _environ={})
    with PlainFace(console) as shows:
        for event in EVENTS:
            shows.show(event)
    shown = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO above
    assert "To explain: W1, W2 and W3" in shown
    assert "✓ W1" in shown
    assert "✓ W2" not in shown
    assert "What about 2?" in shown
    assert "A drill: a follow-up" in shown


def test_the_live_block_keeps_what_is_missing_in_sight_and_begins_anew_when_asked_back() -> None:
    console = Console(file=io.StringIO(), width=80, _environ={}, force_terminal=True)
    live = LiveFace(console)
    for event in EVENTS[:-1]:
        live.show(event)
    before = printed(live.block())
    assert "✓ W1" in before
    assert "· W2" in before
    assert "w1 yes" in before
    live.show(EVENTS[-1])
    after = printed(live.block())
    assert "What about 2?" in after
    assert "w1 yes" not in after
    assert "✓ W1" in after


def test_a_question_to_listen_to_is_never_on_screen() -> None:
    console = Console(file=io.StringIO(), width=80, _environ={}, force_terminal=True)
    live = LiveFace(console, hide_question=True)
    shown = ""
    for event in EVENTS:
        live.show(event)
        shown += printed(live.block())
    assert DRILL.prompt not in shown
    assert "What about 2?" not in shown


# Reports


def followed_up() -> Attempt:
    """An answer that explained w1, was asked back about w2 and then explained it."""
    question = QUESTION.follow_up(judged(w1="explained", w2="missed", w3="missed"))
    assert question
    attempt = continued(question, Transcript(words=(Word(text="four"),)), None, "done", ())
    after = judged(w1="explained", w2="explained", w3="missed").judgement
    return attempt.model_copy(update={"prompted": after})


def test_the_report_counts_only_what_was_said_unprompted_and_says_what_came_after() -> None:
    shown = printed(attempt_report(followed_up(), DRILL, RUBRIC))
    assert "1 of 3 explained, 2 missed" in shown
    assert "? Asked back, and not counted above" in shown
    assert "“What about 2?”" in shown
    assert "✓ W2, explained only now" in shown


def test_the_report_says_what_stays_missing_after_a_follow_up() -> None:
    attempt = followed_up().model_copy(
        update={"prompted": judged(w1="explained", w2="missed", w3="missed").judgement}
    )
    assert "✗ W2, still missed" in printed(attempt_report(attempt, DRILL, RUBRIC))


def test_replay_shows_the_follow_up_where_it_was_asked() -> None:
    lines = printed(marked(followed_up(), RUBRIC)).splitlines()
    assert [line.strip() for line in lines] == ["one two three", "Asked  What about 2?", "four"]


def test_one_report_is_made_of_all_answers_of_an_interview() -> None:
    silent = judged().model_copy(
        update={"judgement": Judgement(rubric="drill", graded=False, not_graded="no words were heard")}
    )
    shown = printed(
        interview_report(
            [
                (followed_up(), DRILL, RUBRIC),
                (judged(w1="missed", w2="named", w3="missed"), DRILL, RUBRIC),
                (silent, DRILL, RUBRIC),
            ]
        )
    )
    assert "1 of 6 concepts explained unprompted, 1 more after follow-ups, 1 named, 4 missed" in shown
    assert "1 + 1 of 3" in shown
    assert "not graded" in shown
    assert "W3: 2 of 2 times asked" in shown
    assert shown.index("Your interview") < shown.index("Answer 1 of 3") < shown.index("Answer 3 of 3")


def test_an_interview_of_which_nothing_could_be_graded_counts_nothing_as_missed() -> None:
    silent = judged().model_copy(
        update={"judgement": Judgement(rubric="drill", graded=False, not_graded="no words were heard")}
    )
    shown = printed(interview_report([(silent, DRILL, RUBRIC)]))
    assert "None of your answers could be graded" in shown
    assert "0 of 0" not in shown
