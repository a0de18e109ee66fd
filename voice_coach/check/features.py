"""From stretches of an answer to one concept of the whole: a few numbers that can be checked by hand.

The rules of the contract are in the numbers: the best passage counts, yet what was taken back or set aside after it
counts against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.reader import VERDICTS_READ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voice_coach.check.reader import Stretches

FEATURES = (
    "explained", "named", "dismissed", "taken-back-after", "dismissed-after", "spoken-to",
    "explained-words", "named-words", "dismissed-words", "explained-after-dismissed", "explained-throughout",
    "explained-elsewhere",
)  # fmt: skip
"""What the head sees: log odds of the best stretch, logarithms of how many words do something, and for comparison how
much of the whole answer explains it, and how well the answer explains anything."""

FLOOR = 0.03
"""Words of a stretch that does something less surely are not counted: in a long answer, what is never meant adds up."""

_NOTHING, _EXPLAINED = VERDICTS_READ.index("nothing"), VERDICTS_READ.index("explained")


def features(own: NDArray[np.float64], answer: Stretches) -> NDArray[np.float64]:
    """The numbers of `FEATURES`.

    Args:
        own: of shape (stretches, VERDICTS_READ), what each stretch does for the concept.
        answer: the stretches.
    """
    explained, named, dismissed, taken_back = own[:, _EXPLAINED:].T
    first = np.array([span.first for span in answer.spans])
    stop = np.array([span.stop for span in answer.spans])
    best = int(explained.argmax())
    against = int(np.maximum(dismissed, taken_back).argmax())
    after = first >= stop[best]
    words = (stop - first).astype(np.float64)

    def most(values: NDArray[np.float64], where: NDArray[np.bool_]) -> float:
        return log_odds(values[where].max(initial=0.0))

    return np.array(
        [
            log_odds(explained[best]),
            log_odds(named.max()),
            log_odds(dismissed.max()),
            most(taken_back, after),
            most(dismissed, after),
            log_odds((1 - own[:, _NOTHING]).max()),
            *(np.log(_clear(doing) @ words + 1) for doing in (explained, named, dismissed)),
            most(explained, first >= stop[against]),
            each(explained) @ words / words.sum(),
            each(answer.verdicts[:, :, _EXPLAINED].max(axis=0)).mean(),
        ]
    )


def _clear(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(probabilities >= FLOOR, probabilities, 0.0)


def log_odds(probability: float) -> float:
    """Of a probability, within about -7 and 7."""
    return float(each(np.asarray(probability)))


def each(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log odds of each probability."""
    return np.asarray(np.log((probabilities + 1e-3) / (1 - probabilities + 1e-3)), np.float64)
