"""A small rubric and drill as YAML, and libraries made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from voice_coach.content.load import Library
from voice_coach.content.models import Rubric

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CORE = """\
id: core
title: A small core
version: 7
concepts:
  - id: cost
    title: Cost
    why: It is paid.
    statement: What it costs and what keeps that down.
    cues:
      - "under # cents"
    examples:
      explained: [a cent a call]
      not: [the cost function]
    follow_up: What does finance say?
  - id: latency
    title: Latency
    why: People leave.
    statement: How fast it is.
    examples:
      explained: [under a second]
    follow_up: What does the clock say?
red_flags:
  - id: prompt-only
    title: Prompt only
    statement: The prompt is the whole remedy.
    examples: {present: [we tell it not to]}
  - id: no-evaluation
    title: No evaluation
    statement: It is shipped on looks.
    examples: {present: [it looked fine]}
"""

DRILL = """\
id: two-steps
title: Two steps
section: llm-usage
level: senior
prompt: How would you do it?
listening_for: Whether they can.
concepts:
  - {id: latency, weight: 2, must_have: true}
  - {id: own-idea}
own_concepts:
  - id: own-idea
    title: Own idea
    why: It matters.
    statement: It is said.
    examples:
      explained: [we do it so]
    follow_up: And then?
red_flags: [no-evaluation]
follow_ups:
  latency: What does the clock say here?
outline:
  - {concept: latency, point: Say it.}
seconds: 120
"""


def library(folder: Path, *drills: str, home: Iterable[tuple[str, str]] = ()) -> Library:
    """A library over `folder/shipped` (the small core and the drills) and `folder/home` (files by path)."""
    texts = {"shipped/rubrics/core.yaml": CORE}
    texts |= {f"shipped/drills/some/{number}.yaml": text for number, text in enumerate(drills)}
    texts |= {f"home/{path}": text for path, text in home}
    for path, text in texts.items():
        write(folder / path, text)
    return Library(folder / "home", folder / "shipped")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def small_core() -> Rubric:
    return Rubric.model_validate(yaml.safe_load(CORE))
