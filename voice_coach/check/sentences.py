"""A clause explains no more than the sentence that it begins: what sets it aside may come at the end.

"Nasty cases on purpose, contradictions and so on," sounds like a plan, until it goes on "I'd save myself that".
Where a transcript has no full stops, nothing is held back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.reader import VERDICTS_READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voice_coach.records import Span, Word

_EXPLAINED = VERDICTS_READ.index("explained")


def sentences(spans: Sequence[Span], words: Sequence[Word]) -> NDArray[np.intp]:
    """For each span the shortest one that starts with it and goes on to the end of its sentence, of shape (spans,).

    A span that ends a sentence is its own, and so is one whose sentence no span completes.
    """
    ends = np.cumsum([0, *(ends_sentence(word) for word in words)])
    from_here: dict[int, list[int]] = {}
    for at in sorted(range(len(spans)), key=lambda at: spans[at].stop):
        from_here.setdefault(spans[at].first, []).append(at)

    def completes(longer: Span, span: Span) -> bool:
        """Whether one sentence ends in it, with its last word, and that beyond the span."""
        before_last = ends[longer.stop - 1] - ends[longer.first]
        return longer.stop > span.stop and before_last == 0 and ends[longer.stop] > ends[longer.stop - 1]

    return np.array(
        [
            next((other for other in from_here[span.first] if completes(spans[other], span)), at)
            for at, span in enumerate(spans)
        ],
        np.intp,
    )


def within_sentences(own: NDArray[np.float64], whole: NDArray[np.intp]) -> NDArray[np.float64]:
    """What each stretch does for a concept, where none explains more than its whole sentence does.

    Args:
        own: of shape (stretches, VERDICTS_READ).
        whole: as `sentences` gives it.
    """
    more = own[:, _EXPLAINED] > own[whole, _EXPLAINED]
    return np.where(more[:, None], own[whole], own)


def ends_sentence(word: Word) -> bool:
    """Whether a full stop, or what stands for one, follows."""
    return word.text.rstrip("\"')]\u201d\u2019")[-1:] in {".", "?", "!"}
