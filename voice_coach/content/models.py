"""What a drill file and a rubric file hold.

A rubric is a list of concepts and red flags with the texts they are recognised by; `core` holds the fifteen
concepts every drill draws on. A drill is one question: what is spoken, what the interviewer listens for, and
which concepts it requires, by core id or as concepts of its own. Unknown keys are errors (`Record`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from voice_coach.records import Record, Verdict

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""Lower-case words joined by hyphens."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_CHOICE = re.compile(r"#|=?[^*#]*[^\W_][^*#]*")
"""What may stand in one place of a cue, apart from `*`."""


def _readable(cue: str) -> str:
    places = cue.split()
    if "*" in (places[0], places[-1]):
        raise PydanticCustomError("cue", "must begin and end with a word; `*` stands between words")
    for choice in (choice for place in places if place != "*" for choice in place.split("|")):
        if not _CHOICE.fullmatch(choice):
            raise PydanticCustomError(
                "cue", "has a place without a word; write words, `a|b`, `=word`, `#` or `*`"
            )
    return cue


Cue = Annotated[Text, AfterValidator(_readable)]
"""A word pattern (syntax: `voice_coach.check.cues`)."""

Section = Literal["system-design", "llm-usage", "reliability-and-safety", "llm-system-design-drills"]
SECTIONS: dict[Section, str] = {
    "system-design": "System design",
    "llm-usage": "LLM usage: prompt, fine-tune, or neither",
    "reliability-and-safety": "Reliability and safety",
    "llm-system-design-drills": "LLM system-design drills",
}
Level = Literal["mid", "senior", "staff"]


class Examples(Record):
    """Utterances as people say them, by what they should earn.

    `explained`: something specific to the design is said. `named`: brought up with nothing behind it.
    `dismissed`: raised only to be set aside, denied or got backwards. `not`: sounds like the concept and is not
    (homonyms, near misses).
    """

    explained: tuple[Text, ...]
    named: tuple[Text, ...] = ()
    dismissed: tuple[Text, ...] = ()
    not_: tuple[Text, ...] = Field(default=(), alias="not")


class Concept(Record):
    """One thing an interviewer listens for, and how it is recognised in speech.

    `cues` are word patterns, `examples` whole utterances. `follow_up` asks
    for more without naming the concept.
    """

    id: Id
    title: Text
    why: Text
    statement: Text
    cues: tuple[Cue, ...] = ()
    examples: Examples
    follow_up: Text


class FlagExamples(Record):
    """Utterances that raise the flag, and ones that sound alike and do not."""

    present: tuple[Text, ...]
    absent: tuple[Text, ...] = ()


class Flag(Record):
    """A claim that costs the candidate."""

    id: Id
    title: Text
    statement: Text
    cues: tuple[Cue, ...] = ()
    examples: FlagExamples


class RubricSample(Record):
    """An utterance or answer by which a rubric is tested, never matched against.

    `verdicts` holds what it must get; a concept left out is missed, a flag left out is not raised.
    """

    text: Text
    verdicts: dict[Id, Verdict] = Field(default_factory=dict)
    red_flags: tuple[Id, ...] = ()


class OutlinePoint(Record):
    """One point of a strong answer and the concept that it serves."""

    concept: Id
    point: Text


class Rubric(Record):
    """Concepts and red flags to check an answer against. `version` grows whenever a change may move a verdict.

    `outline` says in short sentences what a strong answer does for a concept; a drill brings its own. `samples` are
    what `rubrics test` runs; a rubric of one's own may go without either.
    """

    id: Id
    title: Text
    version: int = Field(ge=1)
    concepts: tuple[Concept, ...]
    red_flags: tuple[Flag, ...] = ()
    outline: tuple[OutlinePoint, ...] = ()
    samples: tuple[RubricSample, ...] = ()

    def concept(self, concept_id: str) -> Concept:
        """The concept of that id.

        Raises:
            KeyError: there is none.
        """
        for concept in self.concepts:
            if concept.id == concept_id:
                return concept
        raise KeyError(concept_id)


class Requirement(Record):
    """A concept that a drill requires: a core id, with its weight in this drill."""

    id: Id
    weight: float = Field(default=1, gt=0, le=3)
    must_have: bool = False


class Dismissal(Record):
    """A sample that raises the concepts in `dismisses` only to set them aside."""

    text: Text
    dismisses: tuple[Id, ...] = Field(min_length=1)


class Samples(Record):
    """Answers to the drill as people speak, by which drill and judge are tested; never matched against.

    Coverage rises from `weak` over `mid` to `strong`. `paraphrase` is as good as `strong` without the obvious
    words, `salad` only lists terms.
    """

    weak: Text
    mid: Text
    strong: Text
    paraphrase: Text
    salad: Text
    dismissal: Dismissal


class Drill(Record):
    """One question to practise.

    `concepts` are required, each with weight and must-have; those not in the core rubric are defined in
    `own_concepts`. `follow_ups` maps a required concept to a question that does not give it away. `outline` is
    matched against, and shown only after an attempt. `seconds` is the length of answer to aim for. `samples` are
    what the drill is tested by; a drill of one's own may go without.
    """

    id: Id
    title: Text
    section: Section
    level: Level
    tags: tuple[Id, ...] = ()
    prompt: Text
    constraints: tuple[Text, ...] = ()
    listening_for: Text
    concepts: tuple[Requirement, ...] = Field(min_length=1)
    own_concepts: tuple[Concept, ...] = ()
    red_flags: tuple[Id, ...] = ()
    follow_ups: dict[Id, Text] = Field(default_factory=dict)
    outline: tuple[OutlinePoint, ...]
    seconds: int = Field(ge=30, le=900)
    samples: Samples | None = None

    @property
    def question(self) -> str:
        """The prompt and its constraints: what the check treats as given, not as an answer."""
        return " ".join((self.prompt, *self.constraints))
