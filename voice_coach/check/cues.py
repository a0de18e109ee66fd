"""Word patterns: the cues by which rubrics recognise a concept in words.

    fall back        consecutive tokens, compared by stem: also "falls back", "fallback", "fall-back"
    model|provider   either word in this place; a hyphen keeps several words together: "cut-off|limit"
    never * invent   `*` stands for up to three words in between
    =logs            exactly this form, not its stem
    under # seconds  `#` is any number, in digits or as a number word ("one" is not, it is mostly a pronoun)

What counts as the same spelling is decided by `voice_coach.check.text`. A pattern neither begins nor ends with `*`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from voice_coach.check.text import Token, tokens
from voice_coach.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# "ninety five" is one number, as in a transcript.
_TENS_UNIT = re.compile(
    r"\b((?:twen|thir|for|fif|six|seven|eigh|nine)ty) (one|two|three|four|five|six|seven|eight|nine)\b"
)

GAP = 3
"""Most words that `*` stands for."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One token of a pattern: an exact `form`, else a `stem`, else any number."""

    form: str = ""
    stem: str = ""

    def matches(self, token: Token) -> bool:
        """Whether the token can stand here."""
        if self.form:
            return token.form == self.form
        return token.stem == self.stem if self.stem else token.is_number


Alternatives = tuple[tuple[Atom, ...], ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """A parsed pattern: per position its alternatives, or None for a gap."""

    pattern: str
    positions: tuple[Alternatives | None, ...]

    def stop(self, text: Sequence[Token], start: int) -> int | None:
        """Where the shortest match that begins at token `start` ends (exclusive), or None."""
        ends = {start}
        for alternatives in self.positions:
            if alternatives is None:
                ends = {end + skipped for end in ends for skipped in range(GAP + 1)}
            else:
                ends = {end + len(atoms) for end in ends for atoms in alternatives if _fits(atoms, text, end)}
            if not ends:
                return None
        return min(ends)


@dataclass(frozen=True, slots=True)
class Hit:
    """A match: tokens `start` up to and without `stop`, of cue number `cue`."""

    start: int
    stop: int
    cue: int


class CueSet:
    """Several cues matched together, looked up by what they can begin with: linear in the tokens."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.cues = tuple(map(parse, patterns))
        self._by_form: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}
        self._by_number: list[int] = []
        for number, cue in enumerate(self.cues):
            for atoms in cue.positions[0] or ():
                if atoms[0].form:
                    self._by_form.setdefault(atoms[0].form, []).append(number)
                elif atoms[0].stem:
                    self._by_stem.setdefault(atoms[0].stem, []).append(number)
                else:
                    self._by_number.append(number)

    def hits(self, text: Sequence[Token]) -> tuple[Hit, ...]:
        """All matches, by start; at most one per cue and start."""
        found = []
        for start, token in enumerate(text):
            numbers = {*self._by_form.get(token.form, ()), *self._by_stem.get(token.stem, ())}
            if token.is_number:
                numbers.update(self._by_number)
            for number in sorted(numbers):
                stop = self.cues[number].stop(text, start)
                if stop is not None:
                    found.append(Hit(start, stop, number))
        return tuple(found)


@lru_cache(maxsize=8_192)
def parse(pattern: str) -> Cue:
    """The cue that a pattern describes.

    Raises:
        ContentError: the pattern is empty, or begins or ends with `*`, or a place in it holds no word.
    """
    places = _TENS_UNIT.sub(r"\1-\2", pattern).split()
    if not places or "*" in (places[0], places[-1]):
        raise ContentError(f"The cue {pattern!r} must begin and end with a word; `*` stands between words.")
    return Cue(pattern, tuple(None if place == "*" else _alternatives(place, pattern) for place in places))


def _alternatives(place: str, pattern: str) -> Alternatives:
    return tuple(_atoms(choice, pattern) for choice in place.split("|"))


def _atoms(choice: str, pattern: str) -> tuple[Atom, ...]:
    if choice == "#":
        return (Atom(),)
    exact = choice.startswith("=")
    found = tokens([choice.removeprefix("=")])
    if not found or "*" in choice or "#" in choice:
        raise ContentError(
            f"The cue {pattern!r} has no word at {choice!r}; write words, `a|b`, `=word`, `#` or `*`."
        )
    return tuple(Atom(form=token.form) if exact else Atom(stem=token.stem) for token in found)


def _fits(atoms: tuple[Atom, ...], text: Sequence[Token], start: int) -> bool:
    return start + len(atoms) <= len(text) and all(
        atom.matches(text[start + offset]) for offset, atom in enumerate(atoms)
    )
