"""The questions of `drills new`; an answer that would not do is said why and asked for again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

import typer
from typer import BadParameter

from voice_coach.content.models import SECTIONS, Level, Section
from voice_coach.content.yamlfile import nearest
from voice_coach.workshop.draft import slug
from voice_coach.workshop.lint import PROMPT_WORDS, spoken_faults
from voice_coach.workshop.new import Answers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from voice_coach.content.models import Rubric


def ask(core: Rubric, own: Collection[str], known: Collection[str]) -> Answers:
    """What the author wants.

    Args:
        core: the concepts to choose from.
        own: ids that are taken by the person's own drills.
        known: ids of all drills; one of a shipped drill replaces it.
    """
    title = _prompt("Title", lambda text: _title(text, own))
    if slug(title) in known:
        typer.echo(f"`{slug(title)}` is a shipped drill, which yours will replace.")
    section: Section = _prompt(f"Section ({', '.join(SECTIONS)})", _one_of(list(SECTIONS)))
    level: Level = _prompt(f"Level ({', '.join(get_args(Level))})", _one_of(get_args(Level)))
    typer.echo(f"The question as you would say it, in at most {PROMPT_WORDS} words.")
    prompt = _prompt("Prompt", _spoken)
    constraints = _prompt("Constraints, a semicolon between two; Enter for none", _split(";"), default="")
    listening_for = _prompt("What the interviewer listens for", _text)
    typer.echo(f"Concepts: {', '.join(concept.id for concept in core.concepts)}")
    ids = [concept.id for concept in core.concepts]
    concepts = _prompt("Required, the weightiest first, a comma between two", _chosen(ids))
    must_haves = _prompt("Which of them no good answer lacks", _chosen(concepts), default=concepts[0])
    return Answers(title, section, level, prompt, listening_for, concepts, must_haves, constraints)


def _prompt(text: str, check: Callable[[str], Any], **options: Any) -> Any:
    return typer.prompt(text, value_proc=check, **options)


def _text(text: str) -> str:
    if not text.strip():
        raise BadParameter("write a sentence")
    return text.strip()


def _title(text: str, own: Collection[str]) -> str:
    if not slug(text):
        raise BadParameter("a title needs English letters or digits, which its id is made of")
    if slug(text) in own:
        raise BadParameter(f"you have a drill `{slug(text)}` already; choose another title")
    return text.strip()


def _spoken(text: str) -> str:
    if faults := spoken_faults(_text(text), PROMPT_WORDS):
        raise BadParameter("it " + " and it ".join(faults))
    return text.strip()


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text.strip() not in names:
            raise BadParameter(nearest(text, names) or f"there are {', '.join(names)}")
        return text.strip()

    return check


def _split(sign: str) -> Callable[[str], tuple[str, ...]]:
    return lambda text: tuple(filter(None, (part.strip() for part in text.split(sign))))


def _chosen(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def check(text: str) -> tuple[str, ...]:
        chosen = tuple(dict.fromkeys(filter(None, re.split(r"[,\s]+", text.lower()))))
        for name in chosen:
            if name not in known:
                hint = nearest(name, known) or f"there are {', '.join(known)}"
                raise BadParameter(f"there is no concept `{name}` here; {hint}")
        if not chosen:
            raise BadParameter("name at least one")
        return chosen

    return check
