"""What is wrong in a drill's or a rubric's file is named with its line and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.content.load import read_drill, read_rubric
from voice_coach.content.models import Drill
from voice_coach.content.yamlfile import Document
from voice_coach.errors import ContentError

if TYPE_CHECKING:
    from pathlib import Path

from tests.content_sample import CORE, DRILL, library, small_core, write

BROKEN_DRILLS = {
    "syntax": ("title: Two steps", "title: Two: steps", "2: the file is not valid YAML ... in quotes"),
    "tab": (
        "    title: Own idea",
        "\ttitle: Own idea",
        "12: the file is not valid YAML ... indent with spaces",
    ),
    "open quote": ("seconds: 120", 'seconds: "120', "24: the file is not valid YAML ... close the quotes"),
    "control sign": ("It matters.", "It\x01matters.", "13: the file holds a character ... U+0001"),
    "second document": ("seconds: 120", "seconds: 120\n---\nid: x", "24: the file holds a second document"),
    "list as key": ("seconds: 120", "? [a]\n: 1", "23: the file has a list or an alias where a key"),
    "unknown key": ("prompt: How", "promt: How", "5: promt: is not a key here; did you mean `prompt`?"),
    "unknown inner key": ("weight: 2", "wait: 2", "8: concepts[0].wait: ... did you mean `weight`?"),
    "strange inner key": (
        "    why:",
        "    xyzzy:",
        "13: own_concepts[0].xyzzy: ... the keys are id, title, why",
    ),
    "unknown key in examples": (
        "explained: [we",
        "nott: [we",
        "16: own_concepts[0].examples.nott: ... `not`",
    ),
    "missing key": ("title: Two steps\n", "", "1: title: is missing; add it"),
    "missing inner key": ("    why: It matters.\n", "", "11: own_concepts[0].why: is missing; add it"),
    "empty": ("How would you do it?", "", "5: prompt: is empty"),
    "no concepts": (
        "  - {id: latency, weight: 2, must_have: true}\n  - {id: own-idea}",
        "  []",
        "7: concepts: wants at least 1 entry",
    ),
    "empty number": ("seconds: 120", "seconds:", "23: seconds: wants a whole number, not nothing"),
    "word for number": ("seconds: 120", "seconds: long", "23: seconds: wants a whole number, not `long`"),
    "word for a decimal": ("weight: 2", "weight: much", "8: concepts[0].weight: wants a number, not `much`"),
    "out of range": ("weight: 2", "weight: 9", "8: concepts[0].weight: must be at most 3.0, not `9`"),
    "too short a time": ("seconds: 120", "seconds: 5", "23: seconds: must be at least 30, not `5`"),
    "no truth value": (
        "must_have: true",
        "must_have: perhaps",
        "8: concepts[0].must_have: wants true or false",
    ),
    "list for text": ("prompt: How", "prompt: [How]\n#", "5: prompt: wants a text, not a list"),
    "text for list": ("[no-evaluation]", "no-evaluation", "18: red_flags: wants a list"),
    "text for keys": (
        "{concept: latency, point: Say it.}",
        "latency",
        "22: outline[0]: wants keys with values",
    ),
    "list for keys": (
        ":\n  latency: What",
        ":\n  - What",
        "19: follow_ups: wants keys with values, not a list",
    ),
    "unknown section": ("section: llm-usage", "section: llms", "3: section: wants one of ... 'llm-usage'"),
    "id in capitals": ("id: two-steps", "id: Two_Steps", "1: id: wants lower-case words joined by hyphens"),
    "id in capitals as key": (
        "  latency: What",
        "  Latency: What",
        "20: follow_ups.Latency: wants lower-case",
    ),
    "doubled key": (
        "level: senior",
        "level: senior\nlevel: mid",
        "5: level: is given a second time ... on line 4",
    ),
    "alias": ("How would you do it?", "&a Ah?\ntags: [*a]", "6: tags[0]: is an alias; write the text out"),
    "doubled requirement": (
        "- {id: own-idea}",
        "- {id: own-idea}\n  - {id: own-idea}",
        "10: concepts[2].id:",
    ),
    "doubled flag": ("[no-evaluation]", "[no-evaluation, no-evaluation]", "18: red_flags[1]: ... keep one"),
    "unknown concept": (
        "{id: latency,",
        "{id: latancy,",
        "8: concepts[0].id: `latancy` is neither ... `latency`",
    ),
    "unknown flag": (
        "[no-evaluation]",
        "[no-evaluations]",
        "18: red_flags[0]: ... did you mean `no-evaluation`",
    ),
    "stray follow-up": (
        "  latency: What",
        "  cost: Why?\n  latency: What",
        "20: follow_ups.cost: `cost` is not among",
    ),
    "stray outline": ("{concept: latency,", "{concept: cost,", "22: outline[0].concept: `cost` is not among"),
    "no follow-up": (
        "  latency: What",
        "  own-idea: What",
        "19: follow_ups.latency: is missing; add a question",
    ),
    "own concept not required": (
        "  - {id: own-idea}\n",
        "",
        "10: own_concepts[0].id: `own-idea` is not among",
    ),
    "own concept of the core": ("own-idea", "cost", "11: own_concepts[0].id: `cost` is a core concept"),
    "cue cut off": (
        "    examples:",
        "    cues:\n      - in # ms\n    examples:",
        "16: own_concepts[0].cues[0]: is cut",
    ),
}
"""What is replaced in the drill above, and how the line about it begins and goes on (`...`)."""


def test_a_drill_is_loaded_with_every_value_and_a_follow_up_for_its_own_concepts_too(tmp_path: Path) -> None:
    plain = yaml.safe_load(DRILL)
    plain["follow_ups"]["own-idea"] = "And then?"
    assert library(tmp_path, DRILL).drills() == (Drill.model_validate(plain),)


def test_words_that_yaml_takes_for_truth_values_and_dates_stay_words(tmp_path: Path) -> None:
    text = CORE.replace("[a cent a call]", "[no, 2024-13-45, on]")
    assert library(tmp_path, home=[("rubrics/core.yaml", text)]).core().concepts[0].examples.explained == (
        "no",
        "2024-13-45",
        "on",
    )


@pytest.mark.parametrize(("old", "new", "expected"), BROKEN_DRILLS.values(), ids=BROKEN_DRILLS)
def test_a_fault_in_a_drill_is_named_with_its_line_and_what_to_do(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in DRILL
    path = write(tmp_path / "a.yaml", DRILL.replace(old, new))
    with pytest.raises(ContentError) as caught:
        read_drill(path, small_core())
    begins, _, holds = expected.partition(" ... ")
    lines = str(caught.value).splitlines()
    assert [line for line in lines if line.startswith(f"{path}:{begins}") and holds in line], lines
    assert all(line.endswith((".", "?")) and not line.endswith("?.") for line in lines)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Two steps", "title: [Two]"),
        ("{id: latency,", "{id: latancy,"),
        ("level: senior", "level: senior\nlevel: mid"),
        ("outline:\n  - {concept: latency, point: Say it.}\n", ""),
    ],
)
def test_one_fault_is_one_line(tmp_path: Path, old: str, new: str) -> None:
    text = DRILL.replace(old, new)
    if "latancy" in new:  # what the misspelt concept leaves without a home is not what this is about
        text = text.replace("  latency: What", "  latancy: What").replace(
            "concept: latency", "concept: latancy"
        )
    with pytest.raises(ContentError) as caught:
        read_drill(write(tmp_path / "a.yaml", text), small_core())
    assert len(str(caught.value).splitlines()) == 1, caught.value


def test_all_faults_of_all_files_are_named_at_once_in_order_of_lines(tmp_path: Path) -> None:
    first = (
        DRILL.replace("seconds: 120", "seconds: never")
        .replace("title: Two", "titel: Two")
        .replace("[no-evaluation]", "[no-such-flag]")
    )
    second = DRILL.replace("level: senior", "level: junior")
    with pytest.raises(ContentError) as caught:
        library(tmp_path, first, second).drills()
    folder = tmp_path / "shipped/drills/some"
    assert [line.split(": ")[:2] for line in str(caught.value).splitlines()] == [
        [f"{folder}/0.yaml:1", "title"],
        [f"{folder}/0.yaml:2", "titel"],
        [f"{folder}/0.yaml:18", "red_flags[0]"],
        [f"{folder}/0.yaml:23", "seconds"],
        [f"{folder}/1.yaml:4", "level"],
    ]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_is_an_error(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.yaml", text)
    with pytest.raises(ContentError, match=r"a\.yaml:1: the file is empty; write"):
        read_drill(path, small_core())


@pytest.mark.parametrize(("text", "what"), [("hello", "`hello`"), ("- a", "a list")])
def test_a_file_without_keys_is_an_error(tmp_path: Path, text: str, what: str) -> None:
    path = write(tmp_path / "a.yaml", text)
    with pytest.raises(ContentError, match=f"a.yaml:1: wants keys with values, not {what}."):
        read_drill(path, small_core())


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"id: a\ntitle: caf\xe9\n")
    with pytest.raises(ContentError, match=r"a\.yaml:2: the file is not UTF-8; save it in that encoding"):
        read_rubric(path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "core.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + CORE.encode())
    assert read_rubric(path).id == "core"


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"a\.yaml cannot be read: No such file"):
        read_rubric(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("text", "line"), [("[" * 100_000, 1), ("[\n" * 100_000, 18), ("- " * 100_000, 1), ("{a: " * 100_000, 1)]
)
def test_nesting_without_end_is_refused_and_does_not_exhaust_the_stack(
    tmp_path: Path, text: str, line: int
) -> None:
    with pytest.raises(ContentError, match=rf"a\.yaml:{line}: the file nests lists or keys too deeply"):
        read_rubric(write(tmp_path / "a.yaml", text))


def test_a_cue_is_only_cut_off_by_a_comment_that_follows_it(tmp_path: Path) -> None:
    text = 'ünï:\n- ün\ncues:\n  - "in # ms"\n  - in ms\n  # a comment\n  - under # ms\n'
    document = Document(write(tmp_path / "a.yaml", text))
    assert [(line, loc) for line, loc, _ in document.problems] == [(7, ("cues", 2))]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("id: latency", "id: cost", "15: concepts[1].id: `cost` is there already; keep one."),
        (
            "id: no-evaluation",
            "id: prompt-only",
            "27: red_flags[1].id: `prompt-only` is there already; keep one.",
        ),
        (
            "under # cents",
            "* cents",
            "10: concepts[0].cues[0]: must begin and end with a word; `*` stands between words, not `* cents`.",
        ),
        ("version: 7", "version: 0", "3: version: must be at least 1, not `0`."),
        (
            "present: [it looked fine]",
            "presents: []",
            "30: red_flags[1].examples.presents: is not a key here;",
        ),
        (
            "version: 7",
            "version: 7\noutline:\n  - {concept: costs, point: A cent a call.}",
            "5: outline[0].concept: `costs` is not a concept of this rubric; did you mean",
        ),
    ],
)
def test_a_fault_in_a_rubric_is_named_likewise(tmp_path: Path, old: str, new: str, expected: str) -> None:
    path = write(tmp_path / "core.yaml", CORE.replace(old, new))
    with pytest.raises(ContentError) as caught:
        read_rubric(path)
    assert any(line.startswith(f"{path}:{expected}") for line in str(caught.value).splitlines()), caught.value


_PLAIN = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcde-", min_size=1), inner),
    max_leaves=12,
)


@given(value=_PLAIN)
def test_what_yaml_writes_is_read_back_as_texts(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    data = {"all": value}
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    write(path, yaml.dump(data, allow_unicode=True, Dumper=_NoAliases))
    document = Document(path)
    assert document.data == data
    assert document.problems == []


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        del data
        return True
