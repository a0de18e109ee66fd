"""One YAML file read with the line of everything in it, so that each fault can be named where it stands.

Scalars stay texts: `no` is the word no, `2024` a text, until a model wants a truth value or a number. Aliases
are refused: nobody needs them in a drill, and they make small files that unfold without end.
"""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from voice_coach.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails
    from yaml._yaml import Mark as CMark

M = TypeVar("M", bound=BaseModel)
Loc = tuple[int | str, ...]
"""Keys and list positions that lead from the top of the file to a value, as pydantic gives them."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The C parser where PyYAML was built with it: ten times as fast."""

_DEEPEST = 16
"""Most lists and mappings inside each other; content needs five, unbounded depth exhausts the stack."""

_TOO_DEEP = "nests lists or keys too deeply; see a shipped drill for the shape"

_COMMENT = re.compile(r"[ \t]*#")

_HINTS = {
    "mapping values are not allowed": "put a text that contains a colon and a space in quotes",
    "tab character": "indent with spaces",
    "cannot start any token": "indent with spaces, and put a text that begins with a sign in quotes",
    "could not find expected ':'": "write `key: value`, and indent a longer text under its key",
    "did not find expected key": "indent keys of one mapping alike, and close quotes",
    "unexpected end of stream": "close the quotes",
}
"""What to do about the parser's commonest complaints."""

_WANTED = {
    "missing": "is missing; add it",
    "string_type": "wants a text",
    "tuple_type": "wants a list, one `- ` a line",
    "model_type": "wants keys with values",
    "dict_type": "wants keys with values",
    "int_parsing": "wants a whole number",
    "int_type": "wants a whole number",
    "float_parsing": "wants a number",
    "float_type": "wants a number",
    "bool_parsing": "wants true or false",
    "bool_type": "wants true or false",
    "literal_error": "wants one of {expected}",
    "string_too_short": "is empty; write a text or take the key out",
    "string_too_long": "is longer than {max_length} characters; shorten it",
    "string_pattern_mismatch": "wants lower-case words joined by hyphens",
    "too_short": "wants at least {min_length} entry",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
"""pydantic's error types as sentences that say what to write instead."""

_SAYS_ALL = {"missing", "string_too_short", "string_too_long", "too_short"}
"""Error types whose sentence needs no mention of what was written."""


class Problem(NamedTuple):
    """One fault: its line (from 1), the key it concerns, and what to do."""

    line: int
    loc: Loc
    text: str


class Document:
    """A YAML file as dicts, lists and texts in `data`, with the problems found in it so far.

    Raises:
        ContentError: the file cannot be read, is not UTF-8, is empty or is not YAML.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._lines: dict[Loc, int] = {}
        self._source = self._read()
        try:
            self.data = self._parse()
        except yaml.MarkedYAMLError as error:
            raise self._error(_line(error.problem_mark or error.context_mark), _syntax(error)) from None
        except yaml.reader.ReaderError as error:
            line = self._source.count("\n", 0, self._source.index(chr(error.character))) + 1
            text = f"holds a character that YAML does not allow (U+{error.character:04X}); take it out"
            raise self._error(line, text) from None

    def add(self, loc: Loc, text: str) -> None:
        """Note a problem with the value at `loc`; its line is the value's, or that of what should hold it."""
        there = loc
        while there not in self._lines:
            there = there[:-1]
        self.problems.append(Problem(self._lines[there], loc, text))

    def validate(self, model: type[M]) -> M | None:
        """The data as a `model`; None where it does not fit, with every misfit added to the problems."""
        known = {problem.loc for problem in self.problems}
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                loc = tuple(step for step in fault["loc"] if step != "[key]")
                if loc not in known:
                    self.add(loc, _sentence(fault, model))
            return None

    def error(self) -> ContentError:
        """All problems as one error, a line each."""
        return ContentError("\n".join(self.sentences()))

    def sentences(self) -> list[str]:
        """All problems by line: `path:line: key: what to do`."""
        return [
            f"{self.path}:{line}: {spell(loc)}{text if text.endswith('?') else text + '.'}"
            for line, loc, text in sorted(self.problems, key=lambda problem: problem.line)
        ]

    def _error(self, line: int, text: str) -> ContentError:
        return ContentError(f"{self.path}:{line}: the file {text}.")

    def _read(self) -> str:
        try:
            raw = self.path.read_bytes()
        except OSError as error:
            raise ContentError(f"{self.path} cannot be read: {error.strerror}.") from error
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise self._error(line, "is not UTF-8; save it in that encoding") from None

    def _parse(self) -> Any:
        """The one document in the source, walked by events: composing nodes would recurse without bound."""
        events = yaml.parse(self._source, Loader=_LOADER)
        next(events)  # the stream's start
        begun = isinstance(next(events), yaml.DocumentStartEvent)
        data = self._value(next(events), events, ()) if begun else ""
        if data == "":
            raise self._error(1, "is empty; write a drill or a rubric into it, or delete it")
        next(events)  # the document's end
        after = next(events)
        if isinstance(after, yaml.DocumentStartEvent):
            raise self._error(_line(after.start_mark), "holds a second document; give it a file of its own")
        return data

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], loc: Loc) -> Any:
        line = _line(event.start_mark)
        self._lines.setdefault(loc, line)
        if len(loc) > _DEEPEST:
            raise self._error(line, _TOO_DEEP)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, loc)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, loc)
        if isinstance(event, yaml.ScalarEvent):
            self._watch_comment(event, loc)
            return event.value
        self.add(loc, "is an alias; write the text out")
        return None

    def _sequence(self, events: Iterator[yaml.Event], loc: Loc) -> list[Any]:
        values: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self._value(event, events, (*loc, len(values))))
        return values

    def _mapping(self, events: Iterator[yaml.Event], loc: Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            line = _line(event.start_mark)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error(line, "has a list or an alias where a key should stand; write `key: value`")
            key = event.value
            if key in values:
                first = self._lines[(*loc, key)]
                self.problems.append(
                    Problem(line, (*loc, key), f"is given a second time (first on line {first}); keep one")
                )
            self._lines.setdefault((*loc, key), line)
            value = self._value(next(events), events, (*loc, key))
            values.setdefault(key, value)
        return values

    def _watch_comment(self, event: yaml.ScalarEvent, loc: Loc) -> None:
        # YAML takes ` #` for a comment, so the cue `under # seconds` would quietly become `under`.
        if event.style or loc[-2:-1] != ("cues",):
            return
        if event.end_mark and _COMMENT.match(self._source, event.end_mark.index):
            self.add(loc, "is cut off at `#`; put the cue in quotes")


def nearest(name: str, names: Iterable[str]) -> str:
    """`did you mean ...?` with up to three names like `name`, or an empty text."""
    from difflib import get_close_matches

    close = get_close_matches(name, list(names), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(f'`{each}`' for each in close)}?" if close else ""


def spell(loc: Loc) -> str:
    """A loc as people write it, with a colon: `concepts[0].weight: `; empty for the whole file."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return f"{text.removeprefix('.')}: " if text else ""


def _line(mark: yaml.Mark | CMark | None) -> int:
    return mark.line + 1 if mark else 1


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or str(error)
    if "nesting depth" in problem:  # newer libyaml reads ahead and has a limit of its own
        return _TOO_DEEP
    hint = next((f"; {hint}" for part, hint in _HINTS.items() if part in problem), "")
    return f"is not valid YAML here: {problem}{hint}"


def _sentence(fault: ErrorDetails, model: type[BaseModel]) -> str:
    kind, written = fault["type"], fault.get("input")
    if kind == "extra_forbidden":
        key, keys = str(fault["loc"][-1]), _keys(model, fault["loc"][:-1])
        return f"is not a key here; {nearest(key, keys) or 'the keys are ' + ', '.join(keys)}"
    wanted = _WANTED[kind].format(**fault.get("ctx", {})) if kind in _WANTED else fault["msg"]
    if kind in _SAYS_ALL:
        return wanted
    return f"{wanted}, not {_shape(written)}"


def _shape(written: object) -> str:
    if isinstance(written, str):
        return f"`{written}`" if written else "nothing"
    return "a list" if isinstance(written, list) else "keys with values"


def _keys(model: type[BaseModel], loc: Iterable[int | str]) -> list[str]:
    """The keys of the model that `loc` leads to, starting from `model`."""
    names = (step for step in loc if isinstance(step, str))
    return list(_fields(reduce(lambda at, name: _models(_fields(at)[name])[0], names, model)))


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _models(annotation: Any) -> list[type[BaseModel]]:
    within = (annotation, *get_args(annotation))
    return [each for each in within if isinstance(each, type) and issubclass(each, BaseModel)]
