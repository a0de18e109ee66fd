"""Drills in Markdown of several shapes, turned into drafts of drill files without losing a word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.content_sample import write
from tests.fakes import FakeJudge
from tests.test_workshop import SHIPPED, ScriptedJudge
from voice_coach.cli import application
from voice_coach.content.load import read_drill
from voice_coach.errors import UsageError
from voice_coach.workshop.imported import draft_of
from voice_coach.workshop.markdown import Found, field_of, read_drills

if TYPE_CHECKING:
    from voice_coach.records import Verdict

MARKDOWN = Path(__file__).parent / "data" / "markdown"


def found_in(name: str) -> list[Found]:
    return read_drills((MARKDOWN / name).read_text("utf-8"))


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Prompt", "prompt"), ("The question:", "prompt"), ("SCENARIO", "prompt"), ("1. Question", "prompt"),
        ("Constraints", "constraints"), ("What the interviewer is testing", "testing"),
        ("Interviewer is testing", "testing"), ("What interviewers look for", "testing"), ("Signals", "testing"),
        ("Strong answer outline", "outline"), ("Great answer", "outline"), ("What a strong answer covers", "outline"),
        ("Common failure", "failure"), ("Red flags", "failure"), ("Common mistakes", "failure"),
        ("Key insight", "insight"), ("Key takeaways", "insight"), ("Follow-up questions", "follow-ups"),
        ("Level", "level"), ("A support assistant", None), ("Retrieval", None),
        ("How would you answer the question of the day in time?", None),
    ],
)  # fmt: skip
def test_headings_are_known_by_their_many_names(label: str, name: str | None) -> None:
    assert field_of(label) == name


def test_headings_of_any_level_divide_several_drills() -> None:
    first, second = found_in("headings.md")
    assert (first.title, second.title) == ("Invoice copilot (senior)", "Support search")
    assert first.above == ("My interview drills", "System design")
    assert first.texts("constraints") == ["Two seconds per page", "A person signs off above $1,000"]
    assert first.texts("outline")[1] == (
        "Reading: Confidence per field: below 0.9 goes to a person; above is sampled"
    )
    assert first.texts("insight") == ["The sum of the lines is a free check."]
    assert second.texts("prompt") == ["How would you search tickets?"]
    assert second.texts("failure") == ["Just use a bigger model."]


def test_lines_in_bold_are_headings_too() -> None:
    first, second = found_in("bold-lines.md")
    assert (first.title, second.title) == ("Voice bot in a noisy car", "Second one")
    assert first.texts("constraints") == ["works offline; answers in under a second"]
    assert len(first.texts("outline")) == 2
    assert first.texts("insight") == ["Mishearing is the normal case."]


def test_labels_before_a_colon_are_enough() -> None:
    (only,) = found_in("labels.md")
    assert only.texts("level") == ["staff"]
    assert only.texts("follow-ups") == ["And when a customer asks for deletion?"]


def test_a_heading_inside_an_answer_divides_it_and_begins_no_drill() -> None:
    first, second = found_in("mixed.md")
    assert first.texts("level") == ["mid"]
    assert [text.partition(":")[0] for text in first.texts("outline")] == ["Retrieval", "Checks"]
    assert second.other == ["Bye."]


def test_a_question_goes_with_its_scenario_and_labels_need_no_marks() -> None:
    first, second = found_in("plain.md")
    assert first.texts("prompt") == [
        "A bank has two million cards.",
        "How would you help an analyst decide whether a payment is fraud?",
    ]
    assert [len(drill.texts("outline")) for drill in (first, second)] == [2, 1]
    assert second.texts("prompt") == ["How would you halve the cost of a chatbot?"]


def test_a_heading_above_several_prompts_is_the_title_of_none() -> None:
    first, second = read_drills("# Questions\n\n1. **Prompt:** One?\n2. **Prompt:** Two?\n")
    assert (first.title, second.title) == ("", "")
    assert first.above == second.above == ("Questions",)


def test_a_table_has_a_drill_in_each_row_or_is_one() -> None:
    returns, prices, tenders = found_in("tables.md")
    assert [drill.title for drill in (returns, prices, tenders)] == [
        "Returns bot", "Price watcher", "One of its own",
    ]  # fmt: skip
    assert returns.texts("prompt") == ["Design a bot for returns of shoes."]
    assert returns.texts("constraints") == ["refunds are final; daily"]
    assert prices.texts("outline") == ["Numbers from the database"]
    assert "Author: Ann" in returns.other
    assert tenders.texts("failure") == ["No test set"]


def test_an_answer_in_one_paragraph_has_its_points_between_semicolons() -> None:
    _, second = found_in("plain.md")
    drill = draft_of(second, SHIPPED.core(), FakeJudge(), "plain.md")
    assert [point["point"] for point in yaml.safe_load(drill.text)["outline"]] == [
        "Measure each request first",
        "send easy questions to a small model",
        "cap the length.",
    ]


def test_a_file_without_a_prompt_holds_no_drill(tmp_path: Path) -> None:
    assert read_drills("# Notes\n\nNothing to ask.\n") == []
    file = write(tmp_path / "notes.md", "# Notes\n")
    refused = CliRunner().invoke(
        application(), ("drills", "import", str(file)), env={"VOICE_COACH_HOME": str(tmp_path)}
    )
    assert isinstance(refused.exception, UsageError)
    assert "holds no drill" in str(refused.exception)


@pytest.mark.parametrize(
    "name", ["headings.md", "bold-lines.md", "labels.md", "mixed.md", "plain.md", "tables.md"]
)
def test_every_draft_can_be_loaded_and_keeps_every_word_of_the_file(tmp_path: Path, name: str) -> None:
    source = (MARKDOWN / name).read_text("utf-8")
    everything = ""
    for found in read_drills(source):
        draft = draft_of(found, SHIPPED.core(), FakeJudge(), name)
        path = write(tmp_path / f"{draft.id}.yaml", draft.text)
        drill = read_drill(path, SHIPPED.core())
        assert drill.id == draft.id
        assert draft.reviews >= 3
        assert all(point.concept in {item.id for item in drill.concepts} for point in drill.outline)
        everything += draft.text
    kept = set(re.findall(r"\w+", everything.lower()))
    labels = r"(?m)^#+ .*|^\*\*.*?\*\*|^[A-Z][^.\n]*:|^Great answer$|^\| (?:Drill|Red flag)"
    headings = set(re.findall(r"\w+", " ".join(re.findall(labels, source)).lower()))
    assert set(re.findall(r"\w+", source.lower())) - headings <= kept


_LINES = st.lists(
    st.sampled_from(
        [
            "# A title", "## Prompt", "**Question:** why?", "### Great answer", "**Bold**", "- an item of a list",
            "plain text", "Constraints: none", "> quoted", "| a | b |\n|---|---|\n| c | d |",
            "```\ncode here\n```", "## Red flags", "---", "", "1. one",
        ]
    ),
    max_size=14,
)  # fmt: skip


@given(_LINES)
def test_whatever_the_file_looks_like_all_its_text_is_in_its_drills(lines: list[str]) -> None:
    drills = read_drills("\n\n".join(lines))
    texts = " ".join(text for drill in drills for text in (drill.title, *drill.above, *drill.everything()))
    for line in lines if drills else ():
        for word in ("item", "plain", "quoted", "code", "none", "one", "why"):
            if word in line:
                assert word in texts
    assert len(drills) == sum(line in {"## Prompt", "**Question:** why?"} for line in lines)


def test_points_are_tied_to_what_they_explain_and_concepts_follow() -> None:
    script: dict[str, dict[str, Verdict]] = {
        "Cap": {"cost": "explained"},
        "Stream": {"latency": "explained"},
        "Mention": {"rollout": "named"},
    }
    found = Found(
        "T", fields={"prompt": ["Why?"], "outline": ["Begin.", "Cap it.", "Stream it.", "Mention it."]}
    )
    draft = draft_of(found, SHIPPED.core(), ScriptedJudge(script), "x.md")
    drill = yaml.safe_load(draft.text)
    assert [point["concept"] for point in drill["outline"]] == ["cost", "cost", "latency", "rollout"]
    assert {item["id"]: item.get("must_have", False) for item in drill["concepts"]} == {
        "cost": True,
        "latency": True,
        "rollout": False,
    }
    assert draft.text.count("# review: a guess") == 1


def test_an_outline_that_the_judge_cannot_place_still_gives_a_drill(tmp_path: Path) -> None:
    found = Found("Nothing known", fields={"prompt": ["Why?"], "outline": ["Whatever."]})
    draft = draft_of(found, SHIPPED.core(), ScriptedJudge({}), "x.md")
    drill = read_drill(write(tmp_path / "a.yaml", draft.text), SHIPPED.core())
    assert len(drill.concepts) == 1
    assert "the judge found no concept, choose" in draft.text
