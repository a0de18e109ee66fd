"""A rubric made ready: what each concept and red flag looks like to the check, from its own texts alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.axes import Axis, Rest, between, mean, mixed
from voice_coach.check.cues import CueSet
from voice_coach.check.signals import FUNCTION_WORDS
from voice_coach.check.text import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from voice_coach.check.anchors import Anchors
    from voice_coach.check.axes import Vector
    from voice_coach.check.encoder import Embeddings
    from voice_coach.content.models import Concept, Flag, Rubric

_OWN, _OTHERS = 0.2, 0.8
"""How much the near misses, and the rest of the rubric, count as what a concept or flag is not."""
_LIST_LIKE = 0.4
"""A flag is about listing where function words are fewer in its examples than this; in speech they are half."""


@dataclass(frozen=True, slots=True)
class ConceptTarget:
    """A concept: `explains` rises with explaining it, `speaks` with bringing it up in whatever way."""

    id: str
    cues: CueSet
    explains: Axis
    speaks: Axis
    explained: Embeddings
    named: Embeddings
    statement: Embeddings


@dataclass(frozen=True, slots=True)
class FlagTarget:
    """A red flag: `claims` rises with making the claim; `listing` where a list of terms is the claim."""

    id: str
    cues: CueSet
    claims: Axis
    present: Embeddings
    absent: Embeddings
    listing: bool


@dataclass(frozen=True, slots=True)
class Targets:
    """All of a rubric; `crowd` holds the cues of every background concept by its id."""

    concepts: tuple[ConceptTarget, ...]
    flags: tuple[FlagTarget, ...]
    crowd: dict[str, CueSet]


@dataclass(frozen=True, slots=True)
class _Texts:
    """Embeddings of a concept's texts; where nothing explains it, its statement does."""

    explained: Embeddings
    named: Embeddings
    not_: Embeddings
    statement: Embeddings

    @property
    def all(self) -> Embeddings:
        return np.concatenate((self.explained, self.named, self.not_))


def prepare(rubric: Rubric, background: Rubric, anchors: Anchors) -> Targets:
    """Makes a rubric ready; linear in its texts.

    Args:
        rubric: what to look for.
        background: what its concepts and flags are told apart from; those of the same id do not count. With the
            same background a concept gets the same verdict whatever else is asked for.
        anchors: embeds the texts.

    Raises:
        CheckError: the encoder failed.
        ContentError: a cue cannot be parsed.
    """
    known = {concept.id: _texts(concept, anchors) for concept in background.concepts}
    claims = {flag.id: anchors.embed(flag.examples.present) for flag in background.red_flags}
    topics = Rest({key: texts.all for key, texts in known.items()})
    others = Rest(claims)
    return Targets(
        concepts=tuple(_concept(c, _texts(c, anchors), topics.without(c.id)) for c in rubric.concepts),
        flags=tuple(
            _flag(flag, anchors, mixed((1, topics.without(None)), (1, others.without(flag.id))))
            for flag in rubric.red_flags
        ),
        crowd={concept.id: CueSet(concept.cues) for concept in background.concepts},
    )


def _texts(concept: Concept, anchors: Anchors) -> _Texts:
    examples = concept.examples
    statement = anchors.embed([concept.statement])
    return _Texts(
        explained=anchors.embed(examples.explained) if examples.explained else statement,
        named=anchors.embed(examples.named),
        not_=anchors.embed(examples.not_),
        statement=statement,
    )


def _concept(concept: Concept, texts: _Texts, others: Vector | None) -> ConceptTarget:
    weak = np.concatenate((texts.named, texts.not_))
    spoken = np.concatenate((texts.explained, texts.named))
    return ConceptTarget(
        id=concept.id,
        cues=CueSet(concept.cues),
        explains=between(mixed((_OWN, mean(weak)), (_OTHERS, others)), mixed((1, mean(texts.explained)))),
        speaks=between(mixed((_OWN, mean(texts.not_)), (_OTHERS, others)), mixed((1, mean(spoken)))),
        explained=texts.explained,
        named=texts.named,
        statement=texts.statement,
    )


def _flag(flag: Flag, anchors: Anchors, others: Vector) -> FlagTarget:
    present = anchors.embed(flag.examples.present)
    absent = anchors.embed(flag.examples.absent)
    return FlagTarget(
        id=flag.id,
        cues=CueSet(flag.cues),
        claims=between(mixed((_OWN, mean(absent)), (_OTHERS, others)), mixed((1, mean(present)))),
        present=present,
        absent=absent,
        listing=_function_words(flag.examples.present) < _LIST_LIKE,
    )


def _function_words(texts: Iterable[str]) -> float:
    """Their share, mean over the texts; 1 where there are none."""
    shares = [
        sum(token.form in FUNCTION_WORDS for token in found) / len(found)
        for found in (tokens(text.split()) for text in texts)
        if found
    ]
    return sum(shares) / len(shares) if shares else 1.0
