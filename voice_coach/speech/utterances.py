"""Text made ready to be spoken: nothing in it is a command to an engine, and no piece is too long for one."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 400
"""Characters in one utterance; espeak was seen to fail on much longer texts."""

# Engines have mark-up of their own: macOS takes "[[...]]" as commands, Windows a leading "<" as XML.
_SPELLED = str.maketrans({"<": " less than ", ">": " greater than ", "[": " ", "]": " "})
_BREAKS = (r"(?<=[.!?…])[^\w\s]*\s+", r"(?<=[,;:])\s+", r"\s+")
"""Where a text may be cut, best first: after sentences, after clauses, between words."""


def plain(text: str) -> str:
    """`text` on one line without control characters, unpaired surrogates and engines' mark-up."""
    kept = (" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in text.translate(_SPELLED))
    return " ".join("".join(kept).split())


def utterances(text: str, longest: int = LONGEST) -> list[str]:
    """`plain(text)` in pieces of at most `longest` characters, cut at the best place there is.

    No letter or digit is lost, and no piece is without one, as engines fail on those; a text without any
    gives no pieces.
    """
    return [piece for piece in _pieces(plain(text), longest, 0) if any(map(str.isalnum, piece))]


def _pieces(text: str, longest: int, level: int) -> list[str]:
    if len(text) <= longest:
        return [text]
    if level == len(_BREAKS):
        return [text[start : start + longest] for start in range(0, len(text), longest)]
    parts = [
        piece
        for part in _split(text, _BREAKS[level])
        for piece in (_pieces(part, longest, level + 1) if len(part) > longest else [part])
    ]
    return _joined(parts, longest)


def _split(text: str, pattern: str) -> list[str]:
    """The stretches between the matches' ends, closing quotes staying with their sentence."""
    ends = [match.end() for match in re.finditer(pattern, text)]
    return [text[start:stop].strip() for start, stop in zip([0, *ends], [*ends, len(text)], strict=True)]


def _joined(parts: list[str], longest: int) -> list[str]:
    """Neighbours joined by a space as long as they fit, so that there are few pauses."""
    pieces: list[str] = []
    for part in parts:
        if pieces and len(pieces[-1]) + 1 + len(part) <= longest:
            pieces[-1] += " " + part
        else:
            pieces.append(part)
    return pieces
