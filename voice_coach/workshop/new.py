"""A new drill from a few answers, with everything else filled in so that it can be practised at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice_coach.workshop.draft import core_follow_ups, slug, written

if TYPE_CHECKING:
    from voice_coach.content.models import Level, Rubric, Section

SECONDS = 180


@dataclass(frozen=True, slots=True)
class Answers:
    """What the author said; `concepts` are core ids, heaviest first, `must_haves` some of them."""

    title: str
    section: Section
    level: Level
    prompt: str
    listening_for: str
    concepts: tuple[str, ...]
    must_haves: tuple[str, ...]
    constraints: tuple[str, ...] = ()


def new_drill(answers: Answers, core: Rubric) -> str:
    """The file of a drill with a follow-up and a point of the outline for every concept, to be made one's own.

    Args:
        answers: with at least one concept.
        core: where follow-ups and points come from.
    """
    heavy = 1 + max((answers.concepts.index(concept) for concept in answers.must_haves), default=0)
    concepts = [
        {"id": concept, "weight": 3 if number == 0 else 2 if number < heavy else 1}
        | ({"must_have": True} if concept in answers.must_haves else {})
        for number, concept in enumerate(answers.concepts)
    ]
    values = {
        "id": slug(answers.title),
        "title": answers.title,
        "section": answers.section,
        "level": answers.level,
        "prompt": answers.prompt,
        **({"constraints": list(answers.constraints)} if answers.constraints else {}),
        "listening_for": answers.listening_for,
        "concepts": concepts,
        "follow_ups": core_follow_ups(answers.concepts, core),
        "outline": [
            {"concept": concept, "point": core.concept(concept).statement} for concept in answers.concepts
        ],
        "seconds": SECONDS,
    }
    before = {
        "follow_ups": ["These are the general ones; a question about this very system is better."],
        "outline": ["Write in place of each point what a strong answer says here, with its numbers."],
    }
    return written(values, before, {})
