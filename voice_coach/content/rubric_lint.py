"""What is weak in a rubric though not wrong: too few examples, doubled ones, and two concepts' that look alike."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from voice_coach.content.models import Rubric
from voice_coach.content.references import check_rubric
from voice_coach.content.yamlfile import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from voice_coach.content.models import Concept
    from voice_coach.content.yamlfile import Loc

    Embed = Callable[[Sequence[str]], NDArray]  # type: ignore[type-arg]

FEWEST = {"explained": 12, "named": 3, "not": 2}
"""Examples with which a concept is recognised; with fewer, much of what people say comes near none of them."""
ALIKE = 0.86
"""Cosine from which two utterances say the same for the encoder."""
_KEYS = ("explained", "named", "dismissed", "not_")


def lint_rubric(path: Path, embed: Embed | None = None) -> Document:
    """A rubric's file with everything wrong or weak in it among its problems.

    Args:
        path: of the file.
        embed: texts to embeddings of length one, of shape (texts, dimensions); without it look-alikes are not sought.

    Raises:
        ContentError: the file cannot be read or is not YAML.
    """
    document = Document(path)
    rubric = document.validate(Rubric)
    check_rubric(document)
    if rubric is None:
        return document
    for index, concept in enumerate(rubric.concepts):
        _report_few(document, ("concepts", index, "examples"), concept)
    _report_doubled(document, rubric)
    if not rubric.samples:
        document.add(("samples",), "is missing; add utterances with the verdicts they should get")
    if embed is not None:
        _report_alike(document, rubric, embed)
    return document


def _report_few(document: Document, loc: Loc, concept: Concept) -> None:
    for key, fewest in FEWEST.items():
        there = len(getattr(concept.examples, key if key != "not" else "not_"))
        if there < fewest:
            document.add(
                (*loc, key), f"has {there} of the {fewest} utterances that recognition needs; add some"
            )


def _report_doubled(document: Document, rubric: Rubric) -> None:
    """Utterances that are there twice, whatever their verdict."""
    seen: set[str] = set()
    for _, loc, text in _examples(rubric, _KEYS):
        if (folded := " ".join(text.casefold().split())) in seen:
            document.add(loc, "is there already; keep it once")
        seen.add(folded)


def _report_alike(document: Document, rubric: Rubric, embed: Embed) -> None:
    """Examples of two concepts that the check could not tell apart, each pair once, at the later one."""
    texts = list(_examples(rubric, _KEYS[:-1]))
    if not texts:
        return
    embeddings = embed([text for *_, text in texts])
    likeness = embeddings @ embeddings.T
    for (one, (first, _, earlier)), (two, (second, loc, _)) in combinations(enumerate(texts), 2):
        if first != second and likeness[one, two] >= ALIKE:
            document.add(
                loc, f"looks like `{earlier}` of `{first}`; keep it with one of them, or tell them apart"
            )


def _examples(rubric: Rubric, keys: Sequence[str]) -> Iterator[tuple[str, Loc, str]]:
    """Concept, place and text of every example."""
    for index, concept in enumerate(rubric.concepts):
        for key in keys:
            for number, text in enumerate(getattr(concept.examples, key)):
                yield concept.id, ("concepts", index, "examples", key.removesuffix("_"), number), text
