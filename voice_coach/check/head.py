"""The heads: a concept's features to probabilities of the four verdicts.

Two multinomial logistic regressions. That of `head.json` serves all concepts that the reader was trained on, that of
`matching.json` all others; neither knows any in particular. `tests/benchmarks/training/` fits them (`fit.py`,
`fit_matching.py`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.features import FEATURES
from voice_coach.check.matching import MORE
from voice_coach.errors import CheckError
from voice_coach.records import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from voice_coach.records import Verdict

TRAINED, MATCHED = (Path(__file__).with_name(name) for name in ("head.json", "matching.json"))
SEES = {TRAINED: FEATURES, MATCHED: (*FEATURES, *MORE)}
"""Names of the features that each head sees."""


@dataclass(frozen=True, slots=True)
class Bars:
    """What a verdict takes: the least probability of "explained", and of "explained" and "named" together.

    With one half each it is the median of missed, named, explained. Errors of two grades cost trust, so that in doubt
    the one between them is said.
    """

    explained: float
    named: float

    def verdict(self, probabilities: Mapping[Verdict, float]) -> Verdict:
        """What is said where the verdicts are so likely."""
        explained, named = probabilities["explained"], probabilities["named"]
        if explained >= self.explained:
            return "explained"
        if explained + named >= self.named:
            return "named"
        return "dismissed" if probabilities["dismissed"] > probabilities["missed"] else "missed"


@dataclass(frozen=True, slots=True)
class Head:
    """`weights` of shape (verdicts, features), `bias` of shape (verdicts,), in the order of `VERDICTS`.

    `version` changes with anything of it.
    """

    version: str
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    bars: Bars

    def probabilities(self, features: NDArray[np.float64]) -> dict[Verdict, float]:
        """How likely each verdict is; they sum to one."""
        # einsum, not BLAS: its order of summation is the same on every machine.
        logits = np.einsum("vf,f->v", self.weights, features) + self.bias
        odds = np.exp(logits - logits.max())
        return dict(zip(VERDICTS, (odds / odds.sum()).tolist(), strict=True))


@cache
def shipped(file: Path = TRAINED) -> Head:
    """A head that ships with the program.

    Raises:
        CheckError: its file is missing or not as expected.
    """
    try:
        content = file.read_bytes()
        kept = json.loads(content)
        weights = [[kept["weights"][verdict][name] for name in SEES[file]] for verdict in VERDICTS]
        bias = [kept["bias"][verdict] for verdict in VERDICTS]
        return Head(
            hashlib.sha256(content).hexdigest()[:6],
            np.array(weights, float),
            np.array(bias, float),
            Bars(**kept["bars"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckError(f"{file} cannot be used ({error!r}); install again.") from error
