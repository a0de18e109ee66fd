"""A drill file as text with remarks: what each key is for, and what somebody should look at."""

from __future__ import annotations

import io
import re
import textwrap
from typing import TYPE_CHECKING, Any

from voice_coach.content.schema import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voice_coach.content.models import Rubric

SCHEMA = "drill.schema.json"
"""File with the JSON Schema, beside the drills."""
WIDTH = 100
_LONG = 70
"""Characters from which a text is folded over several lines."""

SAMPLES = """\
Answers by which the drill is tested (`voice-coach drills lint --samples`), written as somebody speaks.
samples:
  weak: >-
    An answer that explains next to nothing.
  mid: >-
    An answer that explains some of the concepts.
  strong: >-
    An answer that explains every concept that the outline ties to.
  paraphrase: >-
    As good as strong, without the obvious words.
  salad: >-
    Terms in a row and nothing behind them.
  dismissal:
    dismisses: [{first}]
    text: >-
      An answer that raises these concepts only to set them aside.
"""
OWN = """\
A concept that the core rubric does not have goes here, and its id into the list of concepts. The more examples, half
of them without the obvious words, the better it is recognised.
own_concepts:
  - id: my-concept
    title: My concept
    why: One sentence on why an interviewer cares.
    statement: What counts, and what does not.
    cues: [a word pattern, another]
    examples:
      explained: [something specific as somebody says it, another way to say it]
      named: [and of course my concept]
      not: [something that only sounds like it]
    follow_up: A question that asks for more without naming it.
"""


def slug(title: str) -> str:
    """An id made of a title; empty where it has no letter or digit of English."""
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:64].strip("-")


def written(
    values: Mapping[str, Any],
    before: Mapping[str, Sequence[str]],
    beside: Mapping[tuple[str, int], str],
    after: Sequence[str] = (),
) -> str:
    """The file.

    Args:
        values: by key, as plain dicts, lists, texts and numbers; keys in the order of `KEYS`.
        before: remarks above a key, beside what the key is for.
        beside: remarks at the end of the line of an entry in a list, by key and index.
        after: what else to keep, as remarks at the end.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    yaml = YAML()
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    drill = CommentedMap()
    for key, about in KEYS.items():
        if key not in values:
            continue
        drill[key] = _value(values[key], {at: text for (name, at), text in beside.items() if name == key})
        remarks = [line for text in (about, *before.get(key, ())) for line in _wrapped(text)]
        drill.yaml_set_comment_before_after_key(key, before="\n".join(remarks))
    stream = io.StringIO()
    yaml.dump(drill, stream)
    blocks = [f"# yaml-language-server: $schema={SCHEMA}\n{stream.getvalue()}"]
    first = values["concepts"][0]["id"]
    blocks += [_commented(text) for key, text in _absent(first).items() if key not in values]
    blocks += [_commented("\n".join(_wrapped(text))) for text in after]
    return "\n".join(blocks)


def core_follow_ups(concepts: Sequence[str], core: Rubric) -> dict[str, str]:
    """The core rubric's neutral question for each of the concepts."""
    return {concept: core.concept(concept).follow_up for concept in concepts}


def _absent(first: str) -> dict[str, str]:
    return {"own_concepts": OWN, "samples": SAMPLES.format(first=first)}


def _value(value: Any, remarks: Mapping[int, str]) -> Any:
    """The value in ruamel's types: long texts folded, entries of the concepts' list on one line each."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import FoldedScalarString

    if isinstance(value, str):
        text = " ".join(value.split())
        return FoldedScalarString(text) if len(text) > _LONG else text
    if isinstance(value, dict):
        made = CommentedMap((key, _value(item, {})) for key, item in value.items())
        if "weight" in value:
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        entries = CommentedSeq(_value(item, {}) for item in value)
        for index, remark in remarks.items():
            if isinstance(value[index], dict) and "point" in value[index]:
                entries[index].yaml_add_eol_comment(remark, "concept", column=0)
            else:
                entries.yaml_add_eol_comment(remark, index, column=0)
        return entries
    return value


def _wrapped(text: str) -> list[str]:
    # Control characters would break out of the remark.
    return textwrap.wrap(" ".join("".join(c if c.isprintable() else " " for c in text).split()), WIDTH - 2)


def _commented(text: str) -> str:
    return textwrap.indent(text.rstrip("\n"), "# ", lambda _: True) + "\n"
