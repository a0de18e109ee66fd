"""Pages for the terminal, as they were reviewed."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from voice_coach.records import (
    SAMPLE_RATE,
    Judgement,
    Limit,
    Proposed,
    Tally,
    Verdict,
)
from voice_coach.show.compare import difference, side_by_side
from voice_coach.show.due import due_page
from voice_coach.show.page import Hanging, Page, limiting, percent
from voice_coach.show.report import attempt_report, judgement_report, outline
from voice_coach.show.tables import Listed, drill_page, drills_table
from voice_coach.show.tallies import tally_table
from voice_coach.show.transcript import marked

if TYPE_CHECKING:
    from rich.console import RenderableType

from tests.show_sample import (
    DRILL,
    GOLD,
    JUDGED,
    NOT_GRADED,
    NOW,
    PROPOSED,
    RUBRIC,
    TALLY,
    TITLES,
    attempt,
    earlier,
    finding,
    printed,
    transcript,
)

PAGES: dict[str, RenderableType] = {
    "report": attempt_report(attempt(notices=("The microphone [b]was muted[/b].",)), DRILL, RUBRIC),
    "report-typed": attempt_report(attempt(typed=True), DRILL, RUBRIC),
    "report-not-graded": attempt_report(attempt(NOT_GRADED), DRILL, RUBRIC),
    "judgement": judgement_report(JUDGED, transcript(typed=True), RUBRIC),
    "outline": outline(DRILL, attempt(), RUBRIC),
    "transcript": marked(attempt(), RUBRIC),
    "drills": drills_table([Listed(DRILL)]),
    "drill": drill_page(DRILL, RUBRIC, unlocked=False),
    "drill-unlocked": drill_page(DRILL, RUBRIC, unlocked=True),
    "tally": tally_table(TALLY),
    "due": due_page(PROPOSED, TITLES, NOW),
    "due-nothing": due_page(
        Proposed(waiting=(), next=PROPOSED.next, coming=NOW + timedelta(days=3)), TITLES, NOW
    ),
    "difference": difference(earlier(), attempt(), RUBRIC),
    "side-by-side": side_by_side(earlier(), attempt(), DRILL, RUBRIC),
    "tally-empty": tally_table(Tally(attempts=0, not_graded=0, concepts=())),
}


@pytest.mark.parametrize(
    ("page", "width", "encoding"),
    [
        *((page, 80, "utf-8") for page in PAGES),
        *((page, 40, "utf-8") for page in ("report", "drills", "tally", "side-by-side")),
        *((page, 80, "ascii") for page in ("report", "transcript", "tally")),
    ],
)
def test_page_is_as_reviewed(page: str, width: int, encoding: str) -> None:
    gold = (GOLD / f"{page}-{width}-{encoding}.txt").read_text("utf-8")
    assert printed(PAGES[page], width, encoding) == gold


@settings(deadline=None)  # the first page printed also loads Rich's tables
@given(
    page=st.sampled_from(list(PAGES)),
    width=st.integers(12, 140),
    encoding=st.sampled_from(["utf-8", "ascii", "latin-1", "cp1252"]),
)
def test_every_page_fits_and_has_no_control_codes(page: str, width: int, encoding: str) -> None:
    lines = printed(PAGES[page], width, encoding).split("\n")
    assert all(cell_len(line) <= width and line == line.rstrip() for line in lines)
    assert all(character.isprintable() for line in lines for character in line)


def test_colour_on_a_terminal_changes_no_word() -> None:
    console = Console(
        file=io.StringIO(), width=80, force_terminal=True, color_system="truecolor", _environ={}
    )
    console.print(PAGES["report"])
    coloured = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO above
    assert "\x1b[" in coloured
    assert Text.from_ansi(coloured).plain.rstrip() == printed(PAGES["report"]).rstrip()


def test_control_codes_in_what_was_typed_do_not_reach_the_terminal() -> None:
    assert printed(Page(Text("one \x1b[31mtwo\x07"))) == "one [31mtwo\n"


def test_characters_that_the_console_lacks_keep_their_width() -> None:
    assert printed(Page(Text("naïve “日本” ✓ …")), encoding="ascii") == 'naive "????" + .\n'


def test_a_long_label_pushes_its_paragraph_right() -> None:
    assert printed(Page(Hanging("label ", Text("one two"), 2)), width=10) == "label one\n      two\n"


def test_must_haves_all_explained_are_said_so() -> None:
    judged = Judgement(rubric="core", findings=(finding("latency", "explained", "we stream the answer,"),))
    text = printed(attempt_report(attempt(judged), DRILL, RUBRIC))
    assert "1 of 1 explained\nYou explained every must-have.\n" in text


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        (("missed", "explained", "explained"), "You missed Latency: a must-have here."),
        (("named", "named", "explained"), "You only named Guardrails and Latency: both must-haves here."),
        (
            ("missed", "dismissed", "named"),
            "You missed Latency, dismissed Guardrails, and only named Rollout: all must-haves\nhere.",
        ),
    ],
)
def test_the_headline_names_what_limits_the_answer(verdicts: tuple[Verdict, ...], sentence: str) -> None:
    findings = tuple(
        finding(concept_id, verdict, *(() if verdict == "missed" else ("we stream",)))
        for concept_id, verdict in zip(("latency", "guardrails", "rollout"), verdicts, strict=True)
    )
    assert sentence in printed(
        attempt_report(attempt(Judgement(rubric="core", findings=findings)), DRILL, RUBRIC)
    )


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (57, "0:57, on the target of 1:00"),
        (80, "1:20, 0:20 over the target"),
        (6, "0:06, 0:54 under the target"),
    ],
)
def test_length_is_told_against_the_target(length: int, text: str) -> None:
    answered = attempt().model_copy(update={"samples": length * SAMPLE_RATE})
    assert f"Length {text}" in printed(attempt_report(answered, DRILL, RUBRIC))


def test_only_nothing_is_0_percent_and_only_all_is_100_percent() -> None:
    assert [percent(n, 1000) for n in (0, 1, 500, 999, 1000)] == ["0 %", "1 %", "50 %", "99 %", "100 %"]


def test_last_results_stand_beside_the_drills() -> None:
    shown = printed(drills_table([Listed(DRILL, own=True, last="4 of 6 explained", due="due now")]))
    assert "4 of 6 explained" in shown
    assert "due now" in shown
    assert "* help-desk" in shown
    assert "not tried" in printed(drills_table([Listed(DRILL)]))


def test_an_archive_without_graded_attempts_says_so() -> None:
    text = printed(tally_table(Tally(attempts=2, not_graded=2, concepts=())))
    assert text == (
        "No attempt was graded yet, so there is nothing to count.\n\nNot graded, and counted nowhere: 2 attempts.\n"
    )


def test_an_attempt_that_was_not_graded_marks_nothing_in_the_outline() -> None:
    assert "✓" not in printed(outline(DRILL, attempt(NOT_GRADED), RUBRIC))
    assert "✓ latency" in printed(outline(DRILL, attempt()))


def test_an_empty_transcript_says_so() -> None:
    assert printed(marked(attempt(NOT_GRADED), RUBRIC)) == "The transcript is empty.\n"


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        (
            Limit(concept="c", title="Cost", missing=2, named=1, decided=0, answers=4),
            "Cost was missing in 2 and only named in 1 of your last 4 answers.",
        ),
        (
            Limit(concept="c", title="Cost", missing=1, named=0, decided=1, answers=1),
            "Cost was missing in your last answer.",
        ),
    ],
)
def test_the_limiting_concept_is_one_sentence(limit: Limit, sentence: str) -> None:
    assert limiting(limit) == sentence
