"""The words of an answer with the evidence marked in them, in lines short enough to follow by ear."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from rich.text import Text

from voice_coach.records import SAMPLE_RATE
from voice_coach.show.page import FLAG_STYLE, Hanging, Page, clock, titles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from rich.console import RenderableType

    from voice_coach.content.models import Rubric
    from voice_coach.records import Attempt, Transcript, Verdict, Word

LONGEST_PAUSE = 7 * SAMPLE_RATE // 10
"""Samples of silence after which a line ends."""
SHOWN_PAUSE = SAMPLE_RATE
"""Samples of silence from which a pause is shown."""
PALETTE = (
    "cyan", "green", "yellow", "magenta", "blue",
    "bright_cyan", "bright_green", "bright_yellow", "bright_magenta", "bright_blue",
)  # fmt: skip
"""Colours of concepts, neighbours well apart; red is for red flags."""
MOST_WORDS = 14
"""Words in a line; a longer sentence is cut into lines of nearly equal length."""
_SHORT: dict[Verdict, str] = {
    "explained": "",
    "named": ", only named",
    "dismissed": ", dismissed",
    "missed": "",
}
_SENTENCE_ENDS = (".", "?", "!", "…")
_CLOSING = "\"')]”’"  # noqa: RUF001 - typed text has curly quotes


@dataclass(frozen=True, slots=True)
class Line:
    """Word indices `first` up to and without `stop`; `start` is the first word's sample, None when typed."""

    first: int
    stop: int
    start: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a word is evidence for: a concept with its verdict, or a red flag, whose `verdict` is None."""

    title: str
    verdict: Verdict | None
    style: str = FLAG_STYLE

    @property
    def label(self) -> str:
        """As it stands in brackets after the words."""
        return f"red flag: {self.title}" if self.verdict is None else f"{self.title}{_SHORT[self.verdict]}"


def timed_lines(transcript: Transcript, asked: Collection[int] = ()) -> list[Line]:
    """Cuts the words into lines at ends of sentences, at pauses, and where a line would grow too long.

    Every word is in exactly one line, in order.

    Args:
        transcript: the words.
        asked: indices of words that begin a line, since they are the first after a follow-up.
    """
    words = transcript.words
    ends = [n for n, (word, after) in enumerate(pairwise(words), start=1) if n in asked or _ends(word, after)]
    bounds = [0, *ends, len(words)]
    return [
        Line(first, stop, words[first].start)
        for start, end in pairwise(bounds)
        for first, stop in _even(start, end)
    ]


def pause_after(transcript: Transcript, index: int) -> int | None:
    """Samples of silence after a word, where they are long enough to be shown; None after the last one."""
    words = transcript.words
    if index + 1 >= len(words):
        return None
    stop, start = words[index].stop, words[index + 1].start
    return start - stop if stop is not None and start is not None and start - stop >= SHOWN_PAUSE else None


def marked(attempt: Attempt, rubric: Rubric) -> RenderableType:
    """The whole transcript by lines, with times where there are any.

    Evidence is coloured and stands in brackets with what it is evidence for: `«we stream»[Latency]`. Where
    pieces of evidence overlap, each stretch of words carries all that holds for it. Brackets stay open over
    the end of a line. A follow-up stands before the answer to it.
    """
    asked = questions(attempt)
    lines = timed_lines(attempt.transcript, asked)
    if not lines:
        return Page(Text("The transcript is empty."))
    marks = word_marks(attempt, rubric)
    return Page(
        *(
            piece
            for line in lines
            for piece in (
                *(
                    [Hanging("Asked  ", Text(asked[line.first], style="italic"))]
                    if line.first in asked
                    else []
                ),
                _line(attempt.transcript, marks, line),
            )
        )
    )


def questions(attempt: Attempt) -> dict[int, str]:
    """The follow-ups by the index of the first word of the answer to each."""
    return {follow_up.first: follow_up.question for follow_up in attempt.follow_ups}


def marked_line(
    transcript: Transcript, marks: list[tuple[Mark, ...]], line: Line, heard: int | None = None
) -> RenderableType:
    """One line as in `marked`, with the word `heard` lit up, for replay in step with the audio."""
    return _line(transcript, marks, line, heard)


def concept_styles(attempt: Attempt) -> dict[str, str]:
    """A colour for each concept that has evidence, in the order in which they first come up."""
    prompted = attempt.prompted.findings if attempt.prompted else ()
    first = {
        finding.concept: min(span.first for span in finding.evidence)
        for finding in (*prompted, *attempt.judgement.findings)
        if finding.evidence
    }
    return {
        concept: PALETTE[number % len(PALETTE)]
        for number, concept in enumerate(sorted(first, key=lambda concept: (first[concept], concept)))
    }


def word_marks(attempt: Attempt, rubric: Rubric) -> list[tuple[Mark, ...]]:
    """For each word what it is evidence for: concepts in the order of the findings, then red flags.

    Words that answer a follow-up are marked with what all words together are evidence for.
    """
    title = titles(rubric)
    styles = concept_styles(attempt)
    marks: list[dict[Mark, None]] = [{} for _ in attempt.transcript.words]  # ordered, and each mark once
    unprompted = len(attempt.unprompted.words)
    for judgement, first, stop in (
        (attempt.judgement, 0, unprompted),
        (attempt.prompted, unprompted, len(marks)),
    ):
        if judgement is None:
            continue
        for finding in judgement.findings:
            style = styles.get(finding.concept, "")
            mark = Mark(title.get(finding.concept, finding.concept), finding.verdict, style)
            for span in finding.evidence:
                for on in marks[max(first, span.first) : min(stop, span.stop)]:
                    on[mark] = None
        for flag in judgement.red_flags:
            for on in marks[max(first, flag.evidence.first) : min(stop, flag.evidence.stop)]:
                on[Mark(title.get(flag.id, flag.id), None)] = None
    return [tuple(on) for on in marks]


def _line(
    transcript: Transcript, marks: list[tuple[Mark, ...]], line: Line, heard: int | None = None
) -> RenderableType:
    pieces = [_stretch(transcript, marks, indices, heard) for indices in _stretches(marks, line)]
    if pause := pause_after(transcript, line.stop - 1):
        pieces.append(Text(f"(pause {pause / SAMPLE_RATE:.1f} s)", style="dim"))
    at = "" if line.start is None else f"{clock(line.start):>5}  "
    return Hanging(Text(at, style="dim"), Text(" ").join(pieces))


def _stretches(marks: list[tuple[Mark, ...]], line: Line) -> Iterator[range]:
    """The line's word indices, cut where the marks change."""
    for _, group in groupby(range(line.first, line.stop), key=marks.__getitem__):
        indices = list(group)
        yield range(indices[0], indices[-1] + 1)


def _stretch(
    transcript: Transcript, marks: list[tuple[Mark, ...]], indices: range, heard: int | None
) -> Text:
    """Words with the same marks: bracketed where they begin and end, which may be on other lines."""
    here = marks[indices.start]
    text = Text(" ", style=_style(here)).join(
        Text(transcript.words[index].text, style="reverse" if index == heard else "") for index in indices
    )
    if not here:
        return text
    begins = indices.start == 0 or marks[indices.start - 1] != here
    ends = indices.stop == len(marks) or marks[indices.stop] != here
    label = f"»[{'; '.join(mark.label for mark in here)}]"
    return Text.assemble("«" if begins else "", text, (label, "bold") if ends else "")


def _style(marks: tuple[Mark, ...]) -> str:
    """A red flag's style before any concept's, and of two concepts the first one's."""
    flagged = next((mark for mark in marks if mark.verdict is None), None)
    return (flagged or marks[0]).style if marks else ""


def _ends(word: Word, after: Word) -> bool:
    """Whether a line ends between two words."""
    if word.text.rstrip(_CLOSING).endswith(_SENTENCE_ENDS):
        return True
    return word.stop is not None and after.start is not None and after.start - word.stop > LONGEST_PAUSE


def _even(first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Pieces of nearly equal length, none longer than `MOST_WORDS`."""
    count = -((first - stop) // MOST_WORDS)
    cuts = [first + (stop - first) * n // count for n in range(count)] if count else []
    return pairwise([*cuts, stop])
