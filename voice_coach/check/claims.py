"""Red flags: claims that cost the candidate, raised only on words that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.evidence import best_spans
from voice_coach.records import RedFlag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from voice_coach.check.reader import Stretches

BAR = 0.3
"""Probability from which a stretch makes the claim: of 0.2 to 0.5 the one with the best F1 on all labelled answers that
the networks did not learn from (0.85 together; 0.83 at 0.4, with 11 claims wrongly raised instead of 16)."""


def raised(answer: Stretches, claims: Mapping[str, NDArray[np.float64]]) -> tuple[RedFlag, ...]:
    """The flags that the answer raises, in order, each with the words that did.

    Args:
        answer: its stretches.
        claims: by flag, how sure it is that each stretch makes the claim.
    """
    found = []
    for flag, sure in claims.items():
        spans = best_spans(answer.spans, np.where(sure >= BAR, sure, -np.inf), most=1)
        found += [RedFlag(id=flag, evidence=span) for span in spans]
    return tuple(found)
