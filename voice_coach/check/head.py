"""The head: a concept's features to probabilities of the four verdicts.

A multinomial logistic regression whose weights lie in `head.json`, fitted by `tests/benchmarks/training/fit.py`. It
serves all concepts that the reader was trained on and knows none in particular.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voice_coach.check.features import FEATURES
from voice_coach.errors import CheckError
from voice_coach.records import VERDICTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voice_coach.records import Verdict

_FILE = Path(__file__).parent / "head.json"


@dataclass(frozen=True, slots=True)
class Head:
    """`weights` of shape (verdicts, features), `bias` of shape (verdicts,), in the order of `VERDICTS`.

    `bar` is the least probability at which "explained" is said.
    """

    version: str
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    bar: float

    def probabilities(self, features: NDArray[np.float64]) -> dict[Verdict, float]:
        """How likely each verdict is; they sum to one."""
        # einsum, not BLAS: its order of summation is the same on every machine.
        logits = np.einsum("vf,f->v", self.weights, features) + self.bias
        odds = np.exp(logits - logits.max())
        return dict(zip(VERDICTS, (odds / odds.sum()).tolist(), strict=True))


@cache
def shipped() -> Head:
    """The head that ships with the program.

    Raises:
        CheckError: its file is missing or not as expected.
    """
    try:
        kept = json.loads(_FILE.read_text("utf-8"))
        weights = [[kept["weights"][verdict][name] for name in FEATURES] for verdict in VERDICTS]
        bias = [kept["bias"][verdict] for verdict in VERDICTS]
        return Head(str(kept["version"]), np.array(weights, float), np.array(bias, float), float(kept["bar"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckError(f"{_FILE} cannot be used ({error!r}); install again.") from error
