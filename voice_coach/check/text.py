"""Words of a transcript as tokens that patterns can be matched against.

The transcript is never changed: a token carries the index of the word it came from, so whatever is found in the
tokens is cut from the words as stored. One spoken form has many spellings ("guardrails", "guard rails",
"guard-rails"; "p95", "p 95", "P ninety-five"), and all of them become the same tokens: compounds and
letter-digit borders are split, number words below a hundred become digits.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snowballstemmer import stemmer as Stemmer  # noqa: N812

_PIECE = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,]\d+)*")

_UNITS = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: n for n, word in enumerate(_UNITS + _TEENS)} | {w: 10 * n for n, w in enumerate(_TENS, 2)}
_LARGE = frozenset("hundred hundreds thousand thousands million millions billion billions dozen half".split())

# Written joined, hyphenated or apart as the recogniser pleases; the parts are what we compare.
_COMPOUNDS = {
    text.replace("-", ""): tuple(text.split("-"))
    for text in (
        "allow-list back-fill back-log back-off back-up black-list block-list check-list check-point cut-off "
        "cut-over dash-board data-base data-set dead-line deny-list down-time end-point fail-over fall-back "
        "feed-back fine-tune fire-wall guard-rail hand-off hand-over key-word life-cycle look-up micro-service "
        "multi-tenant non-deterministic non-determinism on-call pay-load play-book re-rank re-ranker re-try "
        "road-map roll-back roll-out run-book sand-box side-car spot-check stake-holder stand-by through-put "
        "time-out time-stamp token-limit token-budget trade-off turn-around up-time white-list work-flow "
        "work-load"
    ).split()
}


FUNCTION_WORDS = frozenset(
    (
        "a an the and or but if then so because of to in on at by for with from into over under out up down "
        "off about as i i'd i'll i'm i've me my we we'd we'll we're we've us our you you'd you'll you're your "
        "he she it it's its they they'd they'll they're them their this that that's these those there there's "
        "here who what which when where why how is are was were be been being am do does did have has had "
        "will would can could should may might must not no don't doesn't didn't isn't can't won't wouldn't "
        "one some any each every all only just also very too more most much many than like get gets got put "
        "go goes let let's say says said whatever nobody somebody something nothing someone um uh well okay "
        "yeah right now first "
    ).split()
)
"""What speech is made of and lists of terms lack."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is compared: `form` in lower case, its `stem`, and the words `first` up to and without `stop`."""

    form: str
    stem: str
    first: int
    stop: int

    @property
    def is_number(self) -> bool:
        """Digits or a number word."""
        return self.form[0].isdigit() or self.form in _LARGE


def tokens(words: Iterable[str]) -> tuple[Token, ...]:
    """Tokens of the words, in order; a word of punctuation only gives none.

    Args:
        words: as stored, any text.
    """
    pieces = [
        (part, index)
        for index, word in enumerate(words)
        for piece in _PIECE.findall(word.lower().replace("\u2019", "'"))
        for part in _split(piece)
    ]
    return tuple(_with_numbers(pieces))


def starts(tokens_: Sequence[Token], words: int) -> tuple[int, ...]:
    """For every word index 0..`words` (inclusive), the index of the first token at or after that word."""
    first: list[int] = []
    for index, token in enumerate(tokens_):
        first.extend([index] * (token.first + 1 - len(first)))
    first.extend([len(tokens_)] * (words + 1 - len(first)))
    return tuple(first)


@lru_cache(maxsize=65_536)
def stem(form: str) -> str:
    """Snowball (Porter2) English stem of a lower-case word."""
    with _STEMMING:
        return str(_stemmer().stemWord(form))


_STEMMING = threading.Lock()
"""The stemmer works on a word that it holds: two threads at once would cut each other's."""


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=65_536)
def _split(piece: str) -> tuple[str, ...]:
    """The parts of a compound, however inflected ("timeouts" -> "time", "outs"), or the piece itself."""
    for joined, parts in _COMPOUNDS_BY_START.get(piece[:3], ()):
        if piece.startswith(joined[:-1]) and stem(piece) == stem(joined):
            *front, _ = parts
            return (*front, piece[sum(map(len, front)) :])
    return (piece,)


_COMPOUNDS_BY_START: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
for _joined, _parts in _COMPOUNDS.items():
    _COMPOUNDS_BY_START.setdefault(_joined[:3], []).append((_joined, _parts))


def _with_numbers(pieces: Sequence[tuple[str, int]]) -> Iterable[Token]:
    """Tokens of the pieces, "ninety", "five" becoming the one token "95"."""
    index = 0
    while index < len(pieces):
        form, first = pieces[index]
        stop = first + 1
        number = _SMALL.get(form)
        if number is not None:
            if number >= _SMALL["twenty"] and index + 1 < len(pieces):
                unit, word = pieces[index + 1]
                if 0 < _SMALL.get(unit, 0) < _SMALL["ten"]:
                    number, stop = number + _SMALL[unit], word + 1
                    index += 1
            # "one" is a pronoun more often than a number.
            form = form if number == 1 else str(number)
        yield Token(form, stem(form), first, stop)
        index += 1
