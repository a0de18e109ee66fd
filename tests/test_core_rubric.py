"""The shipped core rubric keeps its contract: ids, enough examples, none twice, neutral follow-ups."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.test_check import JUDGE
from voice_coach.check.cues import CueSet, parse
from voice_coach.check.text import stem, tokens
from voice_coach.content.models import Concept, Flag, Rubric
from voice_coach.content.rubric_lint import lint_rubric

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).parents[1] / "rubrics"
TEXT = (FOLDER / "core.yaml").read_text(encoding="utf-8")
CORE = Rubric.model_validate(yaml.safe_load(TEXT))

CONCEPTS = [
    "problem-framing",
    "system-boundaries",
    "grounding",
    "trade-offs",
    "cost",
    "latency",
    "failure-modes",
    "graceful-degradation",
    "guardrails",
    "evaluation",
    "monitoring",
    "nondeterminism",
    "privacy-security",
    "human-in-the-loop",
    "rollout",
]
FLAGS = [
    "deterministic-llm",
    "prompt-only",
    "no-evaluation",
    "name-dropping",
    "demo-not-product",
    "unbounded-autonomy",
    "ignores-cost-latency",
]
_FUNCTION_WORDS = frozenset(["and", "in", "the"])

every_concept = pytest.mark.parametrize("concept", CORE.concepts, ids=lambda concept: concept.id)
every_flag = pytest.mark.parametrize("flag", CORE.red_flags, ids=lambda flag: flag.id)


def stems(text: str) -> set[str]:
    return {token.stem for token in tokens(text.split())}


def title_stems(concept: Concept) -> set[str]:
    return stems(concept.title) - {stem(word) for word in _FUNCTION_WORDS}


def utterances(rubric: Rubric) -> Iterable[str]:
    for concept in rubric.concepts:
        yield from (*concept.examples.explained, *concept.examples.named, *concept.examples.not_)
    for flag in rubric.red_flags:
        yield from (*flag.examples.present, *flag.examples.absent)


def share_with_cue(item: Concept | Flag, texts: tuple[str, ...]) -> float:
    cues = CueSet(item.cues)
    return sum(bool(cues.hits(tokens(text.split()))) for text in texts) / len(texts)


def test_ids_are_the_contract() -> None:
    assert CORE.id == "core"
    assert [concept.id for concept in CORE.concepts] == CONCEPTS
    assert [flag.id for flag in CORE.red_flags] == FLAGS


@every_concept
def test_concept_has_enough_of_everything(concept: Concept) -> None:
    assert 24 <= len(concept.examples.explained) <= 40
    assert len(concept.examples.named) >= 10
    assert len(concept.examples.not_) >= 10
    assert len(concept.cues) >= 15


@every_flag
def test_flag_has_enough_of_everything(flag: Flag) -> None:
    assert len(flag.examples.present) >= 14
    assert len(flag.examples.absent) >= 10
    assert len(flag.cues) >= 5


def test_it_has_no_fault_of_its_own() -> None:
    assert lint_rubric(FOLDER / "core.yaml", JUDGE.embed).problems == []


def test_no_utterance_occurs_twice() -> None:
    spoken = Counter(" ".join(token.form for token in tokens(text.split())) for text in utterances(CORE))
    assert [text for text, times in spoken.items() if times > 1] == []


@every_concept
def test_explained_utterances_have_the_length_of_speech(concept: Concept) -> None:
    assert [text for text in concept.examples.explained if not 8 <= len(text.split()) <= 30] == []


@every_concept
def test_half_of_the_explained_do_without_the_title(concept: Concept) -> None:
    explained = concept.examples.explained
    without = [text for text in explained if not stems(text) & title_stems(concept)]
    assert len(without) >= len(explained) / 2


@every_concept
def test_follow_up_does_not_give_the_concept_away(concept: Concept) -> None:
    assert not stems(concept.follow_up) & title_stems(concept)
    assert not CueSet(concept.cues).hits(tokens(concept.follow_up.split()))


@every_concept
def test_cues_find_what_is_named_and_more_of_it_than_of_the_rest(concept: Concept) -> None:
    named = share_with_cue(concept, concept.examples.named)
    assert named >= 0.8
    assert share_with_cue(concept, concept.examples.not_) <= named / 2 + 0.1


@every_flag
def test_flag_cues_find_more_claims_than_disclaimers(flag: Flag) -> None:
    assert share_with_cue(flag, flag.examples.present) > share_with_cue(flag, flag.examples.absent)


@pytest.mark.parametrize("item", [*CORE.concepts, *CORE.red_flags], ids=lambda item: item.id)
def test_cues_parse_and_none_is_written_twice(item: Concept | Flag) -> None:
    meanings = [parse(pattern).positions for pattern in item.cues]
    assert [item.cues[n] for n, meaning in enumerate(meanings) if meaning in meanings[:n]] == []


def test_every_concept_is_written_facet_by_facet() -> None:
    blocks = TEXT.split("\nred_flags:")[0].split("  - id: ")[1:]
    facets = {block.split("\n", 1)[0]: block.count("# facet: ") for block in blocks}
    assert list(facets) == CONCEPTS
    assert min(facets.values()) >= 4


def test_lines_are_short_enough_to_read() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > 110] == []


def test_the_example_in_the_readme_is_a_rubric() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", readme, flags=re.DOTALL)
    assert found
    rubric = Rubric.model_validate(yaml.safe_load(found[1]))
    assert rubric.id == "team"
    concept = rubric.concept("idempotency")
    assert all(map(parse, concept.cues))
    assert share_with_cue(concept, concept.examples.named) == 1
