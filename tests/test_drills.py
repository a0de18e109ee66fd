"""The drills that ship: what a person hears, is asked next and learns from has to keep to these rules."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from voice_coach.check.cues import CueSet
from voice_coach.check.text import tokens
from voice_coach.content.load import Library, shipped_folder
from voice_coach.content.models import SECTIONS, Concept, Drill

LIBRARY = Library()
DRILLS = {drill.id: drill for drill in LIBRARY.drills()}
OWN = {f"{drill.id}:{concept.id}": concept for drill in DRILLS.values() for concept in drill.own_concepts}

EXPECTED = {
    "customer-support-assistant": "system-design",
    "internal-analytics-copilot": "system-design",
    "multi-tenant-llm-platform": "system-design",
    "when-to-fine-tune": "llm-usage",
    "evaluate-outputs": "reliability-and-safety",
    "reduce-hallucinations": "reliability-and-safety",
    "assistant-end-to-end": "llm-system-design-drills",
}
SPOKEN = re.compile(r"[A-Za-z ,.?'-]+")
"""What a voice reads without stumbling: no digits, brackets, slashes or signs."""
LINKING = {"a", "an", "and", "by", "for", "in", "is", "not", "of", "on", "per", "that", "the", "to"}

each_drill = pytest.mark.parametrize("drill", DRILLS.values(), ids=DRILLS)
each_own_concept = pytest.mark.parametrize("concept", OWN.values(), ids=OWN)


def stems(text: str) -> set[str]:
    return {token.stem for token in tokens(text.split()) if token.form not in LINKING}


def has_cue(concept: Concept, text: str) -> bool:
    return bool(CueSet(concept.cues).hits(tokens(text.split())))


def concepts_of(drill: Drill) -> tuple[Concept, ...]:
    return LIBRARY.rubric_for(drill).concepts


def test_the_shipped_drills_are_there_in_the_order_of_sections() -> None:
    assert [drill_id for drill_id in DRILLS if drill_id in EXPECTED] == list(EXPECTED)
    order = [list(SECTIONS).index(drill.section) for drill in DRILLS.values()]
    assert order == sorted(order)


def test_a_drill_lies_in_the_folder_of_its_section_under_its_id() -> None:
    folder = shipped_folder() / "drills"
    files = {path.relative_to(folder) for path in folder.rglob("*.yaml")}
    assert files == {Path(drill.section, f"{drill.id}.yaml") for drill in DRILLS.values()}


def test_all_are_loaded_in_a_fifth_of_a_second() -> None:
    begun = time.process_time()
    Library().drills()
    assert time.process_time() - begun < 0.2


@each_drill
def test_the_prompt_can_be_spoken_and_remembered(drill: Drill) -> None:
    assert 25 <= len(drill.prompt.split()) < 60
    for text in (drill.prompt, *drill.constraints, *drill.follow_ups.values()):
        assert SPOKEN.fullmatch(text), text


@each_drill
def test_it_requires_a_handful_of_weighted_concepts(drill: Drill) -> None:
    assert 6 <= len(drill.concepts) <= 11
    assert 2 <= sum(requirement.must_have for requirement in drill.concepts) <= 4
    weights = [requirement.weight for requirement in drill.concepts]
    assert weights == sorted(weights, reverse=True), "heaviest first"
    assert weights[0] == 3
    assert weights[-1] >= 0.5
    lightest_must = min(requirement.weight for requirement in drill.concepts if requirement.must_have)
    heaviest_other = max(requirement.weight for requirement in drill.concepts if not requirement.must_have)
    assert lightest_must >= heaviest_other


@each_drill
def test_it_says_what_is_listened_for_and_names_red_flags(drill: Drill) -> None:
    assert 40 <= len(drill.listening_for.split()) <= 90
    assert drill.constraints
    assert drill.tags
    assert 3 <= len(drill.red_flags) <= 6
    assert 120 <= drill.seconds <= 240


@each_drill
def test_the_outline_serves_every_required_concept(drill: Drill) -> None:
    served = Counter(point.concept for point in drill.outline)
    assert 8 <= len(drill.outline) <= 15
    assert set(served) == {requirement.id for requirement in drill.concepts}
    for point in drill.outline:
        assert 20 <= len(point.point.split()) <= 60, point.point
    heaviest = drill.concepts[0].id
    assert served[heaviest] >= 2, f"the decisive concept {heaviest} deserves more than one point"


@each_drill
def test_no_follow_up_gives_its_concept_away(drill: Drill) -> None:
    assert set(drill.follow_ups) == {requirement.id for requirement in drill.concepts}
    for concept in concepts_of(drill):
        question = drill.follow_ups[concept.id]
        assert 8 <= len(question.split()) <= 32, question
        assert not stems(question) & stems(f"{concept.title} {concept.id.replace('-', ' ')}"), question
    for concept in drill.own_concepts:
        assert not has_cue(concept, drill.follow_ups[concept.id])


def test_no_question_is_asked_twice() -> None:
    asked = Counter(question for drill in DRILLS.values() for question in drill.follow_ups.values())
    assert asked.most_common(1)[0][1] == 1


@each_own_concept
def test_an_own_concept_has_anchors_in_spoken_words_half_of_them_without_its_cues(concept: Concept) -> None:
    examples = concept.examples
    assert len(examples.explained) >= 12
    assert len(examples.named) >= 5
    assert len(examples.not_) >= 5
    unsaid = [text for text in examples.explained if not stems(text) & stems(concept.title)]
    assert len(unsaid) >= len(examples.explained) / 2
    every = (*examples.explained, *examples.named, *examples.not_)
    assert len(set(every)) == len(every)
    assert all(4 <= len(text.split()) <= 45 for text in every)


@each_own_concept
def test_the_cues_of_an_own_concept_point_at_it(concept: Concept) -> None:
    def share(texts: tuple[str, ...]) -> float:
        return sum(has_cue(concept, text) for text in texts) / len(texts)

    assert len(concept.cues) >= 10
    assert share(concept.examples.named) >= 0.5
    assert share(concept.examples.not_) <= 0.2
