"""A drill found in Markdown as a drill file: what can be told is filled in, what somebody should look at is marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voice_coach.records import Transcript, Word
from voice_coach.workshop.draft import core_follow_ups, slug, written
from voice_coach.workshop.new import SECONDS
from voice_coach.workshop.propose import propose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.content.models import Level, Rubric, Section
    from voice_coach.interviewer import Judging
    from voice_coach.workshop.markdown import Found

REVIEW = "review:"
"""Begins every remark that somebody should look at."""
_LEVELS: tuple[tuple[Level, str], ...] = (
    ("staff", r"staff|principal|lead\b"),
    ("senior", r"senior|hard|advanced"),
    ("mid", r"mid|middle|junior|easy|medium"),
)
_SECTIONS: tuple[tuple[Section, str], ...] = (
    ("llm-system-design-drills", r"llm[ -]system|drills?\b.*\bdesign|end[ -]to[ -]end"),
    ("reliability-and-safety", r"reliab|safety|evaluat|guardrail|hallucinat|security|privacy|incident"),
    ("system-design", r"system[ -]design|architecture|design"),
    ("llm-usage", r"usage|fine[ -]?tun|prompt|retriev|rag\b|model choice"),
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'])")
_CLAUSES = re.compile(rf"{_SENTENCES.pattern}|;\s+")
_LEVEL_BEHIND = re.compile(r"\s*[([](?:mid|senior|staff)[)\]]$", re.IGNORECASE)
_TITLE_WORDS = 6
_SHORTEST, _LONGEST = 30, 900


@dataclass(frozen=True, slots=True)
class Draft:
    """A file to be: its id, its text, and how many places are marked for review."""

    id: str
    text: str
    reviews: int


def draft_of(found: Found, core: Rubric, judge: Judging, source: str) -> Draft:
    """The drill as a file that can be loaded.

    Args:
        found: in Markdown.
        core: where concepts, follow-ups and red flags come from.
        judge: proposes concepts and red flags.
        source: name of the Markdown file, for remarks.

    Raises:
        CheckError: the judge cannot run.
    """
    before: dict[str, list[str]] = {}
    prompt, title = _prompt(found), title_of(found)
    constraints = [part for text in found.texts("constraints") for part in re.split(r";\s+", text)]
    points = _points(found.texts("outline"))
    proposed, tied = propose(points, core, judge, " ".join((prompt, *constraints)))
    concepts = [item.concept for item in proposed]
    values: dict[str, Any] = {
        "id": id_of(found),
        "title": title,
        "section": _told(found, "section", _SECTIONS, "system-design", before, (title, *found.above)),
        "level": _told(found, "level", _LEVELS, "senior", before, (found.title,)),
        "tags": [tag for text in found.texts("tags") for each in text.split(",") if (tag := slug(each))],
        "prompt": prompt,
        "constraints": constraints,
        "listening_for": " ".join(map(_sentence, (*found.texts("testing"), *found.texts("insight")))),
        "concepts": [_requirement(item.concept, item.weight, item.must_have) for item in proposed],
        "red_flags": _red_flags(found.texts("failure"), core, judge),
        "follow_ups": core_follow_ups(concepts, core),
        "outline": [{"concept": item.concept, "point": item.point} for item in tied],
        "seconds": _seconds(found.texts("seconds")),
    }
    if not values["listening_for"]:
        values["listening_for"] = "Whether the answer is a design and not a list of terms."
        before.setdefault("listening_for", []).append(f"{REVIEW} {source} does not say it")
    if not tied:
        before["outline"] = [f"{REVIEW} {source} has none; write 8 to 15 points"]
    for key, texts, what in (
        ("red_flags" if values["red_flags"] else "concepts", found.texts("failure"), "what goes wrong"),
        ("follow_ups", found.texts("follow-ups"), "asked back, not tied to a concept"),
    ):
        before.setdefault(key, []).extend(f"{REVIEW} in {source}, {what}: {text}" for text in texts)
    before.setdefault("follow_ups", []).append(f"{REVIEW} the core rubric's; one about this system is better")
    before.setdefault("concepts", []).append(f"{REVIEW} proposed by the judge")
    beside = {("concepts", n): f"{REVIEW} {item.why}" for n, item in enumerate(proposed)}
    beside |= {("outline", n): f"{REVIEW} a guess" for n, item in enumerate(tied) if not item.sure}
    kept = {key: value for key, value in values.items() if value not in ([], "")} | {
        "outline": values["outline"]
    }
    after = [f"Also in {source}: {text}" for text in found.other]
    text = written(kept, {key: lines for key, lines in before.items() if key in kept}, beside, after)
    return Draft(values["id"], text, text.count(REVIEW))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def id_of(found: Found) -> str:
    """The id of the drill to be."""
    return slug(title_of(found)) or "drill"


def title_of(found: Found) -> str:
    """Its title, without a level behind it; the first words of the prompt where it has none."""
    first = " ".join(_prompt(found).split()[:_TITLE_WORDS]).rstrip(".,;:?!")
    return _LEVEL_BEHIND.sub("", found.title) or first


def _prompt(found: Found) -> str:
    return " ".join(found.texts("prompt")) or found.title


def _points(texts: Sequence[str]) -> list[str]:
    """The points of an outline; one that is a single text may have them between semicolons."""
    between = _SENTENCES if len(texts) > 1 else _CLAUSES
    return [point for text in texts for point in between.split(text)]


def _requirement(concept: str, weight: float, must_have: bool) -> dict[str, Any]:
    return {"id": concept, "weight": weight} | ({"must_have": True} if must_have else {})


def _told(
    found: Found,
    key: Any,
    patterns: Sequence[tuple[str, str]],
    default: str,
    before: dict[str, list[str]],
    headings: Sequence[str],
) -> str:
    """What the field or the headings say, nearest first; else the default, marked."""
    for text in (*found.texts(key), headings[0], *reversed(headings[1:])):
        for value, pattern in patterns:
            if text.lower() == value or re.search(rf"\b(?:{pattern})", text.lower()):
                return value
    before.setdefault(key, []).append(f"{REVIEW} not told, this is a guess")
    return default


def _red_flags(texts: Sequence[str], core: Rubric, judge: Judging) -> list[str]:
    """The core flags that are raised by what is told of bad answers."""
    words = tuple(Word(text=word) for text in texts for word in text.split())
    if not words:
        return []
    raised = judge.judge(Transcript(words=words), core).red_flags
    return list(dict.fromkeys(flag.id for flag in raised))


def _seconds(texts: Sequence[str]) -> int:
    """`3 minutes`, `2:30` or `150 seconds`; the usual length where nothing of the kind is told."""
    for text in texts:
        if clock := re.search(r"(\d+):(\d\d)", text):
            return _allowed(60 * int(clock[1]) + int(clock[2]))
        if number := re.search(r"(\d+(?:\.\d+)?)\s*(m|s)", text.lower()):
            return _allowed(round(float(number[1]) * (60 if number[2] == "m" else 1)))
    return SECONDS


def _allowed(seconds: int) -> int:
    return min(max(seconds, _SHORTEST), _LONGEST)
