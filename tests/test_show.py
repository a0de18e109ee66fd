from __future__ import annotations

import csv
import io
import json
import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from voice_coach.content.models import (
    Concept,
    Drill,
    Examples,
    Flag,
    FlagExamples,
    OutlinePoint,
    Requirement,
    Rubric,
)
from voice_coach.records import (
    SAMPLE_RATE,
    Attempt,
    Column,
    ConceptTally,
    Delivery,
    Dispute,
    Due,
    Finding,
    FlagTally,
    Judgement,
    Limit,
    Period,
    Proposal,
    Proposed,
    RedFlag,
    Share,
    Span,
    Tally,
    Transcript,
    Verdict,
    Word,
)
from voice_coach.show.compare import difference, side_by_side
from voice_coach.show.due import due_page
from voice_coach.show.jsonlines import judgement_line, tally_json
from voice_coach.show.notes import attempt_notes, tally_csv, tally_markdown
from voice_coach.show.page import Hanging, Page, limiting, percent
from voice_coach.show.report import attempt_report, judgement_report, outline
from voice_coach.show.tables import Listed, drill_page, drills_table
from voice_coach.show.tallies import tally_table
from voice_coach.show.transcript import MOST_WORDS, Line, marked, marked_line, timed_lines, word_marks

if TYPE_CHECKING:
    from rich.console import RenderableType

os.environ["TZ"] = "UTC"  # times are told where the person is
time.tzset()
GOLD = Path(__file__).parent / "gold"
SAID = (
    "So we stream the answer, with a small model, and cache the café's commonest questions. "
    "Of course we need [red]guardrails[/red]. "
    "I wouldn't worry about evaluation, we tried it and it was fine. "
    "When the score is low it goes to a person who sees the whole conversation so far and can take it over"
)


def concept(concept_id: str, title: str, why: str) -> Concept:
    examples = Examples.model_validate({"explained": ["we do it like this"]})
    return Concept(id=concept_id, title=title, why=why, statement="s", examples=examples, follow_up="f?")


RUBRIC = Rubric(
    id="core",
    title="Core",
    version=1,
    concepts=(
        concept("latency", "Latency", "People leave slow tools."),
        concept("cost", "Cost", "What loses money is switched off."),
        concept("guardrails", "Guardrails", "A wish is no control."),
        concept("evaluation", "Evaluation", "Without a measure every change is a guess."),
        concept("human", "Human in the loop", "Some decisions belong to a person."),
        concept(
            "rollout",
            "Rollout",
            "The first version is never the last, so changes need to be small and watched.",
        ),
    ),
    red_flags=(
        Flag(
            id="no-evaluation",
            title="Shipping on looks",
            statement="s",
            examples=FlagExamples(present=("p",)),
        ),
    ),
)
DRILL = Drill(
    id="help-desk",
    title="Help desk",
    section="system-design",
    level="senior",
    prompt="Build an assistant [b]that never makes up a policy[/b]. Take me through it.",
    constraints=("An answer in under two seconds.",),
    listening_for="Whether the constraints shape the design.",
    concepts=(
        Requirement(id="latency", weight=2, must_have=True),
        Requirement(id="cost"),
        Requirement(id="guardrails", weight=2.5, must_have=True),
        Requirement(id="evaluation"),
        Requirement(id="human", weight=3),
        Requirement(id="rollout", must_have=True),
    ),
    outline=(
        OutlinePoint(concept="latency", point="Budget the two seconds over the steps."),
        OutlinePoint(concept="rollout", point="Start with five per cent."),
        OutlinePoint(concept="latency", point="Stream, but check each sentence before it is shown."),
    ),
    seconds=60,
)


def transcript(text: str = SAID, *, typed: bool = False) -> Transcript:
    """Words of 0.3 s with 0.1 s between them; the first begins at one second."""
    if typed:
        return Transcript(words=tuple(Word(text=word) for word in text.split()))
    starts = range(SAMPLE_RATE, 10**9, SAMPLE_RATE * 4 // 10)
    words = (
        Word(text=word, start=start, stop=start + SAMPLE_RATE * 3 // 10, probability=0.9)
        for word, start in zip(text.split(), starts, strict=False)
    )
    return Transcript(words=tuple(words), model="base")


def span(quote: str, text: str = SAID) -> Span:
    first = len(text[: text.index(quote)].split())
    return Span(first=first, stop=first + len(quote.split()))


def finding(concept_id: str, verdict: Verdict, *quotes: str) -> Finding:
    return Finding(concept=concept_id, verdict=verdict, confidence=0.875, evidence=tuple(map(span, quotes)))


JUDGED = Judgement(
    rubric="core",
    findings=(
        finding("cost", "explained", "with a small model,", "cache the café's commonest questions."),
        finding("latency", "explained", "we stream the answer, with a small model,"),
        finding("guardrails", "named", "Of course we need [red]guardrails[/red]."),
        finding("evaluation", "dismissed", "I wouldn't worry about evaluation,"),
        finding(
            "human",
            "explained",
            "goes to a person who sees the whole conversation so far and can take it over",
        ),
        finding("rollout", "missed"),
        finding("no-longer-known", "missed"),
    ),
    red_flags=(RedFlag(id="no-evaluation", evidence=span("we tried it and it was fine.")),),
    versions={"judge": "1"},
)
NOT_GRADED = Judgement(rubric="core", graded=False, not_graded="no words were heard")


def attempt(judgement: Judgement = JUDGED, *, typed: bool = False, notices: tuple[str, ...] = ()) -> Attempt:
    words = transcript("" if not judgement.graded else SAID, typed=typed)
    times = {} if typed or not words.words else {"words_per_minute": 150.4, "first_word": SAMPLE_RATE}
    return Attempt(
        id="a1",
        drill="help-desk",
        asked_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        source="typed" if typed else "microphone",
        ended="done",
        samples=None if typed else 27 * SAMPLE_RATE,
        transcript=words,
        judgement=judgement,
        delivery=Delivery(
            words=len(words.words), longest_pause=SAMPLE_RATE * 3 // 2 if times else None, **times
        ),
        notices=notices,
    )


def earlier() -> Attempt:
    """An answer to the same drill, a day before."""
    judged = Judgement(
        rubric="core",
        findings=(
            finding("latency", "named", "we stream the answer,"),
            finding("guardrails", "explained", "we need [red]guardrails[/red]."),
            finding("human", "missed"),
            finding("cost", "explained", "with a small model,"),
        ),
    )
    day_before = datetime(2026, 1, 4, 9, tzinfo=UTC)
    return attempt(judged).model_copy(
        update={"id": "a0", "asked_at": day_before, "samples": 40 * SAMPLE_RATE}
    )


def column(number: int, graded: bool = True, **verdicts: Verdict) -> Column:
    return Column(
        attempt=f"a{number}",
        drill="help-desk",
        title="Help desk",
        asked_at=datetime(2026, 1, 5 + number, 9, tzinfo=UTC),
        graded=graded,
        not_graded=None if graded else "no words were heard",
        verdicts=verdicts,
    )


TALLY = Tally(
    attempts=203,
    not_graded=2,
    concepts=(
        ConceptTally(
            concept="rollout",
            title="Rollout",
            explained=1,
            missed=200,
            must_have=Share(part=200, whole=201),
            recent=Share(part=1, whole=5),
            before=Share(part=0, whole=196),
        ),
        ConceptTally(
            concept="cost",
            title="Cost",
            explained=199,
            named=1,
            missed=1,
            prompted=1,
            recent=Share(part=3, whole=5),
            before=Share(part=196, whole=196),
            disputed=1,
        ),
        ConceptTally(
            concept="human",
            title="Human in the loop",
            explained=2,
            dismissed=1,
            recent=Share(part=2, whole=3),
        ),
    ),
    red_flags=(
        FlagTally(
            id="prompt-only",
            title="Prompt wording alone",
            attempts=4,
            last_attempt="a7",
            last_at=datetime(2026, 1, 12, 9, tzinfo=UTC),
            quote="we [b]tell it[/b] not to make things up",
            start=12 * SAMPLE_RATE,
        ),
        FlagTally(
            id="no-evaluation",
            title="Shipping on looks",
            attempts=1,
            last_attempt="a2",
            last_at=datetime(2026, 1, 7, 9, tzinfo=UTC),
        ),
    ),
    columns=(
        column(0, rollout="missed", cost="explained"),
        column(1, rollout="missed", cost="named", human="dismissed"),
        column(2, rollout="missed", human="explained"),
        column(3, rollout="explained", cost="missed").model_copy(update={"disputed": {"cost": "named"}}),
    ),
    apart=(column(4, graded=False), column(5, graded=False)),
    unprompted=Share(part=202, whole=405),
    prompted=Share(part=1, whole=4),
    periods=(
        Period(start=date(2026, 1, 5), attempts=100, explained=Share(part=100, whole=200)),
        Period(
            start=date(2026, 1, 12),
            attempts=101,
            explained=Share(part=102, whole=205),
            words_per_minute=151.4,
            longest_pause=40_000,
        ),
    ),
    period="week",
    limit=Limit(concept="rollout", title="Rollout", missing=4, named=0, decided=3, answers=5),
    next=Proposal(drill="help-desk", title="Help desk", reason="3 of its 8 concepts are due again"),
    streak=3,
)
NOW = datetime(2026, 1, 12, 10, tzinfo=UTC)
PROPOSED = Proposed(
    waiting=(
        Due(
            concept="rollout",
            due_at=datetime(2026, 1, 9, 9, tzinfo=UTC),
            drill="help-desk",
            asked_at=datetime(2026, 1, 8, 9, tzinfo=UTC),
            verdict="missed",
        ),
        Due(
            concept="cost",
            due_at=datetime(2026, 1, 12, 9, tzinfo=UTC),
            drill="gone",
            asked_at=datetime(2026, 1, 11, 9, tzinfo=UTC),
            verdict="named",
            prompted="explained",
        ),
    ),
    next=Proposal(drill="help-desk", title="Help desk", reason="2 of its 6 concepts are due again"),
    streak=3,
)
TITLES = {"rollout": "Rollout", "cost": "Cost", "help-desk": "Help desk"}


def printed(renderable: RenderableType, width: int = 80, encoding: str = "utf-8") -> str:
    """What reaches a pipe of that encoding."""
    pipe = io.BytesIO()
    file = io.TextIOWrapper(pipe, encoding=encoding, newline="")
    Console(file=file, width=width, _environ={}).print(renderable)
    file.flush()
    return pipe.getvalue().decode(encoding)


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


WORDS = st.builds(
    Word,
    text=st.from_regex(r"[a-z]{1,12}[.?!,]?[\"”]?", fullmatch=True),
    start=st.integers(0, 10**6) | st.none(),
    stop=st.integers(0, 10**6) | st.none(),
)


@given(words=st.lists(WORDS, max_size=80))
def test_every_word_is_in_one_line_and_in_order(words: list[Word]) -> None:
    lines = timed_lines(Transcript(words=tuple(words)))
    assert [n for line in lines for n in range(line.first, line.stop)] == list(range(len(words)))
    assert all(0 < line.stop - line.first <= MOST_WORDS for line in lines)
    assert all(line.start == words[line.first].start for line in lines)


def test_lines_end_at_sentences_and_pauses_and_share_long_sentences_evenly() -> None:
    heard = list(transcript("One two. “Three?” four five").words)
    heard[4] = heard[4].model_copy(update={"start": heard[4].start + SAMPLE_RATE, "stop": 10**6})  # type: ignore[operator] # it has times
    lines = timed_lines(Transcript(words=tuple(heard)))
    assert [(line.first, line.stop) for line in lines] == [(0, 2), (2, 3), (3, 4), (4, 5)]
    long = timed_lines(transcript("word " * 30))
    assert [(line.first, line.stop) for line in long] == [(0, 10), (10, 20), (20, 30)]


@settings(deadline=None)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 19), st.integers(1, 9), st.sampled_from(["latency", "cost", "human"])),
        max_size=6,
    )
)
def test_any_evidence_leaves_the_words_as_they_are_and_closes_what_it_opens(
    spans: list[tuple[int, int, str]],
) -> None:
    text = " ".join(f"w{n}" for n in range(20))
    findings = tuple(
        Finding(
            concept=name,
            verdict="explained",
            confidence=1,
            evidence=(Span(first=first, stop=first + length),),
        )
        for first, length, name in spans
    )
    answered = attempt(Judgement(rubric="core", findings=findings)).model_copy(
        update={"transcript": transcript(text, typed=True)}
    )
    shown = " ".join(printed(marked(answered, RUBRIC), 96).split())
    depth = 0
    bare = ""
    in_label = False
    for character in shown:
        depth += (character == "«") - (character == "»")
        assert depth in {0, 1}
        in_label = (in_label or character == "[") and character != "]"
        bare += "" if in_label or character in "«»]" else character
    assert depth == 0
    assert bare == text


def test_overlapping_evidence_is_marked_by_what_holds_for_each_stretch() -> None:
    line = marked_line(attempt().transcript, word_marks(attempt(), RUBRIC), Line(0, 9, None))
    shown = printed(Page(line))
    assert shown == "So «we stream the answer,»[Latency] «with a small model,»[Cost; Latency]\n"


def test_a_json_line_has_the_keys_in_order_and_seconds() -> None:
    line = judgement_line("x.wav", "help-desk", JUDGED, transcript())
    assert list(line) == [
        "id", "drill", "rubric", "graded", "not_graded", "coverage", "findings", "red_flags", "versions",
    ]  # fmt: skip
    read = json.loads(json.dumps(line))
    assert read["coverage"] == {"explained": 3, "named": 1, "dismissed": 1, "missed": 2}
    assert read["findings"][2] == {
        "concept": "guardrails",
        "verdict": "named",
        "confidence": 0.875,
        "evidence": [{"quote": "Of course we need [red]guardrails[/red].", "start": 7.0, "end": 8.9}],
    }
    assert read["red_flags"] == [
        {"id": "no-evaluation", "quote": "we tried it and it was fine.", "start": 11.0, "end": 13.7}
    ]


def test_a_json_line_for_text_has_no_times_and_one_not_graded_has_the_reason() -> None:
    typed = json.loads(json.dumps(judgement_line("d1", None, JUDGED, transcript(typed=True))))
    assert typed["red_flags"][0] == {
        "id": "no-evaluation",
        "quote": "we tried it and it was fine.",
        "start": None,
        "end": None,
    }
    silent = judgement_line("s", None, NOT_GRADED, transcript(""))
    assert (silent["drill"], silent["graded"], silent["not_graded"]) == (None, False, "no words were heard")
    assert silent["findings"] == []


def test_the_tally_as_json_has_sums_and_seconds() -> None:
    read = json.loads(json.dumps(tally_json(TALLY)))
    assert (read["attempts"], read["not_graded"], read["streak"]) == (203, 2, 3)
    assert [(one["concept"], one["asked"], one["explained"]) for one in read["concepts"]] == [
        ("rollout", 201, 1),
        ("cost", 201, 199),
        ("human", 3, 2),
    ]
    assert read["red_flags"][0]["start"] == 12.0
    assert read["periods"][1]["longest_pause"] == 2.5
    assert read["columns"][3]["disputed"] == {"cost": "named"}
    assert read["limit"]["decided"] == 3


def test_the_tally_as_markdown_is_a_table_and_escapes_what_was_said() -> None:
    text = tally_markdown(TALLY)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
    assert "Rollout was missing in 4 of your last 5 answers; it decided 3 of them." in text
    assert "1 % of 201" in text
    assert "\\[b\\]tell it" in text


def test_the_tally_as_csv_has_a_line_for_each_verdict() -> None:
    rows = list(csv.DictReader(io.StringIO(tally_csv(TALLY))))
    assert len(rows) == 9
    assert rows[-1]["your_view"] == "named"


def test_notes_hold_quotes_views_and_the_outline_of_what_was_missed() -> None:
    view = Dispute(attempt="a1", concept="guardrails", verdict="explained", at=NOW, note="I said *how*")
    text = attempt_notes(attempt(), DRILL, RUBRIC, [view])
    assert "“Of course we need \\[red\\]guardrails\\[/red\\].” (0:07 to" in text
    assert "You see it as explained: I said \\*how\\*" in text
    assert "A strong answer: Start with five per cent." in text
    assert "Not graded, because no words were heard." in attempt_notes(attempt(NOT_GRADED), None, RUBRIC)


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


def test_long_pauses_are_shown_where_they_are() -> None:
    heard = list(transcript("One two three").words)
    heard[2] = heard[2].model_copy(update={"start": 3 * SAMPLE_RATE, "stop": 4 * SAMPLE_RATE})
    answered = attempt(Judgement(rubric="core")).model_copy(
        update={"transcript": Transcript(words=tuple(heard))}
    )
    assert printed(marked(answered, RUBRIC)) == " 0:01  One two (pause 1.3 s)\n 0:03  three\n"
