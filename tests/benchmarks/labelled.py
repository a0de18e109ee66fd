"""Whole answers with agreed verdicts: a folder with `answers.jsonl` and `labels.jsonl`, a line for each answer.

An answer has `id`, `question`, `kind` and `answer`. Its labels have `id`, `concepts` (verdict and quotes by concept;
one left out is missed), `red_flags`, and, where readers did not agree, `unclear`: ids of concepts and flags that count
for nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voice_coach.records import Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Labelled:
    """An answer with its agreed verdicts and red flags."""

    id: str
    kind: str
    question: str
    answer: str
    concepts: dict[str, dict[str, Any]]
    red_flags: frozenset[str]
    unclear: frozenset[str]

    @property
    def transcript(self) -> Transcript:
        return transcript_of(self.answer)

    def verdict(self, concept: str) -> str | None:
        """None where readers did not agree."""
        if concept in self.unclear:
            return None
        return str(self.concepts.get(concept, {}).get("verdict", "missed"))

    def raises(self, flag: str) -> bool | None:
        """None where readers did not agree."""
        return None if flag in self.unclear else flag in self.red_flags


def transcript_of(text: str) -> Transcript:
    return Transcript(words=tuple(Word(text=word) for word in text.split()))


def labelled(folder: Path) -> list[Labelled]:
    """All answers of the folder in their order."""
    answers, labels = (
        {row["id"]: row for row in _rows(folder / f"{name}.jsonl")} for name in ("answers", "labels")
    )
    return [
        Labelled(
            id=key,
            kind=row["kind"],
            question=row["question"],
            answer=row["answer"],
            concepts=labels[key]["concepts"],
            red_flags=frozenset(labels[key]["red_flags"]),
            unclear=frozenset(labels[key].get("unclear", ())),
        )
        for key, row in answers.items()
    ]


def questions(answers: Sequence[Labelled]) -> list[str]:
    """Each question once, in order."""
    return list(dict.fromkeys(answer.question for answer in answers))


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
