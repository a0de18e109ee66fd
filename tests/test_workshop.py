"""Drills of one's own: faults found, samples in order, a schema that fits, and a new file without a fault."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.content_sample import CORE, DRILL, small_core, write
from tests.fakes import FakeJudge
from voice_coach.cli import application
from voice_coach.content.load import Library, read_drill, yaml_files
from voice_coach.content.models import Dismissal, Drill, Samples
from voice_coach.content.schema import KEYS, drill_schema
from voice_coach.records import Finding, Judgement, Span, Transcript, Verdict
from voice_coach.workshop.draft import SCHEMA, slug
from voice_coach.workshop.lint import PROMPT_WORDS, SamplesCheck, lint, spoken_faults
from voice_coach.workshop.new import Answers, new_drill
from voice_coach.workshop.samples import sample_faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from voice_coach.content.models import Rubric

SHIPPED = Library()
NEEDED = "prompt: How would you do it?"


def faults_of(tmp_path: Path, old: str, new: str) -> list[str]:
    assert old in DRILL
    path = write(tmp_path / "a.yaml", DRILL.replace(old, new))
    (found,) = lint([path], small_core())
    return [fault.removeprefix(f"{path}:") for fault in found.faults]


class ScriptedJudge:
    """Gives each text the verdicts that its script has for its first word; what is not there is missed."""

    def __init__(self, script: Mapping[str, Mapping[str, Verdict]]) -> None:
        self._script = script

    def judge(self, transcript: Transcript, rubric: Rubric, *, question: str = "") -> Judgement:
        del question
        verdicts = self._script.get(transcript.words[0].text, {}) if transcript.words else {}
        whole = (Span(first=0, stop=max(1, len(transcript.words))),)
        return Judgement(
            rubric=rubric.id,
            findings=tuple(
                Finding(
                    concept=concept.id,
                    verdict=(verdict := verdicts.get(concept.id, "missed")),
                    confidence=1,
                    evidence=() if verdict == "missed" else whole,
                )
                for concept in rubric.concepts
            ),
        )


# Lint


def test_the_shipped_library_has_no_fault() -> None:
    for folder in SHIPPED.drill_folders():
        for found in lint(yaml_files(folder), SHIPPED.core()):
            assert found.faults == ()
            assert found.remarks == ()


FAULTS: dict[str, tuple[str, str, list[str]]] = {
    "too long": (
        NEEDED,
        f"prompt: {'word ' * 60}",
        ["5: prompt: has 60 words, too many to hear; say it in 59 at most."],
    ),
    "signs": (
        NEEDED,
        "prompt: Do it at 5% & p95.",
        [
            (
                "5: prompt: holds what a voice stumbles on: `%` (say “per cent”), `&` (say “and”), "
                "`p95` (write it as it is said)."
            )
        ],
    ),
    "short forms": (
        NEEDED,
        "prompt: Do it, e.g. quickly?",
        ["5: prompt: holds what a voice stumbles on: `e.g.` (write it as it is said)."],
    ),
    "named": (
        "What does the clock say here?",
        "What about latencies?",
        ["20: follow_ups.latency: gives the concept away by `latencies`; ask without naming it."],
    ),
    "own named": (
        "And then?",
        "Is it your own?",
        ["17: own_concepts[0].follow_up: gives the concept away by `own`; ask without naming it."],
    ),
    "cue that is none": (
        "    examples:",
        "    cues: [and th*n]\n    examples:",
        [
            (
                "15: own_concepts[0].cues[0]: has a place without a word; "
                "write words, `a|b`, `=word`, `#` or `*`, not `and th*n`."
            )
        ],
    ),
    "own cue": (
        "    examples:",
        "    cues: [and then]\n    examples:",
        ["18: own_concepts[0].follow_up: gives the concept away by its cue `and then`; ask without it."],
    ),
    "misspelt where it is required": (
        "{id: latency,",
        "{id: latncy,",
        [
            (
                "8: concepts[0].id: `latncy` is neither a core concept nor among own_concepts; "
                "did you mean `latency`?"
            ),
            (
                "20: follow_ups.latency: `latency` is not among the required concepts of this drill; "
                "add it to concepts, or take it out here."
            ),
            (
                "22: outline[0].concept: `latency` is not among the required concepts of this drill; "
                "add it to concepts, or take it out here."
            ),
        ],
    ),
    "no concept": (
        "{concept: latency, point: Say it.}",
        "{point: Say it.}",
        ["22: outline[0].concept: is missing; add it."],
    ),
    "unknown key": (
        "seconds: 120",
        "secs: 120",
        ["1: seconds: is missing; add it.", "23: secs: is not a key here; did you mean `seconds`?"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_line_and_what_to_write(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert faults_of(tmp_path, old, new) == expected


def test_all_faults_are_named_at_once_also_beside_a_misfit(tmp_path: Path) -> None:
    text = DRILL.replace("seconds: 120", "seconds: never").replace(NEEDED, "prompt: A/B?")
    (found,) = lint(
        [write(tmp_path / "a.yaml", text.replace("{id: latency,", "{id: latancy,"))], small_core()
    )
    lines = [int(fault.split(":")[1]) for fault in found.faults]
    assert lines == sorted(lines)
    assert {5, 8, 23} <= set(lines)


def test_an_unreadable_file_is_a_fault_and_the_others_are_looked_at(tmp_path: Path) -> None:
    broken, fine = write(tmp_path / "a.yaml", "id: [\n"), write(tmp_path / "b.yaml", DRILL)
    first, second = lint([broken, fine], small_core())
    assert "not valid YAML" in first.faults[0]
    assert second.faults == ()
    assert "without samples" in second.remarks[0]


def test_one_id_in_two_files_is_a_fault_of_the_second(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.yaml", DRILL), write(tmp_path / "b.yaml", DRILL)
    assert [bool(found.faults) for found in lint([one, two], small_core())] == [False, True]


@given(st.text())
def test_whatever_is_to_be_spoken_gets_an_answer(text: str) -> None:
    faults = spoken_faults(text, PROMPT_WORDS)
    assert all(fault and not fault.endswith(".") for fault in faults)


def test_plain_english_with_numbers_and_pauses_can_be_spoken() -> None:
    fine = "You've 200,000 users, and two seconds - no more: what's your plan? Say it; we'll see!"
    assert spoken_faults(fine, PROMPT_WORDS) == []


# Samples

SAMPLES = Samples(
    weak="weak a",
    mid="mid a",
    strong="strong a",
    paraphrase="paraphrase a",
    salad="salad a",
    dismissal=Dismissal(text="dismissal a", dismisses=("latency",)),
)
GOOD: dict[str, dict[str, Verdict]] = {
    "mid": {"latency": "explained"},
    "strong": {"latency": "explained", "own-idea": "explained"},
    "paraphrase": {"latency": "explained"},
    "salad": {"latency": "named"},
    "dismissal": {"latency": "dismissed"},
}


def samples_faults(tmp_path: Path, script: Mapping[str, Mapping[str, Verdict]]) -> list[str]:
    drill = read_drill(write(tmp_path / "a.yaml", DRILL), small_core()).model_copy(
        update={"samples": SAMPLES}
    )
    write(tmp_path / "shipped/rubrics/core.yaml", CORE)
    (tmp_path / "shipped/drills").mkdir(exist_ok=True)
    rubric = Library(shipped=tmp_path / "shipped").rubric_for(drill)
    return [f"{'.'.join(loc)} {text}" for loc, text in sample_faults(drill, rubric, ScriptedJudge(script))]


def test_samples_in_order_have_no_fault(tmp_path: Path) -> None:
    assert samples_faults(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("changed", "verdicts", "expected"),
    [
        ("weak", {"latency": "explained"}, ["samples.mid explains 1 concept, not more than weak with 1"]),
        (
            "strong",
            {"own-idea": "explained"},
            [
                "samples.strong explains 1 concept, not more than mid with 1",
                "samples.strong does not explain what the outline ties to: `latency` (missed)",
            ],
        ),
        ("paraphrase", {}, ["samples.paraphrase explains 0 concepts, fewer than mid with 1"]),
        ("salad", {"latency": "explained"}, ["samples.salad explains 1 concept, more than weak with 0"]),
        ("dismissal", {"latency": "explained"}, ["samples.dismissal is credited with `latency`, which it sets aside"]),
    ],
)  # fmt: skip
def test_what_is_out_of_order_is_said(
    tmp_path: Path, changed: str, verdicts: dict[str, Verdict], expected: list[str]
) -> None:
    assert samples_faults(tmp_path, GOOD | {changed: verdicts}) == expected


def test_with_the_judge_missing_samples_are_a_fault_of_their_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", DRILL)
    check = SamplesCheck(FakeJudge(), lambda drill: small_core().model_copy(update={"id": drill.id}))
    (found,) = lint([path], small_core(), check)
    assert found.faults == (f"{path}:1: samples: is missing; add answers by which the drill can be tested.",)
    (found,) = lint([path], small_core(), replace(check, demanded=False))
    assert found.faults == ()
    assert "without samples" in found.remarks[0]


def test_samples_are_judged_also_beside_other_faults(tmp_path: Path) -> None:
    samples = yaml.safe_dump({"samples": SAMPLES.model_dump(mode="json")})
    path = write(tmp_path / "a.yaml", DRILL.replace(NEEDED, "prompt: A/B?") + samples)
    check = SamplesCheck(ScriptedJudge({}), lambda drill: small_core().model_copy(update={"id": drill.id}))
    (found,) = lint([path], small_core(), check)
    assert "`/` (say “or”)" in found.faults[0]
    assert any("samples.mid: explains 0 concepts, not more than weak" in fault for fault in found.faults)


# Schema


def test_every_key_is_described_and_every_shipped_drill_fits_the_schema() -> None:
    assert list(KEYS) == list(Drill.model_fields)
    schema = drill_schema(SHIPPED.core())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in yaml_files(SHIPPED.drill_folders()[0]):
        validator.validate(yaml.safe_load(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "wrong", [{"titel": "x"}, {"level": "junior"}, {"red_flags": ["rude"]}, {"seconds": 5}, {"concepts": []}]
)
def test_an_editor_sees_what_does_not_fit(wrong: dict[str, object]) -> None:
    drill = yaml.safe_load(next(yaml_files(SHIPPED.drill_folders()[0])).read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(drill_schema(SHIPPED.core()))
    assert not validator.is_valid(drill | wrong)


# New

ANSWERS = Answers(
    title="Invoice copilot",
    section="system-design",
    level="senior",
    prompt="Your company gets ten thousand invoices a day. Build something that reads them.",
    listening_for="Whether the numbers are checked.",
    concepts=("guardrails", "evaluation", "cost"),
    must_haves=("guardrails", "evaluation"),
    constraints=("a person signs off above a thousand dollars",),
)


def test_weights_keep_the_authors_order(tmp_path: Path) -> None:
    answers = replace(
        ANSWERS, concepts=("cost", "guardrails", "evaluation", "latency"), must_haves=("evaluation",)
    )
    drill = read_drill(write(tmp_path / "a.yaml", new_drill(answers, SHIPPED.core())), SHIPPED.core())
    assert [(item.weight, item.must_have) for item in drill.concepts] == [
        (3, False), (2, False), (2, True), (1, False),
    ]  # fmt: skip


def test_a_new_drill_has_no_fault_and_says_what_every_key_is_for(tmp_path: Path) -> None:
    text = new_drill(ANSWERS, SHIPPED.core())
    path = write(tmp_path / "invoice-copilot.yaml", text)
    (found,) = lint([path], SHIPPED.core())
    assert found.faults == ()
    drill = read_drill(path, SHIPPED.core())
    assert (drill.id, drill.title, drill.prompt) == ("invoice-copilot", ANSWERS.title, ANSWERS.prompt)
    assert [(item.id, item.weight, item.must_have) for item in drill.concepts] == [
        ("guardrails", 3, True),
        ("evaluation", 2, True),
        ("cost", 1, False),
    ]
    remarks = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("#"))
    for key in yaml.safe_load(text):
        assert KEYS[key] in remarks


@pytest.mark.parametrize("block", ["own_concepts", "samples"])
def test_what_a_new_drill_leaves_out_is_there_as_an_example_to_uncomment(tmp_path: Path, block: str) -> None:
    text = new_drill(ANSWERS, SHIPPED.core())
    shown = re.search(rf"(?m)^# {block}:\n(?:#  .*\n)+", text)
    assert shown
    uncommented = re.sub(r"(?m)^# ", "", shown[0])
    if block == "own_concepts":
        text = text.replace("concepts:\n", "concepts:\n  - {id: my-concept, weight: 3}\n", 1)
    drill = read_drill(write(tmp_path / "a.yaml", text + uncommented), SHIPPED.core())
    assert drill.samples or drill.own_concepts


def test_new_asks_again_for_what_would_not_do_and_never_writes_over_a_drill(tmp_path: Path) -> None:
    answers = [
        "Invoice copilot", "sytem-design", "system-design", "boss", "senior", "Read 10k invoices/day.",
        "Read ten thousand invoices a day.", "", "Whether it checks.", "guardrail", "guardrails, cost", "",
    ]  # fmt: skip
    env = {"VOICE_COACH_HOME": str(tmp_path)}
    made = CliRunner().invoke(application(), ("drills", "new"), input="\n".join([*answers, ""]), env=env)
    assert made.exit_code == 0, made.output
    for hint in ("`system-design`", "mid, senior, staff", "say “or”", "did you mean `guardrails`?"):
        assert hint in made.output
    drill = Library(tmp_path).drill("invoice-copilot")
    assert [item.id for item in drill.concepts] == ["guardrails", "cost"]
    assert (tmp_path / "drills" / SCHEMA).is_file()
    again = CliRunner().invoke(application(), ("drills", "new"), input="Invoice copilot\n", env=env)
    assert again.exit_code == 1
    assert "you have a drill `invoice-copilot` already" in again.output


@given(st.text())
def test_an_id_made_of_a_title_is_one_or_empty(title: str) -> None:
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(title))
    assert len(slug(title)) <= 64
