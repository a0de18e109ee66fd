"""Drills in a Markdown file, found by what their headings are called, at any level or as lines in bold.

headings, bold lines, `Label: text` -> marks; a mark is a field of a drill, or else a title
marks and what stands below them -> drills; nothing in the file is lost: the rest is in `other`
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.tree import SyntaxTreeNode

Field = Literal[
    "prompt", "constraints", "testing", "outline", "failure", "insight", "follow-ups", "level", "section", "tags",
    "seconds",
]  # fmt: skip

_ANSWER = (
    r"(what )?(a )?((strong|great|good|excellent|ideal|model|sample|reference|senior|staff) )?"
    r"(answers?|solution|response)( (outline|points|covers|includes|looks like))?"
)
_FIELDS: tuple[tuple[Field, str], ...] = (
    (
        "prompt",
        r"(the )?(interview |drill )?(prompt|question|scenario|task|problem( statement)?|ask)( as spoken)?|q",
    ),
    ("constraints", r"((key|the|hard) )?(constraints?|requirements?|givens?)"),
    ("testing", r".*\binterviewers?\b.*\b(test|listen|look|want|prob)(s|es|ing|ed)?\b.*"),
    ("testing", r"(what )?((this|it|the question) )?(is )?(tests?|testing|signals?|evaluation criteria)"),
    ("testing", r"what we (look|listen) for"),
    ("outline", _ANSWER),
    ("outline", r"(answer )?outline|key points|talking points|a"),
    ("failure", r"((common|typical|frequent) )?(failures?( modes?)?|mistakes?|pitfalls?|errors?|traps?)"),
    ("failure", r"red flags?|(weak|bad|poor|failing) answers?|anti ?patterns?|what goes wrong"),
    ("insight", r"((the|key|main) )?(insights?|take ?aways?)|bottom line"),
    ("follow-ups", r"(possible )?(follow ?ups?|probes)( questions?)?"),
    ("level", r"level|seniority|difficulty"),
    ("section", r"section|category|topic|area"),
    ("tags", r"tags?|keywords"),
    ("seconds", r"time|duration|target( time)?|length"),
)
_ABOUT = {"level", "section", "tags", "seconds", "constraints"}
"""Fields that may stand above the prompt."""
_LONGEST_LABEL = 8
"""Words; a longer heading is a title."""
_BOLD = 7
"""Level of a line in bold: below every heading."""
_NUMBERED = re.compile(
    r"(?:(?:drill|exercise|case|problem)(?:\s*#?\d+)?|#?\d+)\s*[.:)\u2013\u2014-]\s+", re.IGNORECASE
)


@dataclass(slots=True)
class Found:
    """One drill as the file has it: the texts of each field in order, and what stands under no known heading."""

    title: str
    above: tuple[str, ...] = ()
    fields: dict[Field, list[str]] = field(default_factory=dict)
    other: list[str] = field(default_factory=list)

    def texts(self, name: Field) -> list[str]:
        """The texts of a field; none where the file has no such heading."""
        return self.fields.get(name, [])

    def everything(self) -> list[str]:
        """All texts, whatever they stand under; the title of what turned out to be none is not kept."""
        return [*self.other, *(text for texts in self.fields.values() for text in texts)]


@dataclass(frozen=True, slots=True)
class Mark:
    """A heading (`level` 1 to 6) or a line in bold; `rest` is what follows its colon."""

    level: int
    text: str
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A paragraph, an entry of a list or a block of code."""

    text: str


def read_drills(text: str) -> list[Found]:
    """The drills of a file, in order.

    A drill has a prompt, and begins with the last heading before that which is no field: its title, empty where
    there is none or where it is above several. What stands above, or under a heading that is no field, goes into
    `other` of the drill that comes next, or of the last.
    """
    reader = _Reader()
    pieces = list(_pieces(text))
    for index, piece in enumerate(pieces):
        reader.take(piece, pieces[index + 1 :])
    reader.finish()
    return reader.drills


def field_of(label: str) -> Field | None:
    """Which field a heading stands for, None for a title."""
    plain = " ".join(re.findall(r"[a-z]+", label.lower().replace("'s", "").replace("\u2019s", "")))
    if not plain or len(plain.split()) > _LONGEST_LABEL:
        return None
    return next((name for name, pattern in _FIELDS if re.fullmatch(pattern, plain)), None)


class _Reader:
    """Puts marks and content together to drills."""

    def __init__(self) -> None:
        self.drills: list[Found] = []
        self._titles: list[Mark] = []
        self._next: Found | None = Found("")  # until its prompt comes, it may be no drill at all
        self._field: Field | None = None
        self._level = 0
        self._sub = ""
        self._scenario = False  # whether the last drill has a scenario and waits for its question

    def take(self, piece: Mark | Content, coming: Sequence[Mark | Content]) -> None:
        """The next piece of the file, and all that come after it."""
        if isinstance(piece, Content):
            self._add(piece.text)
        elif name := field_of(piece.text):
            self._begin(name, piece)
        elif self._field and (self._level < piece.level or not _opens_a_drill(coming)):
            self._sub = piece.text  # a heading inside a field divides it
        else:
            self._title(piece)

    def finish(self) -> None:
        """What was no drill goes to the last one."""
        if self._next and self.drills:
            self.drills[-1].other += self._next.everything()

    def _begin(self, name: Field, mark: Mark) -> None:
        if name == "prompt":
            scenario = "scenario" in mark.text.lower()
            if self._next or scenario or not self._scenario:
                self.drills.append(self._next or self._another())
            self._next, self._scenario = None, scenario
        elif name not in _ABOUT:
            self._scenario = False
        self._field, self._level, self._sub = name, mark.level, ""
        if mark.rest:
            self._add(mark.rest)

    def _another(self) -> Found:
        """A drill under the same title as the last, which is then what both are listed under."""
        last = self.drills[-1]
        if last.title:
            last.above, last.title = (*last.above, last.title), ""
        return Found("", last.above)

    def _title(self, mark: Mark) -> None:
        left = self._next.everything() if self._next else []
        self._titles = [*(title for title in self._titles if title.level < mark.level), mark]
        above = tuple(title.text for title in self._titles[:-1])
        self._next = Found(_NUMBERED.sub("", mark.text, count=1) or mark.text, above, other=left)
        self._field, self._sub = None, ""

    def _add(self, text: str) -> None:
        text = f"{self._sub}: {text}" if self._sub else text
        found = self._next or self.drills[-1]
        if self._field:
            found.fields.setdefault(self._field, []).append(text)
        else:
            found.other.append(text)


def _opens_a_drill(coming: Sequence[Mark | Content]) -> bool:
    """Whether what follows a heading has a prompt before any other part of an answer's description."""
    names = (field_of(piece.text) for piece in coming if isinstance(piece, Mark))
    first = next((name for name in names if name and name not in _ABOUT), "prompt")
    return first == "prompt"


def _pieces(text: str) -> Iterator[Mark | Content]:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))
    for node in tree.children:
        yield from _block(node)


def _block(node: SyntaxTreeNode) -> Iterator[Mark | Content]:
    match node.type:
        case "heading":
            yield Mark(int(node.tag[1:]), *_label(_text(node)))
        case "paragraph":
            yield from _paragraph(node)
        case "list_item":
            yield from _item(node)
        case "table":
            yield from _table(node)
        case "fence" | "code_block" | "html_block":
            if text := _verbatim(node):
                yield Content(text)
        case _:
            for child in node.children:
                yield from _block(child)


def _verbatim(node: SyntaxTreeNode) -> str:
    shown = re.sub(r"<!--|-->|<[^>]*>", " ", node.content) if node.type == "html_block" else node.content
    return " ".join(shown.split())


def _table(node: SyntaxTreeNode) -> Iterator[Mark | Content]:
    """Fields in the first row make a drill of each other row, fields in the first column one of the table."""
    rows = [[_text(cell) for cell in row.children] for part in node.children for row in part.children]
    fields = [field_of(label) for label in rows[0]]
    if "prompt" in fields and len([*filter(None, fields)]) > 1:
        for row in rows[1:]:
            yield from _row(rows[0], row)
        return
    sideways = any(field_of(row[0]) == "prompt" for row in rows)
    for label, *rest in rows:
        if sideways and field_of(label):
            yield Mark(_BOLD, label, ", ".join(filter(None, rest)))
        elif text := ", ".join(filter(None, (label, *rest))):
            yield Content(text)


def _row(labels: Sequence[str], row: Sequence[str]) -> Iterator[Mark | Content]:
    """A drill: its title, what stands under no known label, what may stand above the prompt, and the fields."""
    cells = [(field_of(label), label, text) for label, text in zip(labels, row, strict=True) if text]
    titles = [(label, text) for name, label, text in cells if name is None]
    yield from (Mark(_BOLD, text) for _, text in titles[:1])
    yield from (Content(f"{label}: {text}") for label, text in titles[1:])
    cells.sort(key=lambda cell: (cell[0] not in _ABOUT, cell[0] != "prompt"))
    yield from (Mark(_BOLD, label, text) for name, label, text in cells if name)


def _paragraph(node: SyntaxTreeNode) -> Iterator[Mark | Content]:
    """A paragraph by its lines: one that is in bold, or begins with a field's name, is a mark.

    So is a paragraph that is nothing but a field's name, outside of lists.
    """
    kept: list[str] = []
    lines = list(_lines(node))
    alone = len(lines) == 1 and not (node.parent and node.parent.type == "list_item")
    for line in lines:
        mark = _marked(line, alone=alone)
        if mark is None:
            kept.append(line.plain)
            continue
        if text := " ".join(kept):
            yield Content(text)
        kept = []
        yield mark
    if text := " ".join(filter(None, kept)):
        yield Content(text)


def _item(item: SyntaxTreeNode) -> Iterator[Mark | Content]:
    """An entry of a list with all below it as one text, unless it begins with a field's name."""
    pieces = [piece for child in item.children for piece in _block(child)]
    if pieces and isinstance(pieces[0], Mark) and field_of(pieces[0].text):
        yield from pieces
        return
    texts = [
        piece.text + (f": {piece.rest}" if isinstance(piece, Mark) and piece.rest else "") for piece in pieces
    ]
    if texts:
        head, *below = texts
        yield Content(f"{head.rstrip(':.')}: {'; '.join(below)}" if below else head)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a paragraph; `bold` is what it begins with in bold, `plain` all of it."""

    bold: str
    plain: str


def _lines(node: SyntaxTreeNode) -> Iterator[_Line]:
    (inline,) = node.children
    line: list[SyntaxTreeNode] = []
    for child in inline.children:
        if child.type in {"softbreak", "hardbreak"}:
            yield _line(line)
            line = []
        else:
            line.append(child)
    yield _line(line)


def _line(nodes: list[SyntaxTreeNode]) -> _Line:
    said = [node for node in nodes if node.type != "text" or node.content.strip()]
    bold = _text(said[0]) if said and said[0].type == "strong" else ""
    return _Line(bold, "".join(map(_text, nodes)).strip())


def _marked(line: _Line, *, alone: bool) -> Mark | None:
    label, rest = _label(line.plain)
    if line.bold and line.plain.rstrip(": ") == line.bold.rstrip(": "):
        return Mark(_BOLD, *_label(line.bold))
    if line.bold and field_of(line.bold):
        return Mark(
            _BOLD, line.bold.rstrip(": "), line.plain.removeprefix(line.bold).lstrip(" :-\u2013\u2014")
        )
    if (rest or alone or line.plain.endswith(":")) and label[:1].isupper() and field_of(label):
        return Mark(_BOLD, label, rest)
    return None


def _label(text: str) -> tuple[str, str]:
    """`Prompt: Design ...` as label and rest where the label is a field; else all of it is the label."""
    label, colon, rest = text.partition(":")
    if colon and field_of(label):
        return label.strip(), rest.strip()
    return text.strip().rstrip(":"), ""


def _text(node: SyntaxTreeNode) -> str:
    """The words of a node without its marks."""
    if node.type in {"text", "code_inline"}:
        return node.content
    if node.type in {"softbreak", "hardbreak"}:
        return " "
    if node.type == "image":
        return node.content
    return "".join(map(_text, node.children))
