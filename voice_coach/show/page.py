"""What every printed page has in common: its widest line, hanging indents, and characters the console can write."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group
from rich.segment import Segment
from rich.text import Text

from voice_coach.records import SAMPLE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from voice_coach.content.models import Rubric
    from voice_coach.records import Limit, Verdict

WIDEST = 96
"""Columns of the longest line: beyond, the eye loses the next one."""
NARROW = 66
"""Columns below which tables give way to something shorter."""
SIGNS: dict[Verdict, str] = {"explained": "✓", "named": "~", "dismissed": "-", "missed": "✗"}
STYLES: dict[Verdict, str] = {
    "explained": "green",
    "named": "yellow",
    "dismissed": "magenta",
    "missed": "red",
}
FLAG_STYLE = "bold red"
_STAND_INS = dict(zip("✓✗“”‘’«»–—…·•▲▼", "+x\"\"''<>--.-*^v", strict=True))  # noqa: RUF001 - the point of it


class Page:
    """Renderables below each other, as lines without trailing blanks in characters the console can write.

    What the console's encoding lacks is replaced by a stand-in of the same width, and control characters that
    came with somebody's text are dropped, so that neither can break the page or the terminal.
    """

    def __init__(self, *parts: RenderableType) -> None:
        self._parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        options = options.update(max_width=min(options.max_width, WIDEST))
        for line in console.render_lines(Group(*self._parts), options, pad=False):
            for segment in _without_trailing_blanks(line):
                yield Segment(encodable(segment.text, console.encoding), segment.style)
            yield Segment.line()


class Hanging:
    """A paragraph whose lines after the first stand under the first one's text.

    Args:
        label: stands before the first line.
        body: the paragraph.
        indent: columns before the text of every line; a longer label pushes the text of all lines right.
    """

    def __init__(self, label: str | Text, body: Text, indent: int | None = None) -> None:
        self._label = Text(label) if isinstance(label, str) else label
        self._body = body
        self._indent = max(self._label.cell_len, indent or 0)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(options.max_width - self._indent, 1)
        before: Text = Text.assemble(self._label, " " * (self._indent - self._label.cell_len))
        for line in self._body.wrap(console, width) or [Text()]:
            yield Text.assemble(before, line)
            before = Text(" " * self._indent)


class Fitting:
    """The wide renderable, or the narrow one on a narrow console."""

    def __init__(self, wide: RenderableType, narrow: RenderableType) -> None:
        self._wide = wide
        self._narrow = narrow

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        del console
        yield self._wide if options.max_width >= NARROW else self._narrow


def sections(parts: Iterable[Sequence[RenderableType]]) -> Page:
    """The parts that hold anything, one page, a blank line between two."""
    apart = [piece for part in parts if part for piece in (Text(), *part)]
    return Page(*apart[1:])


def encodable(text: str, encoding: str) -> str:
    """The text without control characters; what the encoding lacks gives way to as many columns of its own."""
    return "".join(
        _written(character, encoding) for character in text if unicodedata.category(character) != "Cc"
    )


def titles(rubric: Rubric) -> dict[str, str]:
    """Titles of concepts and red flags by id; what an older attempt has beyond them is shown by its id."""
    concepts = {concept.id: concept.title for concept in rubric.concepts}
    return concepts | {flag.id: flag.title for flag in rubric.red_flags}


def listed(items: Sequence[str], *, comma: str = "") -> str:
    """`a`, `a and b`, `a, b and c`; `comma` is put before the last `and`."""
    return f"{comma} and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def limiting(limit: Limit) -> str:
    """What limits the latest answers, in one sentence."""
    lacks = []
    if limit.missing:
        lacks.append(f"missing in {limit.missing}")
    if limit.named:
        lacks.append(f"only named in {limit.named}")
    if limit.answers == 1:
        return f"{limit.title} was {'missing' if limit.missing else 'only named'} in your last answer."
    end = f"; it decided {limit.decided} of them." if limit.decided else "."
    return f"{limit.title} was {' and '.join(lacks)} of your last {limit.answers} answers{end}"


def clock(samples: int) -> str:
    """Samples as m:ss."""
    seconds = samples // SAMPLE_RATE
    return f"{seconds // 60}:{seconds % 60:02d}"


def percent(part: int, whole: int) -> str:
    """A share in whole per cent; 0 % and 100 % are said only when they are exact."""
    if part in {0, whole}:
        return "100 %" if part else "0 %"
    return f"{min(max(round(100 * part / whole), 1), 99)} %"


def _written(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        plain = _STAND_INS.get(character, unicodedata.normalize("NFKD", character)[0])
        width = cell_len(character)
        return plain if plain.isascii() and width == 1 else "?" * width
    return character


def _without_trailing_blanks(line: list[Segment]) -> list[Segment]:
    kept = [segment for segment in line if not segment.control]
    while kept:
        last = kept.pop()
        if text := last.text.rstrip():
            return [*kept, Segment(text, last.style)]
    return []
