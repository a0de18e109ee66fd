"""Faults in drill files beyond those that keep a drill from being loaded: what would spoil it when it is practised.

Works on the plain data, like `content.references`, so that a file with a misfit gets all its faults named at once.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voice_coach.check.cues import CueSet
from voice_coach.check.text import tokens
from voice_coach.content.load import open_drill
from voice_coach.errors import ContentError
from voice_coach.workshop.samples import sample_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.content.yamlfile import Document, Loc
    from voice_coach.interviewer import Judging

PROMPT_WORDS = 59
"""Words of a prompt that are still remembered when the voice falls silent."""
FOLLOW_UP_WORDS = 40
LINKING = frozenset(
    ["a", "an", "and", "by", "for", "in", "is", "not", "of", "on", "or", "per", "that", "the", "to", "with"]
)
"""Words of a title that give nothing away."""

_SAID = {
    "%": "per cent", "&": "and", "/": "or", "$": "dollars", "€": "euros", "£": "pounds", "+": "plus",
    "=": "equals", "<": "less than", ">": "more than", "@": "at", "#": "number", "~": "about", "→": "to",
    "°": "degrees", "\N{MULTIPLICATION SIGN}": "times",
}  # fmt: skip
"""How signs are said."""
_SPOKEN = re.compile(r"[\w\s.,:;?!'’–—-]")  # noqa: RUF001 - typed text has curly apostrophes and dashes
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])[\w.]*\w")
_SHORTENED = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx|resp|incl)\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found in one file, a line each as `path:line: key: what to do`; `remarks` spoil nothing."""

    path: Path
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SamplesCheck:
    """What is needed to judge samples: the judge, and the rubric that a drill is judged by.

    `demanded`: a drill without samples is at fault.
    """

    judge: Judging
    rubric_for: Callable[[Drill], Rubric]
    demanded: bool = True


def lint(paths: Iterable[Path], core: Rubric, samples: SamplesCheck | None = None) -> Iterator[Linted]:
    """Each file with all its faults, in the order given.

    Args:
        paths: drill files of one folder, within which an id names one drill.
        core: what they draw on.
        samples: with it, each drill's samples are judged.

    Raises:
        CheckError: the judge cannot run.
    """
    seen: dict[str, Path] = {}
    for path in paths:
        try:
            document, drill = open_drill(path, core)
        except ContentError as error:
            yield Linted(path, tuple(str(error).splitlines()))
            continue
        resolved = not document.problems
        _check(document, core)
        if drill and (first := seen.setdefault(drill.id, path)) != path:
            document.add(("id",), f"`{drill.id}` is also in {first}; change one of them")
        remarks = _look_at_samples(document, drill, samples, resolved=resolved)
        yield Linted(path, tuple(document.sentences()), remarks)


def _look_at_samples(
    document: Document, drill: Drill | None, check: SamplesCheck | None, *, resolved: bool
) -> tuple[str, ...]:
    """Remarks; samples are judged where the drill is `resolved`: all its ids lead somewhere."""
    if drill is None:
        return ()
    if drill.samples is None:
        if check is None or not check.demanded:
            return (
                f"{document.path}: without samples nothing shows that it can be told good from bad answers.",
            )
        document.add(("samples",), "is missing; add answers by which the drill can be tested")
    elif check and resolved:
        with suppress(ContentError):  # a cue that cannot be read, which is at fault already
            for loc, text in sample_faults(drill, check.rubric_for(drill), check.judge):
                document.add(loc, text)
    return ()


def _check(document: Document, core: Rubric) -> None:
    data = document.data
    if not isinstance(data, dict):
        return
    titles = {concept.id: concept.title for concept in core.concepts}
    _check_spoken(document, ("prompt",), data.get("prompt"), PROMPT_WORDS)
    for concept_id, text in _entries(data.get("follow_ups")):
        loc: Loc = ("follow_ups", concept_id)
        _check_spoken(document, loc, text, FOLLOW_UP_WORDS)
        _check_neutral(document, loc, text, f"{concept_id} {titles.get(concept_id, '')}")
    for index, concept in enumerate(_items(data.get("own_concepts"))):
        _check_own(document, ("own_concepts", index), concept)


def _check_own(document: Document, loc: Loc, concept: dict[str, Any]) -> None:
    follow_up = concept.get("follow_up")
    named = " ".join(text for key in ("id", "title") if isinstance(text := concept.get(key), str))
    _check_spoken(document, (*loc, "follow_up"), follow_up, FOLLOW_UP_WORDS)
    _check_neutral(document, (*loc, "follow_up"), follow_up, named)
    cues = concept.get("cues")
    for cue in cues if isinstance(cues, list) else ():
        if not isinstance(cue, str):
            continue
        with suppress(ContentError):  # a cue that cannot be read, which is at fault already
            said = CueSet([cue]).hits(tokens(follow_up.split())) if isinstance(follow_up, str) else ()
            if said:
                document.add(
                    (*loc, "follow_up"), f"gives the concept away by its cue `{cue}`; ask without it"
                )


def spoken_faults(text: str, most: int) -> list[str]:
    """What keeps a text from being understood by ear, each as a sentence without its full stop.

    Args:
        text: to be spoken.
        most: words that it may have.
    """
    words = len(text.split())
    faults = [f"has {words} words, too many to hear; say it in {most} at most"] if words > most else []
    said = [
        f"`{sign}` ({_advice(sign)})"
        for sign in dict.fromkeys(text)
        if not _SPOKEN.match(sign) or sign == "_"
    ]
    said += [f"`{found}` (write it as it is said)" for found in _unsayable(text)]
    return faults + ([f"holds what a voice stumbles on: {', '.join(said)}"] if said else [])


def _check_spoken(document: Document, loc: Loc, text: object, most: int) -> None:
    for fault in spoken_faults(text, most) if isinstance(text, str) else ():
        document.add(loc, fault)


def _advice(sign: str) -> str:
    return f"say “{_SAID[sign]}”" if sign in _SAID else "leave it out"


def _unsayable(text: str) -> Sequence[str]:
    return list(
        dict.fromkeys(match[0] for pattern in (_CODE, _SHORTENED) for match in pattern.finditer(text))
    )


def _check_neutral(document: Document, loc: Loc, text: object, names: str) -> None:
    """Add a problem where a follow-up says a word of its concept's names."""
    if not isinstance(text, str):
        return
    named = {token.stem for token in tokens(names.split()) if token.form not in LINKING}
    said = [word for word in text.split() if {token.stem for token in tokens([word])} & named]
    if said:
        words = ", ".join(f"`{word.strip('.,;:?!')}`" for word in dict.fromkeys(said))
        document.add(loc, f"gives the concept away by {words}; ask without naming it")


def _entries(value: object) -> Iterator[tuple[str, object]]:
    yield from value.items() if isinstance(value, dict) else ()


def _items(value: object) -> Iterator[dict[str, Any]]:
    for item in value if isinstance(value, list) else ():
        yield item if isinstance(item, dict) else {}
