"""What each key of a drill file holds, in a sentence, and the same as a JSON Schema for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_coach.content.models import Drill

if TYPE_CHECKING:
    from voice_coach.content.models import Rubric

KEYS: dict[str, str] = {
    "id": "Lower-case words joined by hyphens; the file is known by it. One of a shipped drill replaces that drill.",
    "title": "A few words for lists.",
    "section": "Where it is listed.",
    "level": "Who it is for.",
    "tags": "Words to find it by, like ids.",
    "prompt": "What is spoken: under 60 words, as one says it, without signs that a voice stumbles on.",
    "constraints": "What is given besides, shown under the prompt and not spoken.",
    "listening_for": "What the interviewer listens for, for who reads the drill afterwards.",
    "concepts": (
        "What an answer has to explain: core ids (see the core rubric) or ids of own_concepts, heaviest first. "
        "Weights go up to 3; must_have marks what no good answer lacks."
    ),
    "own_concepts": "Concepts that the core rubric does not have, with the examples they are recognised by.",
    "red_flags": "Claims that cost the candidate; without the list, all of the core rubric.",
    "follow_ups": "For each core concept above, a question that asks for more without naming it.",
    "outline": (
        "The points of a strong answer, each tied to a concept: an answer that says one explains its concept. "
        "Shown only after an attempt."
    ),
    "seconds": "The length of answer to aim for, 30 to 900.",
    "samples": (
        "Answers by which the drill is tested, never matched against: coverage rises from weak over mid to strong, "
        "paraphrase is strong without the obvious words, salad only lists terms, dismissal sets concepts aside."
    ),
}
"""The keys of a drill, in the order in which files have them."""


def drill_schema(core: Rubric) -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of drill files, so that editors complete and check them.

    Args:
        core: whose concepts and red flags are proposed.
    """
    schema = Drill.model_json_schema(by_alias=True)
    for key, text in KEYS.items():
        schema["properties"][key]["description"] = text
    concepts = {"enum": [concept.id for concept in core.concepts], "description": "A core concept."}
    requirement = schema["$defs"]["Requirement"]["properties"]
    requirement["id"] = {
        "anyOf": [concepts, {**requirement["id"], "description": "An own concept of this drill."}]
    }
    schema["properties"]["red_flags"]["items"] = {"enum": [flag.id for flag in core.red_flags]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A voice-coach drill",
    }
