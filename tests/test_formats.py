"""What is counted and said, for other tools: JSON, Markdown, CSV and notes."""

from __future__ import annotations

import csv
import io
import json

from tests.show_sample import DRILL, JUDGED, NOT_GRADED, NOW, RUBRIC, TALLY, attempt, transcript
from voice_coach.records import Dispute, FollowUp
from voice_coach.show.jsonlines import judgement_line, tally_json
from voice_coach.show.notes import attempt_notes, tally_csv, tally_markdown


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
    rows = [line for line in text.partition("##")[0].splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in rows}) == 1
    assert "Rollout was missing in 4 of your last 5 answers; it decided 3 of them." in text
    assert "1 % of 201" in text
    assert "\\[b\\]tell it" in text


def test_the_tally_as_markdown_tells_all_that_the_terminal_does() -> None:
    text = tally_markdown(TALLY)
    assert "| 1/5 ▲ |" in text
    assert "| ✗? |" in text
    for line in (
        "- Rollout: missed or dismissed in 200 of 201 answers that needed it",
        "- Of the rest, explained after a follow-up: 25 % (1 of 4)",
        "- Cost: we say missed, you say named (08 Jan 2026, a3)",
        "- a5, Help desk: no words were heard",
        "| 12 Jan 2026 | 101 | 50 % of 205 | 151 | 2.5 s |",
    ):
        assert line in text.splitlines()


def test_the_tally_as_csv_has_a_line_for_each_verdict() -> None:
    rows = list(csv.DictReader(io.StringIO(tally_csv(TALLY))))
    assert len(rows) == 9
    assert rows[-1]["your_view"] == "named"
    assert {row["prompted"] for row in rows} == {""}


def test_the_tally_as_csv_has_the_verdict_after_a_follow_up_beside_the_one_before() -> None:
    last = TALLY.columns[-1].model_copy(update={"prompted": {"rollout": "explained", "cost": "named"}})
    text = tally_csv(TALLY.model_copy(update={"columns": (last,)}))
    rows = {row["concept"]: row for row in csv.DictReader(io.StringIO(text))}
    assert (rows["cost"]["verdict"], rows["cost"]["prompted"]) == ("missed", "named")
    assert (rows["rollout"]["verdict"], rows["rollout"]["prompted"]) == ("explained", "explained")


def test_notes_hold_quotes_views_and_the_outline_of_what_was_missed() -> None:
    view = Dispute(attempt="a1", concept="guardrails", verdict="explained", at=NOW, note="I said *how*")
    text = attempt_notes(attempt(), DRILL, RUBRIC, [view])
    assert "“Of course we need \\[red\\]guardrails\\[/red\\].” (0:07 to" in text
    assert "You see it as explained: I said \\*how\\*" in text
    assert "A strong answer: Start with five per cent." in text
    assert "Asked back" not in text
    assert "Not graded, because no words were heard." in attempt_notes(attempt(NOT_GRADED), None, RUBRIC)


def test_notes_hold_what_was_asked_back_and_what_that_explained_or_did_not() -> None:
    first = attempt()
    after = [
        item if item.concept == "rollout" else item.model_copy(update={"verdict": "explained"})
        for item in first.judgement.findings
    ]
    text = attempt_notes(
        first.model_copy(
            update={
                "follow_ups": (FollowUp(concept="rollout", question="And *then*?", first=3),),
                "prompted": first.judgement.model_copy(update={"findings": tuple(after)}),
            }
        ),
        DRILL,
        RUBRIC,
    )
    assert "- “And \\*then\\*?”" in text
    assert "- **Guardrails**, explained only now\n  - “Of course" in text
    assert "- **Rollout**, still missed" in text.splitlines()
